//! Writes how types are built: `new` with what must be there, and for requests a setter for each other member; and how
//! a text that is JSON is set and read as a value.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Attribute, Field, Fields, Ident, ItemImpl, ItemStruct, Type, parse_quote};

use super::{is_flattened, must_be_said, wire_name};
use crate::emit::syntax::{argument_of, last_segment};

/// `new` and setters of a type that requests are built from.
///
/// `order` names the members as the document has them, `json` those that are JSON as text.
pub(super) fn request(structure: &ItemStruct, order: &[&String], json: &BTreeSet<String>) -> Result<ItemImpl> {
    let name = &structure.ident;
    let members = members(structure, order)?;
    // A list or map newtype is built by its own `From`.
    if members.is_empty() && !matches!(structure.fields, Fields::Named(_)) {
        return Ok(parse_quote!(impl #name {}));
    }
    let new = new(&members, "With the members that must be there; the others have setters of their names.");
    let setters = members.iter().map(Member::setter).collect::<Result<Vec<_>>>()?;
    let is_set = |member: &&Member| member.presence != Presence::Required && json.contains(&wire_name(member.field));
    let values = members.iter().filter(is_set).map(Member::json_setter);
    Ok(parse_quote!(impl #name { #new #(#setters)* #(#values)* }))
}

/// `new` of a type of answers that has members which must be there, and readers of those that are JSON as text.
///
/// Where none must be there, `Default` serves as well.
pub(super) fn answer(structure: &ItemStruct, order: &[&String], json: &BTreeSet<String>) -> Result<Option<ItemImpl>> {
    let name = &structure.ident;
    let members = members(structure, order)?;
    let required = members.iter().any(|member| member.presence == Presence::Required);
    let new = required.then(|| new(&members, "With the members that must be there; the others are absent."));
    let values: Vec<_> = members
        .iter()
        .filter(|member| json.contains(&wire_name(member.field)))
        .map(Member::json_reader)
        .collect::<Result<_>>()?;
    Ok((new.is_some() || !values.is_empty()).then(|| parse_quote!(impl #name { #new #(#values)* })))
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

    fn setter(&self) -> Result<TokenStream> {
        let Self { ident, field, presence } = self;
        let ty = &field.ty;
        let (form, ty, value) = match presence {
            Presence::Required => return Ok(TokenStream::new()),
            Presence::Further => {
                let (ty, value) = accepted(ty, &quote!(value));
                (None, ty, value)
            }
            Presence::Patch => (None, quote!(impl Into<#ty>), quote!(value.into())),
            Presence::Optional => perhaps(argument_of(ty, "Option").context("an optional member without Option")?),
        };
        ensure!(*ident != "new", "a member called new");
        let docs = self.docs();
        Ok(quote! {
            #(#docs)*
            #[must_use]
            pub fn #ident #form (mut self, value: #ty) -> Self {
                self.#ident = #value;
                self
            }
        })
    }

    fn docs(&self) -> impl Iterator<Item = &Attribute> {
        self.field.attrs.iter().filter(|attribute| attribute.path().is_ident("doc"))
    }

    /// Sets a text that is JSON by its value.
    fn json_setter(&self) -> TokenStream {
        let (ident, name) = (self.ident, format_ident!("{}_json", self.ident));
        let about = format!(" [`{ident}`](Self::{ident}) by its value, which is sent as the JSON text of it.");
        quote! {
            #[doc = #about]
            #[must_use]
            pub fn #name(self, value: impl Into<::serde_json::Value>) -> Self {
                self.#ident(value.into().to_string())
            }
        }
    }

    /// Reads a text that is JSON.
    fn json_reader(&self) -> Result<TokenStream> {
        let (ident, name) = (self.ident, format_ident!("{}_json", self.ident));
        ensure!(self.presence == Presence::Optional, "{ident}: JSON as text that must be there");
        let about = format!(" [`{ident}`](Self#structfield.{ident}) as the value that it is the JSON text of.");
        Ok(quote! {
            #[doc = #about]
            #[doc = ""]
            #[doc = " # Errors"]
            #[doc = ""]
            #[doc = " For text that is no JSON."]
            pub fn #name(&self) -> ::serde_json::Result<Option<::serde_json::Value>> {
                crate::read::json(self.#ident.as_deref())
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
                let (ty, value) = accepted(&member.field.ty, &quote!(#ident));
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

/// What is accepted for an optional member of a type: the generic parameter that tells the forms of it apart, its type,
/// and how it becomes the member's value.
fn perhaps(ty: &Type) -> (Option<TokenStream>, TokenStream, TokenStream) {
    let name = last_segment(ty).map(|segment| segment.ident.to_string()).unwrap_or_default();
    let form = || Some(quote!(<Form>));
    if name == "String" || name == "Secret" {
        return (form(), quote!(impl crate::Optional<#ty, Form>), quote!(value.into_optional()));
    }
    if let Some(item) = argument_of(ty, "Vec") {
        return (form(), quote!(impl crate::OptionalList<#item, Form>), quote!(value.into_optional_list()));
    }
    (None, quote!(impl Into<Option<#ty>>), quote!(value.into()))
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
    use syn::ImplItem;

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

    fn json(members: &[&str]) -> BTreeSet<String> {
        members.iter().map(|&member| member.to_owned()).collect()
    }

    fn order() -> [String; 4] {
        ["name", "soilKind", "length", "color"].map(str::to_owned)
    }

    #[test]
    fn a_request_is_built_from_what_it_must_name_and_by_setters() {
        let order = order();
        let built = request(&bed(), &order.iter().collect::<Vec<_>>(), &json(&["soilKind"])).unwrap();
        let expected: ItemImpl = parse_quote! {
            impl Bed {
                #[doc = "With the members that must be there; the others have setters of their names."]
                pub fn new(name: impl Into<::std::string::String>, length: i64) -> Self {
                    Self { name: name.into(), soil_kind: None, length, color: crate::Patch::Absent }
                }
                #[must_use]
                pub fn soil_kind<Form>(mut self, value: impl crate::Optional<::std::string::String, Form>) -> Self {
                    self.soil_kind = value.into_optional();
                    self
                }
                /// Its color.
                #[must_use]
                pub fn color(mut self, value: impl Into<crate::Patch<String>>) -> Self {
                    self.color = value.into();
                    self
                }
                #[doc = " [`soil_kind`](Self::soil_kind) by its value, which is sent as the JSON text of it."]
                #[must_use]
                pub fn soil_kind_json(self, value: impl Into<::serde_json::Value>) -> Self {
                    self.soil_kind(value.into().to_string())
                }
            }
        };
        assert_eq!(built, expected);
    }

    #[test]
    fn an_optional_member_takes_an_option_as_well() {
        let taken = |ty: Type| {
            let (form, ty, _) = perhaps(&ty);
            quote!(#form #ty).to_string().replace(' ', "")
        };
        assert_eq!(taken(parse_quote!(Secret)), "<Form>implcrate::Optional<Secret,Form>");
        assert_eq!(taken(parse_quote!(Vec<String>)), "<Form>implcrate::OptionalList<String,Form>");
        assert_eq!(taken(parse_quote!(i64)), "implInto<Option<i64>>");
    }

    #[test]
    fn an_answer_is_built_where_something_must_be_there() {
        let built = answer(&bed(), &[], &json(&[])).unwrap().unwrap();
        assert_eq!(built.items.len(), 1);
        let bare: ItemStruct = parse_quote!(
            pub struct Bed {
                pub plan: Option<String>,
            }
        );
        assert_eq!(answer(&bare, &[], &json(&[])).unwrap(), None);
        let reader = answer(&bare, &[], &json(&["plan"])).unwrap().unwrap();
        let ImplItem::Fn(reader) = &reader.items[0] else { panic!("a function") };
        assert_eq!(reader.sig.ident, "plan_json");
        let list: ItemStruct = parse_quote!(
            pub struct Beds(pub Vec<Bed>);
        );
        assert_eq!(answer(&list, &[], &json(&[])).unwrap(), None);
    }
}
