//! By aws-lc.

use aws_lc_rs::{
    encoding::{AsDer, PublicKeyX509Der},
    rsa::{PublicEncryptingKey, PublicKeyComponents},
    signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256},
};

use super::{Components, RsaPublicKey};

/// A key, parsed once.
pub(crate) struct Key(ParsedPublicKey);

impl RsaPublicKey for Key {
    fn new(Components { modulus, exponent }: Components<'_>) -> Option<Self> {
        let key: PublicEncryptingKey = PublicKeyComponents { n: modulus, e: exponent }.try_into().ok()?;
        let der: PublicKeyX509Der = key.as_der().ok()?;
        ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der.as_ref()).ok().map(Self)
    }

    fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.0.verify_sig(message, signature).is_ok()
    }
}
