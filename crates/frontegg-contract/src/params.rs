//! Path, query and header parameters: from strings to validated JSON values.

use http::HeaderMap;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::headers;
use crate::numbers;
use crate::schema::{Parameter, Place, Presence, Schema};
use crate::validate::{ValidationErrors, reject_nul, validate};

/// Parses the declared parameters of a request, in their order; one that is missing is `null`.
pub(crate) fn read(
    declared: &[Parameter],
    path: &[String],
    query: &str,
    headers: &HeaderMap,
    errors: &mut ValidationErrors,
) -> Vec<Value> {
    let query = pairs(query, errors);
    let read = |(index, parameter): (usize, &Parameter)| {
        let Parameter(place, name, presence, schema) = parameter;
        let texts: Vec<String> = match place {
            Place::Path => path.get(index).cloned().into_iter().collect(),
            Place::Query => named(&query, name),
            Place::Header => header(headers, name, errors),
        };
        let Some(value) = coerce(&texts, schema.inner()) else {
            if *presence == Presence::Required {
                errors.push(format!("{name} is required"));
            }
            return Value::Null;
        };
        reject_nul(name, &value, errors);
        validate(name, &value, schema, errors);
        value
    };
    declared.iter().enumerate().map(read).collect()
}

/// Splits a query into decoded pairs. Undeclared parameters too must be UTF-8.
fn pairs(query: &str, errors: &mut ValidationErrors) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        match (decode(name), decode(value)) {
            (Some(name), Some(value)) => pairs.push((name, value)),
            _ => errors.push("query must be UTF-8 text without the character U+0000".to_owned()),
        }
    }
    pairs
}

pub(crate) fn decode(text: &str) -> Option<String> {
    let text = text.replace('+', " ");
    let text = percent_decode_str(&text).decode_utf8().ok()?;
    (!text.contains('\0')).then(|| text.into_owned())
}

/// All values of a query parameter: `name=`, repeated or not, `name[]=` and `name[0]=`. Browser
/// clients send `undefined` for parameters that are not set.
fn named(query: &[(String, String)], name: &str) -> Vec<String> {
    let is_named = |key: &str| {
        let Some(rest) = key.strip_prefix(name) else {
            return false;
        };
        let index = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        rest.is_empty() || index.is_some_and(|index| index.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let is_set = |value: &str| !value.is_empty() && value != "undefined";
    query.iter().filter(|(key, value)| is_named(key) && is_set(value)).map(|(_, value)| value.clone()).collect()
}

fn header(headers: &HeaderMap, name: &str, errors: &mut ValidationErrors) -> Vec<String> {
    match headers::text(headers, name) {
        Ok(text) => text.map(str::to_owned).into_iter().collect(),
        Err(failure) => {
            failure.messages().iter().for_each(|message| errors.push(message.clone()));
            Vec::new()
        }
    }
}

/// Converts strings to the type of the schema. A string that cannot be converted stays one, for the
/// validation to report.
fn coerce(texts: &[String], schema: &'static Schema) -> Option<Value> {
    if let Schema::Array { items, .. } = schema {
        let items: Vec<Value> = texts
            .iter()
            .flat_map(|text| text.split(','))
            .map(str::trim)
            .filter(|text| !text.is_empty())
            .map(|text| scalar(text, items.inner()))
            .collect();
        return (!items.is_empty()).then_some(Value::Array(items));
    }
    match texts {
        [] => None,
        [text] => Some(scalar(text, schema)),
        // Lists of ids are declared as one string with commas; repeated parameters mean the same.
        several => Some(Value::String(several.join(","))),
    }
}

fn scalar(text: &str, schema: &Schema) -> Value {
    let value = match schema {
        Schema::Boolean => match text {
            "true" | "True" | "1" => Some(Value::Bool(true)),
            "false" | "False" | "0" => Some(Value::Bool(false)),
            _ => None,
        },
        Schema::Integer { .. } => numbers::integer(text).map(Value::from),
        Schema::Number { .. } => text.parse::<f64>().ok().map(Value::from).filter(Value::is_number),
        Schema::Object(_) | Schema::Open(_) | Schema::Map(_) => serde_json::from_str(text).ok(),
        _ => None,
    };
    value.unwrap_or_else(|| Value::String(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use serde_json::json;

    use super::*;
    use Presence::{Optional, Required};

    static LIMIT: Schema = Schema::Integer { min: 1, max: 200 };
    static ORDER: Schema = Schema::Enum(&["ASC", "DESC"]);
    static IDS: Schema = Schema::Array { items: &Schema::STRING, min: 0, max: 3 };
    static DECLARED: &[Parameter] = &[
        Parameter(Place::Path, "roleId", Required, &Schema::STRING),
        Parameter(Place::Query, "_limit", Optional, &LIMIT),
        Parameter(Place::Query, "_order", Optional, &ORDER),
        Parameter(Place::Query, "ids", Optional, &IDS),
        Parameter(Place::Query, "email", Required, &Schema::STRING),
        Parameter(Place::Query, "exact", Optional, &Schema::Boolean),
        Parameter(Place::Header, "frontegg-vendor-host", Optional, &Schema::STRING),
    ];

    fn values(query: &str) -> (Vec<Value>, Vec<String>) {
        let mut errors = ValidationErrors::default();
        let mut headers = HeaderMap::new();
        headers.insert("frontegg-vendor-host", HeaderValue::from_static(" app.test "));
        let values = read(DECLARED, &["r-1".to_owned()], query, &headers, &mut errors);
        (values, errors.into_messages())
    }

    #[test]
    fn reads_every_kind() {
        let (values, errors) =
            values("email=a%2Bb+c%40x&_limit=50.0&_order=ASC&exact=false&ids=1,2&ids=3&other=%F0%9F%98%80");
        assert_eq!(errors, Vec::<String>::new());
        assert_eq!(
            values,
            [
                json!("r-1"),
                json!(50),
                json!("ASC"),
                json!(["1", "2", "3"]),
                json!("a+b c@x"),
                json!(false),
                json!("app.test"),
            ]
        );
    }

    #[test]
    fn lists_come_in_four_forms() {
        for query in ["ids=a,b", "ids=a&ids=b", "ids[]=a&ids%5B%5D=b", "ids[0]=a&ids[1]=b"] {
            let (values, _) = values(query);
            assert_eq!(values[3], json!(["a", "b"]), "{query}");
        }
    }

    #[test]
    fn empty_and_undefined_mean_missing() {
        let (values, errors) = values("_limit=&_order=undefined&ids=&exact&email=undefined");
        assert_eq!(errors, ["email is required"]);
        assert!(values[1..6].iter().all(Value::is_null));
    }

    #[test]
    fn names_all_errors_at_once() {
        let (_, errors) = values("_limit=abc&_order=up&exact=maybe&ids=1,2,3,4");
        assert_eq!(
            errors,
            [
                "_limit must be an integer number",
                "_order must be one of ASC, DESC",
                "ids must contain no more than 3 elements",
                "email is required",
                "exact must be a boolean value",
            ]
        );
    }

    #[test]
    fn bounds_hold() {
        for (limit, error) in [
            ("0", "_limit must not be less than 1"),
            ("-5", "_limit must not be less than 1"),
            ("1000000000", "_limit must not be greater than 200"),
            ("9223372036854775808", "_limit must be an integer number"),
            ("1e400", "_limit must be an integer number"),
            ("1&_limit=2", "_limit must be an integer number"),
        ] {
            let (_, errors) = values(&format!("email=e&_limit={limit}"));
            assert_eq!(errors, [error], "{limit}");
        }
    }

    #[test]
    fn several_texts_make_one_with_commas() {
        let (values, _) = values("email=a&email=b");
        assert_eq!(values[4], json!("a,b"));
    }

    #[test]
    fn nul_and_broken_utf8_are_refused() {
        for query in ["email=a%00", "email=a&x=%00", "email=a&%FF=1"] {
            let (_, errors) = values(query);
            let text = "query must be UTF-8 text without the character U+0000";
            assert!(errors.iter().any(|error| error == text), "{query}: {errors:?}");
        }
        let mut errors = ValidationErrors::default();
        read(&DECLARED[..1], &["a\0".to_owned()], "", &HeaderMap::new(), &mut errors);
        assert_eq!(errors.into_messages(), ["roleId must not contain the character U+0000"]);
    }
}
