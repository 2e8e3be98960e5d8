//! Writes one raw request of every operation, unpublished ones included.

use std::fmt::Write as _;

use anyhow::Result;
use serde_json::Value;

use super::value::value;
use crate::documents::api::{Api, Operation, Place};

/// The file of requests.
pub(super) fn requests(api: &Api) -> Result<String> {
    let mut out = String::from(
        "//! One request of every operation, with samples made from the document.\n\n\
         use crate::Request;\n\n\
         /// Every operation, sorted by id.\npub static REQUESTS: &[Request] = &[\n",
    );
    for operation in &api.operations {
        let headers: Vec<(&str, String)> = operation
            .parameters_in(Place::Header)
            .map(|parameter| (parameter.name.as_str(), text(&value(api, &parameter.name, &parameter.schema))))
            .collect();
        let body = operation.body.as_ref().map(|body| value(api, "body", &body.schema).to_string());
        writeln!(
            out,
            "    Request {{ operation: {:?}, address: {:?}, headers: &{headers:?}, body: {body:?} }},",
            operation.id,
            address(api, operation)
        )?;
    }
    out.push_str("];\n");
    Ok(out)
}

fn address(api: &Api, operation: &Operation) -> String {
    let mut address = operation.path.clone();
    for parameter in operation.parameters_in(Place::Path) {
        let value = text(&value(api, &parameter.name, &parameter.schema));
        address = address.replace(&format!("{{{}}}", parameter.name), &encode(&value));
    }
    for (index, parameter) in operation.parameters_in(Place::Query).enumerate() {
        let value = text(&value(api, &parameter.name, &parameter.schema));
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
