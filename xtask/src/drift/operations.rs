//! Reads the operations of a document: what travels each way, wherever it is written.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    schema::follow,
    spot::{ANYTHING, Node, Spot},
};
use crate::documents::escape;

const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
const DEPTH: usize = 16;

/// What two documents know an operation by: full path with `{}` for parameters, and method.
pub(super) type OperationKey = (String, &'static str);

/// One operation as it stands in its document.
#[derive(Debug, Clone, Copy)]
pub(super) struct Operation<'a> {
    pub(super) document: &'a Value,
    pub(super) path: &'a str,
    pub(super) method: &'static str,
    item: &'a Value,
    value: &'a Value,
}

/// A parameter.
#[derive(Debug)]
pub(super) struct Parameter<'a> {
    /// `query`, `header`, `path` or `cookie`.
    pub(super) location: &'a str,
    pub(super) name: &'a str,
    /// Which one of the path's parameters it is.
    pub(super) position: Option<usize>,
    pub(super) required: bool,
    pub(super) schema: Node<'a>,
    /// The parameter itself.
    pub(super) spot: Spot,
}

/// A request body or an answer.
#[derive(Debug)]
pub(super) struct Content<'a> {
    pub(super) media: &'a str,
    pub(super) schema: Node<'a>,
    /// The `content` member.
    pub(super) spot: Spot,
}

/// The path of the document's first server, e.g. `/identity`; `None` when the document names no server.
pub(super) fn server_path(document: &Value) -> Option<&str> {
    let url = document.pointer("/servers/0/url")?.as_str()?;
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    Some(rest.find('/').map_or("", |at| rest[at..].trim_end_matches('/')))
}

/// A full path with the names of its parameters taken out.
pub(super) fn shape_of(prefix: &str, path: &str) -> String {
    let mut shape = String::from(prefix);
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((_, behind)) = after.split_once('}') else {
            break;
        };
        shape.extend([before, "{}"]);
        rest = behind;
    }
    shape.push_str(rest);
    shape.trim_end_matches('/').to_owned()
}

/// All operations of a document.
pub(super) fn operations<'a>(document: &'a Value, prefix: &str) -> BTreeMap<OperationKey, Operation<'a>> {
    let mut found = BTreeMap::new();
    for (path, item) in document.get("paths").and_then(Value::as_object).into_iter().flatten() {
        let item = resolved(document, item);
        for method in METHODS {
            if let Some(value) = item.get(method).filter(|value| value.is_object()) {
                found.insert((shape_of(prefix, path), method), Operation { document, path, method, item, value });
            }
        }
    }
    found
}

fn resolved<'a>(document: &'a Value, mut value: &'a Value) -> &'a Value {
    for _ in 0..DEPTH {
        let Some((target, _)) = follow(document, value) else {
            break;
        };
        value = target;
    }
    value
}

impl<'a> Operation<'a> {
    /// The operation as a place.
    pub(super) fn spot(&self) -> Spot {
        let label = format!("{} {}", self.method.to_uppercase(), self.path);
        Spot::new(label, format!("#/paths/{}/{}", escape(self.path), self.method))
    }

    pub(super) fn deprecated(&self) -> bool {
        self.value.get("deprecated") == Some(&Value::Bool(true))
    }

    /// The parameters of the operation and of its path.
    pub(super) fn parameters(&self, spot: &Spot) -> Vec<Parameter<'a>> {
        let mut found: Vec<Parameter<'a>> = Vec::new();
        let whole = Spot::new(spot.label.clone(), format!("#/paths/{}", escape(self.path)));
        for (holder, spot) in [(self.value, spot), (self.item, &whole)] {
            let all = holder.get("parameters").and_then(Value::as_array).into_iter().flatten();
            for (at, parameter) in all.enumerate() {
                let parameter = resolved(self.document, parameter);
                let word = |member: &str| parameter.get(member).and_then(Value::as_str);
                let (Some(location), Some(name)) = (word("in"), word("name")) else {
                    continue;
                };
                if found.iter().any(|known| known.is(location, name)) {
                    continue;
                }
                let mut spot = spot.below(&format!(" {location} {name}"), &format!("/parameters/{at}"));
                spot.trail.push(parameter_pointer(&self.spot().pointer, name));
                let schema = match parameter.get("schema") {
                    Some(schema) => Node::new(schema, spot.below("", "/schema")),
                    None => Node::anything(spot.clone()),
                };
                let required = location == "path" || parameter.get("required") == Some(&Value::Bool(true));
                let position = if location == "path" { self.position(name) } else { None };
                found.push(Parameter { location, name, position, required, schema, spot });
            }
        }
        found
    }

    fn position(&self, name: &str) -> Option<usize> {
        let (before, _) = self.path.split_once(&format!("{{{name}}}"))?;
        Some(before.matches('{').count())
    }

    /// The request body and whether it is required.
    pub(super) fn body(&self, spot: &Spot) -> Option<(Content<'a>, bool)> {
        let body = resolved(self.document, self.value.get("requestBody")?);
        let content = content(body, &spot.below(" body", "/requestBody"))?;
        Some((content, body.get("required") == Some(&Value::Bool(true))))
    }

    /// Success answers by status.
    pub(super) fn answers(&self, spot: &Spot) -> BTreeMap<&'a str, Option<Content<'a>>> {
        let all = self.value.get("responses").and_then(Value::as_object).into_iter().flatten();
        let good = all.filter(|(status, _)| status.starts_with(['2', '3']));
        let read = |(status, answer): (&'a String, &'a Value)| {
            let place = spot.below(&format!(" {status}"), &format!("/responses/{status}"));
            (status.as_str(), content(resolved(self.document, answer), &place))
        };
        good.map(read).collect()
    }
}

impl Parameter<'_> {
    /// Whether it is the parameter of that name. Header names have no case.
    pub(super) fn is(&self, location: &str, name: &str) -> bool {
        self.location == location && (self.name == name || location == "header" && self.name.eq_ignore_ascii_case(name))
    }
}

/// Pointer by which a repair may name a parameter, instead of by its position: the only way where upstream lacks it.
pub(super) fn parameter_pointer(operation: &str, name: &str) -> String {
    format!("{operation}/parameters/{}", escape(name))
}

/// The JSON content, or else the first.
fn content<'a>(holder: &'a Value, spot: &Spot) -> Option<Content<'a>> {
    let all = holder.get("content")?.as_object()?;
    let is_json = |media: &&String| media.split(';').next().is_some_and(|kind| kind.trim().ends_with("json"));
    let media = all.keys().find(is_json).or_else(|| all.keys().next())?;
    let schema = all[media].get("schema").unwrap_or(&ANYTHING);
    let below = spot.below("", &format!("/content/{}/schema", escape(media)));
    Some(Content { media, schema: Node::new(schema, below), spot: spot.below("", "/content") })
}
