//! Writes one call of every published operation through the facade.

use std::fmt::Write as _;

use anyhow::{Context, Result};
use heck::ToUpperCamelCase;
use syn::Item;

use super::calls::argument;
use crate::{
    documents::api::{Api, tag_module},
    emit::client::{arguments, signatures},
};

/// The file of calls. Each takes the scope that its token belongs to.
pub(super) fn calls(api: &Api, calls: &[Item]) -> Result<String> {
    let mut out = String::from(
        "//! One call of every published operation through the facade, with samples made from the document.\n\n\
         #![allow(deprecated, reason = \"operations like any other here\")]\n\n\
         use frontegg_identity::{Secret, enums, params, types};\n\n\
         use crate::{facade::Call, read};\n\n\
         /// Every published operation, sorted by id.\npub static CALLS: &[Call] = &[\n",
    );
    for operation in api.published() {
        let id = &operation.id;
        let signature = signatures(calls).find(|signature| signature.ident == id);
        let signature = signature.with_context(|| format!("no call of {id}"))?;
        let (mut given, mut optional, mut last) = (Vec::new(), Vec::new(), None);
        for (name, ty) in arguments(signature) {
            let mut argument = argument(api, operation, &name, ty)?;
            let place = operation.parameters.iter().position(|parameter| parameter.ident() == name);
            if place.is_some_and(|place| operation.parameters[place].is_list()) {
                argument.value = format!("[{}]", argument.value);
            }
            if argument.optional {
                optional.push(format!(".{name}({})", argument.value));
            } else if name == "body" {
                last = Some(argument.to_string());
            } else {
                given.push((place, argument.to_string()));
            }
        }
        given.sort();
        let mut given: Vec<String> = given.into_iter().map(|(_, value)| value).chain(last).collect();
        if !optional.is_empty() {
            given.push(format!("params::{}::new(){}", id.to_upper_camel_case(), optional.concat()));
        }
        let scope = match operation.token.as_str() {
            "none" => "anonymous",
            "user" => "user",
            _ => "environment",
        };
        let (view, given) = (tag_module(&operation.tag), given.join(", "));
        writeln!(
            out,
            "    Call {{ operation: {id:?}, send: |scopes| Box::pin(async move {{ scopes.{scope}.{view}().{id}({given}).await.map(drop) }}) }},"
        )?;
    }
    out.push_str("];\n");
    Ok(out)
}
