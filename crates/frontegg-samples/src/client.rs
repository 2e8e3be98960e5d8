//! Calls of the generated client.

use frontegg_client::{BoxFuture, Client, Error, types::ApiError};

pub use crate::generated::{calls::CALLS, clearable::CLEARABLE};

/// What becomes of a call; the answer itself is dropped.
pub type Outcome = Result<(), Error<ApiError>>;

/// A call of one operation.
#[derive(Debug, Clone, Copy)]
pub struct Call {
    /// Id of the operation.
    pub operation: &'static str,
    /// Makes the call.
    pub send: for<'a> fn(&'a Client) -> BoxFuture<'a, Outcome>,
}

/// A member of a request that can be left alone, cleared or set.
#[derive(Debug, Clone, Copy)]
pub struct Clearable {
    /// Id of the operation.
    pub operation: &'static str,
    /// The member's place in the body, a JSON pointer (RFC 6901).
    pub place: &'static str,
    /// A body that sets it.
    pub sample: &'static str,
    /// Makes the call with a body.
    pub send: for<'a> fn(&'a Client, &'a str) -> BoxFuture<'a, Outcome>,
}
