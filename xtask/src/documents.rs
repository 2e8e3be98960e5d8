//! Reads the OpenAPI documents of `openapi/` and joins them into one.

pub mod api;
pub mod lint;
pub mod permission;
pub mod prepare;
pub mod spelling;

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Map, Value};

/// The documents that make up the API, in the order in which they are joined.
pub const FILES: [&str; 8] = [
    "identity.yaml",
    "tenants.yaml",
    "applications.yaml",
    "sso.yaml",
    "audits.yaml",
    "scim.yaml",
    "environment.yaml",
    UNPUBLISHED,
];
/// Operations that no published document has. The emulator serves them, the SDK does not offer them.
pub const UNPUBLISHED: &str = "unpublished.yaml";

/// One OpenAPI document as it stands in its file.
#[derive(Debug, Clone)]
pub struct Document {
    /// File name, e.g. `identity.yaml`.
    pub file: String,
    /// The whole document.
    pub value: Value,
}

impl Document {
    /// Path under which the document's service is mounted, e.g. `/identity`: the path of its first server.
    pub fn prefix(&self) -> &str {
        let url = self.value.pointer("/servers/0/url").and_then(Value::as_str).unwrap_or_default();
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        rest.find('/').map_or("", |at| rest[at..].trim_end_matches('/'))
    }
}

/// Reads a YAML (or JSON) file.
pub fn read(path: &Path) -> Result<Value> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    yaml_serde::from_str(&text).map_err(|error| anyhow!("{}: {error}", path.display()))
}

/// Reads all documents of a folder.
pub fn load(folder: &Path) -> Result<Vec<Document>> {
    let load_one = |file: &str| Ok(Document { file: file.to_owned(), value: read(&folder.join(file))? });
    FILES.into_iter().map(load_one).collect()
}

/// Joins the documents: full paths, one set of components, references inside the result.
///
/// A component that stands in several documents must be the same in all of them.
pub fn merge(documents: &[Document]) -> Result<Value> {
    let mut paths = Map::new();
    let mut components: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    let mut tags = Vec::new();
    for document in documents {
        let mut value = document.value.clone();
        localize_references(&mut value);
        for (path, item) in object(&mut value, "paths") {
            // What a service has at its own root goes by the prefix alone.
            let full = format!("{}{}", document.prefix(), path.trim_end_matches('/'));
            let mut item = item.clone();
            mark_published(&mut item, document.file != UNPUBLISHED);
            let all = paths.entry(full).or_insert_with(|| Map::new().into());
            for (method, operation) in item.as_object_mut().into_iter().flatten() {
                if all.get(method).is_some() {
                    bail!("{}: #/paths/{}/{method}: stands in another document too", document.file, escape(&path));
                }
                all[method.as_str()] = operation.take();
            }
        }
        for kind in ["schemas", "parameters", "responses", "securitySchemes"] {
            let Some(Value::Object(entries)) = value.pointer_mut(&format!("/components/{kind}")).map(Value::take)
            else {
                continue;
            };
            let all = components.entry(kind).or_default();
            for (name, entry) in entries {
                if all.get(&name).is_some_and(|other| *other != entry) {
                    bail!("{}: #/components/{kind}/{name}: differs from another document's", document.file);
                }
                all.insert(name, entry);
            }
        }
        if let Some(Value::Array(list)) = value.get_mut("tags").map(Value::take) {
            tags.extend(list);
        }
    }
    let mut merged = Map::new();
    merged.insert("openapi".into(), "3.0.3".into());
    merged.insert("info".into(), serde_json::json!({ "title": "Frontegg Identity API", "version": "1" }));
    merged.insert("tags".into(), tags.into());
    merged.insert("paths".into(), paths.into());
    merged.insert("components".into(), serde_json::to_value(components)?);
    Ok(Value::Object(merged))
}

fn object(value: &mut Value, member: &str) -> Map<String, Value> {
    match value.get_mut(member).map(Value::take) {
        Some(Value::Object(map)) => map,
        _ => Map::new(),
    }
}

fn mark_published(item: &mut Value, published: bool) {
    for (_, operation) in item.as_object_mut().into_iter().flatten() {
        if let Some(operation) = operation.as_object_mut() {
            operation.insert("x-published".into(), published.into());
        }
    }
}

/// Turns `identity.yaml#/components/…` into `#/components/…`.
fn localize_references(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if let Some(Value::String(reference)) = map.get_mut("$ref")
                && let Some(at) = reference.find('#')
            {
                reference.replace_range(..at, "");
            }
            map.values_mut().for_each(localize_references);
        }
        Value::Array(list) => list.iter_mut().for_each(localize_references),
        _ => {}
    }
}

/// A member name as a segment of a JSON pointer (RFC 6901).
pub fn escape(segment: &str) -> String {
    segment.replace('~', "~0").replace('/', "~1")
}

/// Follows `$ref` until something else stands there.
pub fn resolve<'a>(document: &'a Value, mut value: &'a Value) -> &'a Value {
    // Longer chains do not occur; a circle ends here and is reported by the lint.
    for _ in 0..16 {
        let Some(reference) = value.get("$ref").and_then(Value::as_str) else { break };
        let Some(target) = reference.strip_prefix('#').and_then(|pointer| document.pointer(pointer)) else { break };
        value = target;
    }
    value
}

/// Name of the component schema that a value refers to, directly or by an `allOf` around one reference.
pub fn reference_name(schema: &Value) -> Option<&str> {
    let reference = match schema.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
        Some([only]) => only.get("$ref"),
        _ => schema.get("$ref"),
    };
    reference?.as_str()?.strip_prefix("#/components/schemas/")
}
