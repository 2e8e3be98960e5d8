//! Writes the server side: static schema tables, and for every tag a trait, its parameter structs,
//! its handlers and its routes.
//!
//! The tables say what the document says (bounds, enums, required members), not what the prepared
//! copy of the generator says: the shared types are lenient, a server must not be.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, bail, ensure};
use heck::{ToShoutySnakeCase, ToUpperCamelCase};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use serde_json::Value;

use crate::{
    document::reference_name,
    operation::{
        APPLICATION_HEADER, Api, Operation, Parameter, Place, is_enum, members, rust_name,
        tag_module, tag_type,
    },
    regen::{Files, print},
};

const SOURCES: &str = "crates/frontegg-contract/src/generated";
const TESTS: &str = "crates/frontegg-contract/tests/generated";

/// All files of the contract.
pub fn contract(api: &Api) -> Result<Files> {
    check_addresses(api)?;
    let mut files = Files::new();
    let mut put = |path: String, head: &str, tokens: TokenStream| -> Result<()> {
        let file: syn::File = syn::parse2(tokens).with_context(|| path.clone())?;
        files.insert(path, print(head, file.items));
        Ok(())
    };
    put(format!("{SOURCES}/mod.rs"), "//! One module a tag.\n\n", index(api))?;
    put(format!("{SOURCES}/schemas.rs"), "//! Schemas of the documents.\n\n", schemas(api)?)?;
    for tag in &api.tags {
        let module = tag_module(&tag.name);
        let head = format!("//! {}\n\n", tag.description.replace('\n', " "));
        put(format!("{SOURCES}/{module}.rs"), &head, tag_file(api, &tag.name)?)?;
    }
    let head = "//! A service whose every operation answers with its own name.\n\n";
    put(format!("{TESTS}/echo.rs"), head, echo(api)?)?;
    Ok(files)
}

/// A path template with numbered parameters: the router wants one name at one place.
fn positional(template: &str) -> String {
    let mut count = 0..;
    let segment = |segment: &str| match count.next().filter(|_| segment.starts_with('{')) {
        Some(_) if segment.contains('}') => String::new(),
        _ => segment.to_owned(),
    };
    let _ = segment;
    let mut number = 0;
    let segments = template.split('/').map(|segment| {
        if !segment.starts_with('{') {
            return segment.to_owned();
        }
        number += 1;
        format!("{{p{}}}", number - 1)
    });
    segments.collect::<Vec<_>>().join("/")
}
