//! The key that requests are signed with: RSA with 2048 bits, and a certificate that it has signed itself. It is not the
//! one that signs tokens.

use std::time::Duration;

use aws_lc_rs::{
    error::Unspecified,
    rand::SystemRandom,
    rsa::KeyPair,
    signature::{KeyPair as _, RSA_PKCS1_SHA256},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::Datelike;
use rcgen::{
    CertificateParams, DistinguishedName, DnType, KeyUsagePurpose, PKCS_RSA_SHA256, RsaKeySize, date_time_ymd,
};
use x509_cert::der::{Decode, EncodePem, pem::LineEnding};

use super::certificates::{Certificate, CertificateError};
use crate::clock::Timestamp;

/// Ten years, as the service says of its own.
const LIFETIME: Duration = Duration::from_hours(10 * 365 * 24);

/// A pair of keys cannot be made, or is none.
#[derive(Debug, thiserror::Error)]
pub(crate) enum KeyError {
    #[error("no certificate can be made: {0}")]
    Generation(#[from] rcgen::Error),
    #[error("the key is no RSA key in PKCS #8")]
    Pkcs8,
    #[error(transparent)]
    Certificate(#[from] CertificateError),
}

/// A key with its certificate.
pub(crate) struct SigningKey {
    pair: KeyPair,
    pkcs8: Vec<u8>,
    certificate: Certificate,
}

impl SigningKey {
    /// A fresh one, valid for ten years. `name` is that of the certificate's subject.
    pub(crate) fn generate(name: &str, now: Timestamp) -> Result<Self, KeyError> {
        let pair = rcgen::KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?;
        let mut params = CertificateParams::default();
        params.distinguished_name = DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        let [not_before, not_after] = [now, now.after(LIFETIME)].map(|moment| {
            let day = moment.utc();
            // A day and a month fit into a byte.
            date_time_ymd(day.year(), day.month().to_le_bytes()[0], day.day().to_le_bytes()[0])
        });
        (params.not_before, params.not_after) = (not_before, not_after);
        let certificate = params.self_signed(&pair)?;
        Self::read(pair.serialized_der(), Certificate::from_der(certificate.der())?)
    }

    /// A key in PKCS #8 (DER), with the certificate that was made for it.
    pub(crate) fn read(pkcs8: &[u8], certificate: Certificate) -> Result<Self, KeyError> {
        let pair = KeyPair::from_pkcs8(pkcs8).map_err(|_| KeyError::Pkcs8)?;
        Ok(Self { pair, pkcs8: pkcs8.to_vec(), certificate })
    }

    /// The private key in PKCS #8 (DER).
    pub(crate) fn pkcs8(&self) -> &[u8] {
        &self.pkcs8
    }

    pub(crate) fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Modulus and exponent of the public key, as a JWK has them (RFC 7518, 6.3.1).
    pub(crate) fn jwk_parameters(&self) -> [(&'static str, String); 2] {
        let key = self.pair.public_key();
        let encode = |number: &[u8]| URL_SAFE_NO_PAD.encode(number);
        [
            ("n", encode(key.modulus().big_endian_without_leading_zero())),
            ("e", encode(key.exponent().big_endian_without_leading_zero())),
        ]
    }

    /// The public key as PEM (`SubjectPublicKeyInfo`), lines ended by LF.
    pub(crate) fn public_key_pem(&self) -> Result<String, KeyError> {
        let certificate = x509_cert::Certificate::from_der(self.certificate.der()).map_err(|_| KeyError::Pkcs8)?;
        let public = certificate.tbs_certificate.subject_public_key_info;
        public.to_pem(LineEnding::LF).map_err(|_| KeyError::Pkcs8)
    }

    /// A signature by RSASSA-PKCS1-v1_5 with SHA-256.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)?;
        Ok(signature)
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("certificate", &self.certificate).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
    use x509_cert::der::Encode;

    use super::*;

    #[test]
    fn the_certificate_is_of_the_key_and_lasts_ten_years() {
        let now = Timestamp::from_micros(1_767_323_045_000_000);
        let key = SigningKey::generate("service", now).expect("a key");
        let signature = key.sign(b"message").expect("a signature");
        let read =
            SigningKey::read(key.pkcs8(), Certificate::read(&key.certificate().to_stored()).expect("a certificate"));
        let certificate = read.expect("the same key").certificate().clone();
        let parsed = x509_cert::Certificate::from_der(certificate.der()).expect("a certificate").tbs_certificate;
        let public = parsed.subject_public_key_info.to_der().expect("a public key");
        UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public).verify(b"message", &signature).expect("verified");
        assert_eq!(parsed.subject.to_string(), "CN=service");
        let years = certificate.expires_at().since(now).as_secs() / (365 * 24 * 60 * 60);
        assert!((9..=10).contains(&years));
        assert!(SigningKey::read(b"no key", certificate).is_err());
    }
}
