//! Cryptography, by the library that the program has chosen: for TLS, and for the signatures of tokens.
//!
//! The feature `aws-lc` (default) is one, `ring` the other; with neither it is the rustls provider that the program has
//! installed for the process.

#[cfg(feature = "verify")]
mod rsa;

#[cfg(feature = "rustls")]
use std::sync::Arc;

#[cfg(feature = "rustls")]
use rustls::crypto::CryptoProvider;

#[cfg(any(feature = "rustls", feature = "verify"))]
use crate::error::ConfigError;

#[cfg(feature = "verify")]
pub(crate) use rsa::{Components, RsaKey, RsaPublicKey, check};

/// The provider of TLS: that of the process if there is one, as for everything that uses rustls.
#[cfg(feature = "rustls")]
pub(crate) fn provider() -> Result<Arc<CryptoProvider>, ConfigError> {
    let installed = CryptoProvider::get_default().cloned();
    installed.or_else(built_in).ok_or(ConfigError::NoCryptoProvider)
}

#[cfg(feature = "rustls")]
fn built_in() -> Option<Arc<CryptoProvider>> {
    #[cfg(feature = "aws-lc")]
    let provider = Some(rustls::crypto::aws_lc_rs::default_provider());
    #[cfg(all(feature = "ring", not(feature = "aws-lc")))]
    let provider = Some(rustls::crypto::ring::default_provider());
    #[cfg(not(any(feature = "aws-lc", feature = "ring")))]
    let provider = None;
    provider.map(Arc::new)
}
