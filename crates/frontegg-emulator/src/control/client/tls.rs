//! Asking an emulator by TLS, and whom to believe that they are it.

use std::sync::Arc;

use tokio::net::TcpStream;
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{
        self, CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
        client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        crypto::{self, CryptoProvider, aws_lc_rs},
        pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
    },
};

use super::{ControlError, exchange::Cause};

/// Whom to believe.
#[derive(Clone, Debug, Default)]
pub(crate) enum Trust {
    /// Who has a certificate that the system trusts.
    #[default]
    System,
    /// Who has a certificate that one of these vouches for.
    Roots(Arc<RootCertStore>),
    /// Who has this certificate, under whatever name.
    Exactly(CertificateDer<'static>),
}

impl Trust {
    /// In the certificates of a PEM file, which vouch for others.
    pub(super) fn in_roots(pem: &[u8]) -> Result<Self, ControlError> {
        let mut roots = RootCertStore::empty();
        for certificate in certificates(pem)? {
            roots.add(certificate).map_err(|error| ControlError::Certificate(error.into()))?;
        }
        Ok(Self::Roots(Arc::new(roots)))
    }

    /// In the first certificate of a PEM file.
    pub(super) fn in_exactly(pem: &[u8]) -> Result<Self, ControlError> {
        Ok(Self::Exactly(certificates(pem)?.swap_remove(0)))
    }

    /// Begins TLS with a host.
    pub(super) async fn connect(&self, host: &str, stream: TcpStream) -> Result<TlsStream<TcpStream>, Cause> {
        let name = ServerName::try_from(host.to_owned())?;
        Ok(TlsConnector::from(Arc::new(self.config()?)).connect(name, stream).await?)
    }

    fn config(&self) -> Result<ClientConfig, rustls::Error> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let config =
            ClientConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions()?;
        let verifier: Arc<dyn ServerCertVerifier> = match self {
            Self::System => Arc::new(rustls_platform_verifier::Verifier::new(provider)?),
            Self::Roots(roots) => return Ok(config.with_root_certificates(Arc::clone(roots)).with_no_client_auth()),
            Self::Exactly(certificate) => Arc::new(Pinned { certificate: certificate.clone(), provider }),
        };
        Ok(config.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, ControlError> {
    let certificates = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
    let certificates = certificates.map_err(|error| ControlError::Certificate(error.into()))?;
    if certificates.is_empty() {
        Err(ControlError::Certificate("there is none in it".into()))
    } else {
        Ok(certificates)
    }
}

/// Believes whoever has that one certificate, and its key: nobody has to vouch for it.
#[derive(Debug)]
struct Pinned {
    certificate: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if *end_entity == self.certificate {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        crypto::verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        crypto::verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}
