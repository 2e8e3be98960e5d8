//! Writes the model's function that gives the JSON Schema of every type.

use anyhow::Result;

use crate::{
    documents::api::{Api, is_enum, rust_name},
    emit::print::doc_comment,
};

/// The file behind the model's feature `schemars`.
pub fn schemas(api: &Api) -> Result<String> {
    let doc = doc_comment(
        "JSON Schema of every public type by its Rust name, in the dialect of OpenAPI 3.0; references are `#/components/schemas/…`. \
         It is that of the document: answers are read a little more leniently (see [`read`](crate::read)).",
        "",
    );
    let mut out = format!(
        "//! JSON Schema of every public type.\n#![allow(clippy::too_many_lines)]\n\nuse schemars::{{SchemaGenerator, generate::SchemaSettings}};\n\nuse crate::{{enums, types}};\n\n\
         {doc}pub fn schemas() -> serde_json::Map<String, serde_json::Value> {{\n    \
         let mut generator = SchemaSettings::openapi3().for_serialize().into_generator();\n    let add: &[fn(&mut SchemaGenerator)] = &[\n"
    );
    for (name, schema) in api.schemas() {
        let module = if is_enum(schema) { "enums" } else { "types" };
        out.push_str(&format!("        |to| drop(to.subschema_for::<{module}::{}>()),\n", rust_name(name)));
    }
    out.push_str(
        "    ];\n    for add in add {\n        add(&mut generator);\n    }\n    generator.take_definitions(true)\n}\n",
    );
    Ok(out)
}
