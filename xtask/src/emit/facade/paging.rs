//! Writes what the facade needs to read lists page by page: which page an operation is asked for,
//! and what is in a page.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use serde_json::Value;

use super::names::Names;
use crate::documents::{
    api::{Api, Operation, Paging, rust_field, rust_name},
    reference_name, resolve,
};

/// Lets the parameters of a paged operation say which page they are about.
pub fn params(names: &Names, operation: &Operation) -> TokenStream {
    let ty = format_ident!("{}", names.params(operation));
    let (size, offset) = operation.paging().unwrap_or(Paging::Pages).parameters();
    let (size, offset) = (format_ident!("{}", rust_field(size)), format_ident!("{}", rust_field(offset)));
    quote! {
        impl crate::paging::PageParams for #ty {
            fn page(&self) -> (Option<i64>, Option<i64>) {
                (self.#offset, self.#size)
            }

            fn set_page(&mut self, offset: i64, size: Option<i64>) {
                self.#offset = Some(offset);
                self.#size = size;
            }
        }
    }
}

/// Says of every type of page what it holds.
pub fn pages(api: &Api) -> Result<TokenStream> {
    let mut pages = BTreeMap::new();
    for operation in api.published() {
        let Some(paging) = operation.paging() else { continue };
        let (page, item) =
            page(&api.document, operation, paging).with_context(|| format!("{}: no page", operation.id))?;
        pages.insert(page, (item, paging));
    }
    let pages = pages.iter().map(|(page, (item, paging))| {
        let (page, item) = (format_ident!("{page}"), format_ident!("{item}"));
        if *paging == Paging::Entries {
            return quote! {
                impl Sealed for types::#page {
                    const UNIT: Unit = Unit::Entries;
                }
                impl Page for types::#page {
                    type Item = types::#item;

                    fn items(&self) -> &[Self::Item] {
                        &self.data
                    }

                    fn into_items(self) -> Vec<Self::Item> {
                        self.data
                    }

                    fn total_items(&self) -> i64 {
                        self.total
                    }

                    fn total_pages(&self) -> i64 {
                        0
                    }

                    fn next_link(&self) -> Option<&str> {
                        None
                    }
                }
            };
        }
        quote! {
            impl Sealed for types::#page {}
            impl Page for types::#page {
                type Item = types::#item;

                fn items(&self) -> &[Self::Item] {
                    &self.items
                }

                fn into_items(self) -> Vec<Self::Item> {
                    self.items
                }

                fn total_items(&self) -> i64 {
                    self.metadata.total_items
                }

                fn total_pages(&self) -> i64 {
                    self.metadata.total_pages
                }

                fn next_link(&self) -> Option<&str> {
                    self.links.as_ref()?.next.as_deref().filter(|link| !link.is_empty())
                }
            }
        }
    });
    Ok(quote! {
        use crate::{paging::{Page, sealed::{Sealed, Unit}}, types};
        #(#pages)*
    })
}

/// The names of the types of an operation's answer and of what is listed in it.
fn page(document: &Value, operation: &Operation, paging: Paging) -> Option<(String, String)> {
    let answer = operation.answer.as_ref()?;
    let list = if paging == Paging::Entries { "data" } else { "items" };
    let items = &resolve(document, answer)["properties"][list]["items"];
    Some((rust_name(reference_name(answer)?), rust_name(reference_name(items)?)))
}

/// The largest page that an operation gives, where its document says so.
pub fn largest(operation: &Operation) -> Option<i64> {
    let (size, _) = operation.paging()?.parameters();
    let limit = operation.parameters.iter().find(|parameter| parameter.name == size)?;
    limit.schema["maximum"].as_i64()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn api() -> Api {
        let number = |name: &str, schema: Value| json!({ "name": name, "in": "query", "schema": schema });
        let answer =
            json!({ "content": { "application/json": { "schema": { "$ref": "#/components/schemas/plant_page" } } } });
        Api::read(json!({
            "paths": { "/plants": { "get": {
                "operationId": "list_plants", "tags": ["Beds"], "summary": "Lists", "x-category": "management",
                "x-token": "environment", "x-scope": [], "responses": { "200": answer },
                "parameters": [number("_limit", json!({ "type": "integer", "maximum": 30 })), number("_offset", json!({}))],
            } } },
            "components": { "schemas": { "plant_page": {
                "properties": { "items": { "type": "array", "items": { "$ref": "#/components/schemas/Plant" } } },
            } } },
        }))
        .unwrap()
    }

    #[test]
    fn pages_are_known_by_their_type_and_size() {
        let api = api();
        assert!(api.operations[0].paged());
        assert_eq!(largest(&api.operations[0]), Some(30));
        let text = pages(&api).unwrap().to_string();
        assert!(text.contains("impl Page for types :: PlantPage"), "{text}");
        assert!(text.contains("type Item = types :: Plant ;"), "{text}");
        assert!(
            params(&Names::with(&api, &[]).unwrap(), &api.operations[0])
                .to_string()
                .contains("PageParams for ListPlants")
        );
    }

    #[test]
    fn a_page_without_items_is_an_error() {
        let mut api = api();
        api.document["components"]["schemas"]["plant_page"] = json!({});
        assert!(pages(&api).unwrap_err().to_string().contains("list_plants"));
    }
}
