//! SCIM 2.0 (RFC 7643, RFC 7644) on JSON: its schemas, resources, filters, paths and patches. Nothing here knows where
//! resources are kept, nor how they are asked for.

pub(crate) mod discovery;
mod error;
pub(crate) mod filter;
pub(crate) mod message;
pub(crate) mod patch;
pub(crate) mod path;
pub(crate) mod projection;
pub(crate) mod resource;
pub(crate) mod schema;
mod syntax;
pub(crate) mod version;

pub(crate) use error::{Error, Fault};
