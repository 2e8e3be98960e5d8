//! The keys of a provider (RFC 7517), and signatures by them (RFC 7518 §3, RFC 8037).

use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ECDSA_P521_SHA512_FIXED, ED25519, EcdsaVerificationAlgorithm,
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RsaParameters, RsaPublicKeyComponents, UnparsedPublicKey,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use serde_json::Value;

use super::{OpenIdError, successful};
use crate::{
    outgoing::{Credentials, Outgoing},
    tokens::jws::Token,
};

/// An algorithm of signatures whose keys have a public half. There are no others: were one with a shared secret among
/// them, a public key could be taken for the secret (RFC 8725 §2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Algorithm {
    Rsa(&'static RsaParameters),
    Ecdsa { algorithm: &'static EcdsaVerificationAlgorithm, curve: &'static str },
    Ed25519,
}

impl Algorithm {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "RS256" => Self::Rsa(&RSA_PKCS1_2048_8192_SHA256),
            "RS384" => Self::Rsa(&RSA_PKCS1_2048_8192_SHA384),
            "RS512" => Self::Rsa(&RSA_PKCS1_2048_8192_SHA512),
            "PS256" => Self::Rsa(&RSA_PSS_2048_8192_SHA256),
            "PS384" => Self::Rsa(&RSA_PSS_2048_8192_SHA384),
            "PS512" => Self::Rsa(&RSA_PSS_2048_8192_SHA512),
            "ES256" => Self::Ecdsa { algorithm: &ECDSA_P256_SHA256_FIXED, curve: "P-256" },
            "ES384" => Self::Ecdsa { algorithm: &ECDSA_P384_SHA384_FIXED, curve: "P-384" },
            "ES512" => Self::Ecdsa { algorithm: &ECDSA_P521_SHA512_FIXED, curve: "P-521" },
            "EdDSA" => Self::Ed25519,
            _ => return None,
        })
    }

    /// Type and curve of the keys that it takes.
    fn keys(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Rsa(_) => ("RSA", None),
            Self::Ecdsa { curve, .. } => ("EC", Some(curve)),
            Self::Ed25519 => ("OKP", Some("Ed25519")),
        }
    }
}

/// A public key (RFC 7517 §4, RFC 7518 §6).
#[derive(Clone, Debug, Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    alg: Option<String>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

impl Jwk {
    /// Whether it is for signatures by that algorithm.
    fn fits(&self, name: &str, algorithm: Algorithm) -> bool {
        let (kty, curve) = algorithm.keys();
        self.kty == kty
            && curve.is_none_or(|curve| self.crv.as_deref() == Some(curve))
            && self.purpose.as_deref().is_none_or(|purpose| purpose == "sig")
            && self.alg.as_deref().is_none_or(|alg| alg == name)
    }

    fn verifies(&self, algorithm: Algorithm, token: &Token<'_>) -> Option<()> {
        let (message, signature) = (token.message.as_bytes(), token.signature.as_slice());
        let verified = match algorithm {
            Algorithm::Rsa(parameters) => {
                let (n, e) = (number(self.n.as_ref())?, number(self.e.as_ref())?);
                RsaPublicKeyComponents { n, e }.verify(parameters, message, signature)
            }
            Algorithm::Ecdsa { algorithm, .. } => {
                // Uncompressed (SEC 1, 2.3.3).
                let point = [vec![4], number(self.x.as_ref())?, number(self.y.as_ref())?].concat();
                UnparsedPublicKey::new(algorithm, point).verify(message, signature)
            }
            Algorithm::Ed25519 => UnparsedPublicKey::new(&ED25519, number(self.x.as_ref())?).verify(message, signature),
        };
        verified.ok()
    }
}

fn number(text: Option<&String>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text?).ok()
}

/// The keys that a provider has at a moment.
#[derive(Debug)]
pub(super) struct KeySet(Vec<Jwk>);

#[derive(Deserialize)]
struct Document {
    keys: Vec<Value>,
}

impl KeySet {
    pub(super) async fn fetch(outgoing: &Outgoing, address: &str) -> Result<Self, OpenIdError> {
        let answer = outgoing.get(address, Credentials::None).await?;
        let document = successful(&answer).ok_or(OpenIdError::Unusable("key set"))?;
        Ok(Self::of(document))
    }

    /// Keys of forms that are not known are passed over (RFC 7517 §5).
    fn of(document: Document) -> Self {
        Self(document.keys.into_iter().filter_map(|key| serde_json::from_value(key).ok()).collect())
    }

    #[cfg(test)]
    pub(super) fn from_json(text: &str) -> Self {
        Self::of(serde_json::from_str(text).expect("a key set"))
    }

    /// The one key that a token names, or the only one that can be meant where it names none (OpenID Connect Core 10.1).
    fn key(&self, name: &str, algorithm: Algorithm, kid: Option<&str>) -> Option<&Jwk> {
        let mut fitting = self.0.iter().filter(|key| key.fits(name, algorithm));
        match kid {
            Some(_) => fitting.find(|key| key.kid.as_deref() == kid),
            None => fitting.next().filter(|_| fitting.next().is_none()),
        }
    }

    /// The algorithm by which a key of these has signed the token, if one has.
    pub(super) fn verify(&self, token: &Token<'_>) -> Option<Algorithm> {
        let name = token.header.alg.as_str();
        let algorithm = Algorithm::named(name).filter(|_| token.header.crit.is_none())?;
        let key = self.key(name, algorithm, token.header.kid.as_deref())?;
        key.verifies(algorithm, token).map(|()| algorithm)
    }
}
