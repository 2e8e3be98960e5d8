//! ID tokens: whom a provider says that it has let in, to which client, and when (OpenID Connect Core 3.1.3.7).

use aws_lc_rs::digest::{Algorithm as Digest, SHA256, SHA384, SHA512, digest};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    Person,
    key_set::{Algorithm, KeySet},
};
use crate::{clock::Timestamp, tokens::jws::Token};

/// How far the provider's clock may be from ours, in seconds.
const SKEW: f64 = 60.0;
/// How old a token may be that has just been issued, in seconds.
const OLDEST: f64 = 600.0;

/// Why a token proves nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum IdTokenError {
    #[error("there is none")]
    Missing,
    #[error("it is no signed JWT with the claims of one")]
    Form,
    #[error("its algorithm is none that is taken")]
    Algorithm,
    #[error("no key of the provider has signed it")]
    Signature,
    #[error("it is of another issuer")]
    Issuer,
    #[error("it is for another client")]
    Audience,
    #[error("it is not of this moment")]
    Time,
    #[error("it is of another sign-in")]
    Nonce,
    #[error("it is of another access token")]
    AccessToken,
    #[error("it names nobody")]
    Subject,
}

/// What a token has to be of.
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    pub(super) nonce: &'a str,
    pub(super) access_token: &'a str,
    pub(super) now: Timestamp,
}

/// The claims about the token itself.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    azp: Option<String>,
    exp: f64,
    iat: f64,
    nbf: Option<f64>,
    nonce: Option<String>,
    at_hash: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

impl Audience {
    fn names(&self) -> &[String] {
        match self {
            Self::One(name) => std::slice::from_ref(name),
            Self::Several(names) => names,
        }
    }
}

/// Who has issued it, as it says itself.
pub(super) fn issuer(token: &str) -> Result<String, IdTokenError> {
    #[derive(Deserialize)]
    struct Issued {
        iss: String,
    }
    let token = Token::read(token).map_err(|_| IdTokenError::Form)?;
    token.claims().map(|Issued { iss }| iss).ok_or(IdTokenError::Form)
}

/// Whom it tells of, if it is all that is expected.
pub(super) fn check(token: &str, keys: &KeySet, expected: &Expected<'_>) -> Result<Person, IdTokenError> {
    let token = Token::read(token).map_err(|_| IdTokenError::Form)?;
    Algorithm::named(&token.header.alg).ok_or(IdTokenError::Algorithm)?;
    keys.verify(&token).ok_or(IdTokenError::Signature)?;
    let claims: Claims = token.claims().ok_or(IdTokenError::Form)?;
    if claims.iss != expected.issuer {
        return Err(IdTokenError::Issuer);
    }
    if !is_for(&claims, expected.client_id) {
        return Err(IdTokenError::Audience);
    }
    if !is_current(&claims, expected.now) {
        return Err(IdTokenError::Time);
    }
    if claims.nonce.as_deref() != Some(expected.nonce) {
        return Err(IdTokenError::Nonce);
    }
    let hash = claims.at_hash.as_deref();
    if hash.is_some_and(|hash| hash != access_token_hash(&token.header.alg, expected.access_token)) {
        return Err(IdTokenError::AccessToken);
    }
    let all: Map<String, Value> = token.claims().ok_or(IdTokenError::Form)?;
    Person::from_id_token(all).ok_or(IdTokenError::Subject)
}

/// Numbers 3 to 5: among several audiences the client is the one that the token was issued to.
fn is_for(claims: &Claims, client_id: &str) -> bool {
    let audiences = claims.aud.names();
    let authorized = claims.azp.as_deref();
    audiences.iter().any(|name| name == client_id)
        && authorized.is_none_or(|party| party == client_id)
        && (audiences.len() == 1 || authorized.is_some())
}

/// Numbers 9 and 10, and RFC 7519 §4.1.5.
#[expect(clippy::cast_precision_loss, reason = "seconds since 1970 have room in it")]
fn is_current(claims: &Claims, now: Timestamp) -> bool {
    let now = now.seconds() as f64;
    now < claims.exp + SKEW
        && claims.iat <= now + SKEW
        && claims.iat >= now - OLDEST - SKEW
        && claims.nbf.is_none_or(|begin| begin <= now + SKEW)
}

/// 3.1.3.8: the left half of the hash that the algorithm of the signature goes by.
fn access_token_hash(algorithm: &str, access_token: &str) -> String {
    let by: &Digest = match algorithm.get(2..) {
        Some("256") => &SHA256,
        Some("384") => &SHA384,
        // EdDSA by Ed25519 too.
        _ => &SHA512,
    };
    let hash = digest(by, access_token.as_bytes());
    URL_SAFE_NO_PAD.encode(&hash.as_ref()[..hash.as_ref().len() / 2])
}
