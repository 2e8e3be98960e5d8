//! Validates a JSON value against a [`Schema`] and reports all errors.
//!
//! The messages are those of the service: `[0].name is required`, `level must not be less than 0`.

use std::fmt;

use serde_json::{Map, Value};

use crate::schema::{Format, Member, Presence, Schema};

/// The deepest nesting of a value. The JSON parser has the same limit; this one is for values from
/// elsewhere.
const MAX_DEPTH: usize = 128;

/// The most errors that are reported.
const MAX_ERRORS: usize = 100;

/// The most characters of an error: names of members are those of the caller, of any length.
const MAX_LENGTH: usize = 1024;

/// The messages of validation errors.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct ValidationErrors(Vec<String>);

impl ValidationErrors {
    /// Adds an error. Of a long one the middle is left out.
    pub fn push(&mut self, error: String) {
        if !self.is_full() {
            self.0.push(shortened(error));
        }
    }

    /// Whether there is no error.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The messages.
    pub fn into_messages(self) -> Vec<String> {
        self.0
    }

    fn is_full(&self) -> bool {
        self.0.len() >= MAX_ERRORS
    }
}

/// The error with its beginning and its end, which says what is wrong.
fn shortened(error: String) -> String {
    // A string has no more characters than bytes, so most need not be counted.
    if error.len() <= MAX_LENGTH {
        return error;
    }
    let length = error.chars().count();
    if length <= MAX_LENGTH {
        return error;
    }
    let beginning: String = error.chars().take(MAX_LENGTH / 2).collect();
    let end: String = error.chars().skip(length - MAX_LENGTH / 2).collect();
    format!("{beginning}…{end}")
}

/// Validates `value` and adds its errors. `name` is the name of the value itself: that of a parameter, or
/// empty for a body.
pub fn validate(name: &str, value: &Value, schema: &Schema, errors: &mut ValidationErrors) {
    check(&ValuePath::Root(name), value, schema, 0, errors);
}

/// The members of a value that its schema does not declare, each by its path; the first ones, where they are many.
pub fn undeclared(value: &Value, schema: &Schema) -> Vec<String> {
    let mut found = ValidationErrors::default();
    find_undeclared(&ValuePath::Root(""), value, schema, 0, &mut found);
    found.into_messages()
}

/// Adds an error for every string that contains U+0000, which not every database can store.
pub fn reject_nul(name: &str, value: &Value, errors: &mut ValidationErrors) {
    find_nul(&ValuePath::Root(name), value, 0, errors);
}

/// The path to a part of a value.
enum ValuePath<'a> {
    Root(&'a str),
    Member(&'a ValuePath<'a>, &'a str),
    Index(&'a ValuePath<'a>, usize),
}

impl fmt::Display for ValuePath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ValuePath::Root("") => f.write_str("body"),
            ValuePath::Root(name) | ValuePath::Member(ValuePath::Root(""), name) => f.write_str(name),
            ValuePath::Member(parent, name) => write!(f, "{parent}.{name}"),
            ValuePath::Index(ValuePath::Root(""), index) => write!(f, "[{index}]"),
            ValuePath::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

fn check(path: &ValuePath<'_>, value: &Value, schema: &Schema, depth: usize, errors: &mut ValidationErrors) {
    if errors.is_full() {
        return;
    }
    if depth > MAX_DEPTH {
        return errors.push(format!("{path} is nested too deeply"));
    }
    match schema {
        Schema::Any => {}
        Schema::Nullable(_) if value.is_null() => {}
        Schema::Nullable(inner) => check(path, value, inner, depth, errors),
        Schema::Boolean if value.is_boolean() => {}
        Schema::Boolean => errors.push(format!("{path} must be a boolean value")),
        Schema::String { min, max, format } => match value.as_str() {
            Some(text) => check_text(path, text, *min, *max, *format, errors),
            // JSON as it is: its text would be `null`, which says as much as no text.
            None if *format == Format::Json && value.is_null() => {}
            None => errors.push(format!("{path} must be a string")),
        },
        Schema::Integer { min, max } => check_integer(path, value, *min, *max, errors),
        Schema::Number { min, max } => match value.as_f64() {
            Some(number) => check_bounds(path, &number, min, max, errors),
            None => errors.push(format!("{path} must be a number")),
        },
        Schema::Enum(values) => {
            if !value.as_str().is_some_and(|text| values.contains(&text)) {
                errors.push(format!("{path} must be one of {}", values.join(", ")));
            }
        }
        Schema::Array { items, min, max } => match value.as_array() {
            Some(list) => {
                check_count(path, list.len(), *min, *max, errors);
                for (index, item) in list.iter().enumerate() {
                    check(&ValuePath::Index(path, index), item, items, depth + 1, errors);
                }
            }
            None => errors.push(format!("{path} must be an array")),
        },
        Schema::Object(members) | Schema::Open(members) => check_members(path, value, members, depth, errors),
        Schema::Map(items) => match value.as_object() {
            Some(map) => {
                for (name, item) in map {
                    check(&ValuePath::Member(path, name), item, items, depth + 1, errors);
                }
            }
            None => errors.push(format!("{path} must be an object")),
        },
        Schema::Tagged(tag, forms) => {
            let tag_value = value.get(*tag).and_then(Value::as_str);
            match forms.iter().find(|(name, _)| tag_value == Some(name)) {
                Some((_, form)) => check(path, value, form, depth, errors),
                None => report_unknown_tag(path, value, tag, forms, errors),
            }
        }
    }
}

fn check_members(path: &ValuePath<'_>, value: &Value, members: &[Member], depth: usize, errors: &mut ValidationErrors) {
    let Some(map) = value.as_object() else {
        return errors.push(format!("{path} must be an object"));
    };
    for Member(name, presence, schema) in members {
        let path = ValuePath::Member(path, name);
        match (map.get(*name), presence) {
            (None, Presence::Optional) => {}
            (None, Presence::Required) => errors.push(format!("{path} is required")),
            (Some(member), _) => check(&path, member, schema, depth + 1, errors),
        }
    }
}

fn report_unknown_tag(
    path: &ValuePath<'_>,
    value: &Value,
    tag: &str,
    forms: &[(&str, &Schema)],
    errors: &mut ValidationErrors,
) {
    if value.is_object() {
        let names: Vec<&str> = forms.iter().map(|(name, _)| *name).collect();
        let (path, names) = (ValuePath::Member(path, tag), names.join(", "));
        errors.push(format!("{path} must be one of {names}"));
    } else {
        errors.push(format!("{path} must be an object"));
    }
}

fn check_text(path: &ValuePath<'_>, text: &str, min: usize, max: usize, format: Format, errors: &mut ValidationErrors) {
    // A string has no more characters than bytes, so most need not be counted.
    let length = if min == 0 && text.len() <= max { text.len() } else { text.chars().count() };
    if length == 0 && min == 1 {
        errors.push(format!("{path} should not be empty"));
    } else if length < min {
        errors.push(format!("{path} must be longer than or equal to {min} characters"));
    }
    if length > max {
        errors.push(format!("{path} must be shorter than or equal to {max} characters"));
    }
    if format == Format::DateTime && chrono::DateTime::parse_from_rfc3339(text).is_err() {
        errors.push(format!("{path} must be a valid ISO 8601 date string"));
    }
}

fn check_integer(path: &ValuePath<'_>, value: &Value, min: i64, max: i64, errors: &mut ValidationErrors) {
    if let Some(number) = value.as_i64() {
        check_bounds(path, &number, &min, &max, errors);
    } else if value.is_u64() {
        errors.push(format!("{path} must not be greater than {max}"));
    } else {
        errors.push(format!("{path} must be an integer number"));
    }
}

fn check_bounds<T: PartialOrd + fmt::Display>(
    path: &ValuePath<'_>,
    number: &T,
    min: &T,
    max: &T,
    errors: &mut ValidationErrors,
) {
    if number < min {
        errors.push(format!("{path} must not be less than {min}"));
    }
    if number > max {
        errors.push(format!("{path} must not be greater than {max}"));
    }
}

fn check_count(path: &ValuePath<'_>, count: usize, min: usize, max: usize, errors: &mut ValidationErrors) {
    if count == 0 && min == 1 {
        errors.push(format!("{path} should not be empty"));
    } else if count < min {
        errors.push(format!("{path} must contain at least {min} elements"));
    }
    if count > max {
        errors.push(format!("{path} must contain no more than {max} elements"));
    }
}

fn find_undeclared(path: &ValuePath<'_>, value: &Value, schema: &Schema, depth: usize, found: &mut ValidationErrors) {
    if depth > MAX_DEPTH || found.is_full() {
        return;
    }
    match (schema, value) {
        (Schema::Nullable(inner), _) => find_undeclared(path, value, inner, depth, found),
        (Schema::Object(members), Value::Object(map)) => find_among(path, map, members, None, depth, found),
        (Schema::Open(members), Value::Object(map)) => {
            for Member(name, _, schema) in *members {
                if let Some(member) = map.get(*name) {
                    find_undeclared(&ValuePath::Member(path, name), member, schema, depth + 1, found);
                }
            }
        }
        (Schema::Map(items), Value::Object(map)) => {
            for (name, item) in map {
                find_undeclared(&ValuePath::Member(path, name), item, items, depth + 1, found);
            }
        }
        (Schema::Array { items, .. }, Value::Array(list)) => {
            for (index, item) in list.iter().enumerate() {
                find_undeclared(&ValuePath::Index(path, index), item, items, depth + 1, found);
            }
        }
        (Schema::Tagged(tag, forms), Value::Object(map)) => {
            let given = map.get(*tag).and_then(Value::as_str);
            if let Some((_, form)) = forms.iter().find(|(name, _)| given == Some(name)) {
                match form {
                    Schema::Object(members) => find_among(path, map, members, Some(tag), depth, found),
                    other => find_undeclared(path, value, other, depth, found),
                }
            }
        }
        // Anything, or what has no members.
        _ => {}
    }
}

/// The same of an object, whose tag need not be declared where it has one.
fn find_among(
    path: &ValuePath<'_>,
    map: &Map<String, Value>,
    members: &[Member],
    tag: Option<&str>,
    depth: usize,
    found: &mut ValidationErrors,
) {
    for (name, value) in map {
        let path = ValuePath::Member(path, name);
        match members.iter().find(|Member(known, ..)| known == name) {
            Some(Member(_, _, schema)) => find_undeclared(&path, value, schema, depth + 1, found),
            None if tag == Some(name) => {}
            None => found.push(path.to_string()),
        }
    }
}

fn find_nul(path: &ValuePath<'_>, value: &Value, depth: usize, errors: &mut ValidationErrors) {
    if depth > MAX_DEPTH {
        return errors.push(format!("{path} is nested too deeply"));
    }
    match value {
        Value::String(text) if text.contains('\0') => {
            errors.push(format!("{path} must not contain the character U+0000"));
        }
        Value::Array(list) => {
            for (index, item) in list.iter().enumerate() {
                find_nul(&ValuePath::Index(path, index), item, depth + 1, errors);
            }
        }
        Value::Object(map) => {
            for (name, item) in map {
                if name.contains('\0') {
                    errors.push(format!("{path} must not have a member with the character U+0000"));
                }
                find_nul(&ValuePath::Member(path, name), item, depth + 1, errors);
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

    fn errors(value: &Value, schema: &Schema) -> Vec<String> {
        let mut errors = ValidationErrors::default();
        validate("", value, schema, &mut errors);
        errors.into_messages()
    }

    #[test]
    fn a_fitting_value_has_no_errors() {
        let value = json!([{
            "name": "admin", "level": 0, "note": null, "kind": "ALWAYS", "isDefault": true,
            "expires": "2030-01-01T00:00:00Z", "unknown": {"a": 1}
        }]);
        assert_eq!(errors(&value, &ROLES), Vec::<String>::new());
    }

    #[test]
    fn all_errors_are_named_at_once_with_their_places() {
        let value = json!([
            {"isDefault": "yes", "kind": "SOMETIMES"},
            {"name": "x", "level": -1, "note": 7, "expires": "tomorrow",
             "parents": [{"name": "longer", "level": 40000, "note": ""}, 5]}
        ]);
        assert_eq!(
            errors(&value, &ROLES),
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
        assert_eq!(errors(&value, &ROLE), ["name must be a string"]);
    }

    #[test]
    fn the_body_itself_can_be_wrong() {
        assert_eq!(errors(&json!({}), &ROLES), ["body must be an array"]);
        assert_eq!(errors(&json!([]), &ROLES), ["body should not be empty"]);
        assert_eq!(errors(&Value::Null, &ROLE), ["body must be an object"]);
    }

    #[test]
    fn integers_have_neither_fractions_nor_more_than_64_bits() {
        assert_eq!(errors(&json!(1.5), &Schema::INTEGER), ["body must be an integer number"]);
        assert_eq!(
            errors(&json!(9_223_372_036_854_775_808_u64), &Schema::INTEGER),
            ["body must not be greater than 9223372036854775807"]
        );
        assert_eq!(errors(&json!(i64::MIN), &Schema::INTEGER), Vec::<String>::new());
    }

    #[test]
    fn characters_are_counted_not_bytes() {
        assert_eq!(errors(&json!("äöüß€"), &NAME), Vec::<String>::new());
        assert_eq!(errors(&json!("😀"), &NAME), ["body must be longer than or equal to 2 characters"]);
    }

    #[test]
    fn a_tag_tells_the_form() {
        static PAIR: Schema = Schema::Object(&[Member("port", Required, &Schema::INTEGER)]);
        static TOKEN: Schema = Schema::Object(&[Member("token", Required, &Schema::STRING)]);
        static EITHER: Schema = Schema::Tagged("by", &[("pair", &PAIR), ("token", &TOKEN)]);
        assert_eq!(errors(&json!({"by": "token", "token": "t"}), &EITHER), [""; 0]);
        assert_eq!(errors(&json!({"by": "pair"}), &EITHER), ["port is required"]);
        for value in [json!({"by": "x"}), json!({"by": 1}), json!({})] {
            assert_eq!(errors(&value, &EITHER), ["by must be one of pair, token"]);
        }
        assert_eq!(errors(&json!("token"), &EITHER), ["body must be an object"]);
    }

    #[test]
    fn maps_check_their_values() {
        static FLAGS: Schema = Schema::Map(&Schema::Boolean);
        assert_eq!(errors(&json!({"a": true, "b": 1}), &FLAGS), ["b must be a boolean value"]);
    }

    #[test]
    fn nesting_ends_somewhere() {
        let mut value = json!({"name": "admin", "level": 0, "note": null});
        for _ in 0..200 {
            value = json!({"name": "admin", "level": 0, "note": null, "parents": [value]});
        }
        let found = errors(&value, &ROLE);
        assert!(!found.is_empty());
        let cut = |error: &String| error.ends_with("is nested too deeply");
        assert!(found.iter().all(cut), "{found:?}");
    }

    #[test]
    fn undeclared_members_are_found_wherever_they_are() {
        static PAIR: Schema = Schema::Object(&[Member("port", Required, &Schema::INTEGER)]);
        static EITHER: Schema = Schema::Tagged("by", &[("pair", &PAIR)]);
        static OPEN: Schema = Schema::Open(&[Member("pair", Optional, &Schema::Nullable(&PAIR))]);
        static ALL: Schema = Schema::Object(&[
            Member("roles", Optional, &ROLES),
            Member("either", Optional, &EITHER),
            Member("open", Optional, &OPEN),
            Member("map", Optional, &Schema::Map(&PAIR)),
            Member("any", Optional, &Schema::Any),
        ]);
        let value = json!({
            "any": {"x": 1}, "either": {"by": "pair", "port": 1, "y": 1}, "extra": 1, "map": {"k": {"z": 1}},
            "open": {"free": 1, "pair": {"u": 1}}, "roles": [{"name": "a"}, {"level": 1, "parents": [{"leval": 1}]}],
        });
        let expected = ["either.y", "extra", "map.k.z", "open.pair.u", "roles[1].parents[0].leval"];
        assert_eq!(undeclared(&value, &ALL), expected);
        // What has another form altogether is for validation to tell.
        for other in [json!(null), json!([]), json!({"roles": 1, "either": {"by": "x", "y": 1}})] {
            assert_eq!(undeclared(&other, &ALL), [""; 0]);
        }
        let flood = Value::Object((0..1000).map(|n| (n.to_string(), Value::Null)).collect());
        assert_eq!(undeclared(&flood, &ALL).len(), MAX_ERRORS);
    }

    #[test]
    fn a_flood_of_errors_is_cut() {
        let value = Value::Array(vec![Value::Null; 100_000]);
        assert_eq!(errors(&value, &ROLES).len(), MAX_ERRORS);
    }

    #[test]
    fn a_long_name_is_not_repeated_for_every_error_below_it() {
        let name = "ü".repeat(10_000);
        let mut found = ValidationErrors::default();
        reject_nul("", &json!({&name: vec!["\0"; 200]}), &mut found);
        let found = found.into_messages();
        assert_eq!(found.len(), MAX_ERRORS);
        assert!(found.iter().all(|error| error.chars().count() == MAX_LENGTH + 1));
        assert!(found[7].starts_with("üü") && found[7].ends_with("ü[7] must not contain the character U+0000"));
    }

    #[test]
    fn nul_is_found_everywhere() {
        let mut found = ValidationErrors::default();
        reject_nul("", &json!({"a": ["x\0"], "b": {"c\0": 1}, "d": "ok"}), &mut found);
        assert_eq!(
            found.into_messages(),
            ["a[0] must not contain the character U+0000", "b must not have a member with the character U+0000",]
        );
    }
}
