//! Runs progenitor and splits what it writes into types (for the model) and calls (for the client).

mod rules;

use anyhow::{Context, Result, ensure};
use openapiv3::OpenAPI;
use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle, TagStyle, TypeImpl};
use quote::quote;
use serde_json::Value;
use syn::{File, FnArg, ImplItem, Item, Pat, Signature, Type};

use super::print::{Files, STYLE, print};
use crate::documents::{
    api::{is_enum, members, rust_name},
    prepare::{SECRET, SECRET_MAP},
};

/// What progenitor wrote.
#[derive(Debug)]
pub struct Generated {
    /// Items of `mod types`.
    pub types: Vec<Item>,
    /// Everything else.
    pub calls: Vec<Item>,
}

/// Generates the client of a prepared document.
pub fn generate(prepared: &Value) -> Result<Generated> {
    let spec: OpenAPI = serde_json::from_value(prepared.clone()).context("the prepared document is no OpenAPI 3.0")?;
    let mut settings = GenerationSettings::default();
    settings
        .with_interface(InterfaceStyle::Positional)
        .with_tag(TagStyle::Merged)
        .with_hooks(HooksMode::Expected)
        .with_inner_type(quote!(crate::Inner));
    settings.with_replacement(SECRET, "crate::Secret", std::iter::empty::<TypeImpl>());
    settings.with_replacement(SECRET_MAP, "crate::SecretMap", std::iter::empty::<TypeImpl>());
    for (name, _) in members(&prepared["components"], "schemas").filter(|(_, schema)| is_enum(schema)) {
        let rust = rust_name(name);
        settings.with_replacement(
            &rust,
            format!("crate::enums::{rust}"),
            [TypeImpl::Display, TypeImpl::FromStr].into_iter(),
        );
    }
    let mut generator = Generator::new(&settings);
    let tokens = generator.generate_tokens(&spec).context("progenitor")?;
    let file: File = syn::parse2(tokens).context("progenitor wrote something that is no Rust")?;
    let mut generated = Generated { types: Vec::new(), calls: Vec::new() };
    for item in file.items {
        match item {
            Item::Mod(module) if module.ident == "types" => {
                generated.types = module.content.context("mod types without content")?.1;
            }
            item => generated.calls.push(item),
        }
    }
    generated.calls = rules::operate(generated.calls)?;
    check_names(prepared, &generated.types)?;
    Ok(generated)
}

/// Other emitters name types by [`rust_name`]; a schema that ended up under another name is an error here.
fn check_names(prepared: &Value, types: &[Item]) -> Result<()> {
    for (name, schema) in members(&prepared["components"], "schemas") {
        let rust = rust_name(name);
        let there = types.iter().any(|item| match item {
            Item::Struct(item) => item.ident == rust,
            Item::Enum(item) => item.ident == rust,
            Item::Type(item) => item.ident == rust,
            _ => false,
        });
        ensure!(there || is_enum(schema) || name == SECRET || name == SECRET_MAP, "schema {name} has no type {rust}");
    }
    Ok(())
}

/// Signatures of the generated calls, one an operation.
pub fn signatures(calls: &[Item]) -> impl Iterator<Item = &Signature> {
    calls
        .iter()
        .filter_map(|item| match item {
            Item::Impl(block) if block.trait_.is_none() => Some(&block.items),
            _ => None,
        })
        .flatten()
        .filter_map(|item| match item {
            ImplItem::Fn(function) if function.sig.asyncness.is_some() => Some(&function.sig),
            _ => None,
        })
}

/// Names and types of a signature's arguments, without `self`.
pub fn arguments(signature: &Signature) -> impl Iterator<Item = (String, &Type)> {
    signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(typed) => match &*typed.pat {
            Pat::Ident(pattern) => Some((pattern.ident.to_string(), &*typed.ty)),
            _ => None,
        },
        FnArg::Receiver(_) => None,
    })
}

/// The file of calls, over the types of the model and the seam.
pub fn client(calls: &[Item]) -> Files {
    let head = format!(
        "//! The calls, one method an operation.\n{STYLE}\
         use crate::{{enums, transport::{{encode_path, known}}, types}};\n\n"
    );
    let text = print(&head, calls.to_vec());
    Files::from([("crates/frontegg-client/src/generated/client.rs".to_owned(), text)])
}
