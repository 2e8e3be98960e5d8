//! The server side of the Frontegg Identity API, generated from its documents.
//!
//! For every tag there is a trait with a method for each operation, and a `routes` function that
//! mounts them on an [`axum::Router`]. Before a method is called its request is checked against the
//! document: token, permission and scope, then path, query, headers and body, reporting all errors at
//! once. Methods take typed values only, and their answers are validated too in debug builds.
//!
//! [`route::finish`] adds to the router what belongs to no operation.

pub mod authenticate;
pub mod capture;
pub mod context;
mod endpoint;
pub mod failure;
mod forms;
#[cfg(any(fuzzing, test))]
#[doc(hidden)]
pub mod fuzzing;
#[rustfmt::skip]
#[allow(clippy::mod_module_files, clippy::pedantic, reason = "generated")]
mod generated;
pub mod headers;
mod json_text;
pub mod numbers;
mod params;
mod permit;
pub mod principal;
pub mod receive;
pub mod redact;
pub mod reply;
pub mod route;
pub mod schema;
pub mod trace;
pub mod validate;

pub use authenticate::Authenticate;
pub use capture::Capture;
pub use context::{Cookie, RequestContext, SameSite};
pub use failure::{ApiFailure, ApiResult};
pub use generated::*;
pub use principal::{EnvironmentToken, Principal, TokenKind, UserToken};

/// The OpenAPI document (3.0.3, JSON) of every operation that there is a method for: the published ones with every
/// intended difference, and those that only clients in the field know (`x-published: false`).
pub const DOCUMENT: &str = include_str!("generated/served.json");

/// Compiles the examples of this crate's README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
