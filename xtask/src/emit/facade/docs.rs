//! Writes the documentation of views and of their methods.

use std::collections::BTreeSet;

use anyhow::Result;
use proc_macro2::TokenStream;
use quote::quote;

use super::{
    example::{Called, Inputs, example},
    names::{Names, View, numbered},
};
use crate::documents::api::{Api, Need, Operation};

/// Doc attributes, one a line.
pub fn docs(text: &str) -> TokenStream {
    text.lines().map(|line| if line.is_empty() { quote!(#[doc = ""]) } else { line_doc(line) }).collect()
}

fn line_doc(line: &str) -> TokenStream {
    let line = format!(" {}", line.trim_end());
    quote!(#[doc = #line])
}

/// What a view is about.
pub fn view(view: &View) -> TokenStream {
    let mut text: Vec<&str> = view.tags.iter().map(|tag| tag.description.as_str()).collect();
    text.dedup();
    let tags: Vec<String> = view.tags.iter().map(|tag| format!("“{}”", tag.name)).collect();
    let (word, tags) = (if tags.len() == 1 { "Tag" } else { "Tags" }, tags.join(", "));
    docs(&format!("{}\n\n{word} {tags} of the reference.", text.join("\n\n")))
}

/// What a method does, how it is called, what it is refused for, and what to look at beside it.
pub fn operation(api: &Api, names: &Names, operation: &Operation, inputs: &Inputs) -> Result<TokenStream> {
    let mut text = about(operation);
    text += &format!("\n\n{}", example(api, names, operation, inputs, &Called::by_name(names, operation))?);
    let others = related(api, names, operation);
    if !others.is_empty() {
        text += &format!("\n\nSee also {}.", others.join(", "));
    }
    if !operation.errors.is_empty() {
        text += "\n\n# Errors\n";
        for (status, meaning) in &operation.errors {
            text += &format!("\n- {status}: {meaning}");
        }
    }
    let (text, words) = (docs(&text), search_words(names, operation));
    Ok(quote!(#text #(#[doc(alias = #words)])*))
}

/// What the method of a version says that has a name without the number.
pub fn version(api: &Api, names: &Names, operation: &Operation, inputs: &Inputs) -> Result<TokenStream> {
    let name = names.method(operation);
    let example = example(api, names, operation, inputs, &Called::by_number(operation))?;
    let text = format!("[`{name}`](Self::{name}) by the number of its version, which stays when a newer one comes.");
    Ok(docs(&format!("{text}\n\n{example}")))
}

fn about(operation: &Operation) -> String {
    let mut text = operation.summary.trim_end_matches('.').to_owned() + ".";
    if !operation.description.is_empty() {
        text += &format!("\n\n{}", operation.description);
    }
    text += &format!("\n\n`{} {}`", operation.method.to_uppercase(), operation.path);
    for (what, need) in [("tenant", operation.tenant), ("user", operation.user)] {
        text += match (need, what) {
            (Need::None, _) => "",
            (Need::Optional, "tenant") => ", for a tenant if the scope names one",
            (Need::Optional, _) => ", for a user if the scope names one",
            (Need::Required, "tenant") => ", for the scope's tenant",
            (Need::Required, _) => ", for the scope's user",
        };
    }
    if let Some(permission) = operation.permission.docs() {
        text += &format!("\n\n{permission}");
    }
    text
}

/// Links to the other operations on the same things: those of the view whose paths are the same but for the version and
/// an id at the end.
fn related(api: &Api, names: &Names, operation: &Operation) -> Vec<String> {
    let Some(view) = names.view(&operation.tag) else { return Vec::new() };
    let of_view = api.published().filter(|other| view.tags.iter().any(|tag| tag.name == other.tag));
    let place = resource(&operation.path);
    of_view
        .filter(|other| other.id != operation.id && !other.deprecated && resource(&other.path) == place)
        .map(|other| names.method(other))
        .map(|name| format!("[`{name}`](Self::{name})"))
        .collect()
}

/// What a path is about: its fixed segments without versions, and without an id at the end.
fn resource(path: &str) -> Vec<&str> {
    let is_version = |segment: &str| segment.strip_prefix('v').is_some_and(|rest| rest.parse::<u32>().is_ok());
    let mut segments: Vec<&str> =
        path.split('/').filter(|segment| !segment.is_empty() && !is_version(segment)).collect();
    while segments.last().is_some_and(|segment| segment.starts_with('{')) {
        segments.pop();
    }
    segments
}

/// What somebody may search for who knows the API and not this crate: the published id, its own part of it, and the last
/// word of the path; for the version to use now, its number.
fn search_words(names: &Names, operation: &Operation) -> BTreeSet<String> {
    let name = names.method(operation);
    let mut words = BTreeSet::from([operation.id.clone()]);
    words.insert(operation.upstream.clone());
    words.extend(operation.upstream.split_once('_').map(|(_, own)| own.to_owned()));
    words.extend(resource(&operation.path).last().map(|&word| word.to_owned()));
    words.extend(numbered(&operation.id).map(|(stem, _)| stem.to_owned()));
    words.retain(|word| !word.is_empty() && word != name);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_about_the_same_with_and_without_an_id() {
        assert_eq!(resource("/identity/resources/roles/v1/{roleId}"), resource("/identity/resources/roles/v2"));
        assert_ne!(
            resource("/identity/resources/roles/v1/{roleId}/permissions"),
            resource("/identity/resources/roles/v2")
        );
        assert_eq!(resource("/a/v1/{b}/c"), ["a", "{b}", "c"]);
    }
}
