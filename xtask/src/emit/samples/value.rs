//! Makes sample values from schemas.

use serde_json::{Map, Value, json};

use crate::documents::{
    api::{Api, enum_values, members},
    resolve,
};

/// A value that a schema accepts, with every member filled. The same schema always gives the same value.
pub(super) fn value(api: &Api, name: &str, schema: &Value) -> Value {
    sample(&api.document, name, schema, 0, text)
}

/// The same, with every free text as `text` makes it from the member's name and schema.
pub(super) fn value_with(api: &Api, name: &str, schema: &Value, text: Text) -> Value {
    sample(&api.document, name, schema, 0, text)
}

/// Makes a text for a member of a name and a schema; the schema is null where the document says nothing.
pub(super) type Text = fn(&str, &Value) -> String;

fn sample(document: &Value, name: &str, schema: &Value, depth: usize, text: Text) -> Value {
    let schema = resolve(document, schema);
    if let Some(first) = schema["allOf"].as_array().and_then(|list| list.first()) {
        return sample(document, name, first, depth, text);
    }
    if let Some(first) = schema["oneOf"].as_array().and_then(|list| list.first()) {
        return sample(document, name, first, depth, text);
    }
    if let Some(first) = enum_values(schema).and_then(|list| list.first()) {
        return first.clone();
    }
    let bound = |member: &str| schema[member].as_i64();
    match schema["type"].as_str() {
        Some("string") => text(name, schema).into(),
        Some("integer") => bound("minimum").unwrap_or(1).max(1).min(bound("maximum").unwrap_or(i64::MAX)).into(),
        Some("number") => json!(0.5),
        Some("boolean") => true.into(),
        // A schema that contains itself ends here.
        Some("array") if depth > 6 => json!([]),
        Some("array") => json!([sample(document, name, &schema["items"], depth + 1, text)]),
        Some("object") => {
            let filled: Map<String, Value> = members(schema, "properties")
                .map(|(property, value)| (property.clone(), sample(document, property, value, depth + 1, text)))
                .collect();
            match &schema["additionalProperties"] {
                _ if !filled.is_empty() => filled.into(),
                further @ Value::Object(_) => json!({ "key": sample(document, name, further, depth + 1, text) }),
                _ => json!({ "key": text(name, &Value::Null) }),
            }
        }
        _ => json!({ "any": text(name, &Value::Null) }),
    }
}

fn text(name: &str, schema: &Value) -> String {
    if schema.is_null() {
        return "value".to_owned();
    }
    if schema["format"] == "date-time" {
        return "2030-01-02T03:04:05Z".to_owned();
    }
    let mut text = match name {
        name if name.to_lowercase().ends_with("email") => "ada@acme.test".to_owned(),
        name if name.to_lowercase().ends_with("url") => "https://acme.test/".to_owned(),
        name => format!("{}-1", name.trim_start_matches('_')),
    };
    let least = schema["minLength"].as_u64().and_then(|least| usize::try_from(least).ok()).unwrap_or(0);
    while text.len() < least {
        text.push('x');
    }
    if let Some(most) = schema["maxLength"].as_u64().and_then(|most| usize::try_from(most).ok()) {
        text.truncate(most);
    }
    text
}
