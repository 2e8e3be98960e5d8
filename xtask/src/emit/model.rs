//! Writes the model: types, open enums, the table of operations, JSON Schemas.

pub mod enums;
pub mod operations;
pub mod schemas;
pub mod tagged;
pub mod types;

use anyhow::Result;
use syn::Item;

use super::{
    print::{Files, STYLE, print},
    surgery::Surgery,
};
use crate::documents::{
    api::Api,
    prepare::{answer_schemas, clearable_members, json_texts, request_schemas},
};

const FOLDER: &str = "crates/frontegg-model/src/generated";
const INDEX: &str = r#"//! Generated from the OpenAPI documents.

pub mod enums;
pub(crate) mod operations;
#[cfg(feature = "schemars")]
pub(crate) mod schemas;
pub mod types;
"#;

/// All files of the model, with the types as progenitor wrote them.
pub fn model(api: &Api, types: Vec<Item>) -> Result<Files> {
    let plan = types::Plan {
        requests: &request_schemas(&api.document),
        answers: &answer_schemas(&api.document),
        clearable: &clearable_members(&api.document),
        json_texts: &json_texts(&api.document),
        document: &api.document,
    };
    let mut surgery = Surgery::of(types);
    types::finish(&mut surgery, &plan)?;
    surgery.try_rule("a member tells which form of a oneOf a value has", |items| tagged::tagged(items, api))?;
    let head = format!("//! Types of request and answer bodies, named as in the vendor's reference.\n{STYLE}");
    Ok(Files::from([
        (format!("{FOLDER}/mod.rs"), INDEX.to_owned()),
        (format!("{FOLDER}/enums.rs"), enums::enums(api)?),
        (format!("{FOLDER}/schemas.rs"), schemas::schemas(api)?),
        (format!("{FOLDER}/operations.rs"), operations::table(api)?),
        (format!("{FOLDER}/types.rs"), print(&head, surgery.done())),
    ]))
}
