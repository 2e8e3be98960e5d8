//! Writes how types are built: `new` with what must be there, and for requests a setter for each other member.

use anyhow::{Context, Result, ensure};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Field, Fields, Ident, ItemImpl, ItemStruct, Type, parse_quote};

use super::{is_flattened, must_be_said, wire_name};
use crate::emit::syntax::{argument_of, last_segment};

/// `new` and setters of a type that requests are built from.
///
/// `order` names the members as the document has them.
pub(super) fn request(structure: &ItemStruct, order: &[&String]) -> Result<ItemImpl> {
    let name = &structure.ident;
    let members = members(structure, order)?;
    // A list or map newtype is built by its own `From`.
    if members.is_empty() && !matches!(structure.fields, Fields::Named(_)) {
        return Ok(parse_quote!(impl #name {}));
    }
    let new = new(&members, "With the members that must be there; the others have setters of their names.");
    let setters = members.iter().map(Member::setter).collect::<Result<Vec<_>>>()?;
    Ok(parse_quote!(impl #name { #new #(#setters)* }))
}

/// `new` of a type of answers that has members which may be absent beside others which must be there.
///
/// Without any of the former, or of the latter, a struct expression or `Default` serves as well.
pub(super) fn answer(structure: &ItemStruct, order: &[&String]) -> Result<Option<ItemImpl>> {
    let name = &structure.ident;
    let members = members(structure, order)?;
    let required = members.iter().filter(|member| member.presence == Presence::Required).count();
    if required == 0 || required == members.len() {
        return Ok(None);
    }
    let new = new(&members, "With the members that must be there; the others are absent.");
    Ok(Some(parse_quote!(impl #name { #new })))
}

/// What can be said of a member when its type is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    /// A value.
    Required,
    /// A value or none.
    Optional,
    /// A value, null or none.
    Patch,
    /// The members that the document does not name.
    Further,
}

struct Member<'a> {
    ident: &'a Ident,
    field: &'a Field,
    presence: Presence,
}

/// The members in the order of the document; typify sorts them by name.
fn members<'a>(structure: &'a ItemStruct, order: &[&String]) -> Result<Vec<Member<'a>>> {
    let Fields::Named(fields) = &structure.fields else { return Ok(Vec::new()) };
    let mut fields: Vec<&Field> = fields.named.iter().collect();
    fields.sort_by_key(|field| order.iter().position(|name| **name == wire_name(field)));
    fields.into_iter().map(Member::of).collect()
}

impl<'a> Member<'a> {
    fn of(field: &'a Field) -> Result<Self> {
        let ident = field.ident.as_ref().context("a field without a name")?;
        let is = |outer: &str| argument_of(&field.ty, outer).is_some();
        let presence = if is_flattened(field) {
            Presence::Further
        } else if must_be_said(field) {
            Presence::Required
        } else if is("Option") {
            Presence::Optional
        } else if is("Patch") {
            Presence::Patch
        } else {
            Presence::Required
        };
        Ok(Self { ident, field, presence })
    }

    /// What a caller gives for the member under a name, and how that becomes its value.
    fn taken(&self, name: &TokenStream) -> (TokenStream, TokenStream) {
        let ty = &self.field.ty;
        match self.presence {
            Presence::Required | Presence::Further => accepted(ty, name),
            Presence::Optional => {
                let (ty, value) = accepted(argument_of(ty, "Option").unwrap_or(ty), name);
                (ty, quote!(Some(#value)))
            }
            Presence::Patch => (quote!(impl Into<#ty>), quote!(#name.into())),
        }
    }

    fn setter(&self) -> Result<TokenStream> {
        let Self { ident, field, presence } = self;
        if *presence == Presence::Required {
            return Ok(TokenStream::new());
        }
        ensure!(*ident != "new", "a member called new");
        let (ty, value) = self.taken(&quote!(value));
        let docs = field.attrs.iter().filter(|attribute| attribute.path().is_ident("doc"));
        Ok(quote! {
            #(#docs)*
            #[must_use]
            pub fn #ident(mut self, value: #ty) -> Self {
                self.#ident = #value;
                self
            }
        })
    }
}

/// `new` with a parameter for each member that must be there.
fn new(members: &[Member], about: &str) -> TokenStream {
    let (mut parameters, mut values) = (Vec::new(), Vec::new());
    for member in members {
        let ident = member.ident;
        values.push(match member.presence {
            Presence::Required => {
                let (ty, value) = member.taken(&quote!(#ident));
                parameters.push(quote!(#ident: #ty));
                let same = *ident == value.to_string();
                if same { quote!(#ident) } else { quote!(#ident: #value) }
            }
            Presence::Optional => quote!(#ident: None),
            Presence::Patch => quote!(#ident: crate::Patch::Absent),
            Presence::Further => quote!(#ident: Default::default()),
        });
    }
    let many = (parameters.len() > 7).then(|| quote!(#[allow(clippy::too_many_arguments)]));
    quote! {
        #[doc = #about]
        #many
        pub fn new(#(#parameters),*) -> Self {
            Self { #(#values),* }
        }
    }
}

/// What is accepted for a type, and how it becomes that type.
fn accepted(ty: &Type, value: &TokenStream) -> (TokenStream, TokenStream) {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn bed() -> ItemStruct {
        parse_quote! {
            pub struct Bed {
                /// Its color.
                pub color: crate::Patch<String>,
                pub length: i64,
                pub name: ::std::string::String,
                #[serde(rename = "soilKind")]
                pub soil_kind: ::std::option::Option<::std::string::String>,
            }
        }
    }

    fn order() -> [String; 4] {
        ["name", "soilKind", "length", "color"].map(str::to_owned)
    }

    #[test]
    fn a_request_is_built_from_what_it_must_name_and_by_setters() {
        let order = order();
        let built = request(&bed(), &order.iter().collect::<Vec<_>>()).unwrap();
        let expected: ItemImpl = parse_quote! {
            impl Bed {
                #[doc = "With the members that must be there; the others have setters of their names."]
                pub fn new(name: impl Into<::std::string::String>, length: i64) -> Self {
                    Self { name: name.into(), soil_kind: None, length, color: crate::Patch::Absent }
                }
                #[must_use]
                pub fn soil_kind(mut self, value: impl Into<::std::string::String>) -> Self {
                    self.soil_kind = Some(value.into());
                    self
                }
                /// Its color.
                #[must_use]
                pub fn color(mut self, value: impl Into<crate::Patch<String>>) -> Self {
                    self.color = value.into();
                    self
                }
            }
        };
        assert_eq!(built, expected);
    }

    #[test]
    fn an_answer_is_built_where_something_can_be_left_out() {
        let built = answer(&bed(), &[]).unwrap().unwrap();
        assert_eq!(built.items.len(), 1);
        let whole: ItemStruct = parse_quote!(
            pub struct Bed {
                pub length: i64,
            }
        );
        assert_eq!(answer(&whole, &[]).unwrap(), None);
        let bare: ItemStruct = parse_quote!(
            pub struct Bed {
                pub length: Option<i64>,
            }
        );
        assert_eq!(answer(&bare, &[]).unwrap(), None);
        let list: ItemStruct = parse_quote!(
            pub struct Beds(pub Vec<Bed>);
        );
        assert_eq!(answer(&list, &[]).unwrap(), None);
    }
}
