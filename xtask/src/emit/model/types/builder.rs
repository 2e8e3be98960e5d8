//! Writes `new(required…)` and setters of types that are built by callers.

use anyhow::{Context, Result, ensure};
use quote::{format_ident, quote};
use syn::{Fields, ItemImpl, ItemStruct, Type, parse_quote};

use super::{is_flattened, must_be_said, wire_name};
use crate::emit::syntax::{argument_of, last_segment};

/// `impl X { new(required…), one setter for each optional member }`.
pub(super) fn builder(structure: &ItemStruct, order: &[&String]) -> Result<ItemImpl> {
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
