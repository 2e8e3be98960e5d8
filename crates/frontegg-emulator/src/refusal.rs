//! Why the domain refused, independent of HTTP.

use std::io;

use sea_orm::DbErr;

use crate::store::{self, Rule, StoreError, broken_rule, dump::LoadError, is_full, is_unreachable};

/// The kind of a refusal; each has one HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// 400: malformed, or against a rule.
    BadRequest,
    /// 401: no or wrong credentials.
    Unauthorized,
    /// 403: credentials without the right.
    Forbidden,
    /// 404: unknown within the scope.
    NotFound,
    /// 409: something else has that name, address, number…
    Conflict,
    /// 410: was there and is spent.
    Gone,
    /// 413: longer than anything that is taken.
    TooLarge,
    /// 502: another service was to be called, and may not be, or does not answer as it should.
    BadGateway,
    /// 503: the store cannot be reached, or there is too much to do.
    Unavailable,
    /// 507: the store has no room left to write to.
    NoRoom,
    /// 500: our fault; the cause is logged, not shown.
    Internal,
}

/// A refusal with its texts, made by the function named like its kind:
/// `DomainError::not_found("Role not found")`.
#[derive(Debug)]
pub(crate) struct DomainError(Box<Inner>);

#[derive(Debug)]
struct Inner {
    refusal: Refusal,
    messages: Vec<String>,
    code: Option<&'static str>,
    cause: Option<anyhow::Error>,
}

pub(crate) type DomainResult<T> = Result<T, DomainError>;

/// What came of something that counts even where it is refused.
pub(crate) type Tried<T, R = DomainError> = store::Tried<T, R>;

impl DomainError {
    fn new(refusal: Refusal, messages: Vec<String>) -> Self {
        Self(Box::new(Inner { refusal, messages, code: None, cause: None }))
    }

    pub(crate) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(Refusal::BadRequest, vec![message.into()])
    }

    /// One text for each broken rule.
    pub(crate) fn invalid(messages: Vec<String>) -> Self {
        Self::new(Refusal::BadRequest, messages)
    }

    pub(crate) fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(Refusal::Unauthorized, vec![message.into()])
    }

    pub(crate) fn forbidden(message: impl Into<String>) -> Self {
        Self::new(Refusal::Forbidden, vec![message.into()])
    }

    pub(crate) fn not_found(message: impl Into<String>) -> Self {
        Self::new(Refusal::NotFound, vec![message.into()])
    }

    pub(crate) fn conflict(message: impl Into<String>) -> Self {
        Self::new(Refusal::Conflict, vec![message.into()])
    }

    pub(crate) fn gone(message: impl Into<String>) -> Self {
        Self::new(Refusal::Gone, vec![message.into()])
    }

    pub(crate) fn too_large(message: impl Into<String>) -> Self {
        Self::new(Refusal::TooLarge, vec![message.into()])
    }

    pub(crate) fn bad_gateway(message: impl Into<String>) -> Self {
        Self::new(Refusal::BadGateway, vec![message.into()])
    }

    /// A fault of the emulator itself, with what caused it.
    pub(crate) fn internal(cause: impl Into<anyhow::Error>) -> Self {
        let mut error = Self::new(Refusal::Internal, vec!["The emulator failed; its log says why".to_owned()]);
        error.0.cause = Some(cause.into());
        error
    }

    /// More work than can be done in time.
    pub(crate) fn busy(message: &str) -> Self {
        Self::new(Refusal::Unavailable, vec![message.to_owned()])
    }

    fn no_room(cause: impl Into<anyhow::Error>) -> Self {
        let mut error = Self::new(Refusal::NoRoom, vec!["The store has no room left".to_owned()]);
        error.0.cause = Some(cause.into());
        error
    }

    fn unavailable(cause: impl Into<anyhow::Error>) -> Self {
        let mut error = Self::new(Refusal::Unavailable, vec!["The store is not available".to_owned()]);
        error.0.cause = Some(cause.into());
        error
    }

    /// The same with an error code such as `ER-01239`.
    #[must_use]
    pub(crate) fn code(mut self, code: &'static str) -> Self {
        self.0.code = Some(code);
        self
    }

    pub(crate) fn refusal(&self) -> Refusal {
        self.0.refusal
    }

    /// Whether it was the emulator that failed, and nothing is wrong with what was asked.
    pub(crate) fn is_failure(&self) -> bool {
        matches!(self.refusal(), Refusal::Internal | Refusal::NoRoom | Refusal::Unavailable)
    }

    pub(crate) fn messages(&self) -> &[String] {
        &self.0.messages
    }

    pub(crate) fn error_code(&self) -> Option<&'static str> {
        self.0.code
    }

    /// What went wrong inside, for the log.
    pub(crate) fn cause(&self) -> Option<&anyhow::Error> {
        self.0.cause.as_ref()
    }
}

impl DomainError {
    /// What went wrong, for callers that are not behind HTTP.
    pub(crate) fn into_cause(self) -> anyhow::Error {
        let inner = *self.0;
        inner.cause.unwrap_or_else(|| anyhow::anyhow!(inner.messages.join("; ")))
    }
}

/// A constraint that no rule foresaw is a conflict or a missing thing; the rest is internal.
impl From<DbErr> for DomainError {
    fn from(error: DbErr) -> Self {
        match broken_rule(&error) {
            Some(Rule::Unique) => Self::conflict("Already exists"),
            Some(Rule::Reference) => Self::not_found("Not found"),
            _ if is_unreachable(&error) => Self::unavailable(StoreError(error)),
            _ if is_full(&error) => Self::no_room(StoreError(error)),
            _ => Self::internal(StoreError(error)),
        }
    }
}

impl From<StoreError> for DomainError {
    fn from(error: StoreError) -> Self {
        error.0.into()
    }
}

impl From<LoadError> for DomainError {
    fn from(error: LoadError) -> Self {
        match error {
            LoadError::Refused(why) => Self::bad_request(why),
            LoadError::Store(error) => error.into(),
        }
    }
}

/// A temporary file that could not be written or read again.
impl From<io::Error> for DomainError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::no_room(error),
            _ => Self::internal(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_do_not_show_their_cause() {
        let error = DomainError::from(DbErr::Custom("secret detail".to_owned()));
        assert_eq!(error.refusal(), Refusal::Internal);
        assert!(!error.messages()[0].contains("secret"));
        assert!(error.cause().is_some());
    }

    #[test]
    fn a_full_disk_is_no_fault_of_ours() {
        for (code, refusal) in [
            (rusqlite::ffi::SQLITE_FULL, Refusal::NoRoom),
            (rusqlite::ffi::SQLITE_IOERR_WRITE, Refusal::NoRoom),
            (rusqlite::ffi::SQLITE_CORRUPT, Refusal::Internal),
        ] {
            let error = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
            assert_eq!(DomainError::from(store::sqlite_failure(error)).refusal(), refusal, "{code}");
        }
    }

    #[test]
    fn an_engine_out_of_reach_is_unavailable() {
        let error = DbErr::ConnectionAcquire(sea_orm::ConnAcquireErr::Timeout);
        assert_eq!(DomainError::from(error).refusal(), Refusal::Unavailable);
    }
}
