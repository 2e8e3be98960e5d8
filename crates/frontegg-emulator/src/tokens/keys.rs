//! The environment's signing keys: RSA with 2048 bits, shown as PEM and as a JWK set, and a [`secret`], which
//! is in neither.
//!
//! This is the key; which ones an environment has, and since when, is in [`ring`].

mod ring;
mod secret;

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
use serde_json::{Value, json};

pub(crate) use ring::{KeyDocument, KeyDocuments, KeySet, Keys, Ring};
pub(crate) use secret::JwtSecret;

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        clock::Clock,
        store::{Store, StoreTarget},
    };
    use std::time::Duration;

    #[tokio::test]
    async fn one_key_in_three_forms() {
        let store = Store::open(&StoreTarget::Memory, Clock::default(), "http://emulator.test").await.expect("a store");
        let ring = Keys::of(&store).await.expect("keys").ring(&store).await.expect("a ring");
        let key = ring.active();
        let signature = key.sign(b"message").expect("a signature");
        assert!(key.verifies(b"message", &signature));
        assert!(!key.verifies(b"massage", &signature));

        let jwks = ring.jwks(Clock::default().timestamp());
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

    /// Security case 41: the same kid after a restart, and the same secret.
    #[tokio::test]
    async fn a_file_keeps_its_keys() {
        let directory = tempfile::tempdir().expect("a directory");
        let target = StoreTarget::SqliteFile(directory.path().join("state.db"));
        let mut kept = Vec::new();
        for _ in 0..2 {
            let store = Store::open(&target, Clock::default(), "http://emulator.test").await.expect("a store");
            let ring = Keys::of(&store).await.expect("keys").ring(&store).await.expect("a ring");
            kept.push([ring.active().kid().to_owned(), ring.secret().expose().to_owned()]);
            store.close().await;
        }
        assert_eq!(kept[0], kept[1]);
    }

    /// Security case 41: what was signed stays valid until it expires, whoever rotates, over restarts.
    #[tokio::test]
    async fn an_earlier_key_stays_as_long_as_its_tokens() {
        let directory = tempfile::tempdir().expect("a directory");
        let file = StoreTarget::SqliteFile(directory.path().join("state.db"));
        for target in [StoreTarget::Memory, file] {
            let clock = Clock::default();
            clock.freeze();
            let store = Store::open(&target, clock.clone(), "http://emulator.test").await.expect("a store");
            let (keys, other) = (Keys::of(&store).await.expect("keys"), Keys::of(&store).await.expect("keys"));
            let kids = |ring: &Ring| {
                let jwks = ring.jwks(clock.timestamp());
                let kids = jwks["keys"].as_array().expect("keys").iter().map(|key| key["kid"].clone());
                kids.collect::<Vec<_>>()
            };
            let first = keys.ring(&store).await.expect("a ring");
            let end = clock.timestamp().after(Duration::from_mins(10));
            keys.note(&store, &first, Some(end)).await.expect("noted");
            let second = keys.rotate(&store, clock.timestamp()).await.expect("rotated");
            assert_ne!(second.active().kid(), first.active().kid());
            assert_eq!(second.secret().expose(), first.secret().expose(), "there is one secret");
            assert_eq!(kids(&second), [second.active().kid(), first.active().kid()], "{target}");
            // Nothing was signed with the second.
            let third = keys.rotate(&store, clock.timestamp().after(Duration::from_secs(1))).await.expect("rotated");
            assert!(third.find(first.active().kid()).is_some());
            assert_eq!(kids(&third), [third.active().kid(), first.active().kid()], "{target}");
            if target.to_string() != "memory" {
                let seen = other.read_again(&store).await.expect("a ring");
                assert_eq!(kids(&seen), kids(&third), "another process");
                assert_eq!(seen.secret().expose(), first.secret().expose());
                let restarted = Keys::of(&store).await.expect("keys").ring(&store).await.expect("a ring");
                assert_eq!(kids(&restarted), kids(&third));
            }
            clock.advance(Duration::from_hours(2));
            assert_eq!(kids(&third), [third.active().kid()], "{target}");
            store.close().await;
        }
    }

    /// A token without an end is never over.
    #[tokio::test]
    async fn a_key_of_an_endless_token_stays() {
        let clock = Clock::default();
        let store = Store::open(&StoreTarget::Memory, clock.clone(), "http://emulator.test").await.expect("a store");
        let keys = Keys::of(&store).await.expect("keys");
        let first = keys.rotate(&store, clock.timestamp()).await.expect("rotated");
        keys.note(&store, &first, None).await.expect("noted");
        clock.advance(Duration::from_hours(24 * 365 * 100));
        let second = keys.rotate(&store, clock.timestamp()).await.expect("rotated");
        let jwks = second.jwks(clock.timestamp());
        assert_eq!(jwks["keys"][1]["kid"], first.active().kid());
    }
}
