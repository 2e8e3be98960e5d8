//! Public keys in the form of COSE (RFC 9052, §5.8.5), for the algorithms that are offered.

use aws_lc_rs::{
    encoding::AsDer,
    signature::{
        ECDSA_P256_SHA256_ASN1, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents,
        VerificationAlgorithm,
    },
};

use super::{Fault, cbor};

/// ECDSA with P-256 and SHA-256.
pub(super) const ES256: i64 = -7;
/// Ed25519.
pub(super) const EDDSA: i64 = -8;
/// RSA PKCS#1 1.5 with SHA-256, as authenticators in TPMs make.
pub(super) const RS256: i64 = -257;

/// What new keys may be for, in order of preference.
pub(crate) const OFFERED: [i64; 3] = [ES256, EDDSA, RS256];

/// Labels of members, and their values for the kinds of keys that are taken.
const KEY_TYPE: i64 = 1;
const ALGORITHM: i64 = 3;
const CURVE: i64 = -1;
const X: i64 = -2;
const Y: i64 = -3;
const MODULUS: i64 = -1;
const EXPONENT: i64 = -2;
const OKP: i64 = 1;
const EC2: i64 = 2;
const RSA: i64 = 3;
const P256: i64 = 1;
const CURVE_25519: i64 = 6;

/// Bytes of an RSA modulus; an exponent of more bytes would only be work.
const MODULUS_LENGTHS: std::ops::RangeInclusive<usize> = 256..=1024;
const EXPONENT_LENGTHS: std::ops::RangeInclusive<usize> = 1..=4;

const UNREADABLE: Fault = Fault::Unreadable("The public key cannot be read");

/// A key that verifies signatures.
#[derive(Debug)]
pub(super) struct PublicKey {
    algorithm: i64,
    key: ParsedPublicKey,
}

impl PublicKey {
    /// Reads a key; it has to be valid for its algorithm, e.g. be a point on the curve.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Fault> {
        let members = cbor::whole_map(bytes).ok_or(UNREADABLE)?;
        let algorithm = members.integer(ALGORITHM).ok_or(UNREADABLE)?;
        let kind = members.integer(KEY_TYPE).ok_or(UNREADABLE)?;
        let key = match (algorithm, kind) {
            (ES256, EC2) => curve_point(&members),
            (EDDSA, OKP) => edwards_point(&members),
            (RS256, RSA) => modulus(&members),
            (ES256 | EDDSA | RS256, _) => None,
            _ => return Err(Fault::Refused("The algorithm was not offered")),
        };
        Ok(Self { algorithm, key: key.ok_or(UNREADABLE)? })
    }

    pub(super) fn algorithm(&self) -> i64 {
        self.algorithm
    }

    pub(super) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        self.key.verify_sig(message, signature).is_ok()
    }
}

fn curve_point(members: &cbor::Members) -> Option<ParsedPublicKey> {
    let (x, y) = (members.bytes(X)?, members.bytes(Y)?);
    if members.integer(CURVE)? != P256 || x.len() != 32 || y.len() != 32 {
        return None;
    }
    parsed(&ECDSA_P256_SHA256_ASN1, &[&[4], x, y].concat())
}

fn edwards_point(members: &cbor::Members) -> Option<ParsedPublicKey> {
    let x = members.bytes(X)?;
    if members.integer(CURVE)? != CURVE_25519 || x.len() != 32 {
        return None;
    }
    parsed(&ED25519, x)
}

fn modulus(members: &cbor::Members) -> Option<ParsedPublicKey> {
    let (n, e) = (members.bytes(MODULUS)?, members.bytes(EXPONENT)?);
    if !MODULUS_LENGTHS.contains(&n.len()) || !EXPONENT_LENGTHS.contains(&e.len()) {
        return None;
    }
    let der = RsaPublicKeyComponents { n, e }.as_der().ok()?;
    parsed(&RSA_PKCS1_2048_8192_SHA256, der.as_ref())
}

fn parsed(algorithm: &'static dyn VerificationAlgorithm, bytes: &[u8]) -> Option<ParsedPublicKey> {
    ParsedPublicKey::new(algorithm, bytes).ok()
}
