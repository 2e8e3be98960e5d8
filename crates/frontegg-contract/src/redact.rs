//! Redacts secrets from requests and responses, for logs and records.
//!
//! Redacted are values that the documents mark as secret, and values that they do not declare, which
//! may be secret.

use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::schema::{Contract, Format, Member, Parameter, Place, Schema};

/// The placeholder of a secret.
pub const REDACTED: &str = "[redacted]";

/// The placeholder of a value that is not declared.
pub const UNDECLARED: &str = "[undeclared]";

/// The contract of an operation.
pub fn contract(operation_id: &str) -> Option<&'static Contract> {
    let index = crate::CONTRACTS.binary_search_by(|contract| contract.id.cmp(operation_id)).ok()?;
    Some(crate::CONTRACTS[index])
}

/// The body of a request or of a response; null when it is empty.
pub fn body(bytes: &[u8], schema: Option<&'static Schema>) -> Value {
    parse(bytes, |value| match schema {
        Some(schema) => redact(value, schema),
        None => *value = UNDECLARED.into(),
    })
}

/// The body of an error response: its messages and codes, which never hold a secret.
pub fn failure(bytes: &[u8]) -> Value {
    const KNOWN: [&str; 5] = ["errors", "errorCode", "errorCodes", "message", "context"];
    parse(bytes, |value| match value {
        Value::Object(map) => {
            for (_, value) in map.iter_mut().filter(|(name, _)| !KNOWN.contains(&name.as_str())) {
                *value = UNDECLARED.into();
            }
        }
        _ => *value = UNDECLARED.into(),
    })
}

/// The JSON of a body, redacted; null when it is empty, its length when it is no JSON.
fn parse(bytes: &[u8], redact: impl FnOnce(&mut Value)) -> Value {
    if bytes.is_empty() {
        return Value::Null;
    }
    match serde_json::from_slice(bytes) {
        Ok(mut value) => {
            redact(&mut value);
            value
        }
        Err(_) => format!("[no JSON, {} bytes]", bytes.len()).into(),
    }
}

/// A path, given the template of its operation.
pub fn path(path: &str, template: &str, contract: &Contract) -> String {
    // Path parameters stand first, in their order.
    let mut parameters = contract.parameters.iter();
    let segments = path.split('/').zip(template.split('/')).map(|(segment, template)| {
        let secret = template.starts_with('{') && parameters.next().is_some_and(is_secret);
        if secret { REDACTED } else { segment }
    });
    segments.collect::<Vec<_>>().join("/")
}

/// A query.
pub fn query(query: &str, contract: Option<&Contract>) -> String {
    let pairs = query.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let Some((name, value)) = pair.split_once('=') else {
            return pair.to_owned();
        };
        let plain = percent_decode_str(name).decode_utf8_lossy();
        let plain = plain.split('[').next().unwrap_or_default();
        let mut declared = contract.into_iter().flat_map(|contract| contract.parameters);
        let declared = declared.find(|Parameter(place, name, ..)| *place == Place::Query && *name == plain);
        let shown = match declared {
            Some(parameter) if is_secret(parameter) => REDACTED,
            Some(_) => value,
            None => UNDECLARED,
        };
        format!("{name}={shown}")
    });
    pairs.collect::<Vec<_>>().join("&")
}

fn is_secret(parameter: &Parameter) -> bool {
    matches!(parameter.3.inner(), Schema::String { format: Format::Secret, .. })
}

fn redact(value: &mut Value, schema: &'static Schema) {
    match (schema.inner(), &mut *value) {
        // JSON in a string may be sent as the value itself.
        (_, Value::Null) | (Schema::Any | Schema::String { format: Format::Json, .. }, _) => {}
        (Schema::String { format: Format::Secret, .. }, _) => *value = REDACTED.into(),
        (Schema::Object(members) | Schema::Open(members), Value::Object(map)) => {
            for (name, value) in map {
                match members.iter().find(|Member(known, ..)| known == name) {
                    Some(Member(_, _, schema)) => redact(value, schema),
                    None => *value = UNDECLARED.into(),
                }
            }
        }
        (Schema::Tagged(tag, forms), Value::Object(map)) => {
            let form = map.get(*tag).and_then(Value::as_str);
            match forms.iter().find(|(name, _)| Some(*name) == form) {
                Some((_, schema)) => redact(value, schema),
                None => *value = UNDECLARED.into(),
            }
        }
        (Schema::Map(items), Value::Object(map)) => map.values_mut().for_each(|value| redact(value, items)),
        (Schema::Array { items, .. }, Value::Array(list)) => list.iter_mut().for_each(|value| redact(value, items)),
        (_, Value::Object(_) | Value::Array(_)) => *value = UNDECLARED.into(),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::Presence::{Optional, Required};

    static LOGIN: Schema = Schema::Object(&[
        Member("email", Required, &Schema::STRING),
        Member("password", Optional, &Schema::Nullable(&Schema::SECRET)),
        Member("more", Optional, &Schema::Any),
    ]);
    static LOGINS: Schema = Schema::Array { items: &LOGIN, min: 0, max: 9 };
    static CONTRACT: Contract = Contract {
        id: "example",
        parameters: &[
            Parameter(Place::Path, "id", Required, &Schema::STRING),
            Parameter(Place::Path, "token", Required, &Schema::SECRET),
            Parameter(Place::Query, "code", Optional, &Schema::SECRET),
            Parameter(Place::Query, "ids", Optional, &Schema::STRING),
        ],
        body: None,
        answer: None,
    };

    #[test]
    fn secrets_and_undeclared_values_are_redacted() {
        let given =
            json!([{ "email": "ada", "password": "p", "pasword": "p", "more": { "a": 1 } }, { "password": null }, 7]);
        let shown = body(given.to_string().as_bytes(), Some(&LOGINS));
        let expected = json!([
            { "email": "ada", "password": REDACTED, "pasword": UNDECLARED, "more": { "a": 1 } },
            { "password": null },
            7,
        ]);
        assert_eq!(shown, expected);
        assert_eq!(body(br#"{"password":"p"}"#, Some(&LOGINS)), UNDECLARED);
        assert_eq!(body(br#"{"password":"p"}"#, None), UNDECLARED);
        assert_eq!(body(br#"[{"password":{"a":"p"}}]"#, Some(&LOGINS)), json!([{ "password": REDACTED }]));
        assert_eq!(body(b"password=p", Some(&LOGINS)), "[no JSON, 10 bytes]");
        assert_eq!(body(b"", Some(&LOGINS)), Value::Null);
        assert_eq!(failure(br#"{"errors":["x"],"token":"p"}"#), json!({ "errors": ["x"], "token": UNDECLARED }));
    }

    #[test]
    fn they_are_redacted_in_urls_too() {
        assert_eq!(path("/a/1/b/secret", "/a/{id}/b/{token}", &CONTRACT), "/a/1/b/[redacted]");
        let shown = query("code=1&ids[]=2&ids%5B0%5D=3&x=4&&flag", Some(&CONTRACT));
        assert_eq!(shown, "code=[redacted]&ids[]=2&ids%5B0%5D=3&x=[undeclared]&flag");
        assert_eq!(query("a=b", None), "a=[undeclared]");
    }

    #[test]
    fn contracts_are_found() {
        assert!(crate::CONTRACTS.iter().all(|known| contract(known.id).is_some_and(|found| found.id == known.id)));
        assert!(contract("no_such_operation").is_none());
    }
}
