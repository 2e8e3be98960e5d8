//! Why a request of an identity provider is not done.

use sea_orm::DbErr;

use crate::{
    domain::DomainError,
    scim::{self, Fault},
    store::StoreError,
};

/// The reasons.
#[derive(Debug)]
pub(crate) enum Failure {
    /// No connection has that token. Whether there is the connection is not told.
    Unauthorized,
    /// Something is wrong with what was sent.
    Request(scim::Error),
    /// No resource of the connection has that id.
    NotFound,
    /// The resource is not of the version that was meant.
    OtherVersion,
    Domain(DomainError),
}

/// What comes of such a request.
pub(crate) type Answer<T> = Result<T, Failure>;

impl Failure {
    /// Said of a value that another resource of the connection has.
    pub(super) fn taken(detail: &str) -> Self {
        Self::Request(scim::Error::new(Fault::Uniqueness, detail))
    }
}

impl From<scim::Error> for Failure {
    fn from(error: scim::Error) -> Self {
        Self::Request(error)
    }
}

impl From<DomainError> for Failure {
    fn from(error: DomainError) -> Self {
        Self::Domain(error)
    }
}

impl From<DbErr> for Failure {
    fn from(error: DbErr) -> Self {
        Self::Domain(error.into())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Domain(error.into())
    }
}
