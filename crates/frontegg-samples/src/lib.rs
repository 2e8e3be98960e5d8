//! Samples of what the API takes, generated from its documents, for the tests of the other crates.
//!
//! There is one of everything: a raw request of every operation ([`REQUESTS`]), a value of every type ([`TYPES`]), and by
//! features a call of every published operation, through the generated client (`client`) or the SDK (`facade`). Only
//! `[dev-dependencies]` name this crate, so it may depend on the crates that it helps to test.

#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "facade")]
pub mod facade;
#[rustfmt::skip]
#[allow(clippy::mod_module_files, reason = "generated")]
mod generated;

use std::fmt::Debug;

pub use generated::{requests::REQUESTS, types::TYPES};
use serde::{Serialize, de::DeserializeOwned};

/// A request with every parameter of its operation but those of the scope.
#[derive(Debug, Clone, Copy)]
pub struct Request {
    /// Id of the operation.
    pub operation: &'static str,
    /// Path and query.
    pub address: &'static str,
    /// Headers by name.
    pub headers: &'static [(&'static str, &'static str)],
    /// JSON body, where the operation takes one.
    pub body: Option<&'static str>,
}

/// The request of an operation, unpublished ones included.
pub fn request(operation: &str) -> Option<&'static Request> {
    let found = REQUESTS.binary_search_by_key(&operation, |request| request.operation);
    found.ok().map(|index| &REQUESTS[index])
}

/// A type of a body, with a value in which each text is `canary(name of the member)`.
#[derive(Debug, Clone, Copy)]
pub struct Type {
    /// Name in Rust.
    pub name: &'static str,
    /// The value as JSON.
    pub sample: &'static str,
    /// Reads a value of the type and shows it.
    pub show: fn(&str) -> Shown,
}

/// A value as people and as services see it.
#[derive(Debug, Clone)]
pub struct Shown {
    /// Both forms of `Debug`, on lines of their own.
    pub debug: String,
    /// JSON.
    pub sent: String,
}

fn show<T: DeserializeOwned + Serialize + Debug>(sample: &str) -> Shown {
    let value: T = read(sample);
    let sent = serde_json::to_string(&value).unwrap_or_else(|error| panic!("{sample}: {error}"));
    Shown { debug: format!("{value:?}\n{value:#?}"), sent }
}

fn read<T: DeserializeOwned>(sample: &str) -> T {
    serde_json::from_str(sample).unwrap_or_else(|error| panic!("{sample}: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_found_by_their_operation() {
        for known in REQUESTS {
            assert_eq!(request(known.operation).map(|found| found.address), Some(known.address));
        }
        assert!(request("nothing").is_none());
    }
}
