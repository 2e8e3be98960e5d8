//! What failures of the server mean.

use std::sync::Arc;

use sea_orm::{
    DbErr, RuntimeErr,
    sqlx::{Error, error::ErrorKind},
};

use crate::store::{Rule, StoreError};

impl From<Error> for StoreError {
    fn from(error: Error) -> Self {
        Self(DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error))))
    }
}

fn cause(error: &DbErr) -> Option<&Error> {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) = error else {
        return None;
    };
    Some(error)
}

/// Which rule of the schema a statement broke, if that is why it failed.
pub(in crate::store) fn broken_rule(error: &DbErr) -> Option<Rule> {
    let Error::Database(error) = cause(error)? else { return None };
    match error.kind() {
        ErrorKind::UniqueViolation => Some(Rule::Unique),
        ErrorKind::ForeignKeyViolation => Some(Rule::Reference),
        ErrorKind::NotNullViolation => Some(Rule::NotNull),
        ErrorKind::CheckViolation => Some(Rule::Check),
        _ => None,
    }
}

/// Whether its disk was full.
pub(in crate::store) fn is_full(error: &DbErr) -> bool {
    matches!(cause(error), Some(Error::Database(error)) if error.code().is_some_and(|code| code == "53100"))
}

/// Whether it was out of reach.
pub(in crate::store) fn is_unreachable(error: &DbErr) -> bool {
    match cause(error) {
        Some(Error::Io(_) | Error::PoolTimedOut | Error::PoolClosed) => true,
        // It shuts down or has not come up.
        Some(Error::Database(error)) => error.code().is_some_and(|code| code.starts_with("57P0")),
        _ => false,
    }
}
