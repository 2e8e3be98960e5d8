//! Tokens of one fixed key and one fixed secret: what is behind a signature is reached by nobody who cannot
//! sign.

use std::sync::LazyLock;

use aws_lc_rs::{
    digest::{SHA256, digest},
    hmac,
    rand::SystemRandom,
    rsa::KeyPair,
    signature::{KeyPair as _, RSA_PKCS1_SHA256},
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

/// Nobody's key, which protects nothing.
const PKCS8: &[u8] = include_bytes!("../signing-key.pkcs8");

/// Nobody's secret.
pub const SECRET: &str = "a secret that everybody knows, of 256 bits or more";

/// The key of all targets.
pub static KEY: LazyLock<Key> = LazyLock::new(Key::new);

/// A key to sign with.
#[derive(Debug)]
pub struct Key {
    pair: KeyPair,
    kid: String,
    modulus: String,
    exponent: String,
}

impl Key {
    fn new() -> Self {
        let pair = KeyPair::from_pkcs8(PKCS8).expect("a key");
        let encode = |number: &[u8]| URL_SAFE_NO_PAD.encode(number);
        let modulus = encode(pair.public_key().modulus().big_endian_without_leading_zero());
        let exponent = encode(pair.public_key().exponent().big_endian_without_leading_zero());
        let members = format!(r#"{{"e":"{exponent}","kty":"RSA","n":"{modulus}"}}"#);
        let kid = encode(digest(&SHA256, members.as_bytes()).as_ref());
        Self { pair, kid, modulus, exponent }
    }

    /// Its id: its thumbprint (RFC 7638).
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The signature of a text, in base64url. The same text always has the same one.
    pub fn sign(&self, text: &str) -> String {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        let signed = self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), text.as_bytes(), &mut signature);
        signed.expect("a signature");
        URL_SAFE_NO_PAD.encode(signature)
    }

    /// A token with that header and these claims, whatever they are; signed with the secret where the header
    /// speaks of it.
    pub fn token(&self, header: &[u8], claims: &[u8]) -> String {
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        let by_secret = header.windows(5).any(|word| word == b"HS256");
        let signature = if by_secret { authenticate(&message) } else { self.sign(&message) };
        format!("{message}.{signature}")
    }

    /// Whether it has signed that token, which has no other form than this one.
    pub fn has_signed(&self, token: &str) -> bool {
        token.rsplit_once('.').is_some_and(|(message, signature)| self.sign(message) == signature)
    }

    /// The set in which verifiers find it (RFC 7517).
    pub fn key_set(&self) -> Value {
        let (kid, n, e) = (&self.kid, &self.modulus, &self.exponent);
        json!({ "keys": [{ "kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": n, "e": e }] })
    }

    /// The keys of an exported state.
    pub fn documents(&self) -> Value {
        json!([{ "kid": self.kid, "privateKey": STANDARD.encode(PKCS8), "validUntil": 0 }])
    }
}

/// The HMAC of a text with the secret, in base64url.
fn authenticate(text: &str) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes());
    URL_SAFE_NO_PAD.encode(hmac::sign(&key, text.as_bytes()))
}

/// Whether a token was signed with the secret.
pub fn is_authenticated(token: &str) -> bool {
    token.rsplit_once('.').is_some_and(|(message, mac)| authenticate(message) == mac)
}

/// The header and claims of a token that was taken, which is text. Nothing where a member that nobody looks at
/// is JSON and cannot be held all the same, as half of a surrogate pair or a number beyond all numbers.
pub fn parts(token: &str) -> Option<(Value, Value)> {
    let mut parts = token.split('.').map(|part| {
        let bytes = URL_SAFE_NO_PAD.decode(part).expect("base64url");
        serde_json::from_str(&String::from_utf8(bytes).expect("text")).ok()
    });
    Some((parts.next()??, parts.next()??))
}

/// The token of an input: its first line is the header and the rest are the claims, signed; or it is one
/// line, the token as it is.
pub fn token(input: &[u8]) -> Option<String> {
    if input.contains(&b'\n') {
        let (header, claims) = crate::lines::first(input);
        return Some(KEY.token(header, claims));
    }
    String::from_utf8(input.to_vec()).ok()
}
