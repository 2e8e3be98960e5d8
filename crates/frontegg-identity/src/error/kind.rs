//! Kinds of failures.

use http::StatusCode;

/// What kind of failure an [`Error`](super::Error) is.
///
/// ```no_run
/// # fn example(error: &frontegg_identity::Error) {
/// use frontegg_identity::ErrorKind;
///
/// match error.kind() {
///     ErrorKind::Transport | ErrorKind::Timeout => eprintln!("the service was not reached: {error}"),
///     ErrorKind::Misconfigured | ErrorKind::Unauthenticated => eprintln!("this program is set up wrongly: {error}"),
///     _ => eprintln!("{error}"),
/// }
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The service answered with an error status other than 401 and 429.
    Api,
    /// The service answered 429, and waiting was not possible or not enough.
    RateLimited,
    /// No token, or a token or credentials that the service refuses (401).
    Unauthenticated,
    /// The operation needs a tenant or a user that the scope does not name. Nothing was sent.
    MissingScope,
    /// The operation takes another kind of token. Nothing was sent.
    WrongToken,
    /// The request cannot be sent as it is, e.g. an empty path value. Nothing was sent.
    InvalidRequest,
    /// The service was not reached, or the connection broke.
    Transport,
    /// The service cannot be reached as things are set up: its certificate is not trusted, TLS is spoken to plain HTTP or
    /// the reverse, or the proxy asks for other credentials. Not retried.
    Misconfigured,
    /// The timeout of the call or of an attempt has passed.
    Timeout,
    /// A layer of the program's own (`Builder::layer`, feature `tower`) failed, or let the request
    /// not through. Its error is the [`source`](std::error::Error::source). Not retried.
    Layer,
    /// The service answered with success, but the body is not as documented.
    Decode,
    /// The sign-in is not finished: a second factor, an enrollment or a new password is asked for.
    SignInUnfinished,
    /// The call was polled outside of a Tokio runtime, which drives its exchange. Nothing was sent.
    NoRuntime,
    /// A call was to wait (feature `blocking`) within a Tokio runtime, which it would block. Nothing was sent.
    WithinRuntime,
    /// The client could not be built; only by conversion from [`ConfigError`](super::ConfigError).
    Config,
}

impl ErrorKind {
    pub(super) fn of(status: StatusCode) -> Self {
        match status {
            StatusCode::UNAUTHORIZED => Self::Unauthenticated,
            StatusCode::TOO_MANY_REQUESTS => Self::RateLimited,
            _ => Self::Api,
        }
    }
}
