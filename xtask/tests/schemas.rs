//! Holds the JSON Schema of every generated type against the document's own schema.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde_json::Value;
use xtask::{
    documents::{
        api::{enum_values, members, rust_name},
        reference_name,
    },
    regen,
};

/// A schema in a form that does not depend on who wrote it.
fn form(schema: &Value) -> String {
    if let Some(name) = reference_name(schema) {
        return rust_name(name);
    }
    for choice in ["anyOf", "oneOf"] {
        if let Some(list) = schema[choice].as_array() {
            // An alternative without a type stands for null in this dialect.
            let forms = list.iter().map(form).filter(|form| form != "any");
            return forms.collect::<Vec<_>>().join(" or ");
        }
    }
    match (schema["type"].as_str(), schema["format"].as_str()) {
        (Some("array"), _) => format!("[{}]", form(&schema["items"])),
        (Some("string"), Some(format @ ("date-time" | "password"))) => format.to_owned(),
        (Some("integer"), Some("int32")) => "int32".to_owned(),
        (Some("integer"), _) => "int64".to_owned(),
        (Some("object"), _) => "map".to_owned(),
        (Some(other), _) => other.to_owned(),
        (None, _) => "any".to_owned(),
    }
}

fn takes_null(schema: &Value) -> bool {
    let alternatives = ["anyOf", "oneOf"].iter().filter_map(|choice| schema[choice].as_array()).flatten();
    schema["nullable"] == true
        || form(schema) == "any"
        || alternatives
            .into_iter()
            .any(|alternative| alternative["nullable"] == true || alternative.get("enum").is_some())
}

fn required(schema: &Value) -> BTreeSet<&str> {
    schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn properties(schema: &Value) -> BTreeMap<&str, String> {
    members(schema, "properties").map(|(name, property)| (name.as_str(), form(property))).collect()
}

#[test]
fn every_type_has_the_schema_of_the_document() {
    let api = regen::api(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).unwrap();
    let generated = frontegg_model::schemas();
    let mut compared = 0;
    for (name, documented) in api.schemas() {
        let rust = rust_name(name);
        let schema = generated.get(&rust).unwrap_or_else(|| panic!("{rust} has no schema"));
        compared += 1;
        if let Some(values) = enum_values(documented) {
            assert_eq!(schema["x-extensible-enum"].as_array(), Some(values), "{name}");
            continue;
        }
        if documented.get("properties").is_none() {
            assert_eq!(form(schema), form(documented), "{name}");
            continue;
        }
        assert_eq!(properties(schema), properties(documented), "{name}");
        let nullable: BTreeSet<&str> = members(documented, "properties")
            .filter(|(_, value)| value["nullable"] == true)
            .map(|(name, _)| name.as_str())
            .collect();
        // What can be null is never asked for when an answer is read.
        let asked: BTreeSet<&str> = required(documented).difference(&nullable).copied().collect();
        assert_eq!(required(schema).difference(&nullable).copied().collect::<BTreeSet<_>>(), asked, "{name}: required");
        for property in nullable {
            assert!(takes_null(&schema["properties"][property]), "{name}.{property} takes null");
        }
    }
    assert!(compared > 300, "{compared}");
}
