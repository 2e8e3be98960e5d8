//! Without any library: a verifier cannot be built.

use super::{Components, RsaPublicKey};
use crate::error::ConfigError;

/// A key that there cannot be.
pub(crate) enum Key {}

impl RsaPublicKey for Key {
    fn check() -> Result<(), ConfigError> {
        Err(ConfigError::NoCryptoProvider)
    }

    fn new(_: Components<'_>) -> Option<Self> {
        None
    }

    fn has_signed(&self, _: &[u8], _: &[u8]) -> bool {
        match *self {}
    }
}
