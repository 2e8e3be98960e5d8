//! Writes a sample of every type in which each text names its member, so that a test can see which are shown.

use std::fmt::Write as _;

use serde_json::Value;

use super::value::value_with;
use crate::documents::api::{Api, is_enum, rust_name};

/// The file with a sample of every type.
pub(super) fn types(api: &Api) -> String {
    let mut out = String::from(
        "//! A sample of every type: each text in it is `canary(name of the member)`.\n\n\
         use frontegg_model::types;\n\n\
         use crate::{Type, show};\n\n\
         /// Every type of a body.\npub static TYPES: &[Type] = &[\n",
    );
    for (name, schema) in api.schemas().filter(|(_, schema)| !is_enum(schema)) {
        let sample = value_with(api, "body", schema, canary);
        let rust = rust_name(name);
        // Writing to a string does not fail.
        let _ = writeln!(out, "    Type {{ name: {rust:?}, sample: r#\"{sample}\"#, show: show::<types::{rust}> }},");
    }
    out.push_str("];\n");
    out
}

fn canary(name: &str, schema: &Value) -> String {
    match schema["format"].as_str() {
        Some("date-time") => "2030-01-02T03:04:05Z".to_owned(),
        _ => format!("canary({name})"),
    }
}
