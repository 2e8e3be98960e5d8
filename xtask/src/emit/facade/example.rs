//! Writes an example of every operation's call: with what must be given, and of what may be, a little.

use std::collections::BTreeSet;

use anyhow::{Context, Result};
use heck::ToUpperCamelCase;
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use super::names::Names;
use crate::{
    documents::{
        api::{Api, Need, Operation, Parameter, enum_values, is_enum, members, rust_field, rust_name},
        reference_name, spelling,
    },
    emit::print::print,
};

/// How many optional members an example has where none must be there.
const FEW: usize = 2;

/// By which names an operation is called.
pub struct Called {
    method: String,
    /// The type of its optional values.
    params: String,
}

impl Called {
    /// By the name of the version to use now, which has no number.
    pub fn by_name(names: &Names, operation: &Operation) -> Self {
        Self { method: names.method(operation).to_owned(), params: names.params(operation) }
    }

    /// By the operation's id.
    pub fn by_number(operation: &Operation) -> Self {
        Self { method: operation.id.clone(), params: operation.id.to_upper_camel_case() }
    }
}

/// The lines of an operation's example, as a block of documentation.
pub fn example(api: &Api, names: &Names, operation: &Operation, inputs: &Inputs, called: &Called) -> Result<String> {
    let mut writer = Writer { api, imports: BTreeSet::new() };
    let mut given = Vec::new();
    for parameter in &inputs.positional {
        given.push(writer.parameter(parameter).with_context(|| parameter.name.clone())?);
    }
    let mut body = None;
    if let Some(request) = operation.body.as_ref().filter(|_| inputs.body) {
        let value = writer.value("body", &request.schema, 0)?;
        body = Some(quote!(let body = #value;));
        given.push(quote!(&body));
    }
    if !inputs.optional.is_empty() {
        let ty = &called.params;
        let (ident, set) = (format_ident!("{ty}"), writer.params(&inputs.optional)?);
        writer.imports.insert(format!("params::{ty}"));
        given.push(quote!(#ident::new() #set));
    }
    let view = names.view(&operation.tag).context("no view")?;
    let (scope, view) = (scope(operation), format_ident!("{}", view.module));
    let method = format_ident!("{}", called.method);
    let call = quote!(#scope.#view().#method(#(#given),*).await?);
    let name = answer_name(operation).map(|name| format_ident!("{name}"));
    let call = name.map_or_else(|| quote!(#call;), |name| quote!(let #name = #call;));
    let file: syn::File = syn::parse2(quote!(async fn example() { #body #call })).context("the example is no Rust")?;
    let code = print("", file.items).replace("\" : ", "\": ");
    let lines = code.lines().filter_map(|line| line.strip_prefix("    "));
    let mut text = String::from(
        "```no_run\n# async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {\n",
    );
    if let Some(import) = import(&writer.imports) {
        text += &format!("{import}\n\n");
    }
    for line in lines {
        text += line;
        text.push('\n');
    }
    text += "# Ok(())\n# }\n```";
    Ok(text)
}

/// What a method takes.
#[derive(Debug, Default)]
pub struct Inputs<'a> {
    /// One by one.
    pub positional: Vec<&'a Parameter>,
    /// Together, in a type of their own.
    pub optional: Vec<&'a Parameter>,
    /// Whether there is a body.
    pub body: bool,
}

/// The scope that an operation's token and headers want.
fn scope(operation: &Operation) -> TokenStream {
    match operation.token.as_str() {
        "none" => return quote!(frontegg.anonymous()),
        "user" => return quote!(frontegg.session("access token")),
        _ => {}
    }
    let tenant = (operation.tenant == Need::Required).then(|| quote!(.tenant("acme")));
    let user = (operation.user == Need::Required).then(|| quote!(.user("ada")));
    quote!(frontegg #tenant #user)
}

/// What the example calls the answer; none where there is none.
fn answer_name(operation: &Operation) -> Option<&str> {
    if operation.file.is_some() {
        return Some("file");
    }
    operation.answer.as_ref()?;
    if operation.paged() {
        return Some("page");
    }
    let words: Vec<&str> = operation.id.split('_').collect();
    let kind = match words.as_slice() {
        ["list", ..] => "list",
        ["get", .., "configuration" | "policy" | "rotation"] => "settings",
        ["count", ..] => "count",
        [_, .., "link"] => "link",
        ["create" | "get" | "update" | "set", ..] => "record",
        _ => "answer",
    };
    Some(kind)
}

/// One `use` of all that an example names.
fn import(paths: &BTreeSet<String>) -> Option<String> {
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    match paths.as_slice() {
        [] => None,
        [one] => Some(format!("use frontegg_identity::{one};")),
        many => {
            let mut modules: Vec<(&str, Vec<&str>)> = Vec::new();
            for (module, name) in many.iter().filter_map(|path| path.split_once("::")) {
                match modules.last_mut().filter(|(last, _)| *last == module) {
                    Some((_, names)) => names.push(name),
                    None => modules.push((module, vec![name])),
                }
            }
            let parts: Vec<String> = modules
                .into_iter()
                .map(|(module, names)| match names.as_slice() {
                    [name] => format!("{module}::{name}"),
                    names => format!("{module}::{{{}}}", names.join(", ")),
                })
                .collect();
            Some(match parts.as_slice() {
                [part] => format!("use frontegg_identity::{part};"),
                parts => format!("use frontegg_identity::{{{}}};", parts.join(", ")),
            })
        }
    }
}

struct Writer<'a> {
    api: &'a Api,
    /// Paths in the crate that the example names.
    imports: BTreeSet<String>,
}

impl Writer<'_> {
    fn parameter(&mut self, parameter: &Parameter) -> Result<TokenStream> {
        if parameter.is_list() {
            let item = self.value(&singular(&parameter.name), &parameter.schema, 0)?;
            return Ok(quote!([#item]));
        }
        self.value(&parameter.name, &parameter.schema, 0)
    }

    /// The setter of one optional parameter: how large a page is, or the first that there is.
    fn params(&mut self, optional: &[&Parameter]) -> Result<TokenStream> {
        let size = optional.iter().find(|parameter| ["_limit", "count"].contains(&parameter.name.as_str()));
        let Some(parameter) = size.or(optional.first()) else { return Ok(TokenStream::new()) };
        let name = format_ident!("{}", parameter.ident());
        let value = if size.is_some() { quote!(50) } else { self.parameter(parameter)? };
        Ok(quote!(.#name(#value)))
    }

    /// An expression of a value that a schema accepts.
    fn value(&mut self, name: &str, schema: &Value, depth: usize) -> Result<TokenStream> {
        if let Some(target) = reference_name(schema) {
            let target = target.to_owned();
            return self.named(name, &target, depth);
        }
        if let Some(one) = schema["allOf"].as_array().and_then(|list| list.first()) {
            return self.value(name, one, depth);
        }
        Ok(match (schema["type"].as_str(), schema["format"].as_str()) {
            (Some("string"), Some("date-time")) => quote!(chrono::Utc::now()),
            (Some("string"), format) => {
                let text = text(name, format);
                quote!(#text)
            }
            (Some("integer"), _) => {
                let least = schema["minimum"].as_i64().unwrap_or(1).max(1);
                let number = proc_macro2::Literal::i64_unsuffixed(least);
                quote!(#number)
            }
            (Some("number"), _) => quote!(0.5),
            (Some("boolean"), _) => quote!(true),
            (Some("array"), _) => {
                let item = self.value(&singular(name), &schema["items"], depth + 1)?;
                quote!([#item])
            }
            (Some("object"), _) => quote!(Default::default()),
            _ => quote!(serde_json::json!({ "plan": "gold" })),
        })
    }

    /// The same for a schema that has a name.
    fn named(&mut self, name: &str, target: &str, depth: usize) -> Result<TokenStream> {
        let api = self.api;
        let schema = &api.document["components"]["schemas"][target];
        let rust = rust_name(target);
        let ident = format_ident!("{rust}");
        if is_enum(schema) {
            let first = enum_values(schema).and_then(|values| values.first()).and_then(Value::as_str);
            let variant = format_ident!("{}", spelling::of_type(first.context("an enum without values")?));
            self.imports.insert(format!("enums::{rust}"));
            return Ok(quote!(#ident::#variant));
        }
        if let Some(first) = schema["oneOf"].as_array().and_then(|list| list.first()) {
            let form = self.value(name, first, depth + 1)?;
            if depth == 0 {
                self.imports.insert(format!("types::{rust}"));
                return Ok(quote!(#ident::from(#form)));
            }
            return Ok(quote!(#form.into()));
        }
        if schema["type"] == "array" {
            let item = self.value(&singular(name), &schema["items"], depth + 1)?;
            self.imports.insert(format!("types::{rust}"));
            return Ok(quote!(#ident(vec![#item])));
        }
        self.imports.insert(format!("types::{rust}"));
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let (mut given, mut set) = (Vec::new(), Vec::new());
        for (property, value) in members(schema, "properties") {
            if required.contains(&property.as_str()) {
                let nullable = value["nullable"] == true;
                given.push(if nullable { quote!(None) } else { self.value(property, value, depth + 1)? });
            } else if depth == 0 && required.is_empty() && set.len() < FEW && is_plain(value) {
                let setter = format_ident!("{}", rust_field(property));
                let value = self.value(property, value, depth + 1)?;
                set.push(quote!(.#setter(#value)));
            }
        }
        Ok(quote!(#ident::new(#(#given),*) #(#set)*))
    }
}

/// Whether a member says enough by itself.
fn is_plain(schema: &Value) -> bool {
    matches!(schema["type"].as_str(), Some("string" | "boolean" | "integer")) && schema["format"] != "json"
}

fn singular(name: &str) -> String {
    name.strip_suffix('s').unwrap_or(name).to_owned()
}

/// A text that is likely for a member of a name.
fn text(name: &str, format: Option<&str>) -> String {
    let lower = name.trim_start_matches('_').to_lowercase();
    let is = |end: &str| lower.ends_with(end);
    let known = match lower.as_str() {
        _ if format == Some("json") || is("metadata") => r#"{"plan":"gold"}"#,
        _ if is("email") || lower == "identifier" => "ada@acme.test",
        _ if is("password") => "correct horse battery staple",
        _ if is("url") || is("logo") || is("website") => "https://acme.test",
        _ if is("phonenumber") => "+15555550100",
        _ if is("domain") || is("host") => "acme.test",
        _ if is("username") || is("userid") => "ada",
        _ if is("tenantid") => "acme",
        _ if is("rolekey") => "admin",
        "ip" => "203.0.113.7",
        "name" | "key" | "description" | "id" => lower.as_str(),
        _ => return rust_field(name).trim_matches('_').replace('_', " "),
    };
    known.to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn api() -> Api {
        Api::read(json!({
            "tags": [{ "name": "Beds" }],
            "paths": { "/beds/{bedId}": { "post": {
                "operationId": "plant_v2", "tags": ["Beds"], "x-token": "environment", "x-scope": ["tenant"],
                "responses": { "201": { "content": { "application/json": { "schema": {} } } } },
                "parameters": [{ "name": "bedId", "in": "path", "schema": { "type": "string" } }],
                "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/PlantDTO" } } } },
            } } },
            "components": { "schemas": {
                "PlantDTO": { "type": "object", "required": ["name", "color", "seeds"], "properties": {
                    "name": { "type": "string" }, "color": { "$ref": "#/components/schemas/Color" },
                    "seeds": { "type": "array", "items": { "type": "string" } }, "height": { "type": "integer" },
                } },
                "Color": { "type": "string", "enum": ["dark-red"] },
            } },
        }))
        .unwrap()
    }

    #[test]
    fn an_example_gives_what_must_be_given() {
        let api = api();
        let names = Names::with(&api, &[]).unwrap();
        let operation = &api.operations[0];
        let inputs = Inputs { positional: operation.parameters.iter().collect(), optional: vec![], body: true };
        let text = |called| example(&api, &names, operation, &inputs, &called).unwrap();
        let numbered = text(Called::by_number(operation));
        assert!(
            numbered.contains("frontegg.tenant(\"acme\").beds().plant_v2(\"bed id\", &body).await?;\n"),
            "{numbered}"
        );
        let text = text(Called::by_name(&names, operation));
        assert!(text.contains("use frontegg_identity::{enums::Color, types::PlantDto};\n\n"), "{text}");
        assert!(text.contains("let body = PlantDto::new(\"name\", Color::DarkRed, [\"seed\"]);\n"), "{text}");
        assert!(text.contains("frontegg.tenant(\"acme\").beds().plant(\"bed id\", &body).await?;\n"), "{text}");
    }
}
