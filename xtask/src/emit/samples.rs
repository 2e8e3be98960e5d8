//! Writes the crate of samples, which the tests of the other crates share.

mod calls;
mod clearable;
mod facade;
mod requests;
mod types;
mod value;

use anyhow::Result;
use syn::Item;

use super::print::Files;
use crate::documents::api::Api;

const FOLDER: &str = "crates/frontegg-samples/src/generated";
const INDEX: &str = r#"//! Generated from the OpenAPI documents.

#[cfg(feature = "client")]
pub(crate) mod calls;
#[cfg(feature = "client")]
pub(crate) mod clearable;
#[cfg(feature = "facade")]
pub(crate) mod facade_calls;
pub(crate) mod requests;
pub(crate) mod types;
"#;

/// All files of the samples. The client's calls say what they are to be given.
pub fn samples(api: &Api, calls: &[Item]) -> Result<Files> {
    Ok(Files::from([
        (format!("{FOLDER}/mod.rs"), INDEX.to_owned()),
        (format!("{FOLDER}/calls.rs"), calls::calls(api, calls)?),
        (format!("{FOLDER}/clearable.rs"), clearable::clearable(api, calls)?),
        (format!("{FOLDER}/facade_calls.rs"), facade::calls(api, calls)?),
        (format!("{FOLDER}/requests.rs"), requests::requests(api)?),
        (format!("{FOLDER}/types.rs"), types::types(api)),
    ]))
}
