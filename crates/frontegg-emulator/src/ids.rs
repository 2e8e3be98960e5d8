//! Identifiers and one-time secrets, and the digests under which secrets are stored.

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use uuid::{Builder, Uuid};

/// A fresh identifier, a random UUID as the service makes them.
pub(crate) fn new_id() -> String {
    Uuid::new_v4().to_string()
}

/// The identifier of something that every fresh environment has: always the same UUID for a name,
/// so that tests may keep it over a reset.
pub(crate) fn fixed_id(name: &str) -> String {
    let hash = digest(&SHA256, name.as_bytes());
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash.as_ref()[..16]);
    Builder::from_random_bytes(bytes).into_uuid().to_string()
}

/// A fresh secret with 256 random bits, safe in a URL.
pub(crate) fn new_secret() -> String {
    URL_SAFE_NO_PAD.encode(random::<32>())
}

/// A fresh code of six digits.
pub(crate) fn new_code() -> String {
    // Taking the remainder of 64 bits favours no code by more than one part in ten million million.
    format!("{:06}", u64::from_be_bytes(random()) % 1_000_000)
}

/// What is stored of a secret with enough entropy of its own (tokens, not passwords): SHA-256 in
/// hexadecimal digits.
pub(crate) fn fingerprint(secret: &str) -> String {
    use std::fmt::Write as _;
    let hash = digest(&SHA256, secret.as_bytes());
    hash.as_ref().iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What follows a secret, made from it and another one: as random as a fresh identifier for whoever
/// lacks either.
pub(crate) fn successor(secret: &str, seed: &str) -> String {
    fixed_id(&format!("{seed}:{secret}"))
}

/// Random bytes of the system.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // The system's generator fails only where no program could run safely.
    rand::fill(&mut bytes).expect("the system gives random bytes");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_and_secrets_differ() {
        assert_ne!(new_id(), new_id());
        assert_ne!(new_secret(), new_secret());
        assert_eq!(new_secret().len(), 43);
        assert!(new_code().len() == 6 && new_code().bytes().all(|b| b.is_ascii_digit()));
    }

    #[test]
    fn fixed_ids_are_stable_uuids() {
        let id = fixed_id("role:Admin");
        assert_eq!(id, fixed_id("role:Admin"));
        assert_ne!(id, fixed_id("role:ReadOnly"));
        assert_eq!(Uuid::parse_str(&id).expect("a UUID").get_version_num(), 4);
    }

    #[test]
    fn fingerprints_are_sha_256() {
        assert_eq!(fingerprint("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
