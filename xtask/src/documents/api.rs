//! The operations of the joined document, in the form that every emitter reads.

use anyhow::{Context, Result, bail};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use super::{permission::Permission, reference_name, resolve, spelling};

/// Header by which an environment token says the tenant.
pub const TENANT_HEADER: &str = "frontegg-tenant-id";
/// Header by which an environment token says the user.
pub const USER_HEADER: &str = "frontegg-user-id";
/// Name of the way to be let in that is open to signed-in people only.
const SESSION: &str = "sessionToken";
/// Format of a text that is a list with commas.
pub const LIST: &str = "csv";
/// Content of bodies that are no files.
pub const JSON: &str = "application/json";
/// Contents of requests by forms: those that pages and tools send files with, and those of plain fields.
pub const FORMS: [&str; 2] = ["multipart/form-data", "application/x-www-form-urlencoded"];
/// Header that names an application.
pub const APPLICATION_HEADER: &str = "frontegg-application-id";

/// The whole API: the joined document and what was read from it.
#[derive(Debug, Clone)]
pub struct Api {
    /// The joined document, as written (not prepared for the generator).
    pub document: Value,
    /// All operations, sorted by id.
    pub operations: Vec<Operation>,
    /// All tags that have operations, in the order of the documents.
    pub tags: Vec<Tag>,
}

/// A group of operations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// As the documents spell it, e.g. `Users-applications Management`.
    pub name: String,
    /// One sentence.
    pub description: String,
}

/// One operation.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is said of itself in the document")]
pub struct Operation {
    /// Our id, snake_case.
    pub id: String,
    /// The published id, or `unpublished`.
    pub upstream: String,
    /// Lower-case HTTP method.
    pub method: String,
    /// Full path template.
    pub path: String,
    /// Tag.
    pub tag: String,
    /// One line.
    pub summary: String,
    /// A few sentences, or empty.
    pub description: String,
    /// Whether the vendor advises against it.
    pub deprecated: bool,
    /// `authentication`, `management`, `self-service`, `applications` or `tenants`.
    pub category: String,
    /// `none`, `user`, `environment` or `environment_or_user`.
    pub token: String,
    /// What a user's or API token needs.
    pub permission: Permission,
    /// Whether the service's own pages call it without that token as well.
    pub anonymous: bool,
    /// Whether tokens of API credentials are refused.
    pub sessions_only: bool,
    /// Whether an environment token must name a tenant.
    pub tenant: Need,
    /// Whether an environment token must name a user.
    pub user: Need,
    /// Whether it stands in a published document.
    pub published: bool,
    /// Path, query and header parameters without the two scope headers, in the order of the document.
    pub parameters: Vec<Parameter>,
    /// Request body.
    pub body: Option<Body>,
    /// Documented success status.
    pub status: u16,
    /// Schema of the success answer; `None` when it has no body, or none of JSON.
    pub answer: Option<Value>,
    /// Media type of a success answer that is a file, e.g. `text/csv`.
    pub file: Option<String>,
    /// Documented error statuses with what they mean.
    pub errors: Vec<(u16, String)>,
}

/// What the offset of a list counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paging {
    /// Pages, of `_limit` items each.
    Pages,
    /// Entries, of which `count` are given.
    Entries,
}

impl Paging {
    /// The parameters with the size of a page and with where it begins.
    pub fn parameters(self) -> (&'static str, &'static str) {
        match self {
            Self::Pages => ("_limit", "_offset"),
            Self::Entries => ("count", "offset"),
        }
    }
}

/// Whether a scope header is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// No such header.
    None,
    /// It narrows the call.
    Optional,
    /// The call is refused without it.
    Required,
}

/// Where a parameter stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// In the path.
    Path,
    /// In the query.
    Query,
    /// In a header.
    Header,
}

/// One parameter.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// Name on the wire.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// Whether it must be there.
    pub required: bool,
    /// Its schema.
    pub schema: Value,
    /// What it means.
    pub description: String,
}

impl Parameter {
    /// Whether it is a list, which travels as one text with commas.
    pub fn is_list(&self) -> bool {
        self.schema["format"] == LIST
    }

    /// Name in Rust, e.g. `limit` for `_limit`.
    pub fn ident(&self) -> String {
        rust_field(&self.name)
    }
}

/// A JSON request body.
#[derive(Debug, Clone)]
pub struct Body {
    /// Whether it must be there.
    pub required: bool,
    /// Its schema.
    pub schema: Value,
    /// Whether its members may come as the parts of a form as well.
    pub may_be_form: bool,
}

impl Operation {
    /// How the operation lists page by page, if it does.
    pub fn paging(&self) -> Option<Paging> {
        let has = |name: &str| self.parameters.iter().any(|parameter| parameter.name == name);
        let lists = self.method == "get";
        [Paging::Pages, Paging::Entries].into_iter().find(|paging| {
            let (size, offset) = paging.parameters();
            lists && has(size) && has(offset)
        })
    }

    /// Whether the operation lists page by page.
    pub fn paged(&self) -> bool {
        self.paging().is_some()
    }

    /// Whether `frontegg-application-id` is read.
    pub fn takes_application(&self) -> bool {
        self.parameters.iter().any(|parameter| parameter.name == APPLICATION_HEADER)
    }

    /// Parameters of one place, in the order of the document (path: in the order of the template).
    pub fn parameters_in(&self, place: Place) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().filter(move |parameter| parameter.place == place)
    }
}

impl Api {
    /// Reads the operations of a joined document.
    pub fn read(document: Value) -> Result<Self> {
        let mut operations = Vec::new();
        for (path, item) in members(&document, "paths") {
            for (method, operation) in item.as_object().into_iter().flatten() {
                let place = format!("{} {path}", method.to_uppercase());
                operations.push(Operation::read(&document, method, path, operation).context(place)?);
            }
        }
        operations.sort_by(|a, b| a.id.cmp(&b.id));
        let tags = document["tags"].as_array().into_iter().flatten();
        let tags = tags
            .map(|tag| Tag { name: text(tag, "name"), description: text(tag, "description") })
            .filter(|tag| operations.iter().any(|operation| operation.tag == tag.name))
            .collect();
        Ok(Self { document, operations, tags })
    }

    /// Operations of published documents.
    pub fn published(&self) -> impl Iterator<Item = &Operation> {
        self.operations.iter().filter(|operation| operation.published)
    }

    /// Operations of one tag, sorted by id.
    pub fn tagged<'a>(&'a self, tag: &'a str) -> impl Iterator<Item = &'a Operation> {
        self.operations.iter().filter(move |operation| operation.tag == tag)
    }

    /// Component schemas in the order of the joined document.
    pub fn schemas(&self) -> impl Iterator<Item = (&String, &Value)> {
        members(&self.document["components"], "schemas")
    }

    /// The Rust type of a schema; types of the model are reached by `types::`, `enums::` and `Secret`.
    pub fn rust_type(&self, schema: &Value) -> Result<TokenStream> {
        if let Some(name) = reference_name(schema) {
            let target = &self.document["components"]["schemas"][name];
            let ident = format_ident!("{}", rust_name(name));
            return Ok(if is_enum(target) { quote!(enums::#ident) } else { quote!(types::#ident) });
        }
        if schema.as_object().is_none_or(|map| !map.contains_key("type")) {
            return Ok(quote!(::serde_json::Value));
        }
        Ok(match (text(schema, "type").as_str(), text(schema, "format").as_str()) {
            ("string", "password") => quote!(Secret),
            ("string", "date-time") => quote!(::chrono::DateTime<::chrono::Utc>),
            ("string", _) => quote!(String),
            ("integer", "int32") => quote!(i32),
            ("integer", _) => quote!(i64),
            ("number", _) => quote!(f64),
            ("boolean", _) => quote!(bool),
            ("array", _) => {
                let item = self.rust_type(&schema["items"])?;
                quote!(Vec<#item>)
            }
            ("object", "password") => quote!(SecretMap),
            ("object", _) => quote!(::serde_json::Map<String, ::serde_json::Value>),
            (other, _) => bail!("no Rust type for {other}"),
        })
    }
}

impl Operation {
    fn read(document: &Value, method: &str, path: &str, value: &Value) -> Result<Self> {
        let mut parameters = Vec::new();
        for parameter in value["parameters"].as_array().into_iter().flatten() {
            let parameter = Parameter::read(resolve(document, parameter))?;
            if parameter.name != TENANT_HEADER && parameter.name != USER_HEADER {
                parameters.push(parameter);
            }
        }
        parameters.sort_by_key(|parameter| match parameter.place {
            Place::Path => path.find(&format!("{{{}}}", parameter.name)).unwrap_or(0),
            Place::Query | Place::Header => usize::MAX,
        });
        let body = value.get("requestBody").map(|body| resolve(document, body)).map(|body| Body {
            required: body["required"].as_bool().unwrap_or(false),
            schema: body["content"]["application/json"]["schema"].clone(),
            may_be_form: FORMS.iter().any(|kind| body["content"].get(kind).is_some()),
        });
        let (mut success, mut errors) = (None, Vec::new());
        for (status, response) in members(value, "responses") {
            let status: u16 = status.parse().with_context(|| format!("status {status}"))?;
            let response = resolve(document, response);
            if status < 400 {
                let kind = members(response, "content").map(|(kind, _)| kind).next();
                let file = kind.filter(|kind| *kind != JSON).cloned();
                success = Some((status, response.pointer("/content/application~1json/schema").cloned(), file));
            } else {
                errors.push((status, text(response, "description")));
            }
        }
        let (status, answer, file) = success.context("no success status")?;
        let scope: Vec<&str> = value["x-scope"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let need = |name: &str| match scope.iter().find(|entry| entry.trim_end_matches('?') == name) {
            Some(entry) if entry.ends_with('?') => Need::Optional,
            Some(_) => Need::Required,
            None => Need::None,
        };
        Ok(Self {
            id: text(value, "operationId"),
            upstream: text(value, "x-upstream-operation-id"),
            method: method.to_owned(),
            path: path.to_owned(),
            tag: text(&value["tags"], 0),
            summary: text(value, "summary"),
            description: text(value, "description"),
            deprecated: value["deprecated"].as_bool().unwrap_or(false),
            category: text(value, "x-category"),
            token: text(value, "x-token"),
            permission: Permission::read(&value["x-permission"])?,
            anonymous: value["security"].as_array().is_some_and(|ways| ways.iter().any(is_empty)),
            sessions_only: value["security"]
                .as_array()
                .is_some_and(|ways| ways.iter().any(|way| way.get(SESSION).is_some())),
            tenant: need("tenant"),
            user: need("user"),
            published: value["x-published"].as_bool().unwrap_or(true),
            parameters,
            body,
            status,
            answer,
            file,
            errors,
        })
    }
}

impl Parameter {
    fn read(value: &Value) -> Result<Self> {
        let place = match text(value, "in").as_str() {
            "path" => Place::Path,
            "query" => Place::Query,
            "header" => Place::Header,
            other => bail!("a parameter in {other:?}"),
        };
        Ok(Self {
            name: text(value, "name"),
            place,
            required: value["required"].as_bool().unwrap_or(false),
            schema: value["schema"].clone(),
            description: text(value, "description"),
        })
    }
}

/// Whether a way to be let in asks for nothing.
fn is_empty(way: &Value) -> bool {
    way.as_object().is_some_and(serde_json::Map::is_empty)
}

/// Members of an object member, in order; none when it is missing.
pub fn members<'a>(value: &'a Value, member: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    value.get(member).and_then(Value::as_object).into_iter().flatten()
}

fn text(value: &Value, member: impl serde_json::value::Index) -> String {
    value.get(member).and_then(Value::as_str).unwrap_or_default().trim().to_owned()
}

/// Whether a schema is a string enum.
pub fn is_enum(schema: &Value) -> bool {
    enum_values(schema).is_some()
}

/// The values of a string enum, in the order of the document. One that names its values by `x-extensible-enum` says that
/// the service takes others too.
pub fn enum_values(schema: &Value) -> Option<&Vec<Value>> {
    schema.get("enum").or_else(|| schema.get("x-extensible-enum"))?.as_array()
}

/// The Rust name of a schema, e.g. `MfaStrategyResponse` for `MFAStrategyResponse`.
pub fn rust_name(schema: &str) -> String {
    spelling::of_type(schema)
}

/// The Rust name of a member or parameter, e.g. `redirect_url` for `redirectURL`, `redirect_urls` for `redirectURLs`.
pub fn rust_field(name: &str) -> String {
    let name = spelling::of_member(name);
    match name.as_str() {
        "type" | "self" | "ref" | "match" | "move" | "static" | "use" | "where" | "in" => format!("{name}_"),
        _ => name,
    }
}

/// The module of a tag, e.g. `users_applications_management`.
pub fn tag_module(tag: &str) -> String {
    spelling::of_member(tag)
}

/// The type name of a tag, e.g. `UsersApplicationsManagement`.
pub fn tag_type(tag: &str) -> String {
    spelling::of_type(tag)
}
