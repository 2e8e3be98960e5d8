//! Writes a typed answer of every operation, which doubles of the service give in tests.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{Signature, Type};

use super::answer_type;
use crate::{
    documents::api::{Operation, tag_type},
    emit::syntax::argument_of,
};

/// The function that makes the answer of an operation.
pub(super) fn answer(operation: &Operation, signature: &Signature) -> TokenStream {
    let (id, name) = (&operation.id, &signature.ident);
    let docs = format!(" Answers [`{id}`](crate::views::{}::{id}).", tag_type(&operation.tag));
    let head = quote!(#[doc = #docs] pub fn #name);
    let answer = answer_type(signature);
    let ty: Type = syn::parse2(answer.clone()).unwrap_or_else(|_| unreachable!("an answer has a type"));
    if answer.to_string() == "()" {
        return quote!(#head() -> Reply { Reply::acknowledgement(#id) });
    }
    let Some(item) = argument_of(&ty, "Vec") else {
        return quote!(#head(answer: impl Borrow<#answer>) -> Reply { Reply::of(#id, answer.borrow()) });
    };
    let item = item.to_token_stream();
    quote!(#head(answer: impl IntoIterator<Item = #item>) -> Reply {
        Reply::of(#id, answer.into_iter().collect::<Vec<_>>())
    })
}

/// The file of all answers.
pub(super) fn items(answers: &TokenStream) -> TokenStream {
    quote! {
        use std::borrow::Borrow;
        use crate::{testing::Reply, types};
        #answers
    }
}
