//! The secret that an environment signs with under HS256. It is none of the [`Ring`](super::Ring)'s key pairs,
//! which are shown to everybody, so that no key set can hold it.

use aws_lc_rs::hmac;
use secrecy::{ExposeSecret, SecretString};

use crate::ids;

/// The fewest bytes of a secret: as many as a digest has (RFC 7518 §3.2).
const SHORTEST: usize = 32;

/// A secret, as the bytes of its text.
pub(crate) struct JwtSecret {
    text: SecretString,
    key: hmac::Key,
}

impl JwtSecret {
    /// A fresh one of 256 random bits.
    pub(super) fn generate() -> Self {
        Self::new(ids::new_secret())
    }

    /// That text, if it is long enough.
    pub(super) fn read(text: &str) -> Option<Self> {
        (text.len() >= SHORTEST).then(|| Self::new(text.to_owned()))
    }

    fn new(text: String) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, text.as_bytes()), text: text.into() }
    }

    /// The text, for those who share the secret.
    pub(crate) fn expose(&self) -> &str {
        self.text.expose_secret()
    }

    /// An HMAC with SHA-256.
    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        hmac::sign(&self.key, message).as_ref().to_vec()
    }

    /// Whether an HMAC is of this secret and for that message; how long that takes tells nothing.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        hmac::verify(&self.key, message, signature).is_ok()
    }
}

/// Without the secret.
impl std::fmt::Debug for JwtSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JwtSecret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_long_differ_and_are_not_shown() {
        let (one, other) = (JwtSecret::generate(), JwtSecret::generate());
        assert!(one.expose().len() >= SHORTEST && one.expose() != other.expose());
        assert!(
            JwtSecret::read(&"x".repeat(SHORTEST)).is_some() && JwtSecret::read(&"x".repeat(SHORTEST - 1)).is_none()
        );
        assert_eq!(format!("{one:?}"), "JwtSecret");
    }

    /// RFC 4231 §4.3.
    #[test]
    fn the_text_is_the_key() {
        let (secret, message) = (JwtSecret::new("Jefe".to_owned()), b"what do ya want for nothing?");
        let signature = secret.sign(message);
        let digits: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(digits, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        assert!(secret.verifies(message, &signature));
        assert!(!secret.verifies(b"what do ya want", &signature) && !secret.verifies(message, &signature[..31]));
        assert!(!secret.verifies(message, b"") && !JwtSecret::generate().verifies(message, &signature));
    }
}
