//! A stateful emulator of the Frontegg Identity API, as a library and a program.

mod clock;
mod domain;
mod ids;
mod jws;
mod keys;
mod store;
mod tokens;

pub use clock::{Clock, Timestamp};
pub use store::{ParseTargetError, StoreTarget};
