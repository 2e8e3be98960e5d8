//! Types, open enums and the operations table of the Frontegg Identity API.
//!
//! Everything here is data: no HTTP client and no server is linked. [`types`] and [`enums`] are the
//! schemas of bodies, [`OPERATIONS`] has the id, path, token and scope of every operation. All three are
//! generated from the OpenAPI documents in `openapi/`; the rest of the crate supports generated code.

mod api_error;
#[rustfmt::skip]
#[allow(clippy::mod_module_files, reason = "generated")]
mod generated;
pub mod headers;
mod open_enum;
mod operation;
mod optional;
mod patch;
pub mod read;
mod secret;

#[cfg(feature = "schemars")]
pub use generated::schemas::schemas;
pub use generated::{enums, operations::OPERATIONS, types};
pub use operation::{About, Category, Method, Need, Operation, Permission, Token, covers, no_operation, operation};
pub use optional::{Optional, OptionalList, form};
pub use patch::Patch;
pub use secret::{Secret, SecretMap};

/// Conversion errors of generated types.
pub mod error {
    pub use crate::types::error::ConversionError;
}

/// Compiles the examples of this crate's README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
