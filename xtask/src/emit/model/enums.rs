//! Writes the open enums of the model.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::{Result, ensure};

use crate::{
    documents::{
        api::{Api, enum_values, rust_name},
        spelling,
    },
    emit::print::doc_comment,
};

/// The file with one `open_enum!` for each enum schema.
pub fn enums(api: &Api) -> Result<String> {
    let mut out = String::from(
        "//! Enums of the API; each keeps values that it does not know.\n\nuse crate::open_enum::open_enum;\n",
    );
    for (name, schema) in api.schemas() {
        let Some(values) = enum_values(schema) else { continue };
        let description = schema["description"].as_str().unwrap_or_default();
        writeln!(out, "\nopen_enum! {{\n{}    {} {{", doc_comment(description, "    "), rust_name(name))?;
        let mut seen = BTreeSet::new();
        for value in values.iter().filter_map(|value| value.as_str()) {
            let variant = spelling::of_type(value);
            ensure!(syn::parse_str::<syn::Ident>(&variant).is_ok(), "enum {name}: {value:?} makes no variant");
            ensure!(
                seen.insert(variant.clone()) && variant != "Unknown",
                "enum {name}: {value:?} makes a variant twice"
            );
            writeln!(out, "        /// `{value}`\n        {variant} = {value:?},")?;
        }
        out.push_str("    }\n}\n");
    }
    Ok(out)
}
