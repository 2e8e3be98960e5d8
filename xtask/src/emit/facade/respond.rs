//! Writes a typed answer of every operation, which doubles of the service give in tests.

use anyhow::{Context as _, Result};
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::{Signature, Type};

use super::{method::answer_type, names::Names};
use crate::{documents::api::Operation, emit::syntax::argument_of};

/// The function that makes the answer of an operation.
pub(super) fn answer(names: &Names, operation: &Operation, signature: &Signature) -> Result<TokenStream> {
    let (id, name) = (&operation.id, names.method(operation));
    let view = &names.view(&operation.tag).context("no view")?.name;
    let docs = format!(" Answers [`{view}::{name}`](crate::views::{view}::{name}).");
    let name = format_ident!("{name}");
    let head = quote!(#[doc = #docs] pub fn #name);
    let answer = answer_type(signature);
    let ty: Type = syn::parse2(answer.clone()).unwrap_or_else(|_| unreachable!("an answer has a type"));
    if answer.to_string() == "()" {
        return Ok(quote!(#head() -> Reply { Reply::acknowledgement(#id) }));
    }
    if let Some(kind) = &operation.file {
        return Ok(quote!(#head(answer: impl Into<Vec<u8>>) -> Reply { Reply::file(#id, #kind, answer) }));
    }
    let Some(item) = argument_of(&ty, "Vec") else {
        return Ok(quote!(#head(answer: impl Borrow<#answer>) -> Reply { Reply::of(#id, answer.borrow()) }));
    };
    let item = item.to_token_stream();
    Ok(quote!(#head(answer: impl IntoIterator<Item = #item>) -> Reply {
        Reply::of(#id, answer.into_iter().collect::<Vec<_>>())
    }))
}

/// The file of all answers.
pub(super) fn items(answers: &TokenStream) -> TokenStream {
    quote! {
        use std::borrow::Borrow;
        use crate::{testing::Reply, types};
        #answers
    }
}
