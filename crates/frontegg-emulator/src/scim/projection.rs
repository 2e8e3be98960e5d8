//! Which attributes an answer has (RFC 7644, 3.9).

use serde_json::{Map, Value};

use super::{
    resource::Attributes,
    schema::{Named, ResourceType, Returned},
};

/// What was asked for of resources of one kind.
#[derive(Clone, Debug, Default)]
pub(crate) enum Projection {
    #[default]
    All,
    Only(Vec<Named>),
    Without(Vec<Named>),
}

impl Projection {
    /// By the names in `attributes`, or else in `excludedAttributes`; those that there are not ask for nothing.
    pub(crate) fn new(of: &ResourceType, attributes: &[String], excluded: &[String]) -> Self {
        let named = |names: &[String]| names.iter().filter_map(|name| of.named(name.trim())).collect();
        match (attributes, excluded) {
            ([], []) => Self::All,
            ([], excluded) => Self::Without(named(excluded)),
            (attributes, _) => Self::Only(named(attributes)),
        }
    }

    /// Whether any of an attribute is asked for.
    pub(crate) fn wants(&self, attribute: &str) -> bool {
        let is_it = |named: &Named| matches!(named, Named::Attribute(target) if target.attribute.name == attribute);
        match self {
            Self::All => true,
            Self::Only(named) => named.iter().any(is_it),
            Self::Without(named) => !named.iter().any(|named| is_it(named) && is_whole(named)),
        }
    }

    /// What of a resource is asked for, and what is always there.
    pub(crate) fn of(&self, of: &ResourceType, mut resource: Attributes) -> Attributes {
        match self {
            Self::All => resource,
            Self::Without(named) => {
                for named in named {
                    take(of, &mut resource, *named);
                }
                resource
            }
            Self::Only(named) => {
                let is_always =
                    |name: &str| of.core(name).is_some_and(|attribute| attribute.returned == Returned::Always);
                let mut kept: Attributes = resource
                    .iter()
                    .filter(|(name, _)| is_always(name))
                    .map(|(name, value)| (name.clone(), value.clone()))
                    .collect();
                for named in named {
                    keep(&resource, &mut kept, *named);
                }
                kept
            }
        }
    }
}

fn is_whole(named: &Named) -> bool {
    !matches!(named, Named::Attribute(target) if target.part.is_some())
}

/// Takes what is named out of a resource, unless it is always there.
fn take(of: &ResourceType, resource: &mut Attributes, named: Named) {
    let target = match named {
        Named::Extension(extension) => {
            resource.remove(extension.id);
            return;
        }
        Named::Attribute(target) => target,
    };
    if of.core(target.attribute.name).is_some_and(|attribute| attribute.returned == Returned::Always) {
        return;
    }
    let holder = match target.extension {
        Some(extension) => resource.get_mut(extension.id).and_then(Value::as_object_mut),
        None => Some(resource),
    };
    let Some(holder) = holder else { return };
    let Some(part) = target.part else {
        holder.remove(target.attribute.name);
        return;
    };
    match holder.get_mut(target.attribute.name) {
        Some(Value::Array(values)) => {
            for value in values.iter_mut().filter_map(Value::as_object_mut) {
                value.remove(part.name);
            }
        }
        Some(Value::Object(value)) => drop(value.remove(part.name)),
        _ => {}
    }
}

/// Adds what is named to what is kept of a resource.
fn keep(resource: &Attributes, kept: &mut Attributes, named: Named) {
    match named {
        Named::Extension(extension) => {
            if let Some(value) = resource.get(extension.id) {
                kept.insert(extension.id.to_owned(), value.clone());
            }
        }
        Named::Attribute(target) => {
            let (holder, place) = match target.extension {
                Some(extension) => {
                    let Some(holder) = resource.get(extension.id).and_then(Value::as_object) else { return };
                    let place = kept.entry(extension.id).or_insert_with(|| Value::Object(Map::new()));
                    let Value::Object(place) = place else { return };
                    (holder, place)
                }
                None => (resource, kept),
            };
            let name = target.attribute.name;
            let Some(value) = holder.get(name) else { return };
            match target.part {
                None => drop(place.insert(name.to_owned(), value.clone())),
                Some(part) => merge(place.entry(name).or_insert(Value::Null), value, part.name),
            }
        }
    }
}

/// Adds a part of a value to what is kept of it.
fn merge(kept: &mut Value, value: &Value, part: &str) {
    match value {
        Value::Array(values) => {
            if kept.is_null() {
                *kept = Value::Array(vec![Value::Null; values.len()]);
            }
            let kept = kept.as_array_mut().into_iter().flatten();
            kept.zip(values).for_each(|(kept, value)| merge(kept, value, part));
        }
        Value::Object(members) => {
            if kept.is_null() {
                *kept = Value::Object(Map::new());
            }
            if let (Some(kept), Some(member)) = (kept.as_object_mut(), members.get(part)) {
                kept.insert(part.to_owned(), member.clone());
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::scim::schema::USER;

    const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

    fn shown(attributes: &[&str], excluded: &[&str]) -> Value {
        let Value::Object(resource) = json!({
            "schemas": ["s"], "id": "1", "userName": "ada", "active": true,
            "name": { "givenName": "Ada", "familyName": "L" },
            "emails": [{ "value": "a", "type": "work" }, { "value": "b", "type": "home" }],
            ENTERPRISE: { "department": "R", "division": "D" },
            "meta": { "version": "1" },
        }) else {
            unreachable!("an object")
        };
        let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let projection = Projection::new(&USER, &owned(attributes), &owned(excluded));
        Value::Object(projection.of(&USER, resource))
    }

    #[test]
    fn answers_have_what_was_asked_for() {
        assert_eq!(shown(&["USERNAME"], &[]), json!({ "schemas": ["s"], "id": "1", "userName": "ada" }));
        assert_eq!(shown(&["nobody"], &[]), json!({ "schemas": ["s"], "id": "1" }));
        let parts = shown(&["emails.value", "emails.type", "name.givenName"], &["userName"]);
        assert_eq!(parts["emails"], json!([{ "value": "a", "type": "work" }, { "value": "b", "type": "home" }]));
        assert_eq!((&parts["name"], parts.get("userName")), (&json!({ "givenName": "Ada" }), None));
        let extended = shown(&[&format!("{ENTERPRISE}:department")], &[]);
        assert_eq!(extended, json!({ "schemas": ["s"], "id": "1", ENTERPRISE: { "department": "R" } }));
        assert_eq!(shown(&[ENTERPRISE], &[])[ENTERPRISE], json!({ "department": "R", "division": "D" }));
    }

    #[test]
    fn answers_lack_what_was_excluded() {
        let less = shown(&[], &["id", "schemas", "emails.type", "name", "meta", &format!("{ENTERPRISE}:division")]);
        let expected = json!({
            "schemas": ["s"], "id": "1", "userName": "ada", "active": true,
            "emails": [{ "value": "a" }, { "value": "b" }],
            ENTERPRISE: { "department": "R" },
        });
        assert_eq!(less, expected);
        assert_eq!(shown(&[], &[ENTERPRISE]).get(ENTERPRISE), None);
    }

    #[test]
    fn what_costs_a_statement_is_told_beforehand() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let of = |attributes, excluded| Projection::new(&USER, &names(attributes), &names(excluded)).wants("groups");
        assert!(of(&[], &[]) && of(&["groups.value"], &[]) && of(&[], &["groups.value"]) && of(&[], &["name"]));
        assert!(!of(&["name"], &[]) && !of(&[], &["groups"]));
    }
}
