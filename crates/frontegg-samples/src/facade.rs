//! Calls through the SDK.

use std::pin::Pin;

use frontegg_identity::{Anonymous, Environment, Error, Scope, User};

pub use crate::generated::facade_calls::CALLS;

/// Scopes by the token that they send.
#[derive(Debug)]
pub struct Scopes {
    /// Sends none.
    pub anonymous: Scope<Anonymous>,
    /// Sends the environment's.
    pub environment: Scope<Environment>,
    /// Sends a user's.
    pub user: Scope<User>,
}

/// What becomes of a call; the answer itself is dropped.
pub type Outcome<'a> = Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>>;

/// A call of one operation.
#[derive(Debug, Clone, Copy)]
pub struct Call {
    /// Id of the operation.
    pub operation: &'static str,
    /// Makes the call in the scope that its token belongs to.
    pub send: for<'a> fn(&'a Scopes) -> Outcome<'a>,
}
