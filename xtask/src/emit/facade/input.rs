//! Arguments of the methods of views: what they are in the signature, and what the generated call is given.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote};
use syn::Type;

use crate::emit::syntax::{argument_of, is_str, last_segment, short};

/// An argument of a view method that is always given.
pub(super) struct Input {
    pub(super) ident: Ident,
    /// Its type in the signature.
    pub(super) ty: TokenStream,
    /// What is made of it before the call.
    pub(super) made: TokenStream,
    /// As the generated call is given it.
    pub(super) passed: TokenStream,
    /// Whether the call may borrow it.
    pub(super) borrows: bool,
}

impl Input {
    /// The argument for a parameter that is a list with a name on the wire.
    pub(super) fn list(ident: &Ident, wire: &str) -> Self {
        Self {
            ident: ident.clone(),
            ty: quote!(impl IntoIterator<Item = impl AsRef<str>>),
            made: quote!(let #ident: List = #ident.into_iter().collect();),
            passed: quote!(&#ident.joined(#wire)?),
            borrows: false,
        }
    }

    /// The argument for a parameter of the generated call that has this type. What that borrows may be given owned.
    pub(super) fn of(ident: &Ident, ty: &Type) -> Self {
        let (bound, passed) = match ty {
            Type::Reference(reference) if is_str(&reference.elem) => (quote!(AsRef<str>), quote!(#ident.as_ref())),
            Type::Reference(reference) if is_secret(&reference.elem) => {
                let secret = short(&reference.elem);
                return Self {
                    ident: ident.clone(),
                    ty: quote!(impl Into<#secret>),
                    made: quote!(let #ident: #secret = #ident.into();),
                    passed: quote!(&#ident),
                    borrows: false,
                };
            }
            Type::Reference(reference) => {
                if let Some(item) = argument_of(&reference.elem, "Vec").map(short) {
                    (quote!(AsRef<[#item]>), quote!(&#ident.as_ref().to_vec()))
                } else {
                    let ty = short(&reference.elem);
                    (quote!(Borrow<#ty>), quote!(#ident.borrow()))
                }
            }
            ty => {
                return Self {
                    ident: ident.clone(),
                    ty: short(ty).to_token_stream(),
                    made: quote!(),
                    passed: quote!(#ident),
                    borrows: false,
                };
            }
        };
        Self { ident: ident.clone(), ty: quote!(impl #bound), made: quote!(), passed, borrows: true }
    }
}

/// Whether it is the type of secrets.
fn is_secret(ty: &Type) -> bool {
    last_segment(ty).is_some_and(|segment| segment.ident == "Secret")
}
