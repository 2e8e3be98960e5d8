//! Doubles of the service, so that a program's own code is tested without a server (feature `test-util`).
//!
//! A client whose builder was given a [`Transport`] sends nothing: its calls are answered by that. Scopes are checked as
//! always; tokens are not fetched, and nothing is retried.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), frontegg_identity::Error> {
//! use frontegg_identity::{Frontegg, testing::{Scripted, respond}};
//!
//! /// The code to test.
//! async fn is_member(frontegg: &Frontegg, tenant: &str) -> Result<bool, frontegg_identity::Error> {
//!     Ok(!frontegg.tenant(tenant).roles().list_roles_v1().await?.is_empty())
//! }
//!
//! let frontegg = Frontegg::builder().transport(Scripted::new([respond::list_roles_v1([])])).build()?;
//! assert!(!is_member(&frontegg, "acme").await?);
//! # Ok(())
//! # }
//! ```
//!
//! [`respond`] has a typed answer for every operation. [`Scripted`] gives answers in order, [`Recording`] keeps what was
//! asked, and a closure is a transport of its own, e.g. over a map in memory. For whole journeys there is the emulator.

mod exchange;
mod reply;
mod transport;

pub use crate::generated::respond;
#[cfg(feature = "tower")]
pub(crate) use exchange::answer;
pub(crate) use exchange::{Double, exchange};
pub use reply::Reply;
pub use transport::{Recording, Request, Scripted, Transport};
