//! By the rustls provider that the program has installed for the process.

use rustls::{
    SignatureScheme,
    crypto::{CryptoProvider, WebPkiSupportedAlgorithms},
    pki_types::SignatureVerificationAlgorithm,
};

use super::{Components, RsaPublicKey};
use crate::error::ConfigError;

/// What a provider has for RS256.
type Algorithms = &'static [&'static dyn SignatureVerificationAlgorithm];

/// A key, which the provider parses for each signature.
pub(crate) struct Key {
    /// `RSAPublicKey` (RFC 8017 appendix A.1.1) in DER.
    der: Vec<u8>,
    algorithms: Algorithms,
}

impl RsaPublicKey for Key {
    fn check() -> Result<(), ConfigError> {
        algorithms().map(drop).ok_or(ConfigError::NoCryptoProvider)
    }

    fn new(Components { modulus, exponent }: Components<'_>) -> Option<Self> {
        let numbers = [integer(modulus), integer(exponent)].concat();
        Some(Self { der: encoded(SEQUENCE, &numbers), algorithms: algorithms()? })
    }

    fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        self.algorithms.iter().any(|by| by.verify_signature(&self.der, message, signature).is_ok())
    }
}

fn algorithms() -> Option<Algorithms> {
    let WebPkiSupportedAlgorithms { mapping, .. } = CryptoProvider::get_default()?.signature_verification_algorithms;
    mapping.iter().find(|(scheme, _)| *scheme == SignatureScheme::RSA_PKCS1_SHA256).map(|(_, algorithms)| *algorithms)
}

/// Tags of DER (X.690 §8).
const INTEGER: u8 = 0x02;
const SEQUENCE: u8 = 0x30;

/// A positive number without leading zeros.
fn integer(number: &[u8]) -> Vec<u8> {
    // A first bit that is set would be a sign.
    let sign: &[u8] = if number.first().is_some_and(|first| *first >= 0x80) { &[0] } else { &[] };
    encoded(INTEGER, &[sign, number].concat())
}

/// Contents with their tag and length (X.690 §10.1).
fn encoded(tag: u8, contents: &[u8]) -> Vec<u8> {
    let length = contents.len().to_be_bytes();
    let length = super::without_zeros(&length);
    let mut der = vec![tag];
    match length {
        [] => der.push(0),
        [short] if *short < 0x80 => der.push(*short),
        // So few bytes that their number fits.
        long => der.extend([&[0x80 | u8::try_from(long.len()).unwrap_or(u8::MAX)], long].concat()),
    }
    der.extend_from_slice(contents);
    der
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_in_der() {
        assert_eq!(integer(&[1, 0, 1]), [2, 3, 1, 0, 1]);
        assert_eq!(integer(&[0x80]), [2, 2, 0, 0x80]);
        assert_eq!(encoded(SEQUENCE, &[7; 127])[..2], [0x30, 127]);
        assert_eq!(encoded(SEQUENCE, &[7; 128])[..3], [0x30, 0x81, 128]);
        assert_eq!(encoded(SEQUENCE, &[7; 256])[..4], [0x30, 0x82, 1, 0]);
        assert_eq!(encoded(SEQUENCE, &[]), [0x30, 0]);
    }
}
