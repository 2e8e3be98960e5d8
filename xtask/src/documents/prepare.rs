//! Turns the joined document into the copy that the client generator reads.
//!
//! The documents say what the service does; the generator needs a form in which every success and
//! every error decodes, nothing is sent that nobody asked for, and each operation has one type for
//! its answer. Each rule is a function that counts what it changed. A rule that changes nothing has
//! outlived its reason and is an error.

use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::{
    api::{TENANT_HEADER, USER_HEADER, members, rust_name},
    resolve,
};

/// A named rule: changes the document, tells how many places it changed.
type Rule = (&'static str, fn(&mut Value) -> usize);

const RULES: &[Rule] = &[
    ("unpublished operations are served, not offered", drop_unpublished),
    ("scope headers travel in the scope", drop_scope_headers),
    ("any 2xx is a success", widen_success),
    ("any 4xx or 5xx is an ApiError", unify_errors),
    ("defaults would be sent unasked", drop_defaults),
    ("bounds would become checking types", drop_bounds),
    ("an absent list is not an empty one", optional_collections),
    ("secrets get a redacting type", hoist_secrets),
    ("types have the names that Rust gives them", spell_types),
];

/// Name of the component that stands for every secret string.
pub const SECRET: &str = "Secret";
/// Name of the component that stands for every free object with secrets in it.
pub const SECRET_MAP: &str = "SecretMap";

/// Applies all rules.
pub fn prepare(document: &Value) -> Result<Value> {
    let mut prepared = document.clone();
    for (name, rule) in RULES {
        if rule(&mut prepared) == 0 {
            bail!("preparation rule {name:?} changes nothing any more");
        }
    }
    Ok(prepared)
}

fn operations(document: &mut Value) -> impl Iterator<Item = &mut Value> {
    let paths = document["paths"].as_object_mut().into_iter();
    paths.flat_map(serde_json::Map::values_mut).filter_map(Value::as_object_mut).flat_map(serde_json::Map::values_mut)
}

fn drop_unpublished(document: &mut Value) -> usize {
    let Some(paths) = document["paths"].as_object_mut() else { return 0 };
    let mut dropped = 0;
    for item in paths.values_mut().filter_map(Value::as_object_mut) {
        let before = item.len();
        item.retain(|_, operation| operation["x-published"] != json!(false));
        dropped += before - item.len();
    }
    paths.retain(|_, item| item.as_object().is_some_and(|item| !item.is_empty()));
    dropped
}

fn drop_scope_headers(document: &mut Value) -> usize {
    let whole = document.clone();
    let mut dropped = 0;
    for operation in operations(document) {
        let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) else { continue };
        let before = parameters.len();
        parameters.retain(|parameter| {
            let name = resolve(&whole, parameter)["name"].as_str();
            name != Some(TENANT_HEADER) && name != Some(USER_HEADER)
        });
        dropped += before - parameters.len();
    }
    dropped
}

fn widen_success(document: &mut Value) -> usize {
    let mut widened = 0;
    for operation in operations(document) {
        let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { continue };
        let Some(status) = responses.keys().find(|status| status.starts_with('2') && *status != "2XX").cloned() else {
            continue;
        };
        if let Some(response) = responses.remove(&status) {
            responses.insert("2XX".into(), response);
            widened += 1;
        }
    }
    widened
}

fn unify_errors(document: &mut Value) -> usize {
    let error = json!({
        "description": "Refused or failed.",
        "content": { "application/json": { "schema": { "$ref": "#/components/schemas/ApiError" } } },
    });
    let mut unified = 0;
    for operation in operations(document) {
        let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { continue };
        responses.retain(|status, _| status.starts_with('2'));
        responses.insert("4XX".into(), error.clone());
        responses.insert("5XX".into(), error.clone());
        unified += 1;
    }
    unified
}

/// Calls `change` on every schema of the document, inner ones first.
fn each_schema(value: &mut Value, change: &mut impl FnMut(&mut Value) -> usize) -> usize {
    let mut changed = 0;
    match value {
        Value::Object(map) => {
            for (name, member) in map.iter_mut() {
                // Examples and enum values may look like schemas.
                if name != "example" && name != "enum" {
                    changed += each_schema(member, change);
                }
            }
        }
        Value::Array(list) => changed += list.iter_mut().map(|entry| each_schema(entry, change)).sum::<usize>(),
        _ => return 0,
    }
    changed + change(value)
}

fn remove_members(document: &mut Value, names: &[&str]) -> usize {
    each_schema(document, &mut |schema| {
        // A property may bear the name of a keyword; a keyword's value is no schema.
        let Some(schema) =
            schema.as_object_mut().filter(|schema| schema.contains_key("type") || schema.contains_key("allOf"))
        else {
            return 0;
        };
        let keyword = |schema: &serde_json::Map<String, Value>, name: &str| {
            schema.get(name).is_some_and(|value| !value.is_object())
        };
        names.iter().filter(|name| keyword(schema, name) && schema.remove(**name).is_some()).count()
    })
}

fn drop_defaults(document: &mut Value) -> usize {
    remove_members(document, &["default"])
}

fn drop_bounds(document: &mut Value) -> usize {
    remove_members(
        document,
        &["minimum", "maximum", "minLength", "maxLength", "pattern", "minItems", "maxItems", "uniqueItems"],
    )
}

fn optional_collections(document: &mut Value) -> usize {
    each_schema(document, &mut |schema| {
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) else { return 0 };
        let mut changed = 0;
        for (name, property) in properties {
            let collection =
                property["type"] == "array" || (property["type"] == "object" && property.get("properties").is_none());
            if collection && property["nullable"] != true && !required.iter().any(|entry| entry == name) {
                property["nullable"] = true.into();
                changed += 1;
            }
        }
        changed
    })
}

fn hoist_secrets(document: &mut Value) -> usize {
    let hoisted = each_schema(document, &mut |schema| {
        if schema["format"] != "password" {
            return 0;
        }
        let name = if schema["type"] == "object" { SECRET_MAP } else { SECRET };
        let mut wrapper = json!({ "allOf": [{ "$ref": format!("#/components/schemas/{name}") }] });
        for kept in ["description", "nullable"] {
            if let Some(value) = schema.get(kept) {
                wrapper[kept] = value.clone();
            }
        }
        *schema = wrapper;
        1
    });
    document["components"]["schemas"][SECRET] = json!({ "type": "string", "format": "password" });
    document["components"]["schemas"][SECRET_MAP] = json!({ "type": "object", "additionalProperties": true });
    hoisted
}

/// The prefix of references to schemas.
const SCHEMAS: &str = "#/components/schemas/";

fn spell_types(document: &mut Value) -> usize {
    fn refer(value: &mut Value) {
        match value {
            Value::String(text) => {
                if let Some(name) = text.strip_prefix(SCHEMAS) {
                    *text = format!("{SCHEMAS}{}", rust_name(name));
                }
            }
            Value::Object(map) => map.values_mut().for_each(refer),
            Value::Array(list) => list.iter_mut().for_each(refer),
            _ => {}
        }
    }

    refer(document);
    let Some(schemas) = document["components"]["schemas"].as_object_mut() else { return 0 };
    let mut spelled = 0;
    *schemas = std::mem::take(schemas)
        .into_iter()
        .map(|(name, schema)| {
            let rust = rust_name(&name);
            spelled += usize::from(rust != name);
            (rust, schema)
        })
        .collect();
    spelled
}

/// Names of the component schemas that request bodies reach.
pub fn request_schemas(document: &Value) -> Vec<String> {
    reached_schemas(document, "requestBody")
}

/// Names of the component schemas that answers reach.
pub fn answer_schemas(document: &Value) -> Vec<String> {
    reached_schemas(document, "responses")
}

/// Names of the component schemas that a member of operations reaches.
fn reached_schemas(document: &Value, member: &str) -> Vec<String> {
    let mut reached = Vec::new();
    for (_, item) in members(document, "paths") {
        for operation in item.as_object().into_iter().flat_map(serde_json::Map::values) {
            if let Some(root) = operation.get(member) {
                collect_references(document, root, &mut reached);
            }
        }
    }
    reached
}

fn collect_references(document: &Value, value: &Value, reached: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            if let Some(name) =
                map.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix("#/components/schemas/"))
                && !reached.iter().any(|known| known == name)
            {
                reached.push(name.to_owned());
                collect_references(document, &document["components"]["schemas"][name], reached);
            }
            map.values().for_each(|member| collect_references(document, member, reached));
        }
        Value::Array(list) => list.iter().for_each(|entry| collect_references(document, entry, reached)),
        _ => {}
    }
}

/// Members of request schemas that can be left alone, cleared or set: optional and nullable.
pub fn clearable_members(document: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for name in request_schemas(document) {
        let schema = &document["components"]["schemas"][&name];
        let required = schema["required"].as_array().cloned().unwrap_or_default();
        for (property, value) in members(schema, "properties") {
            if value["nullable"] == true && !required.iter().any(|entry| entry == property) {
                found.push((name.clone(), property.clone()));
            }
        }
    }
    found
}

/// Members that are JSON as text: those that say so, and in answers, which may bring an object instead, metadata.
pub fn json_texts(document: &Value) -> Vec<(String, String)> {
    let is_json = |name: &str, schema: &Value| {
        schema["type"] == "string" && (schema["format"] == "json" || name.to_lowercase().ends_with("metadata"))
    };
    let mut found = Vec::new();
    for (name, schema) in members(&document["components"], "schemas") {
        for (property, _) in members(schema, "properties").filter(|(property, value)| is_json(property, value)) {
            found.push((name.clone(), property.clone()));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> Value {
        json!({
            "paths": {
                "/roles": {
                    "post": {
                        "parameters": [{ "name": TENANT_HEADER, "in": "header", "schema": { "type": "string" } },
                                       { "name": "_limit", "in": "query", "schema": { "type": "integer", "minimum": 1, "default": 50 } }],
                        "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Role" } } } },
                        "responses": { "201": { "description": "Made." }, "409": { "description": "Taken." } },
                    },
                    "get": { "x-published": false, "responses": { "200": { "description": "All." } } },
                },
            },
            "components": { "schemas": {
                "BedDTO": { "type": "string" },
                "Role": {
                    "type": "object", "required": ["key", "default"],
                    "properties": {
                        "key": { "type": "string", "format": "password", "description": "A secret." },
                        "default": { "type": "boolean" },
                        "color": { "type": "string", "nullable": true },
                        "ids": { "type": "array", "items": { "type": "string" } },
                    },
                },
            } },
        })
    }

    #[test]
    fn each_rule_does_what_its_name_says() {
        let prepared = prepare(&document()).unwrap();
        let post = &prepared["paths"]["/roles"]["post"];
        assert_eq!(prepared["paths"]["/roles"].as_object().unwrap().len(), 1);
        assert_eq!(post["parameters"], json!([{ "name": "_limit", "in": "query", "schema": { "type": "integer" } }]));
        let statuses: Vec<&String> = post["responses"].as_object().unwrap().keys().collect();
        assert_eq!(statuses, ["2XX", "4XX", "5XX"]);
        let role = &prepared["components"]["schemas"]["Role"]["properties"];
        assert_eq!(role["ids"]["nullable"], true);
        assert_eq!(
            role["key"],
            json!({ "allOf": [{ "$ref": "#/components/schemas/Secret" }], "description": "A secret." })
        );
        assert_eq!(role["default"]["type"], "boolean", "a property may be called like a keyword");
    }

    #[test]
    fn a_schema_has_the_name_of_its_type_wherever_it_is_named() {
        let mut document = document();
        document["components"]["schemas"]["RoleDTO"] =
            json!({ "type": "array", "items": { "$ref": "#/components/schemas/RoleDTO" } });
        let prepared = prepare(&document).unwrap();
        assert_eq!(prepared["components"]["schemas"]["RoleDto"]["items"]["$ref"], "#/components/schemas/RoleDto");
        assert!(prepared["components"]["schemas"].get("RoleDTO").is_none());
    }

    #[test]
    fn a_rule_without_effect_is_an_error() {
        let mut document = document();
        document["paths"]["/roles"]["post"]["parameters"] = json!([]);
        let error = prepare(&document).unwrap_err().to_string();
        assert!(error.contains("scope headers"), "{error}");
    }

    #[test]
    fn only_optional_and_nullable_members_of_requests_can_be_cleared() {
        assert_eq!(clearable_members(&document()), [("Role".to_owned(), "color".to_owned())]);
    }
}
