//! Why a client or a verifier cannot be built.

use std::fmt;

use crate::custom_headers::Refusal;

/// The client cannot be built.
///
/// `Debug` is the same sentence as `Display`, so that `fn main() -> Result<(), ConfigError>` reads well.
///
/// ```
/// use frontegg_identity::{ConfigError, Frontegg};
///
/// let error = Frontegg::builder().subdomain("app.xyz").build().unwrap_err();
/// assert!(matches!(error, ConfigError::InvalidSubdomain(_)));
/// assert_eq!(error.to_string(), r#""app.xyz" is no sub-domain: expected one label such as app-xyz"#);
/// ```
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A variable is needed and not set; the first name of the list is the preferred one.
    #[error("environment variable {} is not set", .0.join(" or "))]
    MissingVariable(&'static [&'static str]),
    /// A variable is set to something that cannot be used.
    #[error("environment variable {name}: {reason}")]
    #[non_exhaustive]
    InvalidVariable {
        /// Name of the variable.
        name: &'static str,
        /// What is wrong with its value.
        reason: String,
    },
    /// There is no such region.
    #[error("unknown region {0:?}: expected eu, us, ca or au")]
    UnknownRegion(String),
    /// A sub-domain is one label: letters, digits and dashes.
    #[error("{0:?} is no sub-domain: expected one label such as app-xyz")]
    InvalidSubdomain(String),
    /// The base URL cannot be used.
    #[error("base URL {url:?}: {reason}")]
    #[non_exhaustive]
    InvalidBaseUrl {
        /// The URL, or `…` when it may hold a password or a token.
        url: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A value cannot be sent in a header.
    #[error("{0} cannot be sent in a header: it is empty, begins or ends with a blank, or has a control character")]
    InvalidHeader(&'static str),
    /// A header that a program adds cannot be sent, or is the client's own.
    #[error("{0}")]
    CustomHeader(String),
    /// The proxy cannot be used. Its URL is not told: it may hold a password.
    #[error("the proxy's URL: {0}")]
    InvalidProxy(&'static str),
    /// A root certificate cannot be read.
    #[error("a root certificate cannot be read: {0}")]
    InvalidCertificate(String),
    /// An HTTP client was given, and a setting beside it that it has itself.
    #[error("{0} cannot be set here: the given HTTP client has its own")]
    HttpClientGiven(&'static str),
    /// A verifier has no audience.
    #[error("a verifier needs an audience: the environment's client id, an application's id, or any")]
    NoAudience,
    /// A machine access token was presented to a verifier that does not look them up.
    #[error("the verifier was built without a way to look access tokens up")]
    NoAccessTokens,
    /// An `https` URL or a certificate needs one of the features `rustls` and `native-tls`.
    #[error("https needs one of the features `rustls` and `native-tls`")]
    NoTls,
    /// There is no cryptography for TLS or for verifying tokens: neither of the features `aws-lc` and `ring`, nor a provider
    /// of rustls that the program has installed.
    #[error(
        "there is no cryptography: it needs one of the features `aws-lc` and `ring`, or a provider that is installed by \
         `rustls::crypto::CryptoProvider::install_default` before"
    )]
    NoCryptoProvider,
    /// The HTTP client could not be set up, e.g. because no certificates were found.
    #[error("the HTTP client cannot be set up: {0}")]
    Http(String),
}

impl ConfigError {
    pub(crate) fn in_variable(name: &'static str, error: &Self) -> Self {
        Self::InvalidVariable { name, reason: error.to_string() }
    }
}

impl fmt::Debug for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl From<&Refusal> for ConfigError {
    fn from(refusal: &Refusal) -> Self {
        Self::CustomHeader(refusal.to_string())
    }
}
