//! TLS by rustls.

use std::sync::Arc;

use rustls::{ClientConfig, RootCertStore, pki_types::CertificateDer, pki_types::pem::PemObject};
use rustls_platform_verifier::Verifier;

use super::{Pem, Trust};
use crate::{
    crypto,
    error::{ConfigError, innermost},
};

/// How TLS is spoken with those who are trusted.
pub(super) fn config(trust: &Trust<'_>) -> Result<ClientConfig, ConfigError> {
    let provider = crypto::provider()?;
    let refused = |error: rustls::Error| ConfigError::Http(innermost(&error));
    let builder = ClientConfig::builder_with_provider(provider.clone());
    let builder = builder.with_safe_default_protocol_versions().map_err(refused)?;
    let builder = match trust {
        Trust::Nobody => builder.with_root_certificates(RootCertStore::empty()),
        Trust::Platform { and: [] } => {
            let verifier = Verifier::new(provider).map_err(refused)?;
            builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
        }
        #[cfg(target_os = "android")]
        Trust::Platform { .. } => {
            let refused = "beside the platform's authorities none can be trusted on Android";
            return Err(ConfigError::InvalidCertificate(refused.to_owned()));
        }
        #[cfg(not(target_os = "android"))]
        Trust::Platform { and } => {
            let verifier = Verifier::new_with_extra_roots(certificates(and)?, provider);
            let verifier = verifier.map_err(|error| ConfigError::InvalidCertificate(innermost(&error)))?;
            builder.dangerous().with_custom_certificate_verifier(Arc::new(verifier))
        }
    };
    let mut config = builder.with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

#[cfg(not(target_os = "android"))]
fn certificates(all: &[Pem]) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    let mut certificates = Vec::new();
    for Pem(pem) in all {
        let before = certificates.len();
        for found in CertificateDer::pem_slice_iter(pem) {
            let unreadable = |error: rustls::pki_types::pem::Error| ConfigError::InvalidCertificate(error.to_string());
            certificates.push(found.map_err(unreadable)?);
        }
        if certificates.len() == before {
            return Err(Pem::without_certificate());
        }
    }
    Ok(certificates)
}
