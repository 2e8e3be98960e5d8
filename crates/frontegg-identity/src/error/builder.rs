//! Errors that a test makes.

use std::time::Duration;

use http::StatusCode;

use super::{Error, ErrorKind};

/// Makes an [`Error`], for tests of code that takes one (feature `test-util`).
///
/// ```
/// use frontegg_identity::{Error, ErrorKind};
///
/// let gone = Error::builder().status(404).code("ER-01008").message("no such role").build();
/// assert!(gone.is_not_found());
/// assert_eq!(gone.to_string(), "404 Not Found: ER-01008: no such role");
///
/// let late = Error::builder().kind(ErrorKind::Timeout).operation("list_roles_v1").attempts(3).build();
/// assert!(late.is_timeout() && late.is_retryable());
/// ```
#[derive(Debug)]
#[must_use]
pub struct ErrorBuilder(Error);

impl Error {
    /// Starts to make an error; of kind [`Transport`](ErrorKind::Transport) if nothing else is said.
    pub fn builder() -> ErrorBuilder {
        ErrorBuilder(Self::empty(ErrorKind::Transport))
    }
}

impl ErrorBuilder {
    /// The kind of failure.
    pub fn kind(mut self, kind: ErrorKind) -> Self {
        self.0.0.kind = kind;
        self
    }

    /// The status of the service's answer, which decides the kind. What is no status (100 to 999) counts as none.
    ///
    /// ```
    /// use frontegg_identity::{Error, ErrorKind};
    ///
    /// assert_eq!(Error::builder().status(429).build().kind(), ErrorKind::RateLimited);
    /// ```
    pub fn status(mut self, status: u16) -> Self {
        if let Ok(status) = StatusCode::from_u16(status) {
            self.0.0.status = Some(status);
            self.0.0.kind = ErrorKind::of(status);
        }
        self
    }

    /// The service's error code.
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.0.0.code = Some(code.into());
        self
    }

    /// A message. Can be repeated.
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.0.0.messages.push(message.into());
        self
    }

    /// The operation that failed.
    pub fn operation(mut self, operation: &'static str) -> Self {
        self.0.0.operation = Some(operation);
        self
    }

    /// The id of the exchange.
    pub fn trace_id(mut self, trace_id: impl Into<String>) -> Self {
        self.0.0.trace_id = Some(trace_id.into());
        self
    }

    /// How long the service asks to wait.
    ///
    /// ```
    /// use std::time::Duration;
    /// use frontegg_identity::Error;
    ///
    /// let busy = Error::builder().status(429).retry_after(Duration::from_secs(3)).build();
    /// assert_eq!((busy.http_status(), busy.retry_after()), (503, Some(Duration::from_secs(3))));
    /// ```
    pub fn retry_after(mut self, wait: Duration) -> Self {
        self.0.0.retry_after = Some(wait);
        self
    }

    /// How often the request was sent.
    pub fn attempts(mut self, attempts: u32) -> Self {
        self.0.0.attempts = attempts;
        self
    }

    /// The error.
    pub fn build(self) -> Error {
        self.0
    }
}
