//! A schema in normal form: references followed, wrappers taken off, `allOf` folded.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::spot::{Node, Spot};
use crate::documents::api::enum_values;

/// Longer chains of references and wrappers are circles.
const DEPTH: usize = 32;
const SCHEMAS: &str = "#/components/schemas/";
const BOUNDS: [&str; 6] = ["minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems"];

/// What is left of a schema when references and wrappers around a single schema are taken off.
#[derive(Debug)]
pub(super) struct Unwrapped<'a> {
    pub(super) value: &'a Value,
    /// Name of the component that was referred to last.
    pub(super) name: Option<&'a str>,
    /// Pointer of `value` after the last reference, or the segments that were passed on the way if there was none.
    pub(super) pointer: String,
    pub(super) nullable: bool,
}

/// Follows references and wrappers.
pub(super) fn unwrap<'a>(document: &'a Value, mut value: &'a Value) -> Unwrapped<'a> {
    let (mut name, mut pointer, mut nullable) = (None, String::new(), false);
    for _ in 0..DEPTH {
        nullable |= is_nullable(value);
        if let Some((target, reference)) = follow(document, value) {
            name = reference.strip_prefix(SCHEMAS);
            reference.clone_into(&mut pointer);
            value = target;
        } else if let Some((inner, segments)) = single(value) {
            pointer.push_str(&segments);
            value = inner;
        } else {
            break;
        }
    }
    Unwrapped { value, name, pointer, nullable }
}

/// The target of a local reference.
pub(super) fn follow<'a>(document: &'a Value, value: &'a Value) -> Option<(&'a Value, &'a str)> {
    let reference = value.get("$ref")?.as_str()?;
    Some((document.pointer(reference.strip_prefix('#')?)?, reference))
}

/// Whether the document has a component schema of that name.
pub(super) fn has_schema(document: &Value, name: &str) -> bool {
    document.pointer("/components/schemas").and_then(|schemas| schemas.get(name)).is_some()
}

/// The one schema in a combination that adds nothing to it.
fn single(value: &Value) -> Option<(&Value, String)> {
    const OWN: [&str; 5] = ["properties", "required", "items", "enum", "additionalProperties"];
    if OWN.iter().any(|member| value.get(member).is_some()) {
        return None;
    }
    ["allOf", "oneOf", "anyOf"].into_iter().find_map(|keyword| match branches(value, keyword).as_slice() {
        [(at, only)] => Some((*only, format!("/{keyword}/{at}"))),
        _ => None,
    })
}

/// The schemas of a combination with their positions, without the one that says `null` (OpenAPI 3.1).
fn branches<'a>(value: &'a Value, keyword: &str) -> Vec<(usize, &'a Value)> {
    let all = value.get(keyword).and_then(Value::as_array).into_iter().flatten();
    all.enumerate().filter(|(_, branch)| branch.get("type") != Some(&Value::from("null"))).collect()
}

fn is_nullable(value: &Value) -> bool {
    let null = Value::from("null");
    let has = |member: &str, wanted: &Value| {
        value.get(member).and_then(Value::as_array).is_some_and(|list| list.contains(wanted))
    };
    let combined = ["oneOf", "anyOf"].iter().any(|keyword| {
        let all = value.get(keyword).and_then(Value::as_array);
        all.is_some_and(|all| all.iter().any(|branch| branch.get("type") == Some(&null)))
    });
    value.get("nullable") == Some(&Value::Bool(true)) || has("type", &null) || has("enum", &Value::Null) || combined
}

/// A member of an object.
#[derive(Debug)]
pub(super) struct Member<'a> {
    pub(super) node: Node<'a>,
    pub(super) required: bool,
}

/// What a schema says, with all of its `allOf` folded in.
#[derive(Debug, Default)]
pub(super) struct Shape<'a> {
    /// `object`, `array`, `string`, `number`, `boolean`, `one of`, `any`, or several with `|` between.
    pub(super) kind: String,
    pub(super) members: BTreeMap<&'a str, Member<'a>>,
    /// Whether other members are refused.
    pub(super) closed: bool,
    /// Schema of other members.
    pub(super) others: Option<Node<'a>>,
    pub(super) items: Option<Node<'a>>,
    /// Permitted values as JSON.
    pub(super) values: Option<BTreeSet<String>>,
    /// Alternatives, where there are several.
    pub(super) variants: Vec<Node<'a>>,
    pub(super) bounds: BTreeMap<&'static str, f64>,
    /// Names of the schemas that were folded in.
    pub(super) pieces: Vec<&'a str>,
    required: BTreeSet<&'a str>,
}

impl<'a> Shape<'a> {
    /// Reads the schema of a node that `unwrap` is done with.
    pub(super) fn of(document: &'a Value, value: &'a Value, spot: &Spot) -> Self {
        let mut shape = Self::default();
        shape.add(document, value, spot, DEPTH);
        if shape.kind.is_empty() {
            shape.kind = shape.implied().to_owned();
        }
        for name in std::mem::take(&mut shape.required) {
            if let Some(member) = shape.members.get_mut(name) {
                member.required = true;
            }
        }
        shape
    }

    fn add(&mut self, document: &'a Value, value: &'a Value, spot: &Spot, depth: usize) {
        let Some(depth) = depth.checked_sub(1) else {
            return;
        };
        if let Some((target, reference)) = follow(document, value) {
            self.pieces.extend(reference.strip_prefix(SCHEMAS));
            let name = reference.rsplit('/').next().unwrap_or(reference);
            return self.add(document, target, &spot.named(name, reference), depth);
        }
        for (at, piece) in branches(value, "allOf") {
            self.add(document, piece, &spot.below("", &format!("/allOf/{at}")), depth);
        }
        for keyword in ["oneOf", "anyOf"] {
            let found = branches(value, keyword);
            let spot_of = |at: usize| spot.below("", &format!("/{keyword}/{at}"));
            if let [(at, only)] = found.as_slice() {
                self.add(document, only, &spot_of(*at), depth);
            } else {
                self.variants.extend(found.into_iter().map(|(at, one)| Node::new(one, spot_of(at))));
            }
        }
        if let Some(kind) = kind(value) {
            self.kind = kind;
        }
        for (name, property) in value.get("properties").and_then(Value::as_object).into_iter().flatten() {
            let node = Node::new(property, spot.property(name));
            self.members.insert(name, Member { node, required: false });
        }
        let required = value.get("required").and_then(Value::as_array).into_iter().flatten();
        self.required.extend(required.filter_map(Value::as_str));
        match value.get("additionalProperties") {
            Some(Value::Bool(open)) => self.closed = !open,
            // An empty schema says no more than `true`.
            Some(others @ Value::Object(map)) if !map.is_empty() => {
                self.others = Some(Node::new(others, spot.below(".*", "/additionalProperties")));
            }
            _ => {}
        }
        if let Some(items) = value.get("items") {
            self.items = Some(Node::new(items, spot.below("[]", "/items")));
        }
        if let Some(values) = enum_values(value) {
            self.values = Some(values.iter().filter(|one| !one.is_null()).map(Value::to_string).collect());
        } else if let Some(only) = value.get("const") {
            self.values = Some(BTreeSet::from([only.to_string()]));
        }
        for bound in BOUNDS {
            if let Some(limit) = value.get(bound).and_then(Value::as_f64) {
                self.bounds.insert(bound, limit);
            }
        }
    }

    /// The type where none is written.
    fn implied(&self) -> &'static str {
        if !self.members.is_empty() || self.others.is_some() || self.closed {
            "object"
        } else if self.items.is_some() {
            "array"
        } else if self.variants.len() > 1 {
            "one of"
        } else if self.values.as_ref().is_some_and(|all| all.iter().all(|one| one.starts_with('"'))) {
            "string"
        } else {
            "any"
        }
    }
}

/// The type that is written, without `null`.
fn kind(value: &Value) -> Option<String> {
    let plain = |name: &str| if name == "integer" { "number" } else { name }.to_owned();
    match value.get("type")? {
        Value::String(name) => Some(plain(name)),
        Value::Array(names) => {
            let names: BTreeSet<_> =
                names.iter().filter_map(Value::as_str).filter(|name| *name != "null").map(plain).collect();
            Some(names.into_iter().collect::<Vec<_>>().join("|")).filter(|all| !all.is_empty())
        }
        _ => None,
    }
}

/// A few words on a schema, for things that are new: its name or its type.
pub(super) fn describe(document: &Value, value: &Value) -> String {
    let plain = unwrap(document, value);
    if let Some(name) = plain.name {
        return name.to_owned();
    }
    let shape = Shape::of(document, plain.value, &Spot::new("", ""));
    match &shape.items {
        Some(items) if shape.kind == "array" => {
            format!("array of {}", describe(document, items.value))
        }
        _ => shape.kind,
    }
}
