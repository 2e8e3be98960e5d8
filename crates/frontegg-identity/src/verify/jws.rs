//! Signed tokens (JWS, RFC 7515 §3.1) in the one form that the environment issues: RS256, with the key
//! that `kid` names.
//!
//! Nothing else of the header is used, in particular no key that it contains or refers to. Claims are
//! parsed once, and only after the signature was verified.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, de::IgnoredAny};

use super::VerifyError;
use crate::crypto::{Components, RsaKey, RsaPublicKey};

/// The most bytes of a token.
const MAX_LENGTH: usize = 16 * 1024;

/// A public RSA key.
pub(super) struct Key(RsaKey);

impl Key {
    /// The key with these base64url parameters of a JWK (RFC 7518 §6.3.1).
    pub(super) fn new(modulus: &str, exponent: &str) -> Option<Self> {
        let (modulus, exponent) = (decode(modulus)?, decode(exponent)?);
        RsaKey::new(Components::new(&modulus, &exponent)?).map(Self)
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
    /// Extensions that must be understood (RFC 7515 §4.1.11); none is.
    crit: Option<IgnoredAny>,
}

/// A token whose signature is not verified yet.
pub(super) struct UnverifiedJws<'a> {
    /// The id of the key that it claims to be signed with.
    pub(super) kid: String,
    /// The signing input (RFC 7515 §5.1).
    message: &'a str,
    claims: &'a str,
    signature: Vec<u8>,
}

impl<'a> UnverifiedJws<'a> {
    pub(super) fn parse(token: &'a str) -> Result<Self, VerifyError> {
        const NOT_A_JWT: VerifyError = VerifyError::Malformed("it is no signed JWT");
        if token.len() > MAX_LENGTH {
            return Err(VerifyError::Malformed("it is too long"));
        }
        let (message, signature) = token.rsplit_once('.').ok_or(NOT_A_JWT)?;
        let (header, claims) = message.split_once('.').filter(|(_, claims)| !claims.contains('.')).ok_or(NOT_A_JWT)?;
        let header: Header = text(header).and_then(|text| serde_json::from_str(&text).ok()).ok_or(NOT_A_JWT)?;
        if header.alg != "RS256" {
            return Err(VerifyError::Algorithm { found: header.alg });
        }
        if header.crit.is_some() {
            return Err(VerifyError::Malformed("its header asks for an extension"));
        }
        let kid = header.kid.ok_or_else(|| VerifyError::UnknownKey { found: None, known: Vec::new() })?;
        Ok(Self { kid, message, claims, signature: decode(signature).ok_or(NOT_A_JWT)? })
    }

    /// The claims, as JSON, if the signature is the key's.
    pub(super) fn verify(&self, key: &Key) -> Result<String, VerifyError> {
        if !key.0.has_signed(self.message.as_bytes(), &self.signature) {
            return Err(VerifyError::Signature);
        }
        text(self.claims).ok_or(VerifyError::Malformed("its claims are no text in base64url"))
    }
}

fn decode(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).ok()
}

/// A part that is UTF-8 as a whole (RFC 7515 §5.2): the JSON parser passes over members that nobody looks at.
fn text(part: &str) -> Option<String> {
    String::from_utf8(decode(part)?).ok()
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::{
        rand::SystemRandom,
        rsa::{KeyPair, KeySize},
        signature::{KeyPair as _, RSA_PKCS1_SHA256},
    };

    use super::*;

    fn encode(part: impl AsRef<[u8]>) -> String {
        URL_SAFE_NO_PAD.encode(part)
    }

    #[test]
    fn a_header_and_claims_that_are_no_text_are_refused() {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let (public, random) = (pair.public_key(), SystemRandom::new());
        let modulus = encode(public.modulus().big_endian_without_leading_zero());
        let key = Key::new(&modulus, &encode(public.exponent().big_endian_without_leading_zero())).unwrap();
        let verify = |header: &[u8], claims: &[u8]| {
            let message = format!("{}.{}", encode(header), encode(claims));
            let mut signature = vec![0; pair.public_modulus_len()];
            pair.sign(&RSA_PKCS1_SHA256, &random, message.as_bytes(), &mut signature).unwrap();
            UnverifiedJws::parse(&format!("{message}.{}", encode(signature)))?.verify(&key)
        };
        let (header, broken) =
            (br#"{"alg":"RS256","kid":"1"}"#, &b"{\"alg\":\"RS256\",\"kid\":\"1\",\"typ\":\"\xb3\"}"[..]);
        assert_eq!(verify(header, b"{}").unwrap(), "{}");
        assert!(matches!(verify(broken, b"{}"), Err(VerifyError::Malformed(_))));
        assert!(matches!(verify(header, b"{\"x\":\"\xb3\"}"), Err(VerifyError::Malformed(_))));
    }
}
