//! Writes what tests send to a server: one raw request of every operation, unpublished ones
//! included, and one call of every published operation through the facade.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use heck::ToUpperCamelCase;
use serde_json::Value;
use syn::Item;

use super::argument;
use crate::{
    documents::api::{Api, Operation, Place, tag_module},
    emit::client::{arguments, signatures},
};

/// The file of requests.
pub fn requests(api: &Api) -> Result<String> {
    let mut out = String::from(
        "//! One request of every operation, with samples made from the document.\n\n\
         /// A request: id of the operation, address, headers without the scope's, and body.\n\
         pub(crate) type Request = (&'static str, &'static str, &'static [(&'static str, &'static str)], Option<&'static str>);\n\n\
         /// Every operation, sorted by id.\npub(crate) const REQUESTS: &[Request] = &[\n",
    );
    for operation in &api.operations {
        let headers: Vec<(&str, String)> = operation
            .parameters_in(Place::Header)
            .map(|parameter| (parameter.name.as_str(), text(&sample(api, &parameter.name, &parameter.schema))))
            .collect();
        let body = operation.body.as_ref().map(|body| sample(api, "body", &body.schema).to_string());
        writeln!(out, "    ({:?}, {:?}, &{headers:?}, {body:?}),", operation.id, address(api, operation))?;
    }
    out.push_str("];\n");
    Ok(out)
}

/// The file of calls. Each takes the scope that its token belongs to.
pub fn calls(api: &Api, calls: &[Item]) -> Result<String> {
    let mut out = String::from(
        "//! One call of every published operation through the facade, with samples made from the document.\n\n\
         #![allow(deprecated)]\n\n\
         use frontegg_identity::{enums, params, types};\n\
         use super::{Call, body};\n\n\
         /// Every published operation, sorted by id.\npub(crate) const CALLS: &[(&str, Call)] = &[\n",
    );
    for operation in api.published() {
        let id = &operation.id;
        let signature = signatures(calls).find(|signature| signature.ident == id);
        let signature = signature.with_context(|| format!("no call of {id}"))?;
        let (mut given, mut optional, mut last) = (Vec::new(), Vec::new(), None);
        for (name, ty) in arguments(signature) {
            let argument = argument(api, operation, &name, ty)?;
            let place = operation.parameters.iter().position(|parameter| parameter.ident() == name);
            if argument.optional {
                optional.push(format!(".{name}({})", argument.value));
            } else if name == "body" {
                last = Some(argument.to_string());
            } else {
                given.push((place, argument.to_string()));
            }
        }
        given.sort();
        let mut given: Vec<String> = given.into_iter().map(|(_, value)| value).chain(last).collect();
        if !optional.is_empty() {
            given.push(format!("params::{}::new(){}", id.to_upper_camel_case(), optional.concat()));
        }
        let scope = match operation.token.as_str() {
            "none" => "anonymous",
            "user" => "user",
            _ => "environment",
        };
        let (view, given) = (tag_module(&operation.tag), given.join(", "));
        writeln!(
            out,
            "    ({id:?}, |scopes| Box::pin(async move {{ scopes.{scope}.{view}().{id}({given}).await.map(drop) }})),"
        )?;
    }
    out.push_str("];\n");
    Ok(out)
}

fn sample(api: &Api, name: &str, schema: &Value) -> Value {
    super::value(api, name, schema)
}

fn address(api: &Api, operation: &Operation) -> String {
    let mut address = operation.path.clone();
    for parameter in operation.parameters_in(Place::Path) {
        let value = text(&sample(api, &parameter.name, &parameter.schema));
        address = address.replace(&format!("{{{}}}", parameter.name), &encode(&value));
    }
    for (index, parameter) in operation.parameters_in(Place::Query).enumerate() {
        let value = text(&sample(api, &parameter.name, &parameter.schema));
        let mark = if index == 0 { '?' } else { '&' };
        address.extend([mark.to_string(), encode(&parameter.name), "=".to_owned(), encode(&value)]);
    }
    address
}

/// A value as it stands in an address or a header.
fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

fn encode(text: &str) -> String {
    let encoded = text.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    });
    encoded.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_encoded() {
        assert_eq!(encode("ada@acme.test"), "ada%40acme.test");
        assert_eq!(text(&serde_json::json!(["a", "b"])), "a,b");
    }
}
