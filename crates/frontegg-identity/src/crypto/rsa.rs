//! Signatures of RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 §8.2), the RS256 of tokens, by keys of 2048 to 8192 bits.

#[cfg(feature = "aws-lc")]
mod aws_lc;
#[cfg(all(feature = "rustls", any(test, not(any(feature = "aws-lc", feature = "ring")))))]
mod installed;
#[cfg(not(any(feature = "aws-lc", feature = "ring", feature = "rustls")))]
mod none;
#[cfg(all(feature = "ring", any(test, not(feature = "aws-lc"))))]
mod ring;

use crate::error::ConfigError;

#[cfg(all(feature = "ring", not(feature = "aws-lc")))]
pub(crate) use self::ring::Key as RsaKey;
#[cfg(feature = "aws-lc")]
pub(crate) use aws_lc::Key as RsaKey;
#[cfg(all(feature = "rustls", not(any(feature = "aws-lc", feature = "ring"))))]
pub(crate) use installed::Key as RsaKey;
#[cfg(not(any(feature = "aws-lc", feature = "ring", feature = "rustls")))]
pub(crate) use none::Key as RsaKey;

/// The bits that a modulus may have.
const MODULUS_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// What every library does here.
pub(crate) trait RsaPublicKey: Sized {
    /// Whether keys can be made at all in this process.
    fn check() -> Result<(), ConfigError> {
        Ok(())
    }

    /// The key of that modulus and exponent; none if it is none.
    fn new(components: Components<'_>) -> Option<Self>;

    /// Whether a signature is the key's.
    fn has_signed(&self, message: &[u8], signature: &[u8]) -> bool;
}

/// Whether signatures can be verified in this process.
pub(crate) fn check() -> Result<(), ConfigError> {
    RsaKey::check()
}

/// Modulus and exponent of a public key, big-endian and without leading zeros.
#[derive(Clone, Copy)]
#[cfg_attr(
    not(any(feature = "aws-lc", feature = "ring", feature = "rustls")),
    expect(dead_code, reason = "no key is made of them")
)]
pub(crate) struct Components<'a> {
    modulus: &'a [u8],
    exponent: &'a [u8],
}

impl<'a> Components<'a> {
    /// None if they are those of no key that is taken.
    pub(crate) fn new(modulus: &'a [u8], exponent: &'a [u8]) -> Option<Self> {
        let (modulus, exponent) = (without_zeros(modulus), without_zeros(exponent));
        let bits = modulus.len() * 8 - usize::try_from(modulus.first()?.leading_zeros()).ok()?;
        let is_odd = |number: &[u8]| number.last().is_some_and(|last| last % 2 == 1);
        let fits = MODULUS_BITS.contains(&bits) && is_odd(modulus) && is_odd(exponent) && exponent != [1];
        fits.then_some(Self { modulus, exponent })
    }
}

fn without_zeros(number: &[u8]) -> &[u8] {
    let first = number.iter().position(|byte| *byte != 0).unwrap_or(number.len());
    &number[first..]
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::{
        rand::SystemRandom,
        rsa::{KeyPair, KeySize},
        signature::{KeyPair as _, RSA_PKCS1_SHA256, RSA_PKCS1_SHA512},
    };

    use super::*;

    /// A pair, and its modulus and exponent.
    fn pair() -> (KeyPair, Vec<u8>, Vec<u8>) {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let public = pair.public_key();
        let modulus = public.modulus().big_endian_without_leading_zero().to_vec();
        let exponent = public.exponent().big_endian_without_leading_zero().to_vec();
        (pair, modulus, exponent)
    }

    fn verifies_what_the_key_has_signed<K: RsaPublicKey>() {
        K::check().unwrap();
        let (pair, modulus, exponent) = pair();
        let key = K::new(Components::new(&modulus, &exponent).unwrap()).unwrap();
        let padded = [&[0, 0][..], &modulus].concat();
        let same = K::new(Components::new(&padded, &[0, 1, 0, 1]).unwrap()).unwrap();
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), b"message", &mut signature).unwrap();
        assert!(key.has_signed(b"message", &signature) && same.has_signed(b"message", &signature));

        assert!(!key.has_signed(b"Message", &signature));
        assert!(!key.has_signed(b"message", &signature[1..]) && !key.has_signed(b"message", b""));
        let mut changed = signature.clone();
        changed[17] ^= 1;
        assert!(!key.has_signed(b"message", &changed));
        pair.sign(&RSA_PKCS1_SHA512, &SystemRandom::new(), b"message", &mut signature).unwrap();
        assert!(!key.has_signed(b"message", &signature), "another hash");
        let (_, other, exponent) = self::pair();
        let other = K::new(Components::new(&other, &exponent).unwrap()).unwrap();
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), b"message", &mut signature).unwrap();
        assert!(!other.has_signed(b"message", &signature));
    }

    #[cfg(feature = "aws-lc")]
    #[test]
    fn aws_lc_verifies_what_the_key_has_signed() {
        verifies_what_the_key_has_signed::<aws_lc::Key>();
    }

    #[cfg(feature = "ring")]
    #[test]
    fn ring_verifies_what_the_key_has_signed() {
        verifies_what_the_key_has_signed::<ring::Key>();
    }

    #[cfg(feature = "rustls")]
    #[test]
    fn the_provider_of_the_process_verifies_what_the_key_has_signed() {
        #[cfg(feature = "ring")]
        let provider = rustls::crypto::ring::default_provider();
        #[cfg(not(feature = "ring"))]
        let provider = tokio_rustls::rustls::crypto::aws_lc_rs::default_provider();
        // Other tests of the process may have installed one.
        let _ = provider.install_default();
        verifies_what_the_key_has_signed::<installed::Key>();
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let modulus = |bits: usize| {
            let mut modulus = vec![0xff; bits.div_ceil(8)];
            modulus[0] = 0xff >> (modulus.len() * 8 - bits);
            modulus
        };
        let is_one = |modulus: &[u8], exponent: &[u8]| Components::new(modulus, exponent).is_some();
        assert!(is_one(&modulus(2048), &[1, 0, 1]) && is_one(&modulus(8192), &[3]));
        assert!(!is_one(&modulus(2047), &[3]) && !is_one(&modulus(1024), &[3]) && !is_one(&modulus(8193), &[3]));
        assert!(!is_one(&[], &[3]) && !is_one(&[0; 256], &[3]));
        for exponent in [&[][..], &[0], &[1], &[0, 1], &[4]] {
            assert!(!is_one(&modulus(2048), exponent), "{exponent:?}");
        }
        let mut even = modulus(2048);
        even[255] = 0xfe;
        assert!(!is_one(&even, &[3]));
    }
}
