//! Explains why an answer could not be deserialised, without quoting its values.
//!
//! Answers hold tokens and personal data, and the parser's own messages quote values. So strings and
//! numbers are redacted; names, types and positions stay.

use std::fmt;

use serde_json::Value;

/// The most characters of the excerpt.
const EXCERPT: usize = 400;

/// Why an answer could not be deserialised.
#[derive(Debug)]
pub(crate) struct Explanation {
    message: String,
    excerpt: String,
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.message, self.excerpt)
    }
}

impl std::error::Error for Explanation {}

/// Explains why `body` could not be deserialised.
pub(crate) fn explain(body: &[u8], error: &serde_json::Error) -> Explanation {
    let excerpt = match serde_json::from_slice::<Value>(body) {
        Ok(mut value) => {
            redact(&mut value);
            value.to_string().chars().take(EXCERPT).collect()
        }
        Err(_) if body.trim_ascii().is_empty() => "an empty body".to_owned(),
        Err(_) if body.trim_ascii_start().starts_with(b"<") => "a body that is HTML or XML".to_owned(),
        Err(_) => format!("a body of {} bytes that is no JSON", body.len()),
    };
    Explanation { message: without_values(error), excerpt }
}

fn redact(value: &mut Value) {
    match value {
        Value::String(text) => "…".clone_into(text),
        Value::Number(_) => *value = 0.into(),
        Value::Array(list) => {
            // One entry shows the shape of all.
            list.truncate(1);
            list.iter_mut().for_each(redact);
        }
        Value::Object(map) => map.values_mut().for_each(redact),
        Value::Null | Value::Bool(_) => {}
    }
}

/// The message of the parser without the values that it quotes.
pub(crate) fn without_values(error: &serde_json::Error) -> String {
    redact_message(&error.to_string())
}

/// Removes the value from `invalid type: string "…", expected …` and similar messages.
fn redact_message(message: &str) -> String {
    for start in ["invalid type: ", "invalid value: ", "unknown variant "] {
        if let Some(rest) = message.strip_prefix(start) {
            let kind = rest.split(['"', '`']).next().unwrap_or_default().trim();
            let expected = rest.rfind(", expected ").map_or("", |at| &rest[at..]);
            return format!("{start}{}{expected}", if kind.is_empty() { "…" } else { kind });
        }
    }
    // `missing field`, `duplicate field`, syntax errors and the types of this crate quote no values.
    message.to_owned()
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "only read into")]
    struct Sample {
        name: String,
        level: i32,
    }

    fn explained(body: &str) -> String {
        explain(body.as_bytes(), &serde_json::from_str::<Vec<Sample>>(body).unwrap_err()).to_string()
    }

    #[test]
    fn names_and_types_stay_and_values_go() {
        assert_eq!(
            explained(r#"[{"level":"secret, expected \"x\" secret","name":"ada"}]"#),
            r#"invalid type: string, expected i32 at line 1 column 41 in [{"level":"…","name":"…"}]"#
        );
        assert_eq!(
            explained(r#"[{"level":1,"name":123456},{"level":1,"name":"x"}]"#),
            r#"invalid type: integer, expected a string at line 1 column 25 in [{"level":0,"name":0}]"#
        );
        assert!(explained(r#"[{"level":1}]"#).starts_with("missing field `name`"));
    }

    #[test]
    fn bodies_that_are_no_json_are_described() {
        assert!(explained("").ends_with("in an empty body"));
        assert!(explained("<html>secret</html>").ends_with("in a body that is HTML or XML"));
        assert!(explained("secret").ends_with("in a body of 6 bytes that is no JSON"));
    }
}
