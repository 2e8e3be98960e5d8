//! Finishes the generated types: what typify cannot do is done to its syntax tree.
//!
//! - Members that a partial update can clear become `Patch<T>`.
//! - Structs that requests are built from become `#[non_exhaustive]` and get `new(required…)` and setters.
//! - Every type gets a feature-gated `JsonSchema`.
//! - The JSON schemas that typify repeats in doc comments go.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use quote::{format_ident, quote};
use serde_json::Value;
use syn::{Attribute, Fields, GenericArgument, Item, ItemImpl, ItemStruct, PathArguments, Type, parse_quote};

use crate::documents::api::{members, rust_name};

/// Which types are built by callers, and which of their members can be cleared.
#[derive(Debug)]
pub struct Plan<'a> {
    /// Schemas that request bodies reach.
    pub requests: &'a [String],
    /// Members (schema, property) that are optional and nullable in them.
    pub clearable: &'a [(String, String)],
    /// The joined document, which says in what order members stand.
    pub document: &'a Value,
}

/// Applies the plan to the items of `mod types`.
pub fn finish(items: Vec<Item>, plan: &Plan) -> Result<Vec<Item>> {
    let requests: BTreeMap<String, Vec<&String>> = plan
        .requests
        .iter()
        .map(|name| {
            (
                rust_name(name),
                members(&plan.document["components"]["schemas"][name], "properties").map(|(name, _)| name).collect(),
            )
        })
        .collect();
    let mut clearable: BTreeSet<(String, String)> =
        plan.clearable.iter().map(|(schema, property)| (rust_name(schema), property.clone())).collect();
    let mut finished = Vec::new();
    for mut item in items {
        match &mut item {
            Item::Struct(structure) => {
                clean_docs(&mut structure.attrs);
                derive_schema(&mut structure.attrs);
                finish_members(structure, &mut clearable)?;
                let constructor = if let Some(order) = requests.get(&structure.ident.to_string()) {
                    Some(builder(structure, order)?)
                } else {
                    read_missing_as_null(structure);
                    None
                };
                if constructor.is_some() {
                    structure.attrs.push(parse_quote!(#[non_exhaustive]));
                }
                finished.push(item);
                finished.extend(constructor.map(Item::Impl));
                continue;
            }
            Item::Enum(choice) => {
                clean_docs(&mut choice.attrs);
                derive_schema(&mut choice.attrs);
                for variant in
                    choice.variants.iter_mut().filter(|variant| !variant.attrs.iter().any(|a| a.path().is_ident("doc")))
                {
                    let text = format!("`{}`.", variant.ident);
                    variant.attrs.push(parse_quote!(#[doc = #text]));
                }
            }
            Item::Type(alias) => clean_docs(&mut alias.attrs),
            // A default would hide which members a request must name.
            Item::Impl(block) if is_default_of(block, &requests) => continue,
            _ => {}
        }
        finished.push(item);
    }
    ensure!(clearable.is_empty(), "no field for {clearable:?}");
    Ok(finished)
}

fn is_default_of(block: &ItemImpl, names: &BTreeMap<String, Vec<&String>>) -> bool {
    let default =
        block.trait_.as_ref().is_some_and(|(path, _)| path.segments.last().is_some_and(|last| last.ident == "Default"));
    default && last_segment(&block.self_ty).is_some_and(|segment| names.contains_key(&segment.ident.to_string()))
}

/// Cuts doc comments before the repeated JSON schema.
fn clean_docs(attributes: &mut [Attribute]) {
    for attribute in attributes.iter_mut() {
        if let Some(text) = doc_text(attribute)
            && let Some(at) = text.find("<details>")
        {
            let kept = text[..at].trim_end();
            // typify quotes the schema's name when there is no description.
            let kept = kept.trim();
            *attribute = parse_quote!(#[doc = #kept]);
        }
    }
}

fn doc_text(attribute: &Attribute) -> Option<String> {
    let syn::Meta::NameValue(meta) = &attribute.meta else { return None };
    let syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &meta.value else { return None };
    attribute.path().is_ident("doc").then(|| text.value())
}

fn derive_schema(attributes: &mut Vec<Attribute>) {
    attributes.push(parse_quote!(#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]));
}

fn finish_members(structure: &mut ItemStruct, clearable: &mut BTreeSet<(String, String)>) -> Result<()> {
    let name = structure.ident.to_string();
    let Fields::Named(fields) = &mut structure.fields else { return Ok(()) };
    for field in &mut fields.named {
        let property = wire_name(field);
        if !field.attrs.iter().any(|attribute| attribute.path().is_ident("doc")) {
            let text = if is_flattened(field) {
                "Further members, which the document does not name.".to_owned()
            } else {
                format!("`{property}`.")
            };
            field.attrs.push(parse_quote!(#[doc = #text]));
        }
        if !clearable.remove(&(name.clone(), property.clone())) {
            continue;
        }
        let inner =
            argument_of(&field.ty, "Option").with_context(|| format!("{name}.{property} is not optional"))?.clone();
        field.ty = parse_quote!(crate::Patch<#inner>);
        field.attrs.retain(|attribute| !attribute.path().is_ident("serde"));
        field
            .attrs
            .push(parse_quote!(#[serde(rename = #property, default, skip_serializing_if = "crate::Patch::is_absent")]));
    }
    Ok(())
}

fn wire_name(field: &syn::Field) -> String {
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
fn must_be_said(field: &syn::Field) -> bool {
    field.attrs.iter().any(|attribute| {
        attribute.path().is_ident("serde") && quote!(#attribute).to_string().contains("deserialize_with")
    })
}

/// Whether it takes the members that the document does not name.
fn is_flattened(field: &syn::Field) -> bool {
    field
        .attrs
        .iter()
        .any(|attribute| attribute.path().is_ident("serde") && quote!(#attribute).to_string().contains("flatten"))
}

/// An answer that leaves out what could be null still decodes.
fn read_missing_as_null(structure: &mut ItemStruct) {
    for field in structure.fields.iter_mut().filter(|field| must_be_said(field)) {
        let wire = wire_name(field);
        field.attrs.retain(|attribute| !attribute.path().is_ident("serde"));
        if field.ident.as_ref().is_some_and(|ident| *ident != wire) {
            field.attrs.push(parse_quote!(#[serde(rename = #wire)]));
        }
    }
}

fn last_segment(ty: &Type) -> Option<&syn::PathSegment> {
    match ty {
        Type::Path(path) => path.path.segments.last(),
        _ => None,
    }
}

/// The `T` of `Outer<T>`.
fn argument_of<'a>(ty: &'a Type, outer: &str) -> Option<&'a Type> {
    let segment = last_segment(ty).filter(|segment| segment.ident == outer)?;
    match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => arguments.args.iter().find_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        }),
        _ => None,
    }
}

/// `impl X { new(required…), one setter for each optional member }`.
fn builder(structure: &ItemStruct, order: &[&String]) -> Result<ItemImpl> {
    let name = &structure.ident;
    let Fields::Named(fields) = &structure.fields else {
        // A list or map newtype is built by its own `From`.
        return Ok(parse_quote!(impl #name {}));
    };
    let (mut parameters, mut values, mut setters) = (Vec::new(), Vec::new(), Vec::new());
    // typify sorts members by name; arguments come as the document has them.
    let mut fields: Vec<&syn::Field> = fields.named.iter().collect();
    fields.sort_by_key(|field| order.iter().position(|name| **name == wire_name(field)));
    for field in fields {
        let ident = field.ident.as_ref().context("a field without a name")?;
        if must_be_said(field) {
            let ty = &field.ty;
            parameters.push(quote!(#ident: #ty));
            values.push(quote!(#ident));
            continue;
        }
        let inner = argument_of(&field.ty, "Option");
        let patched = argument_of(&field.ty, "Patch");
        let flattened = is_flattened(field);
        if inner.is_none() && patched.is_none() && !flattened {
            let (ty, value) = accepted(&field.ty, &quote!(#ident));
            parameters.push(quote!(#ident: #ty));
            let same = *ident == value.to_string();
            values.push(if same { quote!(#ident) } else { quote!(#ident: #value) });
            continue;
        }
        values.push(if flattened {
            quote!(#ident: Default::default())
        } else if inner.is_some() {
            quote!(#ident: None)
        } else {
            quote!(#ident: crate::Patch::Absent)
        });
        let (ty, value) = if flattened {
            accepted(&field.ty, &quote!(value))
        } else if let (Some(inner), _) = (inner, patched) {
            let (ty, value) = accepted(inner, &quote!(value));
            (ty, quote!(Some(#value)))
        } else {
            let whole = &field.ty;
            (quote!(impl Into<#whole>), quote!(value.into()))
        };
        let docs = field.attrs.iter().filter(|attribute| attribute.path().is_ident("doc"));
        let fallback = format!("Sets `{}`.", wire_name(field));
        let docs = if docs.clone().next().is_some() { quote!(#(#docs)*) } else { quote!(#[doc = #fallback]) };
        let setter = format_ident!("{ident}");
        ensure!(setter != "new", "{name} has a member called new");
        setters.push(quote! {
            #docs
            #[must_use]
            pub fn #setter(mut self, value: #ty) -> Self {
                self.#ident = #value;
                self
            }
        });
    }
    let default = parameters.is_empty().then(|| quote!(#[allow(clippy::new_without_default)]));
    Ok(parse_quote! {
        impl #name {
            /// With the members that must be there; the others have setters of their names.
            #[allow(clippy::too_many_arguments)]
            #default
            pub fn new(#(#parameters),*) -> Self {
                Self { #(#values),* }
            }
            #(#setters)*
        }
    })
}

/// What a setter accepts for a type, and how it becomes that type.
fn accepted(ty: &Type, value: &proc_macro2::TokenStream) -> (proc_macro2::TokenStream, proc_macro2::TokenStream) {
    let name = last_segment(ty).map(|segment| segment.ident.to_string()).unwrap_or_default();
    if name == "String" || name == "Secret" {
        return (quote!(impl Into<#ty>), quote!(#value.into()));
    }
    if let Some(item) = argument_of(ty, "Vec") {
        return (
            quote!(impl IntoIterator<Item = impl Into<#item>>),
            quote!(#value.into_iter().map(Into::into).collect()),
        );
    }
    (quote!(#ty), quote!(#value))
}
