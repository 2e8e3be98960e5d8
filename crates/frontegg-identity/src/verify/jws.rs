//! Signed tokens (RFC 7515, compact) in the one form that the environment issues: RS256 with a key
//! that `kid` names.
//!
//! There is nothing to choose: what a header says beyond that is not looked at, keys that it brings or
//! points to least of all, and claims are parsed once and only after the signature held.

use std::fmt;

use aws_lc_rs::{
    encoding::{AsDer, PublicKeyX509Der},
    rsa::{PublicEncryptingKey, PublicKeyComponents},
    signature::{ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, de::IgnoredAny};

use super::VerifyError;

/// Longer tokens are not looked at.
const LONGEST: usize = 16 * 1024;

/// A public RSA key of at least 2048 bits, made ready once.
pub(super) struct Key(ParsedPublicKey);

impl Key {
    /// The key of these numbers, as a JWK has them (RFC 7518 §6.3.1).
    pub(super) fn new(modulus: &str, exponent: &str) -> Option<Self> {
        let number = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
        let parts = PublicKeyComponents { n: number(modulus)?, e: number(exponent)? };
        let key: PublicEncryptingKey = parts.try_into().ok()?;
        let der: PublicKeyX509Der = key.as_der().ok()?;
        ParsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, der.as_ref()).ok().map(Self)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key")
    }
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    /// Extensions that must be understood; none is.
    crit: Option<IgnoredAny>,
}

/// A token of which nothing is proven yet.
pub(super) struct Unproven<'a> {
    /// The key that is said to have signed it.
    pub(super) kid: String,
    /// Header and claims as they were signed.
    message: &'a str,
    claims: &'a str,
    signature: Vec<u8>,
}

impl<'a> Unproven<'a> {
    pub(super) fn read(token: &'a str) -> Result<Self, VerifyError> {
        const FORM: VerifyError = VerifyError::Malformed("it is no signed JWT");
        if token.len() > LONGEST {
            return Err(VerifyError::Malformed("it is too long"));
        }
        let (message, signature) = token.rsplit_once('.').ok_or(FORM)?;
        let (header, claims) = message.split_once('.').filter(|(_, claims)| !claims.contains('.')).ok_or(FORM)?;
        let header: Header = decode(header).and_then(|text| serde_json::from_slice(&text).ok()).ok_or(FORM)?;
        if header.alg != "RS256" {
            return Err(VerifyError::Algorithm);
        }
        if header.crit.is_some() {
            return Err(VerifyError::Malformed("its header asks for an extension"));
        }
        let kid = header.kid.ok_or(VerifyError::UnknownKey)?;
        Ok(Self { kid, message, claims, signature: decode(signature).ok_or(FORM)? })
    }

    /// The claims, as JSON, if the key has signed them.
    pub(super) fn proven_by(&self, key: &Key) -> Result<Vec<u8>, VerifyError> {
        key.0.verify_sig(self.message.as_bytes(), &self.signature).map_err(|_| VerifyError::Signature)?;
        decode(self.claims).ok_or(VerifyError::Malformed("its claims are not base64url"))
    }
}

fn decode(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).ok()
}
