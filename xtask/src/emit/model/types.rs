//! Finishes the generated types: what typify cannot do is done to its syntax tree.

mod builder;
mod lenient;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use heck::ToSnakeCase;
use quote::{format_ident, quote};
use serde_json::Value;
use syn::{Attribute, Field, Fields, Item, ItemImpl, ItemStruct, Path, Token, parse_quote, punctuated::Punctuated};

use crate::{
    documents::api::{members, rust_field, rust_name},
    emit::{
        surgery::{Surgery, space_comments},
        syntax::argument_of,
    },
};

/// Which types are built by callers, and which of their members can be cleared.
#[derive(Debug)]
pub struct Plan<'a> {
    /// Schemas that request bodies reach.
    pub requests: &'a [String],
    /// Schemas that answers reach.
    pub answers: &'a [String],
    /// Members (schema, property) that are optional and nullable in them.
    pub clearable: &'a [(String, String)],
    /// Members (schema, property) that are JSON as text.
    pub json_texts: &'a [(String, String)],
    /// The joined document, which says in what order members stand.
    pub document: &'a Value,
}

/// Names of properties in the order of the document, by the Rust name of their type.
type Orders<'a> = BTreeMap<String, Vec<&'a String>>;
type JsonTexts = BTreeMap<String, BTreeSet<String>>;

impl Plan<'_> {
    fn orders(&self) -> Orders<'_> {
        let order = |schema| members(schema, "properties").map(|(name, _)| name).collect();
        let schemas = members(&self.document["components"], "schemas");
        schemas.map(|(name, schema)| (rust_name(name), order(schema))).collect()
    }

    /// Names of properties that are JSON as text, by the Rust name of their type.
    fn json(&self) -> JsonTexts {
        let mut json = JsonTexts::new();
        for (schema, property) in self.json_texts {
            json.entry(rust_name(schema)).or_default().insert(property.clone());
        }
        json
    }
}

/// Applies the plan to the types.
pub fn finish(surgery: &mut Surgery, plan: &Plan) -> Result<()> {
    let (orders, json) = (plan.orders(), plan.json());
    let requests: BTreeSet<String> = plan.requests.iter().map(|name| rust_name(name)).collect();
    let answers: BTreeSet<String> = plan.answers.iter().map(|name| rust_name(name)).collect();
    surgery.rule("a plural of capitals is one word", |items| name_plurals(items))?;
    surgery.rule("every type has a JSON Schema", |items| derive_schema(items))?;
    surgery.try_rule("every type can be compared", |items| derive_comparison(items))?;
    surgery.rule("every member and variant has a comment", |items| comment(items))?;
    surgery.try_rule("what a partial update can clear is a patch", |items| patch(items, plan.clearable))?;
    surgery.rule("an answer may leave out what may be null", |items| read_missing_as_null(items, &requests))?;
    surgery.try_rule("requests are built from what they must name", |items| build(items, &orders, &json, &requests))?;
    surgery.try_rule("answers are built from what they must name", |items| {
        build_answers(items, &orders, &json, &requests)
    })?;
    surgery.rule("answers are read as services send them", |items| lenient::read(items, &answers))?;
    surgery.rule("comments begin with a space", space_comments)
}

fn structs(items: &mut [Item]) -> impl Iterator<Item = &mut ItemStruct> {
    items.iter_mut().filter_map(|item| match item {
        Item::Struct(structure) => Some(structure),
        _ => None,
    })
}

fn name_plurals(items: &mut [Item]) -> usize {
    let mut named = 0;
    for field in structs(items).flat_map(|structure| &mut structure.fields) {
        let wire = wire_name(field);
        let (written, wanted) = (wire.to_snake_case(), rust_field(&wire));
        if let Some(ident) = field.ident.as_mut().filter(|ident| **ident == written && written != wanted) {
            *ident = format_ident!("{wanted}");
            named += 1;
        }
    }
    named
}

fn derive_schema(items: &mut [Item]) -> usize {
    let mut derived = 0;
    for item in items {
        let attributes = match item {
            Item::Struct(item) => &mut item.attrs,
            Item::Enum(item) => &mut item.attrs,
            _ => continue,
        };
        attributes.push(parse_quote!(#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]));
        derived += 1;
    }
    derived
}

/// Derives `PartialEq` beside what typify derives.
fn derive_comparison(items: &mut [Item]) -> Result<usize> {
    let mut derived = 0;
    for item in items {
        let attributes = match item {
            Item::Struct(item) => &mut item.attrs,
            Item::Enum(item) => &mut item.attrs,
            _ => continue,
        };
        let Some(derive) = attributes.iter_mut().find(|attribute| attribute.path().is_ident("derive")) else {
            continue;
        };
        let mut traits = derive.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated)?;
        if !traits.iter().any(|name| name.is_ident("PartialEq")) {
            traits.push(parse_quote!(PartialEq));
            *derive = parse_quote!(#[derive(#traits)]);
            derived += 1;
        }
    }
    Ok(derived)
}

/// Says at least the name, where the document says nothing.
fn comment(items: &mut [Item]) -> usize {
    let mut commented = 0;
    let mut say = |attributes: &mut Vec<Attribute>, text: String| {
        if !attributes.iter().any(|attribute| attribute.path().is_ident("doc")) {
            attributes.push(parse_quote!(#[doc = #text]));
            commented += 1;
        }
    };
    for item in items {
        match item {
            Item::Struct(ItemStruct { fields: Fields::Named(fields), .. }) => {
                for field in &mut fields.named {
                    let text = if is_flattened(field) {
                        "Further members, which the document does not name.".to_owned()
                    } else {
                        format!("`{}`.", wire_name(field))
                    };
                    say(&mut field.attrs, text);
                }
            }
            Item::Enum(choice) => {
                for variant in &mut choice.variants {
                    let text = format!("`{}`.", variant.ident);
                    say(&mut variant.attrs, text);
                }
            }
            _ => {}
        }
    }
    commented
}

fn patch(items: &mut [Item], clearable: &[(String, String)]) -> Result<usize> {
    let mut open: BTreeSet<(String, String)> =
        clearable.iter().map(|(schema, property)| (rust_name(schema), property.clone())).collect();
    for structure in structs(items) {
        let name = structure.ident.to_string();
        for field in &mut structure.fields {
            let property = wire_name(field);
            if !open.remove(&(name.clone(), property.clone())) {
                continue;
            }
            let inner =
                argument_of(&field.ty, "Option").with_context(|| format!("{name}.{property} is not optional"))?.clone();
            field.ty = parse_quote!(crate::Patch<#inner>);
            field.attrs.retain(|attribute| !attribute.path().is_ident("serde"));
            field.attrs.push(
                parse_quote!(#[serde(rename = #property, default, skip_serializing_if = "crate::Patch::is_absent")]),
            );
        }
    }
    ensure!(open.is_empty(), "no field for {open:?}");
    Ok(clearable.len())
}

fn read_missing_as_null(items: &mut [Item], requests: &BTreeSet<String>) -> usize {
    let mut changed = 0;
    for structure in structs(items).filter(|structure| !requests.contains(&structure.ident.to_string())) {
        for field in structure.fields.iter_mut().filter(|field| must_be_said(field)) {
            let wire = wire_name(field);
            field.attrs.retain(|attribute| !attribute.path().is_ident("serde"));
            if field.ident.as_ref().is_some_and(|ident| *ident != wire) {
                field.attrs.push(parse_quote!(#[serde(rename = #wire)]));
            }
            changed += 1;
        }
    }
    changed
}

/// Puts `new` and setters after the types of requests, which may then grow without breaking anybody.
fn build(items: &mut Vec<Item>, orders: &Orders, json: &JsonTexts, requests: &BTreeSet<String>) -> Result<usize> {
    let none = BTreeSet::new();
    each_struct(items, |structure| {
        let name = structure.ident.to_string();
        let Some(order) = orders.get(&name).filter(|_| requests.contains(&name)) else { return Ok(None) };
        structure.attrs.push(parse_quote!(#[non_exhaustive]));
        builder::request(structure, order, json.get(&name).unwrap_or(&none)).map(Some).context(name)
    })
}

/// Puts `new` after the types of answers. They may grow without breaking anybody but who serves them, whom the feature
/// `server` shows each new member.
fn build_answers(
    items: &mut Vec<Item>,
    orders: &Orders,
    json: &JsonTexts,
    requests: &BTreeSet<String>,
) -> Result<usize> {
    let none = BTreeSet::new();
    each_struct(items, |structure| {
        let name = structure.ident.to_string();
        let Some(order) = orders.get(&name).filter(|_| !requests.contains(&name)) else { return Ok(None) };
        if matches!(structure.fields, Fields::Named(_)) {
            structure.attrs.push(parse_quote!(#[cfg_attr(not(feature = "server"), non_exhaustive)]));
        }
        builder::answer(structure, order, json.get(&name).unwrap_or(&none)).context(name)
    })
}

/// Puts what `build` makes after the struct that it was made for; tells how often there was something.
fn each_struct(
    items: &mut Vec<Item>,
    mut build: impl FnMut(&mut ItemStruct) -> Result<Option<ItemImpl>>,
) -> Result<usize> {
    let mut count = 0;
    for mut item in std::mem::take(items) {
        let block = if let Item::Struct(structure) = &mut item { build(structure)? } else { None };
        count += usize::from(block.is_some());
        items.push(item);
        items.extend(block.map(Item::Impl));
    }
    Ok(count)
}

fn wire_name(field: &Field) -> String {
    let mut name = field.ident.as_ref().map(ToString::to_string).unwrap_or_default();
    for attribute in field.attrs.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        // Other serde arguments are of no interest here, and none of them is malformed.
        let _ = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("rename") {
                name = meta.value()?.parse::<syn::LitStr>()?.value();
            } else if meta.input.peek(syn::Token![=]) {
                meta.value()?.parse::<syn::Lit>()?;
            }
            Ok(())
        });
    }
    name
}

/// Whether a member that may be null is required all the same; typify marks these so.
fn must_be_said(field: &Field) -> bool {
    field.attrs.iter().any(|attribute| {
        attribute.path().is_ident("serde") && quote!(#attribute).to_string().contains("deserialize_with")
    })
}

/// Whether it takes the members that the document does not name.
fn is_flattened(field: &Field) -> bool {
    field
        .attrs
        .iter()
        .any(|attribute| attribute.path().is_ident("serde") && quote!(#attribute).to_string().contains("flatten"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plural_of_capitals_is_one_word() {
        let mut items: Vec<Item> = vec![parse_quote! {
            pub struct Bed {
                #[serde(rename = "mapURLs")]
                pub map_ur_ls: Vec<String>,
                #[serde(rename = "mapURL")]
                pub map_url: String,
                #[serde(rename = "type")]
                pub type_: String,
            }
        }];
        assert_eq!(name_plurals(&mut items), 1);
        let names = structs(&mut items).flat_map(|bed| &bed.fields).filter_map(|field| field.ident.clone());
        assert_eq!(names.collect::<Vec<_>>(), ["map_urls", "map_url", "type_"]);
    }
}
