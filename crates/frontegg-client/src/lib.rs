//! Generated HTTP calls of the Frontegg Identity API over a pluggable transport.
//!
//! [`Client`] has one method for every published operation. Tokens, scopes and retries are the matter of
//! its [`Transport`]. Programs use the crate `frontegg-identity`, which has one, and this crate only for
//! what its views do not offer.

mod answer;
mod base_url;
#[rustfmt::skip]
#[path = "generated/client.rs"]
mod generated;
mod threads;
mod transport;
mod unpublished;

pub use answer::{Answer, Received};
pub use frontegg_model::{self as model, Secret, enums, types};
pub use generated::Client;
pub use progenitor_client::{ByteStream, ClientInfo, Error, ResponseValue};
/// The HTTP client of [`Client::new_with_client`], in the version that it takes.
pub use reqwest;
pub use threads::{BoxFuture, MaybeSend};
pub use transport::{Failure, Inner, Transport};

/// Compiles the examples of this crate's README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
