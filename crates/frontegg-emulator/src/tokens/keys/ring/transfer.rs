//! Taking the keys of an environment along to another.

use std::sync::{Arc, atomic::AtomicI64};

use base64::{Engine, engine::general_purpose::STANDARD};
use sea_orm::{ActiveValue::Set, EntityTrait, sea_query::OnConflict};
use serde::{Deserialize, Serialize};

use super::{Keys, Ring, RingKey, insert_secret};
use crate::{
    clock::Timestamp,
    refusal::{DomainError, DomainResult},
    store::{
        Store, Write,
        entity::{jwt_secret, signing_key},
    },
    tokens::keys::{JwtSecret, SigningKey},
};

/// A key as it travels.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct KeyDocument {
    kid: String,
    /// PKCS#8 in base64.
    private_key: String,
    /// In microseconds, as a [`Timestamp`].
    valid_until: i64,
}

/// Everything that an environment signs with, as it travels.
pub(crate) struct KeyDocuments {
    /// The active one first.
    pub(crate) keys: Vec<KeyDocument>,
    pub(crate) jwt_secret: String,
}

/// Keys that were read and are valid, and the secret that came along, if one did.
#[derive(Debug)]
pub(crate) struct KeySet {
    keys: Vec<RingKey>,
    secret: Option<JwtSecret>,
}

impl KeySet {
    /// Reads keys, the active one first, and a secret; refused when one is no key, not of that name, or too
    /// short.
    pub(crate) fn read(documents: &[KeyDocument], secret: Option<&str>) -> DomainResult<Self> {
        let read = |(index, document): (usize, &KeyDocument)| {
            let bytes = STANDARD.decode(&document.private_key).ok();
            let key = bytes.and_then(|bytes| SigningKey::from_pkcs8(&bytes).ok());
            let key = key.filter(|key| key.kid() == document.kid);
            let valid_until = AtomicI64::new(Timestamp::from_micros(document.valid_until).micros());
            let refused = || DomainError::bad_request(format!("keys[{index}] is no key of that name"));
            key.map(|key| RingKey { key: Arc::new(key), valid_until }).ok_or_else(refused)
        };
        let keys: Vec<_> = documents.iter().enumerate().map(read).collect::<DomainResult<_>>()?;
        if keys.is_empty() {
            return Err(DomainError::bad_request("keys must not be empty"));
        }
        let short = || DomainError::bad_request("jwtSecret is too short");
        let secret = secret.map(|text| JwtSecret::read(text).ok_or_else(short)).transpose()?;
        Ok(Self { keys, secret })
    }
}

impl Keys {
    /// All keys with their private parts, and the secret.
    pub(crate) async fn export(&self, store: &Store) -> DomainResult<KeyDocuments> {
        let ring = self.read_again(store).await?;
        let document = |held: &Arc<RingKey>| {
            let private_key = STANDARD.encode(held.key.to_pkcs8().map_err(DomainError::internal)?);
            let valid_until = held.valid_until().micros();
            Ok(KeyDocument { kid: held.key.kid().to_owned(), private_key, valid_until })
        };
        let keys = ring.all().map(document).collect::<DomainResult<_>>()?;
        Ok(KeyDocuments { keys, jwt_secret: ring.secret.expose().to_owned() })
    }

    /// Writes keys in place of those of the store. In memory there is nothing to write.
    pub(crate) async fn write(&self, tx: &Write, keys: &KeySet) -> DomainResult<()> {
        if self.read.is_none() {
            return Ok(());
        }
        signing_key::Entity::delete_many().exec(tx).await?;
        // The newest comes first; their order is that of their creation.
        let rows: Vec<_> = keys.keys.iter().enumerate().rev().map(|(index, held)| row(tx, index, held)).collect();
        signing_key::Entity::insert_many(rows.into_iter().collect::<DomainResult<Vec<_>>>()?)
            .exec_without_returning(tx)
            .await?;
        let Some(secret) = &keys.secret else { return Ok(()) };
        let over = OnConflict::column(jwt_secret::Column::Id).update_column(jwt_secret::Column::Secret).to_owned();
        insert_secret(tx, secret, over).await
    }

    /// Signs and verifies with those keys from now on, which were written.
    pub(crate) async fn adopt(&self, store: &Store, set: KeySet) -> DomainResult<()> {
        if self.read.is_some() {
            self.read_again(store).await?;
            return Ok(());
        }
        let mut held = self.held.write();
        let before = || held.as_ref().map(|ring| Arc::clone(&ring.secret));
        let secret = set.secret.map(Arc::new).or_else(before).unwrap_or_else(|| Arc::new(JwtSecret::generate()));
        let mut keys = set.keys.into_iter().map(Arc::new);
        if let Some(active) = keys.next() {
            *held = Some(Arc::new(Ring { active, earlier: keys.collect(), secret }));
        }
        Ok(())
    }
}

fn row(tx: &Write, index: usize, held: &RingKey) -> DomainResult<signing_key::ActiveModel> {
    Ok(signing_key::ActiveModel {
        kid: Set(held.key.kid().to_owned()),
        pkcs8: Set(STANDARD.encode(held.key.to_pkcs8().map_err(DomainError::internal)?)),
        created_at: Set(tx.stamp()),
        retired_at: Set((index > 0).then(|| tx.now())),
        valid_until: Set(held.valid_until()),
    })
}
