//! What stands for a value in the text of a claim: `{{user.email}}`, a path of names parted by dots, in double braces
//! with blanks inside or none.
//!
//! A text that is one placeholder and nothing else becomes its value, of whatever kind that is; within other text it
//! becomes text. What a path does not lead to is nothing: such a claim is left out, and within text there is a gap.
//! Braces that are not closed stand for themselves.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

const OPEN: &str = "{{";
const CLOSE: &str = "}}";

/// A piece of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Piece<'a> {
    Text(&'a str),
    Path(&'a str),
}

fn pieces(mut text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    while let Some((before, (path, after))) =
        text.split_once(OPEN).and_then(|(before, rest)| Some((before, rest.split_once(CLOSE)?)))
    {
        if !before.is_empty() {
            pieces.push(Piece::Text(before));
        }
        pieces.push(Piece::Path(path.trim()));
        text = after;
    }
    if !text.is_empty() {
        pieces.push(Piece::Text(text));
    }
    pieces
}

/// The path of a text that is one placeholder and nothing else.
pub(super) fn only(text: &str) -> Option<&str> {
    match pieces(text).as_slice() {
        [Piece::Path(path)] => Some(path),
        _ => None,
    }
}

/// The first names of all paths in these claims.
pub(super) fn roots(claims: &Map<String, Value>) -> BTreeSet<&str> {
    let mut roots = BTreeSet::new();
    claims.values().for_each(|value| add_roots(value, &mut roots));
    roots
}

fn add_roots<'a>(value: &'a Value, roots: &mut BTreeSet<&'a str>) {
    match value {
        Value::String(text) => {
            let paths = pieces(text).into_iter().filter_map(|piece| match piece {
                Piece::Path(path) => path.split('.').next(),
                Piece::Text(_) => None,
            });
            roots.extend(paths);
        }
        Value::Array(values) => values.iter().for_each(|value| add_roots(value, roots)),
        Value::Object(values) => values.values().for_each(|value| add_roots(value, roots)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// What a value of a template comes to, or nothing.
pub(super) fn resolve(value: &Value, values: &Map<String, Value>) -> Option<Value> {
    match value {
        Value::String(text) => match pieces(text).as_slice() {
            [Piece::Path(path)] => look_up(path, values).cloned(),
            pieces => Some(Value::String(pieces.iter().map(|piece| piece_text(*piece, values)).collect())),
        },
        Value::Array(entries) => Some(entries.iter().filter_map(|entry| resolve(entry, values)).collect()),
        Value::Object(members) => {
            let resolved = members.iter().filter_map(|(name, member)| Some((name.clone(), resolve(member, values)?)));
            Some(Value::Object(resolved.collect()))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => Some(value.clone()),
    }
}

fn piece_text(piece: Piece<'_>, values: &Map<String, Value>) -> String {
    match piece {
        Piece::Text(text) => text.to_owned(),
        Piece::Path(path) => match look_up(path, values) {
            None => String::new(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        },
    }
}

fn look_up<'a>(path: &str, values: &'a Map<String, Value>) -> Option<&'a Value> {
    let mut names = path.split('.');
    let mut value = values.get(names.next()?)?;
    for name in names {
        value = value.as_object()?.get(name)?;
    }
    (!value.is_null()).then_some(value)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_placeholder_alone_keeps_the_kind_of_its_value() {
        let values = json!({
            "sub": "ada", "iat": 7, "roles": ["Admin"],
            "user": { "email": "ada@acme.test", "name": null, "metadata": { "a": { "b": true } } },
        });
        let values = values.as_object().expect("an object");
        for (template, expected) in [
            (json!("{{sub}}"), Some(json!("ada"))),
            (json!("{{ roles }}"), Some(json!(["Admin"]))),
            (json!("{{iat}}"), Some(json!(7))),
            (json!("{{user.metadata}}"), Some(json!({ "a": { "b": true } }))),
            (json!("{{user.metadata.a.b}}"), Some(json!(true))),
            (json!("{{user.name}}"), None),
            (json!("{{user.email.x}}"), None),
            (json!("{{nobody}}"), None),
            (json!("{{}}"), None),
            (json!("<{{user.email}}> {{iat}}{{nobody}} {{roles}}"), Some(json!("<ada@acme.test> 7 [\"Admin\"]"))),
            (json!("{{sub"), Some(json!("{{sub"))),
            (json!("}}{{"), Some(json!("}}{{"))),
            (json!(""), Some(json!(""))),
            (json!(null), Some(json!(null))),
            (json!([1, "{{nobody}}", "{{sub}}"]), Some(json!([1, "ada"]))),
            (json!({ "a": "{{nobody}}", "b": "{{sub}}" }), Some(json!({ "b": "ada" }))),
        ] {
            assert_eq!(resolve(&template, values), expected, "{template}");
        }
    }

    #[test]
    fn what_is_asked_for_is_told_by_its_first_name() {
        let claims =
            json!({ "a": "{{user.email}}", "b": [{ "c": "x{{ tenant.name }}{{sub}}" }], "d": "{{open", "e": 1 });
        let roots = roots(claims.as_object().expect("an object")).into_iter().collect::<Vec<_>>().join(" ");
        assert_eq!(roots, "sub tenant user");
        assert_eq!(only("{{ aud }}"), Some("aud"));
        assert_eq!((only("{{aud}}{{aud}}"), only("x{{aud}}"), only("aud"), only("")), (None, None, None, None));
    }
}
