//! Why an emulator did not start, or could not do what it was told.

use std::{io, net::SocketAddr, path::PathBuf};

use crate::{
    refusal::{DomainError, Refusal},
    seed::{SeedError, Unusable},
};

/// Why an emulator did not start, or could not do what it was told.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address is taken or not this machine's.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// Others could reach the control plane.
    #[error("{0} can be reached from other machines: give an admin token to allow that")]
    Exposed(SocketAddr),
    /// The base URL is none.
    #[error("the base URL is not {0}: give a URL, such as http://localhost:8100")]
    BaseUrl(String),
    /// What is to be called is no host.
    #[error("{0:?} is no host to call: give a name or an address, without a port, or *")]
    OutgoingHost(String),
    /// What TLS is to be served with cannot be used.
    #[error("the certificate for TLS cannot be used: {0}")]
    Certificate(String),
    /// Another machine is to be called, by TLS, which is not built in.
    #[error("calls to {0} need TLS: build with the feature tls")]
    OutgoingTls(String),
    /// There is no client for outgoing calls, as the system's certificates cannot be used.
    #[error("outgoing calls are not possible")]
    OutgoingClient(#[source] anyhow::Error),
    /// A seed cannot be used.
    #[error("{0}")]
    InvalidSeed(Box<SeedError>),
    /// What is to be begun with cannot be read.
    #[error("cannot read {}", path.display())]
    Seed {
        /// The file or folder that was named.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A document cannot be written to where it goes.
    #[error("the document cannot be written")]
    Document(#[source] io::Error),
    /// Something that was named does not exist.
    #[error("{0}")]
    Unknown(String),
    /// A rule is against it.
    #[error("{0}")]
    Refused(String),
    /// The store failed.
    #[error("the store failed: {0}")]
    Store(anyhow::Error),
}

impl From<Unusable> for Error {
    fn from(unusable: Unusable) -> Self {
        match unusable {
            Unusable::Unread { path, source } => Self::Seed { path, source },
            Unusable::Refused(error) => Self::InvalidSeed(Box::new(error)),
        }
    }
}

impl From<DomainError> for Error {
    fn from(error: DomainError) -> Self {
        let texts = error.messages().join("; ");
        match error.refusal() {
            Refusal::NotFound => Self::Unknown(texts),
            _ if error.is_failure() => Self::Store(error.into_cause()),
            _ => Self::Refused(texts),
        }
    }
}
