//! Which keys an environment has: one that signs, and earlier ones for as long as a token that they
//! have signed may be valid; and its secret, which stays. Which of them is used, the environment's algorithm
//! says ([`Signer`](crate::tokens::jws::Signer)).
//!
//! Emulators in memory begin with one key that the process shares, since making one takes longer than
//! everything else at their start; it is made in the background. Files and databases keep their own,
//! and another process may rotate them at any time: what is known here is read again after a second,
//! and at once when a token names a key that is not known.
//!
//! Until when a key's tokens are valid is noted with it before it signs, in steps of an hour, so that
//! few signatures cost a write. It cannot be told from the settings, as lifetimes change and an access
//! token may have no end.

mod transfer;

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use parking_lot::{Mutex, RwLock};
use sea_orm::{
    ActiveValue::Set,
    ColumnTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, OnConflict},
};
use serde_json::{Value, json};

pub(crate) use transfer::{KeyDocument, KeyDocuments, KeySet};

use super::{JwtSecret, SigningKey};
use crate::{
    clock::Timestamp,
    refusal::{DomainError, DomainResult, Refusal},
    store::{
        Fetch, Read, Store, Write,
        entity::{jwt_secret, signing_key},
    },
};

/// How long a process may go on with the keys it knows when others share its store.
const VALID_FOR: Duration = Duration::from_secs(1);
/// The key of the only row with a secret.
const SECRET: &str = "jwt";
/// How much later than needed the end of a key's tokens is noted.
const STEP: Duration = Duration::from_hours(1);

/// A key and until when tokens of it may be valid.
#[derive(Debug)]
struct RingKey {
    key: Arc<SigningKey>,
    /// In microseconds, as a [`Timestamp`].
    valid_until: AtomicI64,
}

impl RingKey {
    fn valid_until(&self) -> Timestamp {
        Timestamp::from_micros(self.valid_until.load(Ordering::Acquire))
    }

    fn note(&self, valid_until: Timestamp) {
        self.valid_until.fetch_max(valid_until.micros(), Ordering::AcqRel);
    }
}

/// All keys whose tokens may be valid; never empty.
#[derive(Debug)]
pub(crate) struct Ring {
    active: Arc<RingKey>,
    /// Keys that sign no more, newest first.
    earlier: Vec<Arc<RingKey>>,
    secret: Arc<JwtSecret>,
}

impl Ring {
    fn of(key: Arc<SigningKey>, secret: Arc<JwtSecret>) -> Self {
        Self { active: Arc::new(RingKey { key, valid_until: AtomicI64::new(0) }), earlier: Vec::new(), secret }
    }

    /// The key that signs.
    pub(crate) fn active(&self) -> &SigningKey {
        &self.active.key
    }

    /// The key of that name.
    pub(crate) fn find(&self, kid: &str) -> Option<&SigningKey> {
        self.all().map(|held| &*held.key).find(|key| key.kid == kid)
    }

    /// The secret of tokens without a key pair.
    pub(crate) fn secret(&self) -> &Arc<JwtSecret> {
        &self.secret
    }

    /// The JWK set; the active key comes first, as clients that take the first one need it. Keys of
    /// which no token is valid any more are left out.
    pub(crate) fn jwks(&self, now: Timestamp) -> Value {
        let earlier = self.earlier.iter().filter(|held| held.valid_until() > now);
        let keys = std::iter::once(&self.active).chain(earlier);
        json!({ "keys": keys.map(|held| held.key.jwk()).collect::<Vec<_>>() })
    }

    fn all(&self) -> impl Iterator<Item = &Arc<RingKey>> {
        std::iter::once(&self.active).chain(&self.earlier)
    }
}

/// The keys of an environment.
#[derive(Debug)]
pub(crate) struct Keys {
    /// Nothing as long as nobody asked for the key of the process.
    held: RwLock<Option<Arc<Ring>>>,
    /// When they were read from the store; none are when it is in memory.
    read: Option<Mutex<Instant>>,
}

static PROCESS: OnceLock<Arc<SigningKey>> = OnceLock::new();

impl Keys {
    /// The keys of a store: in memory that of the process, else its own, made when it has none.
    pub(crate) async fn of(store: &Store) -> DomainResult<Self> {
        if store.is_memory() {
            if PROCESS.get().is_none() {
                // Nobody waits for it here; the first to need it does.
                tokio::task::spawn_blocking(process_key);
            }
            return Ok(Self { held: RwLock::new(None), read: None });
        }
        let keys = Self { held: RwLock::new(None), read: Some(Mutex::new(Instant::now())) };
        if keys.load(store).await?.is_none() {
            make_missing(store).await?;
        }
        keys.read_again(store).await?;
        Ok(keys)
    }

    /// The keys; waits while the first one is made.
    pub(crate) async fn ring(&self, store: &Store) -> DomainResult<Arc<Ring>> {
        match self.known() {
            Some(ring) if !self.is_due() => Ok(ring),
            _ => self.newest(store).await,
        }
    }

    /// The keys as they are at this moment, or as they are known where the store cannot be asked: those who
    /// verify tokens need not know that it cannot.
    pub(crate) async fn newest(&self, store: &Store) -> DomainResult<Arc<Ring>> {
        match (self.read_again(store).await, self.known()) {
            (Err(error), Some(known)) if error.refusal() == Refusal::Unavailable => Ok(known),
            (read, _) => read,
        }
    }

    /// The keys as they are at this moment, whichever process has rotated them.
    pub(crate) async fn read_again(&self, store: &Store) -> DomainResult<Arc<Ring>> {
        if self.read.is_some() {
            let missing = || DomainError::internal(anyhow::anyhow!("the store has no signing key"));
            return self.load(store).await?.ok_or_else(missing);
        }
        if let Some(ring) = self.known() {
            return Ok(ring);
        }
        let shared = match PROCESS.get() {
            Some(key) => Arc::clone(key),
            None => tokio::task::spawn_blocking(process_key).await.map_err(DomainError::internal)?,
        };
        // Somebody may have rotated meanwhile.
        let mut held = self.held.write();
        Ok(Arc::clone(held.get_or_insert_with(|| Arc::new(Ring::of(shared, Arc::new(JwtSecret::generate()))))))
    }

    /// Notes that the active key signs a token that is valid until then, or for ever.
    pub(crate) async fn note(&self, store: &Store, ring: &Ring, end: Option<Timestamp>) -> DomainResult<()> {
        let end = end.unwrap_or(Timestamp::from_micros(i64::MAX));
        if end <= ring.active.valid_until() {
            return Ok(());
        }
        let end = end.after(STEP);
        if self.read.is_some() {
            let update = signing_key::Entity::update_many()
                .col_expr(signing_key::Column::ValidUntil, Expr::value(end))
                .filter(signing_key::Column::Kid.eq(ring.active().kid()))
                .filter(signing_key::Column::ValidUntil.lt(end));
            store.write(async |tx| -> DomainResult<_> { Ok(update.exec(tx).await?) }).await?;
        }
        ring.active.note(end);
        Ok(())
    }

    /// Makes a new key the active one. The one before stays while a token of it may be valid.
    pub(crate) async fn rotate(&self, store: &Store, now: Timestamp) -> DomainResult<Arc<Ring>> {
        let new = generate().await?;
        if self.read.is_some() {
            store.write(async |tx| activate(tx, &new).await).await?;
            return self.read_again(store).await;
        }
        let before = self.ring(store).await?;
        let mut held = self.held.write();
        let before = held.as_ref().unwrap_or(&before);
        let mut ring = Ring::of(Arc::new(new), Arc::clone(&before.secret));
        ring.earlier = before.all().filter(|held| held.valid_until() > now).cloned().collect();
        Ok(Arc::clone(held.insert(Arc::new(ring))))
    }

    fn known(&self) -> Option<Arc<Ring>> {
        self.held.read().clone()
    }

    fn is_due(&self) -> bool {
        let Some(read) = &self.read else { return false };
        read.lock().elapsed() >= VALID_FOR
    }

    /// Reads the keys from the store, if it has what is needed.
    async fn load(&self, store: &Store) -> DomainResult<Option<Arc<Ring>>> {
        let begun = Instant::now();
        let tx = store.read().await?;
        let mut rows = signing_key::Entity::find().fetch_all(&tx).await?;
        let secret = jwt_secret::Entity::find_by_id(SECRET).fetch_one(&tx).await?;
        drop(tx);
        // The one that is not retired, then the newest.
        rows.sort_by_key(|row| (row.retired_at.is_some(), std::cmp::Reverse(row.created_at), row.kid.clone()));
        let known = self.known();
        let keys: Result<Vec<_>, anyhow::Error> = rows.iter().map(|row| hold(row, known.as_deref())).collect();
        let mut keys = keys.map_err(DomainError::internal)?.into_iter();
        let (Some(active), Some(secret)) = (keys.next(), secret) else { return Ok(None) };
        let secret = hold_secret(&secret, known.as_deref()).map_err(DomainError::internal)?;
        let ring = Arc::new(Ring { active, earlier: keys.collect(), secret });
        *self.held.write() = Some(Arc::clone(&ring));
        if let Some(read) = &self.read {
            *read.lock() = begun;
        }
        Ok(Some(ring))
    }
}

/// The key of a row; parsed once.
fn hold(row: &signing_key::Model, known: Option<&Ring>) -> anyhow::Result<Arc<RingKey>> {
    let held = if let Some(held) = known.and_then(|ring| ring.all().find(|held| held.key.kid == row.kid)) {
        Arc::clone(held)
    } else {
        let key = SigningKey::from_pkcs8(&STANDARD.decode(&row.pkcs8)?)?;
        Arc::new(RingKey { key: Arc::new(key), valid_until: AtomicI64::new(0) })
    };
    held.note(row.valid_until);
    Ok(held)
}

/// The secret of a row.
fn hold_secret(row: &jwt_secret::Model, known: Option<&Ring>) -> anyhow::Result<Arc<JwtSecret>> {
    if let Some(ring) = known.filter(|ring| ring.secret.expose() == row.secret) {
        return Ok(Arc::clone(&ring.secret));
    }
    let secret = JwtSecret::read(&row.secret).ok_or_else(|| anyhow::anyhow!("the secret of the store is too short"))?;
    Ok(Arc::new(secret))
}

/// Makes what a store lacks to sign with. Another process may be faster: then that stays.
async fn make_missing(store: &Store) -> DomainResult<()> {
    let tx = store.read().await?;
    let lacks_key = !has_key(&tx).await?;
    drop(tx);
    let first = if lacks_key { Some(generate().await?) } else { None };
    let make = async |tx: &Write| {
        if let Some(first) = &first
            && !has_key(tx).await?
        {
            insert(tx, first).await?;
        }
        let nothing = OnConflict::column(jwt_secret::Column::Id).do_nothing().to_owned();
        insert_secret(tx, &JwtSecret::generate(), nothing).await
    };
    store.write(make).await
}

async fn has_key(tx: &Read) -> DomainResult<bool> {
    Ok(signing_key::Entity::find().fetch_one(tx).await?.is_some())
}

async fn generate() -> DomainResult<SigningKey> {
    let key = tokio::task::spawn_blocking(SigningKey::generate).await.map_err(DomainError::internal)?;
    key.map_err(DomainError::internal)
}

fn process_key() -> Arc<SigningKey> {
    let key = PROCESS.get_or_init(|| Arc::new(SigningKey::generate().expect("the crypto library makes RSA keys")));
    Arc::clone(key)
}

/// Retires the key that signs for a new one, and forgets those of which no token is valid any more.
async fn activate(tx: &Write, new: &SigningKey) -> DomainResult<()> {
    signing_key::Entity::delete_many()
        .filter(signing_key::Column::RetiredAt.is_not_null())
        .filter(signing_key::Column::ValidUntil.lt(tx.now()))
        .exec(tx)
        .await?;
    signing_key::Entity::update_many()
        .col_expr(signing_key::Column::RetiredAt, Expr::value(Some(tx.now())))
        .filter(signing_key::Column::RetiredAt.is_null())
        .exec(tx)
        .await?;
    insert(tx, new).await
}

async fn insert(tx: &Write, key: &SigningKey) -> DomainResult<()> {
    let row = signing_key::ActiveModel {
        kid: Set(key.kid().to_owned()),
        pkcs8: Set(STANDARD.encode(key.to_pkcs8().map_err(DomainError::internal)?)),
        created_at: Set(tx.stamp()),
        retired_at: Set(None),
        valid_until: Set(tx.now()),
    };
    signing_key::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

async fn insert_secret(tx: &Write, secret: &JwtSecret, over: OnConflict) -> DomainResult<()> {
    let row = jwt_secret::ActiveModel { id: Set(SECRET.to_owned()), secret: Set(secret.expose().to_owned()) };
    jwt_secret::Entity::insert(row).on_conflict(over).exec_without_returning(tx).await?;
    Ok(())
}
