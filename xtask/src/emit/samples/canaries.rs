//! Writes samples of every type in which each text names its member, for the test that looks for
//! secrets in what `Debug` prints.

use std::fmt::Write as _;

use serde_json::Value;

use crate::{
    documents::api::{Api, is_enum, rust_name},
    emit::print::Files,
};

/// The file with a sample of every type.
pub fn canaries(api: &Api) -> Files {
    let mut out = String::from(
        "//! A sample of every type: each text in it is `canary(name of the member)`.\n\n\
         use frontegg_identity::types;\n\n\
         use super::{Shown, shown};\n\n\
         /// Every type by name, with a sample and what shows it.\npub(super) const TYPES: &[(&str, &str, Shown)] = &[\n",
    );
    for (name, schema) in api.schemas().filter(|(_, schema)| !is_enum(schema)) {
        let sample = super::value_with(api, "body", schema, canary);
        let rust = rust_name(name);
        // Writing to a string does not fail.
        let _ = writeln!(out, "    ({rust:?}, r#\"{sample}\"#, shown::<types::{rust}>),");
    }
    out.push_str("];\n");
    Files::from([("crates/frontegg-identity/tests/generated/canaries.rs".to_owned(), out)])
}

fn canary(name: &str, schema: &Value) -> String {
    match schema["format"].as_str() {
        Some("date-time") => "2030-01-02T03:04:05Z".to_owned(),
        _ => format!("canary({name})"),
    }
}
