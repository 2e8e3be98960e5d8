//! The server side of the Frontegg Identity API, generated from its documents.
//!
//! For every tag there is a trait with a method for each operation, and a `routes` function that
//! mounts them on an [`axum::Router`]. Before a method is called its request was held against the
//! document: token and scope, then path, query, headers and body, all faults at once. Methods see
//! typed values only, and what they give back is held against the document too.
//!
//! [`route::finish`] completes the router with what belongs to no operation.

pub mod context;
pub mod failure;
#[rustfmt::skip]
#[allow(clippy::pedantic, reason = "generated")]
mod generated;
mod json_text;
mod params;
pub mod principal;
pub mod receive;
pub mod redact;
pub mod reply;
pub mod route;
pub mod schema;
pub mod sight;
pub mod trace;
pub mod validate;

pub use context::{Cookie, RequestContext, SameSite};
pub use failure::{ApiFailure, ApiResult};
pub use generated::*;
pub use principal::{Authenticate, EnvironmentToken, Principal, TokenKind, UserToken};
pub use sight::Sight;

/// Compiles the examples of this crate's README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
