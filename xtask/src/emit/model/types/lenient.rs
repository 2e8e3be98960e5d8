//! Lets answers be read in the forms that services send beside the documented one: `null` for a list or for a
//! yes or no, metadata as an object or as text.

use std::collections::BTreeSet;

use syn::{Field, Item, Type, parse_quote};

use super::{is_flattened, structs, wire_name};
use crate::emit::syntax::{argument_of, last_segment};

/// Says of every such member of the types of answers how it is read; tells how many there are.
pub(super) fn read(items: &mut [Item], answers: &BTreeSet<String>) -> usize {
    let mut changed = 0;
    for structure in structs(items).filter(|structure| answers.contains(&structure.ident.to_string())) {
        for field in structure.fields.iter_mut().filter(|field| field.ident.is_some() && !is_flattened(field)) {
            let Some(reader) = reader(field) else { continue };
            let reader = format!("crate::read::{reader}");
            field.attrs.push(parse_quote!(#[serde(default, deserialize_with = #reader)]));
            changed += 1;
        }
    }
    changed
}

/// The function that reads a member which may come in more than one form.
fn reader(field: &Field) -> Option<&'static str> {
    let is_metadata = wire_name(field).to_lowercase().ends_with("metadata");
    let ty = |ty: &Type| last_segment(ty).map(|segment| segment.ident.to_string());
    match argument_of(&field.ty, "Option") {
        Some(inner) => match ty(inner)?.as_str() {
            "String" if is_metadata => Some("optional_text"),
            "Map" if is_metadata => Some("optional_object"),
            // `null` is none by itself.
            _ => None,
        },
        None => match ty(&field.ty)?.as_str() {
            "Map" if is_metadata => Some("object"),
            "Vec" | "Map" | "HashMap" | "SecretMap" | "bool" => Some("null_as_default"),
            _ => None,
        },
    }
}

#[cfg(test)]
mod tests {
    use quote::ToTokens as _;

    use super::*;

    #[test]
    fn members_of_answers_are_read_in_all_their_forms() {
        let members = quote::quote! {
            pub beds: ::std::vec::Vec<Bed>,
            pub is_open: bool,
            pub name: String,
            pub tools: ::std::option::Option<::std::vec::Vec<String>>,
            pub metadata: ::std::option::Option<::std::string::String>,
            #[serde(rename = "vendorMetadata")]
            pub vendor_metadata: ::serde_json::Map<String, ::serde_json::Value>,
            #[serde(flatten)]
            pub extra: ::std::collections::HashMap<String, ::serde_json::Value>,
        };
        let mut items: Vec<Item> =
            vec![parse_quote!(pub struct Answer { #members }), parse_quote!(pub struct Request { #members })];
        let request = items[1].clone();
        assert_eq!(read(&mut items, &BTreeSet::from(["Answer".to_owned()])), 4);
        assert_eq!(items[1], request);
        let Item::Struct(answer) = &items[0] else { panic!("a struct") };
        let read: Vec<String> = answer
            .fields
            .iter()
            .filter_map(|field| {
                let mut read = field.attrs.iter().map(|attribute| attribute.to_token_stream().to_string());
                read.find_map(|text| Some(text.split_once("crate::read::")?.1.split('"').next()?.to_owned()))
            })
            .collect();
        assert_eq!(read, ["null_as_default", "null_as_default", "optional_text", "object"]);
    }
}
