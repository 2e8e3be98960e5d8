//! The environment's signing keys: RSA with 2048 bits, shown as PEM and as a JWK set.
//!
//! Emulators in memory share one key per process, since making one takes longer than everything
//! else at their start; it is made in the background. Files and databases keep their own.

use std::sync::{Arc, OnceLock};

use aws_lc_rs::{
    digest::{SHA256, digest},
    encoding::AsDer,
    error::Unspecified,
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use sea_orm::{ActiveValue::Set, EntityTrait, QueryOrder};
use serde_json::{Value, json};

use crate::{
    domain::{DomainError, DomainResult},
    store::{Store, entity::signing_key},
};

/// A key to sign and to verify with.
pub(crate) struct SigningKey {
    pair: KeyPair,
    public: ParsedPublicKey,
    kid: String,
    pem: String,
    modulus: String,
    exponent: String,
}

impl SigningKey {
    fn generate() -> Result<Self, Unspecified> {
        Self::new(KeyPair::generate(KeySize::Rsa2048)?)
    }

    fn from_pkcs8(pkcs8: &[u8]) -> Result<Self, Unspecified> {
        Self::new(KeyPair::from_pkcs8(pkcs8).map_err(|_| Unspecified)?)
    }

    fn new(pair: KeyPair) -> Result<Self, Unspecified> {
        let key = pair.public_key();
        let public = ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, key.as_ref()).map_err(|_| Unspecified)?;
        let encode = |number: &[u8]| URL_SAFE_NO_PAD.encode(number);
        let modulus = encode(key.modulus().big_endian_without_leading_zero());
        let exponent = encode(key.exponent().big_endian_without_leading_zero());
        let pem = pem(key.as_der()?.as_ref());
        // RFC 7638: the required members in this order, without blanks.
        let members = format!(r#"{{"e":"{exponent}","kty":"RSA","n":"{modulus}"}}"#);
        let kid = encode(digest(&SHA256, members.as_bytes()).as_ref());
        Ok(Self { pair, public, kid, pem, modulus, exponent })
    }

    /// The name of the key: its thumbprint by RFC 7638.
    pub(crate) fn kid(&self) -> &str {
        &self.kid
    }

    /// The public key as PEM (`SubjectPublicKeyInfo`), lines ended by LF.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// The public key as a JWK (RFC 7517).
    pub(crate) fn jwk(&self) -> Value {
        json!({
            "kty": "RSA", "use": "sig", "alg": "RS256",
            "kid": self.kid, "n": self.modulus, "e": self.exponent,
        })
    }

    /// A signature by RSASSA-PKCS1-v1_5 with SHA-256.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        let random = SystemRandom::new();
        self.pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature)?;
        Ok(signature)
    }

    /// Whether a signature is of this key and for that message.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.public.verify_sig(message, signature).is_ok()
    }

    fn to_pkcs8(&self) -> Result<Vec<u8>, Unspecified> {
        Ok(self.pair.as_der()?.as_ref().to_vec())
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let mut pem = String::from("-----BEGIN PUBLIC KEY-----\n");
    for (index, character) in text.chars().enumerate() {
        if index > 0 && index % 64 == 0 {
            pem.push('\n');
        }
        pem.push(character);
    }
    pem.push_str("\n-----END PUBLIC KEY-----\n");
    pem
}

/// All keys whose tokens are good; never empty.
#[derive(Debug)]
pub(crate) struct Ring {
    active: SigningKey,
    /// Keys that sign no more, newest first.
    earlier: Vec<SigningKey>,
}

impl Ring {
    /// The key that signs.
    pub(crate) fn active(&self) -> &SigningKey {
        &self.active
    }

    /// The key of that name.
    pub(crate) fn find(&self, kid: &str) -> Option<&SigningKey> {
        self.all().find(|key| key.kid == kid)
    }

    /// The JWK set; the active key comes first, as clients that take the first one need it.
    pub(crate) fn jwks(&self) -> Value {
        json!({ "keys": self.all().map(SigningKey::jwk).collect::<Vec<_>>() })
    }

    fn all(&self) -> impl Iterator<Item = &SigningKey> {
        std::iter::once(&self.active).chain(&self.earlier)
    }
}

/// The keys of an environment.
#[derive(Clone, Debug)]
pub(crate) enum Keys {
    /// The one of the process.
    Process,
    /// Those of the store.
    Stored(Arc<Ring>),
}

static PROCESS: OnceLock<Arc<Ring>> = OnceLock::new();

impl Keys {
    /// The keys of a store: in memory that of the process, else its own, made when it has none.
    pub(crate) async fn of(store: &Store) -> DomainResult<Self> {
        if store.is_memory() {
            if PROCESS.get().is_none() {
                // Nobody waits for it here; the first to need it does.
                tokio::task::spawn_blocking(process_ring);
            }
            return Ok(Self::Process);
        }
        if let Some(ring) = load(store).await? {
            return Ok(Self::Stored(Arc::new(ring)));
        }
        let pkcs8 = tokio::task::spawn_blocking(|| SigningKey::generate()?.to_pkcs8())
            .await
            .map_err(DomainError::internal)?
            .map_err(DomainError::internal)?;
        add_first(store, &pkcs8).await?;
        let ring = load(store)
            .await?
            .ok_or_else(|| DomainError::internal(anyhow::anyhow!("the key that was written is not there")))?;
        Ok(Self::Stored(Arc::new(ring)))
    }

    /// The keys; waits while the first one is made.
    pub(crate) async fn ring(&self) -> DomainResult<Arc<Ring>> {
        match self {
            Self::Stored(ring) => Ok(Arc::clone(ring)),
            Self::Process => match PROCESS.get() {
                Some(ring) => Ok(Arc::clone(ring)),
                None => tokio::task::spawn_blocking(process_ring).await.map_err(DomainError::internal),
            },
        }
    }
}

fn process_ring() -> Arc<Ring> {
    let ring = PROCESS.get_or_init(|| {
        let active = SigningKey::generate().expect("the crypto library makes RSA keys");
        Arc::new(Ring { active, earlier: Vec::new() })
    });
    Arc::clone(ring)
}

async fn load(store: &Store) -> DomainResult<Option<Ring>> {
    let tx = store.read().await?;
    let rows = signing_key::Entity::find()
        .order_by_desc(signing_key::Column::CreatedAt)
        .order_by_asc(signing_key::Column::Kid)
        .all(&tx)
        .await?;
    let keys: Result<Vec<_>, anyhow::Error> =
        rows.iter().map(|row| Ok(SigningKey::from_pkcs8(&STANDARD.decode(&row.pkcs8)?)?)).collect();
    let mut keys = keys.map_err(DomainError::internal)?.into_iter();
    Ok(keys.next().map(|active| Ring { active, earlier: keys.collect() }))
}

/// Keeps a key, unless another process was faster.
async fn add_first(store: &Store, pkcs8: &[u8]) -> DomainResult<()> {
    let kid = SigningKey::from_pkcs8(pkcs8).map_err(DomainError::internal)?.kid;
    let tx = store.write().await?;
    if signing_key::Entity::find().one(&tx).await?.is_none() {
        let row = signing_key::ActiveModel {
            kid: Set(kid),
            pkcs8: Set(STANDARD.encode(pkcs8)),
            created_at: Set(tx.now()),
            retired_at: Set(None),
        };
        signing_key::Entity::insert(row).exec_without_returning(&tx).await?;
        tx.commit().await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::Clock, store::StoreTarget};

    #[tokio::test]
    async fn one_key_in_three_forms() {
        let store = Store::open(&StoreTarget::Memory, Clock::default()).await.expect("a store");
        let ring = Keys::of(&store).await.expect("keys").ring().await.expect("a ring");
        let key = ring.active();
        let signature = key.sign(b"message").expect("a signature");
        assert!(key.verifies(b"message", &signature));
        assert!(!key.verifies(b"massage", &signature));

        let jwks = ring.jwks();
        assert_eq!(jwks["keys"][0]["kid"], key.kid());
        assert_eq!(jwks["keys"][0]["e"], "AQAB");
        let members = jwks["keys"][0].as_object().expect("an object");
        let mut names: Vec<_> = members.keys().map(String::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["alg", "e", "kid", "kty", "n", "use"], "nothing private");

        let pem = key.pem();
        assert!(pem.starts_with("-----BEGIN PUBLIC KEY-----\n") && !pem.contains('\r'));
        assert!(pem.lines().all(|line| line.len() <= 64));
        let der: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
        let der = STANDARD.decode(der).expect("base64");
        let modulus = URL_SAFE_NO_PAD.decode(jwks["keys"][0]["n"].as_str().expect("a text")).expect("base64");
        assert!(der.windows(modulus.len()).any(|part| part == modulus));
    }

    /// Security case 41: the same kid after a restart.
    #[tokio::test]
    async fn a_file_keeps_its_key() {
        let directory = tempfile::tempdir().expect("a directory");
        let target = StoreTarget::SqliteFile(directory.path().join("state.db"));
        let mut kids = Vec::new();
        for _ in 0..2 {
            let store = Store::open(&target, Clock::default()).await.expect("a store");
            let ring = Keys::of(&store).await.expect("keys").ring().await.expect("a ring");
            kids.push(ring.active().kid().to_owned());
            store.close().await;
        }
        assert_eq!(kids[0], kids[1]);
    }
}
