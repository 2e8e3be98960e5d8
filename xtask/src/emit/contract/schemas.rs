//! Writes the static tables by which the server side checks requests and answers.
//!
//! They say what the document says (bounds, enums, required members), not what the prepared copy
//! of the generator says: the shared types are lenient, a server must not be.

use std::collections::BTreeSet;

use anyhow::{Context, Result, bail, ensure};
use heck::ToShoutySnakeCase;
use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote};
use serde_json::Value;

use crate::documents::{
    api::{Api, LIST, Operation, Place, members, rust_name},
    reference_name,
};

/// Keywords of a schema that the tables carry, and those that say nothing about values.
const KNOWN: [&str; 22] = [
    "$ref",
    "additionalProperties",
    "allOf",
    "default",
    "description",
    "discriminator",
    "enum",
    "example",
    "format",
    "items",
    "maxItems",
    "maxLength",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "nullable",
    "oneOf",
    "properties",
    "required",
    "type",
    "x-extensible-enum",
];

/// A table for every component schema that a request or an answer reaches.
pub fn schemas(api: &Api) -> Result<TokenStream> {
    let mut reached = BTreeSet::new();
    for operation in &api.operations {
        let parameters = operation.parameters.iter().map(|parameter| &parameter.schema);
        let bodies = operation.body.iter().map(|body| &body.schema).chain(&operation.answer);
        parameters.chain(bodies).for_each(|schema| reach(api, schema, &mut reached));
    }
    let mut tables = Vec::new();
    let mut uses_enums = false;
    for name in &reached {
        let schema = component(api, name);
        // An enum that the service adds to is any text to it.
        let table = if schema.get("enum").is_some() {
            uses_enums = true;
            let rust = format_ident!("{}", rust_name(name));
            quote!(Schema::Enum(enums::#rust::KNOWN))
        } else {
            bare(schema).with_context(|| format!("schema {name}"))?
        };
        let ident = format_ident!("{}", table_name(name));
        tables.push(quote!(pub(super) static #ident: Schema = #table;));
    }
    let enums = uses_enums.then(|| {
        quote!(
            use frontegg_model::enums;
        )
    });
    Ok(quote! {
        #enums
        use crate::schema::{Member, Presence::{Optional, Required}, Schema};
        #(#tables)*
    })
}

/// The table of one operation.
pub fn contract(operation: &Operation) -> Result<TokenStream> {
    let id = &operation.id;
    let ident = format_ident!("{}", id.to_shouty_snake_case());
    let mut parameters = Vec::new();
    for parameter in &operation.parameters {
        let place = match parameter.place {
            Place::Path => quote!(Place::Path),
            Place::Query => quote!(Place::Query),
            Place::Header => quote!(Place::Header),
        };
        let presence = presence(parameter.required, &quote!(Presence::));
        let schema = outside(&parameter.schema).with_context(|| format!("{id}: {}", parameter.name))?;
        let name = &parameter.name;
        parameters.push(quote!(Parameter(#place, #name, #presence, &#schema)));
    }
    let body = if let Some(body) = &operation.body {
        let presence = presence(body.required, &quote!(Presence::));
        let schema = outside(&body.schema).with_context(|| format!("{id}: body"))?;
        quote!(Some(Body(#presence, &#schema)))
    } else {
        quote!(None)
    };
    let answer = if let Some(schema) = &operation.answer {
        let schema = outside(schema).with_context(|| format!("{id}: answer"))?;
        quote!(Some(&#schema))
    } else {
        quote!(None)
    };
    ensure!(starts_with_path(operation), "{id}: path parameters do not stand first");
    let about = format!(" What the document says about `{id}`.");
    Ok(quote! {
        #[doc = #about]
        pub static #ident: Contract = Contract {
            id: #id,
            parameters: &[#(#parameters),*],
            body: #body,
            answer: #answer,
        };
    })
}

/// The run-time takes path parameters by their number.
fn starts_with_path(operation: &Operation) -> bool {
    let names = operation.path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
    let places = operation.parameters.iter().take_while(|parameter| parameter.place == Place::Path);
    names.eq(places.map(|parameter| parameter.name.as_str()))
}

fn component<'a>(api: &'a Api, name: &str) -> &'a Value {
    &api.document["components"]["schemas"][name]
}

fn table_name(schema: &str) -> String {
    rust_name(schema).to_shouty_snake_case()
}

/// Collects the names of component schemas below a schema.
fn reach(api: &Api, schema: &Value, reached: &mut BTreeSet<String>) {
    if let Some(name) = reference_name(schema) {
        if reached.insert(name.to_owned()) {
            reach(api, component(api, name), reached);
        }
        return;
    }
    let inner = members(schema, "properties").map(|(_, property)| property);
    let choices = schema["oneOf"].as_array().into_iter().flatten();
    let single = ["items", "additionalProperties"].into_iter().filter_map(|member| schema.get(member));
    inner.chain(choices).chain(single).for_each(|schema| reach(api, schema, reached));
}

/// A schema as seen from a module of operations.
fn outside(schema: &Value) -> Result<TokenStream> {
    table(schema, &quote!(schemas::))
}

/// A schema as seen from the file of schemas.
fn table(schema: &Value, path: &TokenStream) -> Result<TokenStream> {
    let table = match reference_name(schema) {
        Some(name) => {
            let ident = format_ident!("{}", table_name(name));
            quote!(#path #ident)
        }
        None => value(schema, path)?,
    };
    Ok(if schema["nullable"] == true { quote!(Schema::Nullable(&#table)) } else { table })
}

/// A component schema itself.
fn bare(schema: &Value) -> Result<TokenStream> {
    ensure!(reference_name(schema).is_none(), "a mere name for another schema");
    table(schema, &TokenStream::new())
}

fn value(schema: &Value, path: &TokenStream) -> Result<TokenStream> {
    for keyword in schema.as_object().into_iter().flat_map(|map| map.keys()) {
        // What is not checked must not look as if it were.
        ensure!(KNOWN.contains(&keyword.as_str()), "no table can say {keyword}");
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        return tagged(schema, choices.len(), path);
    }
    Ok(match schema["type"].as_str() {
        None => quote!(Schema::Any),
        Some("boolean") => quote!(Schema::Boolean),
        Some("string") => string(schema)?,
        Some("integer") => integer(schema),
        Some("number") => number(schema),
        Some("array") => {
            let items = table(&schema["items"], path)?;
            let (min, max) = counts(schema, "minItems", "maxItems");
            quote!(Schema::Array { items: &#items, min: #min, max: #max })
        }
        Some("object") => object(schema, path)?,
        Some(other) => bail!("no table for {other}"),
    })
}

fn tagged(schema: &Value, choices: usize, path: &TokenStream) -> Result<TokenStream> {
    let tag = schema["discriminator"]["propertyName"].as_str().context("oneOf without a discriminator")?;
    let mut forms = Vec::new();
    for (value, reference) in members(&schema["discriminator"], "mapping") {
        let name = reference.as_str().and_then(|text| text.strip_prefix("#/components/schemas/"));
        let ident = format_ident!("{}", table_name(name.context("a mapping to nowhere")?));
        forms.push(quote!((#value, &#path #ident)));
    }
    ensure!(forms.len() == choices, "the discriminator does not map every form");
    Ok(quote!(Schema::Tagged(#tag, &[#(#forms),*])))
}

fn object(schema: &Value, path: &TokenStream) -> Result<TokenStream> {
    if schema["format"] == "password" {
        // Nothing of it is declared, so that nothing of it shows.
        return Ok(quote!(Schema::Open(&[])));
    }
    let others = schema.get("additionalProperties").filter(|others| **others != Value::Bool(false));
    match others.filter(|_| schema.get("properties").is_none()) {
        Some(Value::Bool(true)) => return Ok(quote!(Schema::Map(&Schema::Any))),
        Some(items @ Value::Object(_)) => {
            let items = table(items, path)?;
            return Ok(quote!(Schema::Map(&#items)));
        }
        _ => {}
    }
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let mut rows = Vec::new();
    for (name, property) in members(schema, "properties") {
        let presence = presence(required.contains(&name.as_str()), &TokenStream::new());
        let table = table(property, path).with_context(|| name.clone())?;
        rows.push(quote!(Member(#name, #presence, &#table)));
    }
    // One that names nothing says nothing of what it has.
    if rows.is_empty() || others.is_some() {
        return Ok(quote!(Schema::Open(&[#(#rows),*])));
    }
    Ok(quote!(Schema::Object(&[#(#rows),*])))
}

fn presence(required: bool, path: &TokenStream) -> TokenStream {
    if required { quote!(#path Required) } else { quote!(#path Optional) }
}

fn string(schema: &Value) -> Result<TokenStream> {
    let bounded = schema.get("minLength").is_some() || schema.get("maxLength").is_some();
    let (min, max) = counts(schema, "minLength", "maxLength");
    let not_empty = schema["minLength"] == 1 && schema.get("maxLength").is_none();
    // A list is any text: its values are looked at one by one.
    let format = schema["format"].as_str().filter(|format| *format != LIST);
    Ok(match format {
        Some("date-time") if !bounded => quote!(Schema::DATE_TIME),
        Some("json") if !bounded => quote!(Schema::JSON_TEXT),
        Some("password") if !bounded => quote!(Schema::SECRET),
        Some("password") if not_empty => quote!(Schema::NOT_EMPTY_SECRET),
        Some("password") => quote!(Schema::String { min: #min, max: #max, format: crate::schema::Format::Secret }),
        None if !bounded => quote!(Schema::STRING),
        None if not_empty => quote!(Schema::NOT_EMPTY),
        None => quote!(Schema::String { min: #min, max: #max, format: crate::schema::Format::Text }),
        Some(other) => bail!("no table for a string of format {other}"),
    })
}

fn counts(schema: &Value, min: &str, max: &str) -> (TokenStream, TokenStream) {
    let literal = |member: &str| {
        let count = schema[member].as_u64().map(Literal::u64_unsuffixed);
        count.map(|count| quote!(#count))
    };
    let least = literal(min).unwrap_or_else(|| quote!(0));
    (least, literal(max).unwrap_or_else(|| quote!(usize::MAX)))
}

fn integer(schema: &Value) -> TokenStream {
    let (least, greatest) = match schema["format"].as_str() {
        Some("int32") => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    };
    let bound = |member: &str| schema[member].as_i64();
    let (min, max) = (bound("minimum").unwrap_or(least), bound("maximum").unwrap_or(greatest));
    if (min, max) == (i64::MIN, i64::MAX) {
        return quote!(Schema::INTEGER);
    }
    let literal = |value: i64| match value {
        i64::MIN => quote!(i64::MIN),
        i64::MAX => quote!(i64::MAX),
        value => {
            let value = Literal::i64_unsuffixed(value);
            quote!(#value)
        }
    };
    let (min, max) = (literal(min), literal(max));
    quote!(Schema::Integer { min: #min, max: #max })
}

fn number(schema: &Value) -> TokenStream {
    let literal = |member: &str, otherwise: TokenStream| {
        let value = schema[member].as_f64().map(Literal::f64_unsuffixed);
        value.map_or(otherwise, |value| quote!(#value))
    };
    let (min, max) = (literal("minimum", quote!(f64::MIN)), literal("maximum", quote!(f64::MAX)));
    quote!(Schema::Number { min: #min, max: #max })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(schema: &Value) -> String {
        table(schema, &TokenStream::new()).unwrap().to_string().replace(' ', "")
    }

    #[test]
    fn plain_values_have_short_tables() {
        assert_eq!(text(&json!({"type": "string", "format": "password"})), "Schema::SECRET");
        assert_eq!(text(&json!({"type": "string"})), "Schema::STRING");
        assert_eq!(text(&json!({"type": "string", "minLength": 1})), "Schema::NOT_EMPTY");
        let secret = json!({"type": "string", "format": "password", "minLength": 1});
        assert_eq!(text(&secret), "Schema::NOT_EMPTY_SECRET");
        assert_eq!(text(&json!({"type": "integer", "format": "int64"})), "Schema::INTEGER");
        assert_eq!(text(&json!({"description": "anything"})), "Schema::Any");
        assert_eq!(text(&json!({"type": "string", "x-extensible-enum": ["web"]})), "Schema::STRING");
    }

    #[test]
    fn bounds_of_the_document_stay() {
        assert_eq!(text(&json!({"type": "integer", "minimum": 1, "maximum": 200})), "Schema::Integer{min:1,max:200}");
        assert_eq!(
            text(&json!({"type": "integer", "format": "int32", "minimum": -1})),
            "Schema::Integer{min:-1,max:2147483647}"
        );
        assert!(text(&json!({"type": "string", "maxLength": 64})).contains("min:0,max:64"));
    }

    #[test]
    fn members_say_whether_they_must_be_there() {
        let schema = json!({
            "type": "object",
            "required": ["name"],
            "properties": {
                "name": {"type": "string"},
                "owner": {"nullable": true, "allOf": [{"$ref": "#/components/schemas/MFAOwner"}]},
            },
        });
        assert_eq!(
            text(&schema),
            "Schema::Object(&[Member(\"name\",Required,&Schema::STRING),\
             Member(\"owner\",Optional,&Schema::Nullable(&MFA_OWNER))])"
        );
    }

    #[test]
    fn what_no_table_can_say_is_an_error() {
        let error = table(&json!({"type": "string", "pattern": "^a"}), &TokenStream::new()).unwrap_err();
        assert_eq!(error.to_string(), "no table can say pattern");
        assert!(table(&json!({"oneOf": []}), &TokenStream::new()).is_err());
    }
}
