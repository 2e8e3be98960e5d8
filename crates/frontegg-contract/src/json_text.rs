//! JSON that is documented as a string. Some clients in the field send the value itself; it is stringified
//! before it is validated.

use serde_json::Value;

use crate::schema::{Format, Member, Schema};

/// Stringifies the values that the schema has as JSON in a string.
pub(crate) fn stringify(value: &mut Value, schema: &'static Schema) {
    match (schema.inner(), value) {
        (_, Value::Null) | (Schema::String { .. }, Value::String(_)) => {}
        (Schema::String { format: Format::Json, .. }, value) => *value = Value::String(value.to_string()),
        (Schema::Object(members) | Schema::Open(members), Value::Object(map)) => {
            for Member(name, _, schema) in *members {
                if let Some(member) = map.get_mut(*name) {
                    stringify(member, schema);
                }
            }
        }
        (Schema::Array { items, .. }, Value::Array(list)) => list.iter_mut().for_each(|item| stringify(item, items)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::schema::Presence::Optional;

    static PERSON: Schema = Schema::Object(&[
        Member("metadata", Optional, &Schema::JSON_TEXT),
        Member("vendorMetadata", Optional, &Schema::Nullable(&Schema::JSON_TEXT)),
        Member("name", Optional, &Schema::STRING),
    ]);
    static PEOPLE: Schema = Schema::Array { items: &PERSON, min: 0, max: 9 };

    #[test]
    fn values_become_their_text() {
        let mut body = json!([
            { "metadata": { "a": [1, null] }, "vendorMetadata": 7, "name": {} },
            { "metadata": "{}", "vendorMetadata": null, "name": "Ada" },
            { "metadata": "no json" },
            true,
        ]);
        stringify(&mut body, &PEOPLE);
        let expected = json!([
            { "metadata": "{\"a\":[1,null]}", "vendorMetadata": "7", "name": {} },
            { "metadata": "{}", "vendorMetadata": null, "name": "Ada" },
            { "metadata": "no json" },
            true,
        ]);
        assert_eq!(body, expected);
    }
}
