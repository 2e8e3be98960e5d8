//! Compact JSON Web Signatures (RFC 7515) in the form that the emulator issues and takes.
//!
//! Own code, and little of it, because the crate `jsonwebtoken` reads the time from the system and
//! not from a [`Clock`](crate::Clock), lets a member appear twice, and would bring a second way to
//! parse keys. Here a token has nothing to choose: the algorithm is the one that the environment is set to,
//! the key is the one of ours that `kid` names, or the secret where there is one for all, and whatever else
//! a header says is not looked at.

use std::sync::Arc;

use aws_lc_rs::error::Unspecified;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::tokens::keys::{JwtSecret, Ring};

/// Longer tokens are not looked at.
const LONGEST: usize = 16 * 1024;

/// By which algorithm the tokens of an environment are signed (RFC 7518 §3.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum Algorithm {
    /// By a key pair, whose public half is for everybody who verifies.
    #[default]
    Rs256,
    /// By a secret, which everybody who verifies must share.
    Hs256,
}

impl Algorithm {
    /// Its name in headers.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Hs256 => "HS256",
        }
    }
}

/// Why a token is not good. Callers learn no more than that it is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JwsError {
    #[error("the token is not a signed JWT")]
    Form,
    #[error("the token is not signed by the environment's algorithm")]
    Algorithm,
    #[error("the token names no key of ours")]
    Key,
    #[error("the signature does not hold")]
    Signature,
    #[error("the claims are not those of a token of ours")]
    Claims,
}

/// What signs tokens and what verifies them: the keys of an environment, by the one algorithm that it is set
/// to. Keys are used through it alone. Were the algorithm a token's to choose, it could choose that of a
/// secret for our public key, which everybody has.
#[derive(Clone, Debug)]
pub(crate) struct Signer {
    ring: Arc<Ring>,
    algorithm: Algorithm,
}

impl Signer {
    pub(crate) fn new(ring: Arc<Ring>, algorithm: Algorithm) -> Self {
        Self { ring, algorithm }
    }

    pub(crate) fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Whether a token was refused with that for want of a key or secret that is newer than those known
    /// here.
    pub(crate) fn may_be_outdated(&self, error: JwsError) -> bool {
        match self.algorithm {
            Algorithm::Rs256 => error == JwsError::Key,
            // Its tokens do not name the secret.
            Algorithm::Hs256 => error == JwsError::Signature,
        }
    }

    /// The keys, where one of them signs: they must know until when its tokens are valid.
    pub(crate) fn key_pairs(&self) -> Option<&Ring> {
        (self.algorithm == Algorithm::Rs256).then_some(&*self.ring)
    }

    fn header(&self) -> NewHeader<'_> {
        let kid = match self.algorithm {
            Algorithm::Rs256 => Some(self.ring.active().kid()),
            Algorithm::Hs256 => None,
        };
        NewHeader { alg: self.algorithm.name(), typ: "JWT", kid }
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Unspecified> {
        match self.algorithm {
            Algorithm::Rs256 => self.ring.active().sign(message),
            Algorithm::Hs256 => Ok(self.ring.secret().sign(message)),
        }
    }

    fn check(&self, header: Header, message: &[u8], signature: &[u8]) -> Result<SignedBy, JwsError> {
        if header.alg != self.algorithm.name() || header.crit.is_some() {
            return Err(JwsError::Algorithm);
        }
        let (holds, by) = match self.algorithm {
            Algorithm::Rs256 => {
                let kid = header.kid.ok_or(JwsError::Key)?;
                let key = self.ring.find(&kid).ok_or(JwsError::Key)?;
                (key.verifies(message, signature), SignedBy::Key(kid))
            }
            Algorithm::Hs256 => {
                let secret = self.ring.secret();
                (secret.verifies(message, signature), SignedBy::Secret(Arc::clone(secret)))
            }
        };
        if holds { Ok(by) } else { Err(JwsError::Signature) }
    }

    /// Whether a signature that held once holds for these keys and this algorithm.
    pub(super) fn trusts(&self, by: &SignedBy) -> bool {
        match (self.algorithm, by) {
            (Algorithm::Rs256, SignedBy::Key(kid)) => self.ring.find(kid).is_some(),
            (Algorithm::Hs256, SignedBy::Secret(secret)) => Arc::ptr_eq(self.ring.secret(), secret),
            _ => false,
        }
    }
}

/// What a signature that holds was made with.
#[derive(Clone, Debug)]
pub(crate) enum SignedBy {
    /// The key of that name, which is its thumbprint.
    Key(String),
    Secret(Arc<JwtSecret>),
}

#[derive(Serialize)]
struct NewHeader<'a> {
    alg: &'static str,
    typ: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    kid: Option<String>,
    /// Extensions that must be understood; we understand none.
    crit: Option<serde::de::IgnoredAny>,
}

/// Signs claims.
pub(crate) fn sign<T: Serialize>(signer: &Signer, claims: &T) -> anyhow::Result<String> {
    sign_text(signer, &serde_json::to_string(claims)?)
}

/// Signs a text, be it claims or not.
pub(crate) fn sign_text(signer: &Signer, claims: &str) -> anyhow::Result<String> {
    let mut token = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&signer.header())?);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(claims, &mut token);
    let signature = signer.sign(token.as_bytes())?;
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Ok(token)
}

/// The claims of a token that we have signed, and what with. Times are not looked at.
pub(crate) fn verify<T: DeserializeOwned>(signer: &Signer, token: &str) -> Result<(T, SignedBy), JwsError> {
    if token.len() > LONGEST {
        return Err(JwsError::Form);
    }
    let (message, signature) = token.rsplit_once('.').ok_or(JwsError::Form)?;
    let (header, claims) = message.split_once('.').ok_or(JwsError::Form)?;
    // base64url has no dot, so a token with more parts fails here.
    let header: Header = parse(header).ok_or(JwsError::Form)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| JwsError::Form)?;
    let by = signer.check(header, message.as_bytes(), &signature)?;
    Ok((parse(claims).ok_or(JwsError::Claims)?, by))
}

fn parse<T: DeserializeOwned>(part: &str) -> Option<T> {
    // UTF-8 as a whole (RFC 7515, 5.2): the parser passes over members that nobody looks at.
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(part).ok()?).ok()?;
    serde_json::from_str(&text).ok()
}
