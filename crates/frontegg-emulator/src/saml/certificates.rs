//! Certificates, as providers give them: containers of a public key, whose dates and issuers are not what the key is
//! trusted for (SAML V2.0 Metadata Interoperability Profile 1.0).

use aws_lc_rs::{
    rsa::PublicEncryptingKey,
    signature::{ECDSA_P256_SHA256_ASN1, ECDSA_P384_SHA384_ASN1, ECDSA_P521_SHA512_ASN1, ParsedPublicKey},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use bergshamra_keys::{Key, loader::load_x509_cert_der};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use x509_cert::der::{Decode, Encode, EncodePem, pem::LineEnding};

use crate::clock::Timestamp;

/// `rsaEncryption` (RFC 8017, A.1).
const RSA: &str = "1.2.840.113549.1.1.1";
/// `id-ecPublicKey` (RFC 5480, 2.1.1).
const EC: &str = "1.2.840.10045.2.1";

/// A text holds no certificate that signatures can be verified with.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CertificateError {
    /// It is of none of the forms.
    #[error("The certificate is neither PEM nor base64 of PEM or DER")]
    Form,
    /// There are several.
    #[error("The text holds more than one certificate")]
    Several,
    /// It is no certificate of RFC 5280.
    #[error("The certificate is not valid X.509")]
    X509,
    /// Its key is weak, or of an algorithm that is not known.
    #[error(
        "The certificate holds no usable public key: RSA from 2048 to 8192 bits, or ECDSA on P-256, P-384 or P-521"
    )]
    Key,
}

/// A certificate with a usable key.
#[derive(Clone)]
pub(crate) struct Certificate {
    der: Vec<u8>,
    pem: String,
    expires_at: Timestamp,
    key: Key,
}

impl Certificate {
    /// Reads PEM, or base64 of PEM or of DER; line breaks and blanks may stand anywhere in base64.
    pub(crate) fn read(text: &str) -> Result<Self, CertificateError> {
        if text.contains("-----BEGIN") {
            return Self::from_pem(text.as_bytes());
        }
        let dense: String = text.split_ascii_whitespace().collect();
        let bytes = STANDARD.decode(dense).map_err(|_| CertificateError::Form)?;
        if bytes.trim_ascii_start().starts_with(b"-----BEGIN") {
            Self::from_pem(&bytes)
        } else {
            Self::from_der(&bytes)
        }
    }

    fn from_pem(text: &[u8]) -> Result<Self, CertificateError> {
        let mut found = CertificateDer::pem_slice_iter(text);
        let first = found.next().ok_or(CertificateError::Form)?.map_err(|_| CertificateError::Form)?;
        if found.next().is_some() { Err(CertificateError::Several) } else { Self::from_der(&first) }
    }

    pub(crate) fn from_der(der: &[u8]) -> Result<Self, CertificateError> {
        let certificate = x509_cert::Certificate::from_der(der).map_err(|_| CertificateError::X509)?;
        let pem = certificate.to_pem(LineEnding::LF).map_err(|_| CertificateError::X509)?;
        let content = &certificate.tbs_certificate;
        let expires_at = content.validity.not_after.to_unix_duration();
        let public_key = content.subject_public_key_info.to_der().map_err(|_| CertificateError::X509)?;
        let algorithm = content.subject_public_key_info.algorithm.oid.to_string();
        if !is_usable(&algorithm, &public_key) {
            return Err(CertificateError::Key);
        }
        let key = load_x509_cert_der(der).map_err(|_| CertificateError::Key)?;
        Ok(Self { der: der.to_vec(), pem, expires_at: Timestamp::from_micros(0).after(expires_at), key })
    }

    /// Base64 of PEM, the form in which connections keep and show it.
    pub(crate) fn to_stored(&self) -> String {
        STANDARD.encode(&self.pem)
    }

    /// Lines ended by LF.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// Base64 of DER in one line, as XML has it.
    pub(crate) fn to_base64(&self) -> String {
        STANDARD.encode(&self.der)
    }

    /// From when on it says of itself that it is no longer to be trusted. Signatures are taken all the same: the
    /// connection says whom to trust.
    pub(crate) fn expires_at(&self) -> Timestamp {
        self.expires_at
    }

    pub(crate) fn der(&self) -> &[u8] {
        &self.der
    }

    pub(super) fn key(&self) -> &Key {
        &self.key
    }
}

/// Whether signatures can be verified with a key, given as `SubjectPublicKeyInfo`.
fn is_usable(algorithm: &str, public_key: &[u8]) -> bool {
    match algorithm {
        RSA => PublicEncryptingKey::from_der(public_key).is_ok(),
        EC => [&ECDSA_P256_SHA256_ASN1, &ECDSA_P384_SHA384_ASN1, &ECDSA_P521_SHA512_ASN1]
            .into_iter()
            .any(|curve| ParsedPublicKey::new(curve, public_key).is_ok()),
        _ => false,
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Certificate {}

impl std::fmt::Debug for Certificate {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificate").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P384_SHA384, PKCS_ED25519, SignatureAlgorithm};

    use super::*;

    /// With 1024 bits.
    const WEAK: &str = include_str!("../../tests/saml/weak.crt");

    fn der(algorithm: &'static SignatureAlgorithm) -> Vec<u8> {
        let pair = KeyPair::generate_for(algorithm).expect("a pair of keys");
        CertificateParams::default().self_signed(&pair).expect("a certificate").der().to_vec()
    }

    #[test]
    fn all_forms_are_stored_as_base64_of_pem() {
        let der = der(&PKCS_ECDSA_P384_SHA384);
        let pem = Certificate::from_der(&der).expect("a usable certificate").pem().to_owned();
        let stored = STANDARD.encode(&pem);
        let dense = STANDARD.encode(&der);
        let wrapped = format!("\r\n {} \n {}\n", &dense[..70], &dense[70..]);
        let in_one_line = format!("-----BEGIN CERTIFICATE-----\n{dense}\n-----END CERTIFICATE-----");
        for text in [&pem, &pem.replace('\n', "\r\n"), &stored, &dense, &wrapped, &in_one_line] {
            let certificate = Certificate::read(text).expect(text);
            assert_eq!(certificate.to_stored(), stored);
            assert_eq!(certificate.to_base64(), dense);
        }
    }

    #[test]
    fn what_holds_no_usable_key_is_refused() {
        assert_eq!(Certificate::from_der(&der(&PKCS_ED25519)), Err(CertificateError::Key));
        assert_eq!(Certificate::read(WEAK), Err(CertificateError::Key));
    }

    #[test]
    fn what_is_no_certificate_is_refused() {
        let mut der = der(&PKCS_ECDSA_P384_SHA384);
        let pem = Certificate::from_der(&der).expect("a usable certificate").pem().to_owned();
        let key = pem.replace("CERTIFICATE", "PUBLIC KEY");
        for text in ["", "certificate", "-----BEGIN CERTIFICATE-----", &key] {
            assert_eq!(
                Certificate::read(text),
                Err(if text.is_empty() { CertificateError::X509 } else { CertificateError::Form }),
                "{text}"
            );
        }
        assert_eq!(Certificate::read(&pem.repeat(2)), Err(CertificateError::Several));
        assert_eq!(Certificate::read("AAAA"), Err(CertificateError::X509));
        der.push(0);
        assert_eq!(Certificate::from_der(&der), Err(CertificateError::X509));
    }
}
