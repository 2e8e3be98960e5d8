//! How answers are read where services send something else than their document says.
//!
//! Generated types of answers name these functions; types of one's own may as well
//! (`#[serde(default, deserialize_with = "…")]`).

use serde::{Deserialize, Deserializer, de::Error};
use serde_json::{Map, Value};

/// A body without the byte order mark that some servers put before it (RFC 8259 §8.1 lets it be ignored).
pub fn without_byte_order_mark(body: &[u8]) -> &[u8] {
    body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body)
}

/// Reads `null` like a member that is absent: as an empty list, as no.
///
/// # Errors
///
/// Those of reading a `T`.
pub fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Reads text, and any other value as the JSON text of it.
///
/// # Errors
///
/// Those of reading a [`Value`].
pub fn optional_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Null => None,
        Value::String(text) => Some(text),
        other => Some(other.to_string()),
    })
}

/// Reads an object, and text that is one; empty text is none.
///
/// # Errors
///
/// For every other value, and for other text. They do not quote it.
pub fn optional_object<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Map<String, Value>>, D::Error> {
    let other = || D::Error::custom("expected an object, or text that is one");
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::Object(object) => Ok(Some(object)),
        Value::String(text) if text.trim().is_empty() => Ok(None),
        Value::String(text) => serde_json::from_str(&text).map_err(|_| other()),
        _ => Err(other()),
    }
}

/// Like [`optional_object`]; none is an empty object.
///
/// # Errors
///
/// As there.
pub fn object<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Map<String, Value>, D::Error> {
    optional_object(deserializer).map(Option::unwrap_or_default)
}

/// The value of a text that is JSON, as metadata is; empty text is none.
///
/// # Errors
///
/// For text that is no JSON.
pub fn json(text: Option<&str>) -> serde_json::Result<Option<Value>> {
    text.filter(|text| !text.trim().is_empty()).map(serde_json::from_str).transpose()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn null_is_what_an_absent_member_is() {
        assert!(null_as_default::<_, Vec<u8>>(json!(null)).unwrap().is_empty());
        assert_eq!(null_as_default::<_, Vec<u8>>(json!([1])).unwrap(), [1]);
        assert!(!null_as_default::<_, bool>(json!(null)).unwrap() && null_as_default::<_, bool>(json!(true)).unwrap());
        assert!(null_as_default::<_, bool>(json!("true")).is_err());
    }

    #[test]
    fn metadata_is_read_in_both_forms() {
        assert_eq!(optional_text(json!({ "plan": "gold" })).unwrap().unwrap(), r#"{"plan":"gold"}"#);
        assert_eq!(optional_text(json!("{}")).unwrap().unwrap(), "{}");
        assert_eq!(optional_text(json!(null)).unwrap(), None);
        for form in [json!({ "plan": "gold" }), json!(r#" {"plan":"gold"} "#)] {
            assert_eq!(object(form).unwrap()["plan"], "gold");
        }
        for none in [json!(null), json!(""), json!("null")] {
            assert_eq!(optional_object(&none).unwrap(), None, "{none}");
            assert!(object(none).unwrap().is_empty());
        }
        for other in [json!("hunter2"), json!("[1]"), json!(7), json!([])] {
            let error = optional_object(&other).unwrap_err().to_string();
            assert_eq!(error, "expected an object, or text that is one", "{other}");
        }
    }

    #[test]
    fn a_text_that_is_json_is_read_as_its_value() {
        assert_eq!(json(Some(r#"{"plan":"gold"}"#)).unwrap(), Some(json!({ "plan": "gold" })));
        assert_eq!(json(Some(" ")).unwrap(), None);
        assert_eq!(json(None).unwrap(), None);
        assert!(json(Some("gold")).is_err());
    }

    #[test]
    fn a_byte_order_mark_is_dropped_once() {
        assert_eq!(without_byte_order_mark("\u{feff}[]".as_bytes()), b"[]");
        assert_eq!(without_byte_order_mark(b"[]"), b"[]");
        assert_eq!(without_byte_order_mark("\u{feff}\u{feff}".as_bytes()), "\u{feff}".as_bytes());
    }
}
