//! Resources: JSON as clients send it, brought to one form, and as they get it back.
//!
//! What is kept of a resource is what the client may set: attributes under the names that their schemas have, those of
//! extensions below the schema's id, without what is empty.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Map, Value, json};

use super::{
    Error,
    filter::comparison::boolean,
    schema::{Attribute, Kind, ResourceType, Schema},
};

/// The attributes of a resource by their names.
pub(crate) type Attributes = Map<String, Value>;

/// Most bytes of a text that is searched by an index.
const LONGEST_NAME: usize = 512;

/// What the server knows of a resource.
#[derive(Clone, Debug)]
pub(crate) struct Meta {
    pub(crate) id: String,
    pub(crate) created: String,
    pub(crate) last_modified: String,
    pub(crate) version: String,
    pub(crate) location: String,
}

/// Reads a resource of that kind. What only the server sets, and what no schema has, is passed over.
pub(crate) fn read(of: &ResourceType, body: Value) -> Result<Attributes, Error> {
    let Value::Object(members) = body else { return Err(Error::syntax("A resource is an object")) };
    let mut attributes = Attributes::new();
    for (name, value) in members {
        if name.eq_ignore_ascii_case("schemas") {
            check_schemas(of, &value)?;
        } else if let Some(extension) = of.extension(&name) {
            if let Some(read) = read_extension(extension, value)? {
                attributes.insert(extension.id.to_owned(), Value::Object(read));
            }
        } else if let Some(attribute) = of.core(&name).filter(|attribute| !attribute.is_read_only())
            && let Some(value) = read_value(attribute, value)?
        {
            attributes.insert(attribute.name.to_owned(), value);
        }
    }
    check(of, &attributes)?;
    Ok(attributes)
}

/// Refuses a resource without what is required, or with values that exclude one another.
pub(crate) fn check(of: &ResourceType, attributes: &Attributes) -> Result<(), Error> {
    for attribute in of.schema.attributes {
        let value = attributes.get(attribute.name);
        if attribute.is_required && value.is_none() {
            return Err(Error::value(format!("{} is required", attribute.name)));
        }
        if let Some(Value::Array(values)) = value
            && values.iter().filter(|value| value["primary"] == true).count() > 1
        {
            return Err(Error::value(format!("{} has more than one primary value", attribute.name)));
        }
    }
    for name in ["userName", "displayName", "externalId"] {
        if let Some(Value::String(text)) = attributes.get(name)
            && text.len() > LONGEST_NAME
        {
            return Err(Error::value(format!("{name} must not have more than {LONGEST_NAME} bytes")));
        }
    }
    Ok(())
}

/// Such a resource as clients get it.
pub(crate) fn shown(of: &ResourceType, attributes: Attributes, meta: &Meta) -> Attributes {
    let schemas: Vec<&str> = std::iter::once(of.schema.id)
        .chain(of.extensions.iter().map(|extension| extension.id).filter(|id| attributes.contains_key(*id)))
        .collect();
    let mut shown = Attributes::new();
    shown.insert("schemas".to_owned(), json!(schemas));
    shown.insert("id".to_owned(), json!(meta.id));
    shown.extend(attributes);
    shown.insert(
        "meta".to_owned(),
        json!({
            "resourceType": of.name,
            "created": meta.created,
            "lastModified": meta.last_modified,
            "location": meta.location,
            "version": meta.version,
        }),
    );
    shown
}

/// Resources say by which schemas they are made; of those that are not known here nothing is kept.
fn check_schemas(of: &ResourceType, value: &Value) -> Result<(), Error> {
    let ids = value.as_array().and_then(|ids| ids.iter().map(Value::as_str).collect::<Option<Vec<_>>>());
    let ids = ids.ok_or_else(|| Error::syntax("schemas is a list of texts"))?;
    if ids.iter().any(|id| id.eq_ignore_ascii_case(of.schema.id)) {
        return Ok(());
    }
    Err(Error::value(format!("schemas does not name {}", of.schema.id)))
}

/// The attributes of an extension; nothing where none has a value.
pub(super) fn read_extension(extension: &Schema, value: Value) -> Result<Option<Attributes>, Error> {
    let members = match value {
        Value::Null => return Ok(None),
        Value::Object(members) => members,
        _ => return Err(Error::value("The attributes of an extension are an object")),
    };
    let mut attributes = Attributes::new();
    for (name, value) in members {
        if let Some(attribute) = extension.attribute(&name)
            && let Some(value) = read_value(attribute, value)?
        {
            attributes.insert(attribute.name.to_owned(), value);
        }
    }
    Ok(Some(attributes).filter(|attributes| !attributes.is_empty()))
}

/// The value of an attribute in the form that is kept; nothing where it is none: null, an empty list (RFC 7643, 2.5).
pub(super) fn read_value(attribute: &'static Attribute, value: Value) -> Result<Option<Value>, Error> {
    if !attribute.is_many() {
        return read_single(attribute, value);
    }
    let given = match value {
        Value::Array(values) => values,
        Value::Null => return Ok(None),
        // Some clients send a single value as it is.
        value => vec![value],
    };
    let mut values: Vec<Value> = Vec::with_capacity(given.len());
    for value in given {
        values.extend(read_single(attribute, value)?);
    }
    let values = each_once(attribute, values);
    Ok(Some(values).filter(|values| !values.is_empty()).map(Value::Array))
}

/// Values without those that are there already. Of members only the id counts.
pub(super) fn each_once(attribute: &Attribute, values: Vec<Value>) -> Vec<Value> {
    let mut seen = HashSet::new();
    let key = |value: &Value| match value {
        Value::Object(parts) => match parts.get("value") {
            Some(id) if attribute.name == "members" => id.to_string(),
            // In whichever order they were given.
            _ => json!(parts.iter().collect::<BTreeMap<_, _>>()).to_string(),
        },
        value => value.to_string(),
    };
    values.into_iter().filter(|value| seen.insert(key(value))).collect()
}

/// One value of an attribute, or the only one.
pub(super) fn read_single(attribute: &'static Attribute, value: Value) -> Result<Option<Value>, Error> {
    let wrong = |kind: &str| Err(Error::value(format!("{} is {kind}", attribute.name)));
    match (attribute.kind, value) {
        (_, Value::Null) => Ok(None),
        (Kind::Complex(_), Value::Object(members)) => {
            let mut parts = Map::new();
            for (name, value) in members {
                if let Some(part) = attribute.part(&name).filter(|part| !part.is_read_only())
                    && let Some(value) = read_single(part, value)?
                {
                    parts.insert(part.name.to_owned(), value);
                }
            }
            Ok(Some(parts).filter(|parts| !parts.is_empty()).map(Value::Object))
        }
        // Entra ID sends the id of a manager as a text, others an address or a role.
        (Kind::Complex(_), value @ Value::String(_)) if attribute.part("value").is_some() => {
            read_single(attribute, json!({ "value": value }))
        }
        (Kind::Complex(_), _) => wrong("an object"),
        (Kind::Boolean, value) => match boolean(&value) {
            Some(value) => Ok(Some(value.into())),
            None => wrong("true or false"),
        },
        (Kind::String | Kind::Reference(_) | Kind::Binary | Kind::DateTime, Value::String(text)) => {
            if text.contains('\0') {
                return wrong("a text without NUL");
            }
            if attribute.is_required && text.trim().is_empty() {
                return wrong("required");
            }
            Ok(Some(text).filter(|text| !text.is_empty()).map(Value::String))
        }
        _ => wrong("a text"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scim::{
        Fault,
        schema::{GROUP, USER},
    };

    const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

    #[test]
    fn a_resource_is_brought_to_one_form() {
        let given = json!({
            "schemas": [USER.schema.id, ENTERPRISE, "urn:custom"],
            "USERNAME": "ada",
            "id": "mine", "meta": { "version": "9" }, "groups": [{ "value": "1" }],
            "password": "secret", "custom": 1, "urn:custom": { "x": 1 },
            "name": { "givenname": "Ada", "x": 1, "familyName": null },
            "nickName": "", "title": null, "ims": [], "photos": [{}],
            "active": "False",
            "emails": [{ "value": "a@x.test", "primary": "True" }, { "value": "a@x.test", "primary": true }],
            "roles": "admin",
            ENTERPRISE: { "department": "R", "manager": "7", "x": 1 },
        });
        let expected = json!({
            "userName": "ada",
            "name": { "givenName": "Ada" },
            "active": false,
            "emails": [{ "value": "a@x.test", "primary": true }],
            "roles": [{ "value": "admin" }],
            ENTERPRISE: { "department": "R", "manager": { "value": "7" } },
        });
        assert_eq!(Value::Object(read(&USER, given).expect("a user")), expected);
    }

    #[test]
    fn members_count_once() {
        let given = json!({ "displayName": "x", "members": [{ "value": "1", "display": "a" }, { "value": "1" }, "2"] });
        let read = read(&GROUP, given).expect("a group");
        assert_eq!(read["members"], json!([{ "value": "1" }, { "value": "2" }]));
    }

    #[test]
    fn what_is_no_resource_is_refused() {
        let long = "x".repeat(LONGEST_NAME + 1);
        for (given, fault) in [
            (json!([]), Fault::InvalidSyntax),
            (json!({}), Fault::InvalidValue),
            (json!({ "userName": " " }), Fault::InvalidValue),
            (json!({ "userName": 1 }), Fault::InvalidValue),
            (json!({ "userName": "a\u{0}" }), Fault::InvalidValue),
            (json!({ "userName": long }), Fault::InvalidValue),
            (json!({ "userName": "a", "schemas": "x" }), Fault::InvalidSyntax),
            (json!({ "userName": "a", "schemas": ["urn:other"] }), Fault::InvalidValue),
            (json!({ "userName": "a", "active": "yes" }), Fault::InvalidValue),
            (json!({ "userName": "a", "name": "Ada" }), Fault::InvalidValue),
            (json!({ "userName": "a", "emails": [1] }), Fault::InvalidValue),
            (
                json!({ "userName": "a", "emails": [
                    { "value": "a", "primary": true }, { "value": "b", "primary": true },
                ] }),
                Fault::InvalidValue,
            ),
            (json!({ "userName": "a", ENTERPRISE: [] }), Fault::InvalidValue),
        ] {
            assert_eq!(read(&USER, given.clone()).expect_err("a refusal").fault, fault, "{given}");
        }
    }
}
