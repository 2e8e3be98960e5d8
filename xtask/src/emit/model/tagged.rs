//! Lets a member tell which form of a `oneOf` a value has.
//!
//! typify writes enums that take the first form that fits. The forms' own tags are open enums, so
//! nearly every form fits, and members of the right one would be lost.

use anyhow::{Context, Result, ensure};
use quote::quote;
use serde_json::Value;
use syn::{Attribute, Item, ItemEnum, ItemImpl, Path, Token, Type, Variant, parse_quote, punctuated::Punctuated};

use crate::documents::api::{Api, members, rust_name};

/// Replaces how the `oneOf` types are read; tells how many there are.
pub fn tagged(items: &mut Vec<Item>, api: &Api) -> Result<usize> {
    let mut choices = Vec::new();
    for (name, schema) in api.schemas().filter(|(_, schema)| schema.get("oneOf").is_some()) {
        choices.push((rust_name(name), forms(schema).with_context(|| format!("schema {name}"))?));
    }
    let count = choices.len();
    for mut item in std::mem::take(items) {
        let Item::Enum(choice) = &mut item else {
            items.push(item);
            continue;
        };
        let found = choices.iter().position(|(name, _)| choice.ident == name);
        let reader = match found.map(|index| choices.swap_remove(index)) {
            Some((name, forms)) => Some(reader(choice, &forms).context(name)?),
            None => None,
        };
        items.push(item);
        items.extend(reader.map(Item::Impl));
    }
    let missing: Vec<String> = choices.into_iter().map(|(name, _)| name).collect();
    ensure!(missing.is_empty(), "no enum for {missing:?}");
    Ok(count)
}

/// Name of the member that tells, and for each of its values the Rust name of the form.
struct Forms {
    tag: String,
    forms: Vec<(String, String)>,
}

fn forms(schema: &Value) -> Result<Forms> {
    let discriminator = schema.get("discriminator").context("oneOf without a discriminator")?;
    let tag = discriminator["propertyName"].as_str().context("a discriminator without a name")?;
    let mut forms = Vec::new();
    for (value, reference) in members(discriminator, "mapping") {
        let name = reference.as_str().and_then(|text| text.strip_prefix("#/components/schemas/"));
        forms.push((value.clone(), rust_name(name.context("a mapping to nowhere")?)));
    }
    let choices = schema["oneOf"].as_array().map_or(0, Vec::len);
    ensure!(forms.len() == choices, "the discriminator maps {} of {choices} forms", forms.len());
    Ok(Forms { tag: tag.to_owned(), forms })
}

fn reader(choice: &mut ItemEnum, forms: &Forms) -> Result<ItemImpl> {
    choice.attrs.iter_mut().try_for_each(drop_reader)?;
    let name = &choice.ident;
    let mut arms = Vec::new();
    for (value, form) in &forms.forms {
        let variant = choice.variants.iter().find(|variant| holds(variant, form));
        let variant = &variant.with_context(|| format!("no variant {form}"))?.ident;
        arms.push(quote! {
            Some(#value) => ::serde_json::from_value(value).map(Self::#variant).map_err(D::Error::custom)
        });
    }
    let tag = &forms.tag;
    let values: Vec<&str> = forms.forms.iter().map(|(value, _)| value.as_str()).collect();
    let refusal = format!("{tag} must be one of {}", values.join(", "));
    Ok(parse_quote! {
        impl<'de> ::serde::Deserialize<'de> for #name {
            fn deserialize<D: ::serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                use ::serde::de::Error as _;
                let value = ::serde_json::Value::deserialize(deserializer)?;
                match value.get(#tag).and_then(::serde_json::Value::as_str) {
                    #(#arms,)*
                    _ => Err(D::Error::custom(#refusal)),
                }
            }
        }
    })
}

/// Whether a variant is one value of a type. The variant itself may have a shorter name.
fn holds(variant: &Variant, name: &str) -> bool {
    match variant.fields.iter().map(|field| &field.ty).collect::<Vec<_>>().as_slice() {
        [Type::Path(path)] => path.path.is_ident(name),
        _ => false,
    }
}

/// Takes `Deserialize` out of a list of derived traits.
fn drop_reader(attribute: &mut Attribute) -> Result<()> {
    if attribute.path().is_ident("derive") {
        let paths = attribute.parse_args_with(Punctuated::<Path, Token![,]>::parse_terminated)?;
        let is_kept = |path: &&Path| path.segments.last().is_none_or(|last| last.ident != "Deserialize");
        let kept = paths.iter().filter(is_kept);
        *attribute = parse_quote!(#[derive(#(#kept),*)]);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use quote::ToTokens as _;
    use serde_json::json;

    use super::*;

    fn api(schema: &Value) -> Api {
        let document = json!({ "components": { "schemas": { "Payload": schema } } });
        Api { document, operations: Vec::new(), tags: Vec::new() }
    }

    #[test]
    fn the_tag_decides() {
        let form = |name: &str| format!("#/components/schemas/{name}");
        let api = api(&json!({
            "oneOf": [{ "$ref": form("SesDTO") }],
            "discriminator": { "propertyName": "provider", "mapping": { "ses": form("SesDTO") } },
        }));
        let item: Item = parse_quote! {
            #[derive(::serde::Deserialize, Clone)]
            #[serde(untagged)]
            pub enum Payload { Ses(SesDto) }
        };
        let mut items = vec![item];
        assert_eq!(tagged(&mut items, &api).unwrap(), 1);
        let text: Vec<String> = items.iter().map(|item| item.to_token_stream().to_string()).collect();
        assert!(text[0].contains("derive (Clone)"), "{}", text[0]);
        assert!(
            text[1].contains("Some (\"ses\") => :: serde_json :: from_value (value) . map (Self :: Ses)"),
            "{}",
            text[1]
        );
    }

    #[test]
    fn a_choice_without_a_tag_is_an_error() {
        assert!(tagged(&mut Vec::new(), &api(&json!({ "oneOf": [] }))).is_err());
    }
}
