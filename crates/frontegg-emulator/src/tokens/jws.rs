//! Compact JSON Web Signatures (RFC 7515) in the one form that the emulator issues and takes.
//!
//! Own code, and little of it, because the crate `jsonwebtoken` reads the time from the system and
//! not from a [`Clock`](crate::Clock), lets a member appear twice, and would bring a second way to
//! parse keys. Here there is nothing to choose: the algorithm is RS256, the key is the one of ours
//! that `kid` names, and whatever else a header says is not looked at.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::tokens::keys::{Ring, SigningKey};

/// Longer tokens are not looked at.
const LONGEST: usize = 16 * 1024;

/// Why a token is not good. Callers learn no more than that it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JwsError {
    #[error("the token is not a signed JWT")]
    Form,
    #[error("the token is not signed with RS256")]
    Algorithm,
    #[error("the token names no key of ours")]
    Key,
    #[error("the signature does not hold")]
    Signature,
    #[error("the claims are not those of a token of ours")]
    Claims,
}

#[derive(Serialize)]
struct NewHeader<'a> {
    alg: &'static str,
    typ: &'static str,
    kid: &'a str,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    /// Extensions that must be understood; we understand none.
    crit: Option<serde::de::IgnoredAny>,
}

/// Signs claims.
pub(crate) fn sign<T: Serialize>(key: &SigningKey, claims: &T) -> anyhow::Result<String> {
    sign_text(key, &serde_json::to_string(claims)?)
}

/// Signs a text, be it claims or not.
pub(crate) fn sign_text(key: &SigningKey, claims: &str) -> anyhow::Result<String> {
    let header = NewHeader { alg: "RS256", typ: "JWT", kid: key.kid() };
    let mut token = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&header)?);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(claims, &mut token);
    let signature = key.sign(token.as_bytes())?;
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Ok(token)
}

/// The claims of a token that one of our keys has signed. Times are not looked at.
pub(crate) fn verify<T: DeserializeOwned>(ring: &Ring, token: &str) -> Result<T, JwsError> {
    if token.len() > LONGEST {
        return Err(JwsError::Form);
    }
    let (message, signature) = token.rsplit_once('.').ok_or(JwsError::Form)?;
    let (header, claims) = message.split_once('.').ok_or(JwsError::Form)?;
    // base64url has no dot, so a token with more parts fails here.
    let header: Header = parse(header).ok_or(JwsError::Form)?;
    if header.alg != "RS256" || header.crit.is_some() {
        return Err(JwsError::Algorithm);
    }
    let key = header.kid.as_deref().and_then(|kid| ring.find(kid));
    let key = key.ok_or(JwsError::Key)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| JwsError::Form)?;
    if !key.verifies(message.as_bytes(), &signature) {
        return Err(JwsError::Signature);
    }
    parse(claims).ok_or(JwsError::Claims)
}

fn parse<T: DeserializeOwned>(part: &str) -> Option<T> {
    let text = URL_SAFE_NO_PAD.decode(part).ok()?;
    serde_json::from_slice(&text).ok()
}
