//! TLS 1.2 and 1.3, with one certificate for everybody.

use std::{sync::Arc, time::Duration};

use secrecy::ExposeSecret;
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        self, ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
    server::TlsStream,
};

use crate::{config::TlsFiles, error::Error};

/// Takes connections by TLS.
#[derive(Clone)]
pub(crate) struct Tls {
    acceptor: TlsAcceptor,
    certificate: CertificateDer<'static>,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

impl Tls {
    /// With the certificate and the key that are given as PEM. What is said of them tells nothing of the key.
    pub(crate) fn new(files: &TlsFiles) -> Result<Self, Error> {
        let refused = |text: &str| Error::Certificate(text.to_owned());
        let certificates = CertificateDer::pem_slice_iter(&files.certificates).collect::<Result<Vec<_>, _>>();
        let certificates = certificates.map_err(|_| refused("the certificates are no PEM"))?;
        let certificate = certificates.first().cloned().ok_or_else(|| refused("there is no certificate"))?;
        let key = PrivateKeyDer::from_pem_slice(files.key.expose_secret());
        let key = key.map_err(|_| refused("there is no private key in PEM"))?;
        let fit = |error: rustls::Error| Error::Certificate(error.to_string());
        let mut config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(fit)?
            .with_no_client_auth()
            .with_single_cert(certificates, key)
            .map_err(fit)?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { acceptor: TlsAcceptor::from(Arc::new(config)), certificate })
    }

    /// The certificate itself, of those that were given.
    pub(crate) fn certificate(&self) -> &CertificateDer<'static> {
        &self.certificate
    }

    /// Agrees with a client on how to talk; nothing where that takes too long or does not come about.
    pub(super) async fn accept(&self, stream: TcpStream, within: Duration) -> Option<TlsStream<TcpStream>> {
        match timeout(within, self.acceptor.accept(stream)).await {
            Ok(Ok(stream)) => Some(stream),
            Ok(Err(error)) => {
                tracing::debug!(%error, "a client does not talk TLS as we do");
                None
            }
            Err(_) => {
                tracing::debug!("a client takes too long to begin TLS");
                None
            }
        }
    }
}
