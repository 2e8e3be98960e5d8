//! Makes sample values from schemas, and from them one call of every operation for the tests.

pub mod canaries;
pub mod patches;
pub mod requests;

use std::fmt::{self, Write as _};

use anyhow::{Context, Result};
use serde_json::{Map, Value, json};
use syn::{Item, Signature, Type};

use super::{
    client::{arguments, signatures},
    print::Files,
    syntax::{argument_of, is_str, last_segment, referent, spelled},
};
use crate::documents::{
    api::{Api, Operation, members},
    resolve,
};

/// A value that a schema accepts, with every member filled. The same schema always gives the same value.
pub fn value(api: &Api, name: &str, schema: &Value) -> Value {
    sample(&api.document, name, schema, 0, text)
}

/// The same, with every free text as `text` makes it from the member's name and schema.
pub fn value_with(api: &Api, name: &str, schema: &Value, text: Text) -> Value {
    sample(&api.document, name, schema, 0, text)
}

/// Makes a text for a member of a name and a schema; the schema is null where the document says nothing.
pub type Text = fn(&str, &Value) -> String;

fn sample(document: &Value, name: &str, schema: &Value, depth: usize, text: Text) -> Value {
    let schema = resolve(document, schema);
    if let Some(first) = schema["allOf"].as_array().and_then(|list| list.first()) {
        return sample(document, name, first, depth, text);
    }
    if let Some(first) = schema["oneOf"].as_array().and_then(|list| list.first()) {
        return sample(document, name, first, depth, text);
    }
    if let Some(first) = schema["enum"].as_array().and_then(|list| list.first()) {
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
            if filled.is_empty() { json!({ "key": text(name, &Value::Null) }) } else { filled.into() }
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

/// Rust source of a value for one argument of a generated call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Argument {
    /// The value.
    pub value: String,
    /// Whether the call borrows it.
    pub borrowed: bool,
    /// Whether the call takes an `Option`.
    pub optional: bool,
}

impl fmt::Display for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (open, close) = if self.optional { ("Some(", ")") } else { ("", "") };
        let borrow = if self.borrowed { "&" } else { "" };
        write!(f, "{open}{borrow}{}{close}", self.value)
    }
}

/// A sample for an argument of a given name and type.
pub fn argument(api: &Api, operation: &Operation, name: &str, ty: &Type) -> Result<Argument> {
    if name == "body" {
        let body = operation.body.as_ref().context("a body argument without a body")?;
        let value = format!("body::<{}>(r#\"{}\"#)", spelled(referent(ty)), value(api, "body", &body.schema));
        return Ok(Argument { value, borrowed: true, optional: false });
    }
    let parameter = operation
        .parameters
        .iter()
        .find(|parameter| parameter.ident() == name)
        .with_context(|| format!("{} has no parameter for {name}", operation.id))?;
    let inner = argument_of(ty, "Option");
    let taken = inner.unwrap_or(ty);
    let plain = referent(taken);
    let name = last_segment(plain).map(|segment| segment.ident.to_string()).unwrap_or_default();
    let value = match &value(api, &parameter.name, &parameter.schema) {
        // Its literal is borrowed as it stands.
        Value::String(text) if is_str(plain) => {
            return Ok(Argument { value: format!("{text:?}"), borrowed: false, optional: inner.is_some() });
        }
        Value::String(text) if name == "Secret" => format!("{text:?}.into()"),
        Value::String(text) => format!("enums::{name}::from({text:?})"),
        sample @ Value::Array(_) => format!("from_json(r#\"{sample}\"#)"),
        other => other.to_string(),
    };
    Ok(Argument { value, borrowed: matches!(taken, Type::Reference(_)), optional: inner.is_some() })
}

/// The file that calls every operation of the raw client once.
pub fn samples(api: &Api, calls: &[Item]) -> Result<Files> {
    let mut out = String::from(
        "//! One call of every operation, with samples made from the document.\n\n\
         use frontegg_client::{enums, types};\n\
         use super::{Call, body};\n\n\
         /// Every operation by id, with a call of it.\npub(crate) const CALLS: &[(&str, Call)] = &[\n",
    );
    let mut signatures: Vec<&Signature> = signatures(calls).collect();
    signatures.sort_by_key(|signature| signature.ident.to_string());
    for signature in signatures {
        let id = signature.ident.to_string();
        let operation =
            api.published().find(|operation| operation.id == id).with_context(|| format!("no operation {id}"))?;
        let values: Vec<String> = arguments(signature)
            .map(|(name, ty)| Ok(argument(api, operation, &name, ty)?.to_string()))
            .collect::<Result<_>>()?;
        writeln!(
            out,
            "    ({id:?}, |client| Box::pin(async move {{ client.{id}({}).await.map(drop) }})),",
            values.join(", ")
        )?;
    }
    out.push_str("];\n");
    Ok(Files::from([("crates/frontegg-client/tests/generated/calls.rs".to_owned(), out)]))
}
