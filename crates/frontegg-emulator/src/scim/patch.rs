//! Patches (RFC 7644, 3.5.2): operations on a resource, applied to a copy, so that they hold all or none.
//!
//! They are taken in the spellings of Okta and Entra ID, too: operations in any letter case, paths as names of members,
//! yes and no as text.

use serde_json::{Map, Value};

use super::{
    Error, Fault,
    filter::Filter,
    message::member,
    path::Path,
    resource::{self, Attributes, each_once, read_extension, read_single, read_value},
    schema::{Attribute, ResourceType, Schema, Target},
};

/// Most operations of a patch.
const MOST: usize = 1_000;

const SCHEMA: &str = "urn:ietf:params:scim:api:messages:2.0:PatchOp";

/// What to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Add,
    Replace,
    Remove,
}

/// One step.
#[derive(Clone, Debug)]
struct Operation {
    verb: Verb,
    path: Option<String>,
    value: Option<Value>,
}

/// The resource after all operations of a patch, which are undone by forgetting it.
pub(crate) fn apply(of: &'static ResourceType, resource: &Attributes, patch: &Value) -> Result<Attributes, Error> {
    let mut patched = resource.clone();
    for operation in read(patch)? {
        operation.apply(of, &mut patched)?;
    }
    resource::check(of, &patched)?;
    Ok(patched)
}

fn read(patch: &Value) -> Result<Vec<Operation>, Error> {
    let members = patch.as_object().ok_or_else(|| Error::syntax("A patch is an object"))?;
    if let Some(schemas) = member(members, "schemas") {
        let is_named = |id: &Value| id.as_str().is_some_and(|id| id.eq_ignore_ascii_case(SCHEMA));
        if !schemas.as_array().is_some_and(|schemas| schemas.iter().any(is_named)) {
            return Err(Error::syntax(format!("schemas does not name {SCHEMA}")));
        }
    }
    let operations = member(members, "Operations").and_then(Value::as_array);
    let operations = operations.ok_or_else(|| Error::syntax("Operations is a list"))?;
    if !(1..=MOST).contains(&operations.len()) {
        return Err(Error::syntax(format!("Operations has between 1 and {MOST} entries")));
    }
    operations.iter().map(Operation::read).collect()
}

impl Operation {
    fn read(operation: &Value) -> Result<Self, Error> {
        let members = operation.as_object().ok_or_else(|| Error::syntax("An operation is an object"))?;
        let verb = member(members, "op").and_then(Value::as_str).map(str::to_ascii_lowercase);
        let verb = match verb.as_deref() {
            Some("add") => Verb::Add,
            Some("replace") => Verb::Replace,
            Some("remove") => Verb::Remove,
            _ => return Err(Error::syntax("op is add, replace or remove")),
        };
        let path = match member(members, "path") {
            None => None,
            Some(Value::String(path)) => Some(path.clone()),
            Some(_) => return Err(Error::new(Fault::InvalidPath, "path is a text")),
        };
        // A value of null is one, which takes the place of another.
        let value = members.iter().find(|(name, _)| name.eq_ignore_ascii_case("value")).map(|(_, value)| value.clone());
        Ok(Self { verb, path, value })
    }

    fn apply(self, of: &'static ResourceType, resource: &mut Attributes) -> Result<(), Error> {
        let Self { verb, path, value } = self;
        let value = match (verb, value) {
            (Verb::Remove, value) => value.unwrap_or_default(),
            (_, Some(value)) => value,
            (_, None) => return Err(Error::value("value is missing")),
        };
        if let Some(path) = path {
            return at(of, resource, verb, Path::parse(&path, of)?, value);
        }
        let members = match (verb, value) {
            (Verb::Remove, _) => return Err(Error::new(Fault::NoTarget, "A removal needs a path")),
            (_, Value::Object(members)) => members,
            _ => return Err(Error::value("Without a path, value is an object")),
        };
        // As in a whole resource, what only the server sets and what no schema has is passed over.
        for (name, value) in members {
            match Path::parse(&name, of) {
                Ok(path) if !path.is_read_only() => at(of, resource, verb, path, value)?,
                Err(error) if name.contains('[') => return Err(error),
                Ok(_) | Err(_) => {}
            }
        }
        Ok(())
    }
}

impl Path {
    /// Whether only the server sets what it leads to.
    fn is_read_only(&self) -> bool {
        match self {
            Self::Extension(_) => false,
            Self::Attribute(target) | Self::Values { target, .. } => {
                target.attribute.is_read_only() || target.part.is_some_and(Attribute::is_read_only)
            }
        }
    }
}

fn at(of: &'static ResourceType, resource: &mut Attributes, verb: Verb, path: Path, value: Value) -> Result<(), Error> {
    if path.is_read_only() {
        return Err(Error::new(Fault::Mutability, "The attribute is set by the server alone"));
    }
    match path {
        Path::Extension(extension) => at_extension(of, resource, verb, extension, value),
        Path::Attribute(target) => within(resource, target.extension, |holder| match target.part {
            Some(part) => at_part(holder, verb, target.attribute, part, value),
            None => at_attribute(holder, verb, target.attribute, value),
        }),
        Path::Values { target, filter } => {
            within(resource, target.extension, |holder| at_values(holder, verb, target, &filter, value))
        }
    }
}

/// Changes the attributes of an extension, or those of none; an extension without any goes.
fn within(
    resource: &mut Attributes,
    extension: Option<&Schema>,
    change: impl FnOnce(&mut Attributes) -> Result<(), Error>,
) -> Result<(), Error> {
    let Some(extension) = extension else { return change(resource) };
    let mut holder = match resource.remove(extension.id) {
        Some(Value::Object(holder)) => holder,
        _ => Attributes::new(),
    };
    change(&mut holder)?;
    if !holder.is_empty() {
        resource.insert(extension.id.to_owned(), Value::Object(holder));
    }
    Ok(())
}

fn at_extension(
    of: &'static ResourceType,
    resource: &mut Attributes,
    verb: Verb,
    extension: &'static Schema,
    value: Value,
) -> Result<(), Error> {
    if verb == Verb::Remove || value.is_null() {
        resource.remove(extension.id);
        return Ok(());
    }
    let Value::Object(members) = value else {
        // To find what is wrong with it.
        return read_extension(extension, value).map(drop);
    };
    for (name, value) in members {
        if let Ok(path) = Path::parse(&format!("{}:{name}", extension.id), of)
            && !path.is_read_only()
        {
            at(of, resource, verb, path, value)?;
        }
    }
    Ok(())
}

fn at_attribute(holder: &mut Attributes, verb: Verb, attribute: &'static Attribute, value: Value) -> Result<(), Error> {
    let name = attribute.name;
    match verb {
        Verb::Remove if attribute.is_many() && !value.is_null() => {
            let unwanted = values_of(read_value(attribute, value)?);
            let is_unwanted = |value: &Value| unwanted.iter().any(|unwanted| is_meant(value, unwanted));
            retain(holder, name, |value| !is_unwanted(value));
            Ok(())
        }
        Verb::Remove => remove(holder, attribute),
        Verb::Add if attribute.is_many() => {
            let mut values = values_of(holder.remove(name));
            let new = values_of(read_value(attribute, value)?);
            if new.iter().any(is_primary) {
                values.iter_mut().for_each(step_down);
            }
            values.extend(new);
            put(holder, name, Some(Value::Array(each_once(attribute, values))));
            Ok(())
        }
        Verb::Replace if attribute.is_many() => {
            put(holder, name, read_value(attribute, value)?);
            Ok(())
        }
        Verb::Add | Verb::Replace => {
            let new = read_single(attribute, value)?;
            match (holder.get_mut(name), new) {
                (Some(Value::Object(parts)), Some(Value::Object(new))) => parts.extend(new),
                (_, None) => return remove(holder, attribute),
                (_, new) => put(holder, name, new),
            }
            Ok(())
        }
    }
}

fn at_part(
    holder: &mut Attributes,
    verb: Verb,
    attribute: &'static Attribute,
    part: &'static Attribute,
    value: Value,
) -> Result<(), Error> {
    let new = if verb == Verb::Remove { None } else { read_single(part, value)? };
    if !attribute.is_many() {
        let mut parts = match holder.remove(attribute.name) {
            Some(Value::Object(parts)) => parts,
            _ => Map::new(),
        };
        put(&mut parts, part.name, new);
        put(holder, attribute.name, Some(Value::Object(parts)));
        return Ok(());
    }
    let mut values = values_of(holder.remove(attribute.name));
    if values.is_empty() && new.is_some() {
        values.push(Value::Object(Map::new()));
    }
    set_part(&mut values, |_| true, part, new.as_ref());
    put(holder, attribute.name, Some(Value::Array(each_once(attribute, values))));
    Ok(())
}

fn at_values(holder: &mut Attributes, verb: Verb, target: Target, filter: &Filter, value: Value) -> Result<(), Error> {
    let Target { attribute, part, .. } = target;
    let name = attribute.name;
    let is_chosen = |value: &Value| value.as_object().is_some_and(|value| filter.matches(value));
    if verb == Verb::Remove {
        match part {
            // What is gone already is gone.
            None => retain(holder, name, |value| !is_chosen(value)),
            Some(part) => {
                let mut values = values_of(holder.remove(name));
                set_part(&mut values, is_chosen, part, None);
                put(holder, name, Some(Value::Array(each_once(attribute, values))));
            }
        }
        return Ok(());
    }
    let new = match part {
        Some(part) => read_single(part, value)?,
        None => read_single(attribute, value)?,
    };
    let mut values = values_of(holder.remove(name));
    if !values.iter().any(is_chosen) {
        let members = if verb == Verb::Add { filter.members() } else { None };
        let no_target = || Error::new(Fault::NoTarget, "No value fulfils the filter of the path");
        // An addition to a value that there is not makes it, as far as the filter tells what it is.
        values.push(Value::Object(members.ok_or_else(no_target)?));
    }
    if let Some(part) = part {
        set_part(&mut values, is_chosen, part, new.as_ref());
    } else {
        if new.as_ref().is_some_and(is_primary) {
            values.iter_mut().for_each(step_down);
        }
        for value in values.iter_mut().filter(|value| is_chosen(value)) {
            match (&mut *value, new.clone()) {
                (Value::Object(parts), Some(Value::Object(new))) if verb == Verb::Add => parts.extend(new),
                (_, new) => *value = new.unwrap_or_default(),
            }
        }
    }
    put(holder, name, Some(Value::Array(each_once(attribute, values))));
    Ok(())
}

/// Sets or takes a part of those values. Where it says which value is the primary one, no other is.
fn set_part(values: &mut [Value], is_chosen: impl Fn(&Value) -> bool, part: &Attribute, new: Option<&Value>) {
    let chosen: Vec<bool> = values.iter().map(is_chosen).collect();
    if part.name == "primary" && new == Some(&Value::Bool(true)) {
        values.iter_mut().for_each(step_down);
    }
    for value in values.iter_mut().zip(chosen).filter_map(|(value, is_chosen)| is_chosen.then_some(value)) {
        if let Some(parts) = value.as_object_mut() {
            put(parts, part.name, new.cloned());
        }
    }
}

/// The values of an attribute with several.
fn values_of(value: Option<Value>) -> Vec<Value> {
    match value {
        Some(Value::Array(values)) => values,
        Some(value) => vec![value],
        None => Vec::new(),
    }
}

/// Puts a value where another may be; nothing in place of what is empty.
fn put(holder: &mut Attributes, name: &str, value: Option<Value>) {
    let value = match value {
        Some(Value::Array(mut values)) => {
            values.retain(|value| !is_empty(value));
            Some(Value::Array(values))
        }
        value => value,
    };
    match value.filter(|value| !is_empty(value)) {
        Some(value) => drop(holder.insert(name.to_owned(), value)),
        None => drop(holder.remove(name)),
    }
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(values) => values.is_empty(),
        Value::Object(members) => members.is_empty(),
        _ => false,
    }
}

fn remove(holder: &mut Attributes, attribute: &Attribute) -> Result<(), Error> {
    if attribute.is_required {
        return Err(Error::new(Fault::Mutability, format!("{} is required", attribute.name)));
    }
    holder.remove(attribute.name);
    Ok(())
}

fn retain(holder: &mut Attributes, name: &str, is_kept: impl Fn(&Value) -> bool) {
    let mut values = values_of(holder.remove(name));
    values.retain(is_kept);
    put(holder, name, Some(Value::Array(values)));
}

/// Whether a value is one that was named for its removal: by its own `value`, or by all that was said.
fn is_meant(value: &Value, named: &Value) -> bool {
    match (value.get("value"), named.get("value")) {
        (Some(value), Some(named)) => value == named,
        _ => value == named,
    }
}

fn is_primary(value: &Value) -> bool {
    value["primary"] == true
}

fn step_down(value: &mut Value) {
    if is_primary(value)
        && let Some(parts) = value.as_object_mut()
    {
        parts.insert("primary".to_owned(), Value::Bool(false));
    }
}

#[cfg(test)]
mod tests;
