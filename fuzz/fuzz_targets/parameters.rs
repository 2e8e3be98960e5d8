//! Path, query and headers of an operation: everything that is wrong is named within bounds, and what is
//! accepted, written down again, is read as the same.
//!
//! Input: the operation's id, the path's values with slashes between them, the query, then headers, a line
//! each.

#![no_main]

use frontegg_contract::{
    CONTRACTS,
    fuzzing::{Said, parameters},
    schema::{Contract, Parameter, Place},
    validate::{ValidationErrors, validate},
};
use frontegg_fuzz::{lines, memory::Limit};
use http::{HeaderMap, HeaderName, HeaderValue};
use libfuzzer_sys::fuzz_target;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

/// Errors are few and short, whatever is wrong.
const MOST_ERRORS: usize = 100;
const MOST_TEXT: usize = 128 * 1024;

/// The parts of a request as a caller writes them.
#[derive(Default)]
struct Written {
    path: Vec<String>,
    query: Vec<String>,
    headers: HeaderMap,
}

impl Written {
    fn said<R>(&self, act: impl FnOnce(Said<'_>) -> R) -> R {
        act(Said { path: &self.path, query: &self.query.join("&"), headers: &self.headers })
    }

    /// The same values in other words; nothing where words cannot tell them.
    fn of(contract: &Contract, values: &[Value]) -> Option<Self> {
        let mut written = Self::default();
        for (Parameter(place, name, ..), value) in contract.parameters.iter().zip(values) {
            let text = match value {
                Value::Null => continue,
                Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join(","),
                one => text(one),
            };
            match place {
                Place::Path => written.path.push(text),
                // Browsers mean nothing by it.
                Place::Query if text == "undefined" => return None,
                Place::Query => {
                    written.query.push(format!("{name}={}", utf8_percent_encode(&text, NON_ALPHANUMERIC)));
                }
                Place::Header => {
                    let value = HeaderValue::from_bytes(text.as_bytes()).ok()?;
                    written.headers.insert(HeaderName::try_from(*name).ok()?, value);
                }
            }
        }
        Some(written)
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// The operation of that id, or another one.
fn contract(id: &[u8]) -> &'static Contract {
    let named = CONTRACTS.iter().position(|contract| contract.id.as_bytes() == id);
    let other = || id.iter().fold(0, |sum: usize, byte| sum * 31 % CONTRACTS.len() + usize::from(*byte));
    CONTRACTS[named.unwrap_or_else(other) % CONTRACTS.len()]
}

fn header(line: &[u8]) -> Option<(HeaderName, HeaderValue)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let name = HeaderName::from_bytes(&line[..colon]).ok()?;
    Some((name, HeaderValue::from_bytes(line[colon + 1..].trim_ascii()).ok()?))
}

fuzz_target!(|input: &[u8]| {
    let (id, rest) = lines::first(input);
    let (path, rest) = lines::first(rest);
    let (query, rest) = lines::first(rest);
    let (Ok(path), Ok(query)) = (std::str::from_utf8(path), std::str::from_utf8(query)) else { return };
    let contract = contract(id);
    let written = Written {
        path: path.split('/').map(str::to_owned).collect(),
        query: vec![query.to_owned()],
        headers: lines::block(rest).0.into_iter().filter_map(header).collect(),
    };
    let limit = Limit { any: 256 * 1024, byte: 1024 };
    match limit.hold(input.len(), || written.said(|said| parameters(contract, said))) {
        Ok(values) => {
            assert_eq!(values.len(), contract.parameters.len());
            for (Parameter(_, name, _, schema), value) in contract.parameters.iter().zip(&values) {
                let mut errors = ValidationErrors::default();
                validate(name, value, schema, &mut errors);
                assert!(value.is_null() || errors.is_empty(), "{name} of {}: {errors:?}", contract.id);
            }
            if let Some(again) = Written::of(contract, &values) {
                assert_eq!(again.said(|said| parameters(contract, said)), Ok(values), "{}", contract.id);
            }
        }
        Err(errors) => {
            assert!(!errors.is_empty() && errors.len() <= MOST_ERRORS);
            let size: usize = errors.iter().map(String::len).sum();
            assert!(size <= MOST_TEXT, "{size} bytes of errors");
        }
    }
});
