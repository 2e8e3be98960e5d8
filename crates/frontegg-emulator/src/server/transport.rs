//! What connections are made of: TCP as it is, or TLS over it.

use http::uri::Scheme;

#[cfg(feature = "tls")]
use super::tls::Tls;

/// How connections are taken.
#[derive(Clone, Debug)]
pub(crate) enum Transport {
    /// As they come.
    Plain,
    /// By TLS.
    #[cfg(feature = "tls")]
    Tls(Tls),
}

impl Transport {
    /// The scheme of addresses.
    pub(crate) fn scheme(&self) -> Scheme {
        match self {
            Self::Plain => Scheme::HTTP,
            #[cfg(feature = "tls")]
            Self::Tls(_) => Scheme::HTTPS,
        }
    }
}
