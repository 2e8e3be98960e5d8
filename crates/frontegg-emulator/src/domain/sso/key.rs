//! The key by which the environment signs what it asks providers of SAML. It is made when it is first wanted, and lives in
//! the store, so that all processes have the same.

use base64::{Engine, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use tokio::task::spawn_blocking;

use crate::{
    domain::{
        DomainError, DomainResult,
        settings::{self, Form, Owner},
    },
    saml::{certificates::Certificate, key::SigningKey},
    store::{Read, Store},
};

/// The kind of the settings document.
pub(crate) const KIND: &str = "sso-saml-key";
/// How it reads.
pub(crate) const FORM: Form = Form { kind: KIND, read: |text| read(&settings::read(text)?).map(drop) };

/// A key as it is stored.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    /// PKCS #8 (DER) in base64.
    pkcs8: String,
    certificate: String,
}

/// The key, which is made now where there is none. Begin no transaction before.
pub(crate) async fn ensure(store: &Store) -> DomainResult<SigningKey> {
    let tx = store.read().await?;
    if let Some(key) = find(&tx).await? {
        return Ok(key);
    }
    let (name, now) = (tx.origin().to_owned(), tx.now());
    drop(tx);
    // It takes its time.
    let fresh = spawn_blocking(move || SigningKey::generate(&name, now)).await.map_err(DomainError::internal)?;
    let fresh = fresh.map_err(DomainError::internal)?;
    store
        .write(async |tx| {
            // Somebody else may have been faster.
            if let Some(key) = find(tx).await? {
                return Ok(key);
            }
            let stored = Stored { pkcs8: STANDARD.encode(fresh.pkcs8()), certificate: fresh.certificate().to_stored() };
            settings::put(tx, Owner::Environment, KIND, &stored).await?;
            Ok(fresh)
        })
        .await
}

async fn find(tx: &Read) -> DomainResult<Option<SigningKey>> {
    let stored: Option<Stored> = settings::find(tx, Owner::Environment, KIND).await?;
    stored.as_ref().map(read).transpose()
}

fn read(stored: &Stored) -> DomainResult<SigningKey> {
    let unreadable = || DomainError::bad_request("it is no key with its certificate");
    let pkcs8 = STANDARD.decode(&stored.pkcs8).map_err(|_| unreadable())?;
    let certificate = Certificate::read(&stored.certificate).map_err(|_| unreadable())?;
    SigningKey::read(&pkcs8, certificate).map_err(|_| unreadable())
}
