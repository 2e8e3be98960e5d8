//! By ring.

use ring::signature::{RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents};

use super::{Components, RsaPublicKey};

/// A key, which ring parses for each signature.
pub(crate) struct Key(RsaPublicKeyComponents<Vec<u8>>);

impl RsaPublicKey for Key {
    fn new(Components { modulus, exponent }: Components<'_>) -> Option<Self> {
        Some(Self(RsaPublicKeyComponents { n: modulus.to_owned(), e: exponent.to_owned() }))
    }

    fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify(&RSA_PKCS1_2048_8192_SHA256, message, signature).is_ok()
    }
}
