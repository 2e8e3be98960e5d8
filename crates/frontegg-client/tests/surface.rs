//! Holds what is generated: every method with its signature, every type, every enum, every operation.

use std::{collections::BTreeMap, fmt::Write as _};

use frontegg_model::OPERATIONS;
use quote::ToTokens;
use syn::{Attribute, Fields, ImplItem, Item, Type};

#[path = "support/snapshot.rs"]
mod snapshot;

const CLIENT: &str = include_str!("../src/generated/client.rs");
const TYPES: &str = include_str!("../../frontegg-model/src/generated/types.rs");
const ENUMS: &str = include_str!("../../frontegg-model/src/generated/enums.rs");

/// A piece of syntax in one line, with short paths.
fn short(syntax: &impl ToTokens) -> String {
    let mut text = syntax.to_token_stream().to_string();
    for (long, brief) in [
        (":: std :: string :: ", ""),
        (":: std :: option :: ", ""),
        (":: std :: vec :: ", ""),
        (":: chrono :: DateTime < :: chrono :: offset :: Utc >", "DateTime"),
        (":: serde_json :: ", ""),
        ("crate :: enums :: ", ""),
        ("crate :: ", ""),
        ("types :: ", ""),
        ("enums :: ", ""),
        ("'a ", ""),
        (" < ", "<"),
        (" <", "<"),
        (" > ", ">"),
        (" >", ">"),
        ("& ", "&"),
        (" ,", ","),
        (",>", ">"),
        (" :", ":"),
    ] {
        text = text.replace(long, brief);
    }
    text
}

#[test]
fn methods() {
    let file = syn::parse_file(CLIENT).unwrap();
    let mut by_tag: BTreeMap<&str, String> = BTreeMap::new();
    let items = file.items.iter().filter_map(|item| match item {
        Item::Impl(block) if block.trait_.is_none() => Some(&block.items),
        _ => None,
    });
    let mut count = 0;
    for item in items.flatten() {
        let ImplItem::Fn(function) = item else { continue };
        if function.sig.asyncness.is_none() {
            continue;
        }
        count += 1;
        let id = function.sig.ident.to_string();
        let operation = frontegg_model::operation(&id).unwrap_or_else(|| panic!("{id} is not in the table"));
        let arguments: Vec<String> = function
            .sig
            .inputs
            .iter()
            .filter_map(|input| match input {
                syn::FnArg::Typed(typed) => Some(format!("{}: {}", short(&typed.pat), short(&typed.ty))),
                syn::FnArg::Receiver(_) => None,
            })
            .collect();
        let syn::ReturnType::Type(_, answer) = &function.sig.output else { panic!("{id} returns nothing") };
        writeln!(by_tag.entry(operation.tag).or_default(), "{id}({})\n    -> {}", arguments.join(", "), short(answer))
            .unwrap();
    }
    assert_eq!(count, OPERATIONS.iter().filter(|row| row.published).count());
    for (tag, text) in by_tag {
        snapshot::hold("surface", tag, &text);
    }
}

fn has(attributes: &[Attribute], name: &str) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident(name))
}

/// Whether it may grow for all but those who serve it.
fn is_open_answer(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| attribute.to_token_stream().to_string().contains("non_exhaustive"))
}

fn wire_name(attributes: &[Attribute]) -> Option<String> {
    let serde = attributes.iter().find(|attribute| attribute.path().is_ident("serde"))?;
    let text = serde.to_token_stream().to_string();
    let rest = text.split_once("rename = \"")?.1;
    Some(rest.split_once('"')?.0.to_owned())
}

fn described(ty: &Type, name: &str, attributes: &[Attribute]) -> String {
    match wire_name(attributes) {
        Some(wire) => format!("{name} ({wire}): {}", short(ty)),
        None => format!("{name}: {}", short(ty)),
    }
}

#[test]
fn types() {
    let mut lines = Vec::new();
    for item in syn::parse_file(TYPES).unwrap().items {
        match item {
            Item::Struct(structure) => {
                let kind = match () {
                    () if has(&structure.attrs, "non_exhaustive") => "request",
                    () if is_open_answer(&structure.attrs) => "answer",
                    () => "struct",
                };
                let members = match &structure.fields {
                    Fields::Named(fields) => {
                        let members = fields.named.iter();
                        members
                            .map(|field| described(&field.ty, &field.ident.as_ref().unwrap().to_string(), &field.attrs))
                            .collect::<Vec<_>>()
                            .join(", ")
                    }
                    fields => short(fields),
                };
                lines.push(format!("{kind} {} {{ {members} }}", structure.ident));
            }
            Item::Enum(choice) => {
                let variants: Vec<String> = choice
                    .variants
                    .iter()
                    .map(|variant| format!("{}{}", variant.ident, short(&variant.fields)))
                    .collect();
                lines.push(format!("enum {} {{ {} }}", choice.ident, variants.join(", ")));
            }
            Item::Type(alias) => lines.push(format!("type {} = {}", alias.ident, short(&alias.ty))),
            _ => {}
        }
    }
    snapshot::hold("surface", "_types", &lines.join("\n"));
}

/// The tokens of an enum without its doc comments, which are attributes here.
fn without_docs(tokens: proc_macro2::TokenStream) -> String {
    let mut text = String::new();
    let mut tokens = tokens.into_iter();
    while let Some(token) = tokens.next() {
        match token {
            proc_macro2::TokenTree::Punct(hash) if hash.as_char() == '#' => drop(tokens.next()),
            proc_macro2::TokenTree::Group(group) => write!(text, "{{ {}}}", without_docs(group.stream())).unwrap(),
            token => write!(text, "{token} ").unwrap(),
        }
    }
    text
}

#[test]
fn enums() {
    let file = syn::parse_file(ENUMS).unwrap();
    let lines: Vec<String> = file
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Macro(call) => Some(without_docs(call.mac.tokens.clone())),
            _ => None,
        })
        .collect();
    assert!(!lines.is_empty());
    snapshot::hold("surface", "_enums", &lines.join("\n"));
}

#[test]
fn operations() {
    let mut text = String::new();
    for row in OPERATIONS {
        write!(text, "{:6} {}  {} {}", row.method, row.path, row.token, row.status).unwrap();
        for (name, need) in [("tenant", row.tenant), ("user", row.user)] {
            if need != frontegg_model::Need::None {
                write!(text, " {name}:{need}").unwrap();
            }
        }
        for (name, set) in [("application", row.application), ("paged", row.paged), ("unpublished", !row.published)] {
            if set {
                write!(text, " {name}").unwrap();
            }
        }
        let request = row.request.unwrap_or("-");
        let answer = row.answer.unwrap_or("-");
        writeln!(text, "  {request} -> {answer}  [{} / {}] {}", row.category, row.tag, row.id).unwrap();
    }
    snapshot::hold("surface", "_operations", &text);
}
