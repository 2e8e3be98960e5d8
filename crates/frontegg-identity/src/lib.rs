//! Rust SDK for the Frontegg Authentication and Identity Management API.
//!
//! Every published operation is a typed method of a view: `frontegg.users()`, `.tenants()`, `.roles()` and so on;
//! [all of them](guide::operations) are listed in the guide. The client handles tokens, scope headers, timeouts and retries.
//!
//! ```no_run
//! # async fn example() -> Result<(), frontegg_identity::Error> {
//! use frontegg_identity::{Frontegg, types::AddRoleRequest};
//!
//! let frontegg = Frontegg::from_env()?;
//!
//! // The environment, with its own token.
//! let roles = frontegg.roles();
//! roles.create_roles(&[AddRoleRequest::new("admin", "Administrator", 0)]).await?;
//!
//! // A tenant of it, with the same token and the tenant's header.
//! let acme = frontegg.tenant("acme");
//! let flows = acme.self_service();
//!
//! // A signed-in user, with theirs.
//! let own = frontegg.session("access token").self_service();
//! # Ok(())
//! # }
//! ```
//!
//! The [`guide`] has a page each on configuration, credentials and scopes, applications, signing in, step-up,
//! verifying tokens, paging, the audit trail, many calls at once, partial updates, errors and retries, telemetry, defaults,
//! testing with the emulator, and moving here from other clients.
//!
//! Types decide which token an operation takes: a session does not have the operations that it cannot
//! call. If an operation needs a tenant or user that the scope does not name, the call is an [`Error`]
//! before anything is sent.

#[cfg(feature = "blocking")]
pub mod blocking;
mod builder;
mod call;
#[cfg_attr(target_family = "wasm", path = "connection/fetched.rs")]
mod connection;
mod context;
mod credentials;
#[cfg(any(feature = "rustls", feature = "verify"))]
#[cfg(not(target_family = "wasm"))]
mod crypto;
mod custom_headers;
mod decode;
#[cfg(test)]
mod defaults;
mod download;
mod error;
#[cfg(any(fuzzing, test))]
#[doc(hidden)]
pub mod fuzzing;
#[rustfmt::skip]
#[allow(clippy::mod_module_files, reason = "generated")]
#[allow(clippy::needless_pass_by_value, reason = "optional values are handed over whole")]
mod generated;
#[cfg(any(doc, doctest))]
pub mod guide;
mod header;
mod input;
#[cfg(feature = "tower")]
pub mod layer;
mod list;
mod lock;
pub mod login;
mod options;
mod paging;
mod region;
mod response;
mod retry;
mod runtime;
mod saved;
mod scope;
mod session;
mod tasks;
#[cfg(feature = "otel")]
mod telemetry;
#[cfg(feature = "test-util")]
pub mod testing;
mod throttle;
mod token;
mod transport;
#[cfg(feature = "verify")]
pub mod verify;

pub use builder::{Builder, Frontegg};
pub use call::Call;
pub use download::Download;
#[cfg(feature = "test-util")]
pub use error::ErrorBuilder;
pub use error::{Attempt, ConfigError, Error, ErrorKind};
pub use generated::{params, views};
pub use login::Login;
pub use paging::{Items, Page, PagedCall, Pages};
pub use region::Region;
pub use response::Response;
pub use retry::Retry;
pub use saved::SavedError;
pub use scope::{Access, Anonymous, Authorized, Environment, Scope, User};
pub use session::{RememberedDevice, SavedSession, Session};
pub use tasks::{Progress, ProgressStream, RolesChange, Task};
pub use throttle::{RateLimit, RetryBudget};

/// The raw generated client, the escape hatch of [`Scope::client`]. Its interface follows the
/// generator, not this crate's promise of stability.
pub use frontegg_client as client;
pub use frontegg_model::{self as model, Patch, Secret, SecretMap, enums, types};

/// Compiles the examples of the workspace's README.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct WorkspaceReadme;

/// Compiles the examples of this crate's README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
