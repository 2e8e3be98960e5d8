//! Refuses documents that break the conventions, each fault with its file and JSON pointer.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use anyhow::{Result, bail};
use heck::ToSnakeCase;
use serde_json::Value;

use super::{
    Document, UNPUBLISHED,
    api::{FORMS, JSON, LIST, TENANT_HEADER, USER_HEADER, is_enum, members},
    escape,
    permission::Permission,
};

const TOKENS: [&str; 4] = ["none", "user", "environment", "environment_or_user"];
const CATEGORIES: [&str; 5] = ["authentication", "management", "self-service", "applications", "tenants"];
const SCOPES: [&str; 4] = ["tenant", "tenant?", "user", "user?"];
const EXTENSIONS: [&str; 5] = ["x-upstream-operation-id", "x-token", "x-scope", "x-category", "x-permission"];

/// One fault and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// File of the document.
    pub file: String,
    /// JSON pointer (RFC 6901) into it.
    pub pointer: String,
    /// What is wrong.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.file, self.pointer, self.what)
    }
}

/// Fails with one line a fault.
pub fn lint(documents: &[Document]) -> Result<()> {
    let faults = faults(documents);
    if !faults.is_empty() {
        let lines: Vec<String> = faults.iter().map(Fault::to_string).collect();
        bail!("{}", lines.join("\n"));
    }
    Ok(())
}

/// All faults of the documents, in their order.
pub fn faults(documents: &[Document]) -> Vec<Fault> {
    let mut lint = Lint { documents, faults: Vec::new(), file: "", ids: BTreeMap::new() };
    for document in documents {
        lint.file = &document.file;
        lint.document(&document.value);
    }
    lint.faults
}

struct Lint<'a> {
    documents: &'a [Document],
    faults: Vec<Fault>,
    file: &'a str,
    /// Operation id to the place where it was seen first.
    ids: BTreeMap<String, String>,
}

impl<'a> Lint<'a> {
    fn fault(&mut self, pointer: &str, what: impl Into<String>) {
        self.faults.push(Fault { file: self.file.to_owned(), pointer: pointer.to_owned(), what: what.into() });
    }

    fn check(&mut self, holds: bool, pointer: &str, what: impl Into<String>) {
        if !holds {
            self.fault(pointer, what);
        }
    }

    fn document(&mut self, document: &'a Value) {
        let version = document["openapi"].as_str().unwrap_or_default();
        self.check(version.starts_with("3.0."), "#/openapi", "is not OpenAPI 3.0");
        self.check(document["paths"].is_object(), "#/paths", "is missing");
        let tags: BTreeSet<&str> =
            document["tags"].as_array().into_iter().flatten().filter_map(|tag| tag["name"].as_str()).collect();
        self.references(document, "#");
        for (path, item) in members(document, "paths") {
            for (method, operation) in item.as_object().into_iter().flatten() {
                let pointer = format!("#/paths/{}/{method}", escape(path));
                self.operation(path, operation, &tags, &pointer);
            }
        }
        for (name, schema) in members(&document["components"], "schemas") {
            self.schema(schema, &format!("#/components/schemas/{}", escape(name)), true);
        }
    }

    fn references(&mut self, value: &Value, pointer: &str) {
        match value {
            Value::Object(map) => {
                if let Some(reference) = map.get("$ref").and_then(Value::as_str)
                    && !self.reference_exists(reference)
                {
                    self.fault(&format!("{pointer}/$ref"), format!("unknown reference {reference:?}"));
                }
                for (name, member) in map {
                    self.references(member, &format!("{pointer}/{}", escape(name)));
                }
            }
            Value::Array(list) => {
                for (index, entry) in list.iter().enumerate() {
                    self.references(entry, &format!("{pointer}/{index}"));
                }
            }
            _ => {}
        }
    }

    fn reference_exists(&self, reference: &str) -> bool {
        let Some((file, pointer)) = reference.split_once('#') else { return false };
        let file = if file.is_empty() { self.file } else { file };
        let document = self.documents.iter().find(|document| document.file == file);
        document.is_some_and(|document| document.value.pointer(pointer).is_some())
    }

    /// Follows a reference into this document or another one.
    fn resolve(&self, value: &'a Value) -> &'a Value {
        let Some((file, pointer)) = value["$ref"].as_str().and_then(|reference| reference.split_once('#')) else {
            return value;
        };
        let file = if file.is_empty() { self.file } else { file };
        let document = self.documents.iter().find(|document| document.file == file);
        document.and_then(|document| document.value.pointer(pointer)).unwrap_or(value)
    }

    fn operation(&mut self, path: &str, operation: &'a Value, tags: &BTreeSet<&str>, pointer: &str) {
        let text = |member: &str| operation[member].as_str().unwrap_or_default();
        let id = text("operationId");
        self.check(
            !id.is_empty() && id.to_snake_case() == id,
            &format!("{pointer}/operationId"),
            "is missing or not snake_case",
        );
        let place = format!("{}: {pointer}", self.file);
        if let Some(first) = self.ids.insert(id.to_owned(), place) {
            self.fault(&format!("{pointer}/operationId"), format!("{id:?} is the id of {first} too"));
        }
        for member in ["summary", "description"] {
            self.check(!text(member).is_empty(), &format!("{pointer}/{member}"), "is missing");
        }
        match operation["tags"].as_array().map(Vec::as_slice) {
            Some([Value::String(tag)]) => {
                self.check(tags.contains(tag.as_str()), &format!("{pointer}/tags/0"), format!("unknown tag {tag:?}"));
            }
            _ => self.fault(&format!("{pointer}/tags"), "is not one tag"),
        }
        self.extensions(operation, pointer);
        self.responses(operation, pointer);
        self.parameters(path, operation, pointer);
        if let Some(body) = operation.get("requestBody") {
            let mut content = self.resolve(body)["content"].clone();
            let place = format!("{pointer}/requestBody/content");
            // A form has the members that the JSON has.
            for kind in FORMS {
                if let Some(form) = content.as_object_mut().and_then(|kinds| kinds.remove(kind)) {
                    self.check(form == content["application/json"], &place, "has a form of its own beside the JSON");
                }
            }
            self.content(&content, &place);
        }
    }

    fn extensions(&mut self, operation: &Value, pointer: &str) {
        for member in operation.as_object().into_iter().flat_map(serde_json::Map::keys) {
            let known = !member.starts_with("x-") || EXTENSIONS.contains(&member.as_str());
            self.check(known, &format!("{pointer}/{member}"), "is none of the five x- members");
        }
        let upstream = operation["x-upstream-operation-id"].as_str();
        let right =
            upstream.is_some_and(|name| !name.is_empty() && (name == "unpublished") == (self.file == UNPUBLISHED));
        self.check(right, &format!("{pointer}/x-upstream-operation-id"), "is missing or wrong");
        for (member, allowed) in [("x-token", &TOKENS[..]), ("x-category", &CATEGORIES[..])] {
            let known = operation[member].as_str().is_some_and(|value| allowed.contains(&value));
            self.check(known, &format!("{pointer}/{member}"), format!("is none of {}", allowed.join(", ")));
        }
        let scope = operation["x-scope"].as_array();
        let known = scope
            .is_some_and(|scope| scope.iter().all(|entry| entry.as_str().is_some_and(|entry| SCOPES.contains(&entry))));
        self.check(known, &format!("{pointer}/x-scope"), format!("is no list of {}", SCOPES.join(", ")));
        self.permission(operation, pointer);
    }

    /// Whatever takes a user's token says what it asks of its holder, and nothing else does.
    fn permission(&mut self, operation: &Value, pointer: &str) {
        let place = format!("{pointer}/x-permission");
        let stated = match operation.get("x-permission").map(Permission::read) {
            Some(Ok(stated)) => stated,
            Some(Err(error)) => return self.fault(&place, error.to_string()),
            None => return self.fault(&place, "is missing"),
        };
        let takes_users = matches!(operation["x-token"].as_str(), Some("user" | "environment_or_user"));
        let states_something = stated != Permission::NotApplicable;
        self.check(takes_users == states_something, &place, "does not agree with x-token");
        let refuses = operation["responses"].get("403").is_some();
        self.check(
            stated.keys().is_empty() || refuses,
            &format!("{pointer}/responses"),
            "lack the 403 of a permission",
        );
    }

    fn responses(&mut self, operation: &'a Value, pointer: &str) {
        let mut successes = 0;
        for (status, response) in members(operation, "responses") {
            let place = format!("{pointer}/responses/{status}");
            let number = status.parse::<u16>().unwrap_or_default();
            self.check((200..600).contains(&number), &place, "is no status; success and errors are listed one by one");
            let response = self.resolve(response);
            self.check(
                response["description"].as_str().is_some_and(|text| !text.is_empty()),
                &place,
                "has no description",
            );
            let schema = response.pointer("/content/application~1json/schema");
            if number < 400 {
                successes += 1;
            } else {
                let error =
                    schema.and_then(|schema| schema["$ref"].as_str()).is_some_and(|name| name.ends_with("/ApiError"));
                self.check(error, &place, "is an error without ApiError");
            }
            if let Some(content) = response.get("content")
                && !(number < 400 && is_file(content))
            {
                self.content(content, &format!("{place}/content"));
            }
        }
        self.check(
            successes == 1,
            &format!("{pointer}/responses"),
            format!("has {successes} success statuses instead of one"),
        );
    }

    fn content(&mut self, content: &Value, pointer: &str) {
        let Some(schema) = content
            .pointer("/application~1json/schema")
            .filter(|_| content.as_object().is_some_and(|map| map.len() == 1))
        else {
            return self.fault(pointer, "is not one JSON schema");
        };
        self.schema(schema, &format!("{pointer}/application~1json/schema"), false);
    }

    fn parameters(&mut self, path: &str, operation: &'a Value, pointer: &str) {
        let mut headers = BTreeSet::new();
        let mut in_path = BTreeSet::new();
        for (index, parameter) in operation["parameters"].as_array().into_iter().flatten().enumerate() {
            let place = format!("{pointer}/parameters/{index}");
            let parameter = self.resolve(parameter);
            let name = parameter["name"].as_str().unwrap_or_default();
            self.check(
                parameter["description"].as_str().is_some_and(|text| !text.is_empty()),
                &place,
                "has no description",
            );
            match parameter["in"].as_str() {
                Some("path") => {
                    in_path.insert(name.to_owned());
                }
                Some("header") => {
                    headers.insert(name);
                }
                Some("query") => {}
                _ => self.fault(&format!("{place}/in"), "is not path, query or header"),
            }
            self.check(
                parameter["description"].as_str().is_some_and(|text| text.contains("separated by commas"))
                    == (parameter["schema"]["format"] == LIST),
                &format!("{place}/schema/format"),
                "does not agree with the description: a list is separated by commas and has the format csv",
            );
            self.schema(&parameter["schema"], &format!("{place}/schema"), false);
        }
        let template: BTreeSet<String> = path
            .split('/')
            .filter_map(|segment| Some(segment.strip_prefix('{')?.strip_suffix('}')?.to_owned()))
            .collect();
        self.check(template == in_path, &format!("{pointer}/parameters"), "do not agree with the path");
        let scope = |name: &str| {
            operation["x-scope"]
                .as_array()
                .into_iter()
                .flatten()
                .any(|entry| entry.as_str().is_some_and(|entry| entry.trim_end_matches('?') == name))
        };
        for (word, header) in [("tenant", TENANT_HEADER), ("user", USER_HEADER)] {
            self.check(
                scope(word) == headers.contains(header),
                &format!("{pointer}/x-scope"),
                format!("does not agree with the header {header}"),
            );
        }
    }

    /// Checks a schema; only components may be enums or objects with members.
    fn schema(&mut self, schema: &Value, pointer: &str, component: bool) {
        self.check(schema.get("anyOf").is_none(), pointer, "anyOf cannot be decoded");
        self.check(component || !is_enum(schema), pointer, "is an enum without a name");
        self.check(component || schema.get("properties").is_none(), pointer, "is an object without a name");
        for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            let known = schema["properties"].get(required).is_some();
            self.check(known, &format!("{pointer}/required"), format!("{required:?} is no property"));
        }
        for (name, property) in members(schema, "properties") {
            self.schema(property, &format!("{pointer}/properties/{}", escape(name)), false);
        }
        if let Some(items) = schema.get("items") {
            self.schema(items, &format!("{pointer}/items"), false);
        }
    }
}

/// Whether an answer is a file: bytes of one media type.
fn is_file(content: &Value) -> bool {
    let mut kinds = content.as_object().into_iter().flatten();
    let (Some((kind, content)), None) = (kinds.next(), kinds.next()) else { return false };
    kind != JSON && content["schema"] == serde_json::json!({ "type": "string", "format": "binary" })
}
