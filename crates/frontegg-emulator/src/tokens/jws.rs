//! Compact JSON Web Signatures (RFC 7515) in the form that the emulator issues and takes.
//!
//! Own code, and little of it, because the crate `jsonwebtoken` reads the time from the system and
//! not from a [`Clock`](crate::Clock), lets a member appear twice, and would bring a second way to
//! parse keys. Here a token has little to choose: the algorithm is the one that the environment is set to, or,
//! of a token that a template has shaped, the template's; RS256 goes with the one of our key pairs that `kid`
//! names, HS256 with the secret, and never with another; and whatever else a header says is not looked at.

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

    /// The one of that name; upper and lower case differ.
    pub(crate) fn named(name: &str) -> Option<Self> {
        [Self::Rs256, Self::Hs256].into_iter().find(|algorithm| algorithm.name() == name)
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
    #[error("the signature is not one by our secret")]
    Secret,
    #[error("the claims are not those of a token of ours")]
    Claims,
}

/// What says by which algorithm a token has to be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// The one algorithm that the environment is set to.
    Environment,
    /// The template that the token's header names, which is signed as all of it.
    Template,
}

/// What signs tokens and what verifies them: the keys of an environment, by the algorithm that it is set to, or by
/// that of a template. Keys are used through it alone, each kind with its own algorithm. Were the two a token's to
/// combine, it could take our public key, which everybody has, for a secret.
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

    /// The keys, where one of them signs: they must know until when its tokens are valid.
    pub(crate) fn key_pairs(&self) -> Option<&Ring> {
        (self.algorithm == Algorithm::Rs256).then_some(&*self.ring)
    }

    fn header<'a>(&'a self, template: Option<&'a str>) -> NewHeader<'a> {
        let kid = match self.algorithm {
            Algorithm::Rs256 => Some(self.ring.active().kid()),
            Algorithm::Hs256 => None,
        };
        NewHeader { alg: self.algorithm.name(), typ: "JWT", kid, template }
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Unspecified> {
        match self.algorithm {
            Algorithm::Rs256 => self.ring.active().sign(message),
            Algorithm::Hs256 => Ok(self.ring.secret().sign(message)),
        }
    }

    fn admits(&self, algorithm: Algorithm, rule: Rule) -> bool {
        rule == Rule::Template || algorithm == self.algorithm
    }

    fn check(&self, header: &Header, message: &[u8], signature: &[u8]) -> Result<SignedBy, JwsError> {
        let rule = if header.template.is_some() { Rule::Template } else { Rule::Environment };
        let algorithm = Algorithm::named(&header.alg).filter(|algorithm| self.admits(*algorithm, rule));
        let algorithm = algorithm.filter(|_| header.crit.is_none()).ok_or(JwsError::Algorithm)?;
        let (holds, key, broken) = match algorithm {
            Algorithm::Rs256 => {
                let kid = header.kid.as_ref().ok_or(JwsError::Key)?;
                let key = self.ring.find(kid).ok_or(JwsError::Key)?;
                (key.verifies(message, signature), KeyUsed::Pair(kid.clone()), JwsError::Signature)
            }
            Algorithm::Hs256 => {
                let secret = self.ring.secret();
                (secret.verifies(message, signature), KeyUsed::Secret(Arc::clone(secret)), JwsError::Secret)
            }
        };
        if holds { Ok(SignedBy { key, rule }) } else { Err(broken) }
    }

    /// Whether a signature that held once holds for these keys and this algorithm.
    pub(super) fn trusts(&self, by: &SignedBy) -> bool {
        match &by.key {
            KeyUsed::Pair(kid) => self.admits(Algorithm::Rs256, by.rule) && self.ring.find(kid).is_some(),
            KeyUsed::Secret(secret) => {
                self.admits(Algorithm::Hs256, by.rule) && Arc::ptr_eq(self.ring.secret(), secret)
            }
        }
    }
}

impl JwsError {
    /// Whether a token may have been refused with that for want of a key or secret that is newer than those known
    /// here. Tokens do not name the secret.
    pub(crate) fn may_be_outdated(self) -> bool {
        matches!(self, Self::Key | Self::Secret)
    }
}

/// What a signature that holds was made with, and what said by which algorithm.
#[derive(Clone, Debug)]
pub(crate) struct SignedBy {
    key: KeyUsed,
    rule: Rule,
}

#[derive(Clone, Debug)]
enum KeyUsed {
    /// The key pair of that name, which is its thumbprint.
    Pair(String),
    Secret(Arc<JwtSecret>),
}

#[derive(Serialize)]
struct NewHeader<'a> {
    alg: &'static str,
    typ: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    kid: Option<&'a str>,
    /// Of the emulator only (RFC 7515 §4.3): the key of the template that has shaped the claims.
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<&'a str>,
}

/// What a token says of its signature. Keys and addresses of keys that it may bring along are not read.
#[derive(Deserialize)]
pub(crate) struct Header {
    pub(crate) alg: String,
    pub(crate) kid: Option<String>,
    template: Option<String>,
    /// Extensions that must be understood; we understand none.
    pub(crate) crit: Option<serde::de::IgnoredAny>,
}

/// Signs claims.
pub(crate) fn sign<T: Serialize>(signer: &Signer, claims: &T) -> anyhow::Result<String> {
    sign_text(signer, &serde_json::to_string(claims)?)
}

/// Signs a text, be it claims or not.
pub(crate) fn sign_text(signer: &Signer, claims: &str) -> anyhow::Result<String> {
    compact(signer, &signer.header(None), claims)
}

/// Signs claims that the template of that key has shaped.
pub(crate) fn sign_templated<T: Serialize>(signer: &Signer, template: &str, claims: &T) -> anyhow::Result<String> {
    compact(signer, &signer.header(Some(template)), &serde_json::to_string(claims)?)
}

fn compact(signer: &Signer, header: &NewHeader<'_>, payload: &str) -> anyhow::Result<String> {
    let mut token = URL_SAFE_NO_PAD.encode(serde_json::to_vec(header)?);
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(payload, &mut token);
    let signature = signer.sign(token.as_bytes())?;
    token.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut token);
    Ok(token)
}

/// A token that we have signed.
#[derive(Debug)]
pub(crate) struct Verified {
    payload: String,
    by: SignedBy,
}

impl Verified {
    /// Whether a template has shaped its claims.
    pub(super) fn is_templated(&self) -> bool {
        self.by.rule == Rule::Template
    }

    /// Its claims.
    pub(super) fn claims<T: DeserializeOwned>(&self) -> Result<T, JwsError> {
        serde_json::from_str(&self.payload).map_err(|_| JwsError::Claims)
    }

    /// What it was signed with.
    pub(super) fn by(self) -> SignedBy {
        self.by
    }
}

/// A token that we have signed. Neither its claims nor its times are looked at.
pub(crate) fn verify(signer: &Signer, token: &str) -> Result<Verified, JwsError> {
    let token = Token::read(token)?;
    let by = signer.check(&token.header, token.message.as_bytes(), &token.signature)?;
    Ok(Verified { payload: text(token.payload).ok_or(JwsError::Claims)?, by })
}

/// A token taken apart, whoever signed it. Nothing of it is proven.
pub(crate) struct Token<'a> {
    pub(crate) header: Header,
    /// What is signed.
    pub(crate) message: &'a str,
    /// The claims, as they are in the message.
    payload: &'a str,
    pub(crate) signature: Vec<u8>,
}

impl<'a> Token<'a> {
    pub(crate) fn read(token: &'a str) -> Result<Self, JwsError> {
        if token.len() > LONGEST {
            return Err(JwsError::Form);
        }
        let (message, signature) = token.rsplit_once('.').ok_or(JwsError::Form)?;
        let (header, payload) = message.split_once('.').ok_or(JwsError::Form)?;
        // base64url has no dot, so a token with more parts fails here.
        let header = parse(header).ok_or(JwsError::Form)?;
        let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| JwsError::Form)?;
        Ok(Self { header, message, payload, signature })
    }

    /// The claims, where they are of that form. Who goes by them sees to the signature first.
    pub(crate) fn claims<T: DeserializeOwned>(&self) -> Option<T> {
        parse(self.payload)
    }
}

fn parse<T: DeserializeOwned>(part: &str) -> Option<T> {
    serde_json::from_str(&text(part)?).ok()
}

/// UTF-8 as a whole (RFC 7515, 5.2): the parser passes over members that nobody looks at.
fn text(part: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(part).ok()?).ok()
}
