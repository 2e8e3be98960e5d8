//! Checks a JSON value against a [`Schema`] and names everything that is wrong with it.
//!
//! The texts follow the service: `[0].name is required`, `level must not be less than 0`.

use std::fmt;

use serde_json::Value;

use crate::schema::{Format, Member, Presence, Schema};

/// Nesting beyond which a value is refused. The JSON parser stops at the same depth; this guard
/// holds for values of other origin.
const MAX_DEPTH: usize = 128;

/// So many faults are listed; further ones would only make the answer long.
const MAX_FAULTS: usize = 100;

/// What is wrong with a value, one text for each fault.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Faults(Vec<String>);

impl Faults {
    /// Adds a fault.
    pub fn push(&mut self, fault: String) {
        if !self.is_full() {
            self.0.push(fault);
        }
    }

    /// Whether nothing is wrong.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The texts.
    pub fn into_texts(self) -> Vec<String> {
        self.0
    }

    fn is_full(&self) -> bool {
        self.0.len() >= MAX_FAULTS
    }
}

/// Checks `value` and adds what is wrong to `faults`. `name` is what the value itself is called:
/// that of a parameter, or empty for a body.
pub fn validate(name: &str, value: &Value, schema: &Schema, faults: &mut Faults) {
    check(&Place::Root(name), value, schema, 0, faults);
}

/// Adds a fault for every string with U+0000 in it. Not every store can keep that character, so
/// no request may bring it.
pub fn refuse_nul(name: &str, value: &Value, faults: &mut Faults) {
    scan(&Place::Root(name), value, 0, faults);
}

/// Where in a value something is.
enum Place<'a> {
    Root(&'a str),
    Member(&'a Place<'a>, &'a str),
    Index(&'a Place<'a>, usize),
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Place::Root("") => f.write_str("body"),
            Place::Root(name) | Place::Member(Place::Root(""), name) => f.write_str(name),
            Place::Member(parent, name) => write!(f, "{parent}.{name}"),
            Place::Index(Place::Root(""), index) => write!(f, "[{index}]"),
            Place::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

fn check(place: &Place<'_>, value: &Value, schema: &Schema, depth: usize, faults: &mut Faults) {
    if faults.is_full() {
        return;
    }
    if depth > MAX_DEPTH {
        return faults.push(format!("{place} is nested too deeply"));
    }
    match schema {
        Schema::Any => {}
        Schema::Nullable(_) if value.is_null() => {}
        Schema::Nullable(inner) => check(place, value, inner, depth, faults),
        Schema::Boolean if value.is_boolean() => {}
        Schema::Boolean => faults.push(format!("{place} must be a boolean value")),
        Schema::String { min, max, format } => match value.as_str() {
            Some(text) => check_text(place, text, *min, *max, *format, faults),
            None => faults.push(format!("{place} must be a string")),
        },
        Schema::Integer { min, max } => check_integer(place, value, *min, *max, faults),
        Schema::Number { min, max } => match value.as_f64() {
            Some(number) => check_bounds(place, &number, min, max, faults),
            None => faults.push(format!("{place} must be a number")),
        },
        Schema::Enum(values) => {
            if !value.as_str().is_some_and(|text| values.contains(&text)) {
                faults.push(format!("{place} must be one of {}", values.join(", ")));
            }
        }
        Schema::Array { items, min, max } => match value.as_array() {
            Some(list) => {
                check_count(place, list.len(), *min, *max, faults);
                for (index, item) in list.iter().enumerate() {
                    check(&Place::Index(place, index), item, items, depth + 1, faults);
                }
            }
            None => faults.push(format!("{place} must be an array")),
        },
        Schema::Object(members) => check_members(place, value, members, depth, faults),
        Schema::Map(items) => match value.as_object() {
            Some(map) => {
                for (name, item) in map {
                    check(&Place::Member(place, name), item, items, depth + 1, faults);
                }
            }
            None => faults.push(format!("{place} must be an object")),
        },
        Schema::Tagged(tag, forms) => {
            let told = value.get(*tag).and_then(Value::as_str);
            match forms.iter().find(|(name, _)| told == Some(name)) {
                Some((_, form)) => check(place, value, form, depth, faults),
                None => refuse_tag(place, value, tag, forms, faults),
            }
        }
    }
}

fn check_members(place: &Place<'_>, value: &Value, members: &[Member], depth: usize, faults: &mut Faults) {
    let Some(map) = value.as_object() else {
        return faults.push(format!("{place} must be an object"));
    };
    for Member(name, presence, schema) in members {
        let place = Place::Member(place, name);
        match (map.get(*name), presence) {
            // Clients in the field send `null` for what they do not set.
            (None | Some(Value::Null), Presence::Optional) => {}
            (None, Presence::Required) => faults.push(format!("{place} is required")),
            (Some(member), _) => check(&place, member, schema, depth + 1, faults),
        }
    }
}

fn refuse_tag(place: &Place<'_>, value: &Value, tag: &str, forms: &[(&str, &Schema)], faults: &mut Faults) {
    if value.is_object() {
        let names: Vec<&str> = forms.iter().map(|(name, _)| *name).collect();
        let (place, names) = (Place::Member(place, tag), names.join(", "));
        faults.push(format!("{place} must be one of {names}"));
    } else {
        faults.push(format!("{place} must be an object"));
    }
}

fn check_text(place: &Place<'_>, text: &str, min: usize, max: usize, format: Format, faults: &mut Faults) {
    // A string has no more characters than bytes: most need no counting.
    let length = if min == 0 && text.len() <= max { text.len() } else { text.chars().count() };
    if length < min {
        faults.push(format!("{place} must be longer than or equal to {min} characters"));
    }
    if length > max {
        faults.push(format!("{place} must be shorter than or equal to {max} characters"));
    }
    if format == Format::DateTime && chrono::DateTime::parse_from_rfc3339(text).is_err() {
        faults.push(format!("{place} must be a valid ISO 8601 date string"));
    }
}

fn check_integer(place: &Place<'_>, value: &Value, min: i64, max: i64, faults: &mut Faults) {
    if let Some(number) = value.as_i64() {
        check_bounds(place, &number, &min, &max, faults);
    } else if value.is_u64() {
        faults.push(format!("{place} must not be greater than {max}"));
    } else {
        faults.push(format!("{place} must be an integer number"));
    }
}

fn check_bounds<T: PartialOrd + fmt::Display>(place: &Place<'_>, number: &T, min: &T, max: &T, faults: &mut Faults) {
    if number < min {
        faults.push(format!("{place} must not be less than {min}"));
    }
    if number > max {
        faults.push(format!("{place} must not be greater than {max}"));
    }
}

fn check_count(place: &Place<'_>, count: usize, min: usize, max: usize, faults: &mut Faults) {
    if count < min {
        faults.push(format!("{place} must contain at least {min} elements"));
    }
    if count > max {
        faults.push(format!("{place} must contain no more than {max} elements"));
    }
}

fn scan(place: &Place<'_>, value: &Value, depth: usize, faults: &mut Faults) {
    if depth > MAX_DEPTH {
        return faults.push(format!("{place} is nested too deeply"));
    }
    match value {
        Value::String(text) if text.contains('\0') => {
            faults.push(format!("{place} must not contain the character U+0000"));
        }
        Value::Array(list) => {
            for (index, item) in list.iter().enumerate() {
                scan(&Place::Index(place, index), item, depth + 1, faults);
            }
        }
        Value::Object(map) => {
            for (name, item) in map {
                if name.contains('\0') {
                    faults.push(format!("{place} must not have a member with the character U+0000"));
                }
                scan(&Place::Member(place, name), item, depth + 1, faults);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use Presence::{Optional, Required};

    static LEVEL: Schema = Schema::Integer { min: 0, max: 32767 };
    static KIND: Schema = Schema::Enum(&["NEVER", "ALWAYS"]);
    static NAME: Schema = Schema::String { min: 2, max: 5, format: Format::Text };
    static ROLE: Schema = Schema::Object(&[
        Member("name", Required, &NAME),
        Member("level", Required, &LEVEL),
        Member("isDefault", Optional, &Schema::Boolean),
        Member("kind", Optional, &KIND),
        Member("note", Required, &Schema::Nullable(&Schema::STRING)),
        Member("parents", Optional, &Schema::Array { items: &ROLE, min: 0, max: 1 }),
        Member("expires", Optional, &Schema::DATE_TIME),
    ]);
    static ROLES: Schema = Schema::Array { items: &ROLE, min: 1, max: usize::MAX };

    fn faults(value: &Value, schema: &Schema) -> Vec<String> {
        let mut faults = Faults::default();
        validate("", value, schema, &mut faults);
        faults.into_texts()
    }

    #[test]
    fn a_fitting_value_has_no_faults() {
        let value = json!([{
            "name": "admin", "level": 0, "note": null, "kind": "ALWAYS", "isDefault": null,
            "expires": "2030-01-01T00:00:00Z", "unknown": {"a": 1}
        }]);
        assert_eq!(faults(&value, &ROLES), Vec::<String>::new());
    }

    #[test]
    fn all_faults_are_named_at_once_with_their_places() {
        let value = json!([
            {"isDefault": "yes", "kind": "SOMETIMES"},
            {"name": "x", "level": -1, "note": 7, "expires": "tomorrow",
             "parents": [{"name": "longer", "level": 40000, "note": ""}, 5]}
        ]);
        assert_eq!(
            faults(&value, &ROLES),
            [
                "[0].name is required",
                "[0].level is required",
                "[0].isDefault must be a boolean value",
                "[0].kind must be one of NEVER, ALWAYS",
                "[0].note is required",
                "[1].name must be longer than or equal to 2 characters",
                "[1].level must not be less than 0",
                "[1].note must be a string",
                "[1].parents must contain no more than 1 elements",
                "[1].parents[0].name must be shorter than or equal to 5 characters",
                "[1].parents[0].level must not be greater than 32767",
                "[1].parents[1] must be an object",
                "[1].expires must be a valid ISO 8601 date string",
            ]
        );
    }

    #[test]
    fn null_for_a_required_member_is_a_wrong_type() {
        let value = json!({"name": null, "level": 1, "note": null});
        assert_eq!(faults(&value, &ROLE), ["name must be a string"]);
    }

    #[test]
    fn the_body_itself_can_be_wrong() {
        assert_eq!(faults(&json!({}), &ROLES), ["body must be an array"]);
        assert_eq!(faults(&json!([]), &ROLES), ["body must contain at least 1 elements"]);
        assert_eq!(faults(&Value::Null, &ROLE), ["body must be an object"]);
    }

    #[test]
    fn integers_have_neither_fractions_nor_more_than_64_bits() {
        assert_eq!(faults(&json!(1.5), &Schema::INTEGER), ["body must be an integer number"]);
        assert_eq!(
            faults(&json!(9_223_372_036_854_775_808_u64), &Schema::INTEGER),
            ["body must not be greater than 9223372036854775807"]
        );
        assert_eq!(faults(&json!(i64::MIN), &Schema::INTEGER), Vec::<String>::new());
    }

    #[test]
    fn characters_are_counted_not_bytes() {
        assert_eq!(faults(&json!("äöüß€"), &NAME), Vec::<String>::new());
        assert_eq!(faults(&json!("😀"), &NAME), ["body must be longer than or equal to 2 characters"]);
    }

    #[test]
    fn a_tag_tells_the_form() {
        static PAIR: Schema = Schema::Object(&[Member("port", Required, &Schema::INTEGER)]);
        static TOKEN: Schema = Schema::Object(&[Member("token", Required, &Schema::STRING)]);
        static EITHER: Schema = Schema::Tagged("by", &[("pair", &PAIR), ("token", &TOKEN)]);
        assert_eq!(faults(&json!({"by": "token", "token": "t"}), &EITHER), [""; 0]);
        assert_eq!(faults(&json!({"by": "pair"}), &EITHER), ["port is required"]);
        for value in [json!({"by": "x"}), json!({"by": 1}), json!({})] {
            assert_eq!(faults(&value, &EITHER), ["by must be one of pair, token"]);
        }
        assert_eq!(faults(&json!("token"), &EITHER), ["body must be an object"]);
    }

    #[test]
    fn maps_check_their_values() {
        static FLAGS: Schema = Schema::Map(&Schema::Boolean);
        assert_eq!(faults(&json!({"a": true, "b": 1}), &FLAGS), ["b must be a boolean value"]);
    }

    #[test]
    fn nesting_ends_somewhere() {
        let mut value = json!({"name": "admin", "level": 0, "note": null});
        for _ in 0..200 {
            value = json!({"name": "admin", "level": 0, "note": null, "parents": [value]});
        }
        let found = faults(&value, &ROLE);
        assert!(!found.is_empty());
        let cut = |fault: &String| fault.ends_with("is nested too deeply");
        assert!(found.iter().all(cut), "{found:?}");
    }

    #[test]
    fn a_flood_of_faults_is_cut() {
        let value = Value::Array(vec![Value::Null; 100_000]);
        assert_eq!(faults(&value, &ROLES).len(), MAX_FAULTS);
    }

    #[test]
    fn nul_is_found_everywhere() {
        let mut found = Faults::default();
        refuse_nul("", &json!({"a": ["x\0"], "b": {"c\0": 1}, "d": "ok"}), &mut found);
        assert_eq!(
            found.into_texts(),
            ["a[0] must not contain the character U+0000", "b must not have a member with the character U+0000",]
        );
    }
}
