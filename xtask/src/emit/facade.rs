//! Writes the views of the facade: a type a category and a view, a method an operation.
//!
//! A view only names things: it puts arguments in the order that the generated client wants and
//! leaves everything else to `Call`. Arguments are taken borrowed or owned. Which access kinds see a method is decided by
//! the token that its operation takes.

pub mod categories;
pub mod docs;
pub mod example;
pub mod index;
mod input;
pub mod method;
pub mod names;
pub mod paging;
pub mod respond;

use anyhow::{Context, Result};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{Item, Signature};

use self::{
    method::Method,
    names::{Names, View},
};
use super::{
    client::signatures,
    print::{Files, print},
};
use crate::documents::api::Api;

const FOLDER: &str = "crates/frontegg-identity/src/generated";

/// Writes all views.
pub fn views(api: &Api, calls: &[Item]) -> Result<Files> {
    named(api, calls, &Names::read(api)?)
}

/// The guide's page that lists every operation.
pub fn index(api: &Api) -> Result<Files> {
    Ok(Files::from([(format!("{FOLDER}/operations.md"), index::page(api, &Names::read(api)?)?)]))
}

fn named(api: &Api, calls: &[Item], names: &Names) -> Result<Files> {
    let signatures: Vec<&Signature> = signatures(calls).collect();
    let mut files = Files::new();
    let mut params = Vec::new();
    let (mut modules, mut answers) = (TokenStream::new(), TokenStream::new());
    for view in &names.views {
        let mut methods: [TokenStream; 4] = Default::default();
        for operation in api.published().filter(|operation| view.tags.iter().any(|tag| tag.name == operation.tag)) {
            let signature = signatures.iter().find(|signature| signature.ident == operation.id);
            let signature = signature.with_context(|| format!("no call of {}", operation.id))?;
            let method = Method::read(names, operation, signature)?;
            let access = match operation.token.as_str() {
                "none" => 0,
                "environment" => 1,
                "user" => 2,
                _ => 3,
            };
            let inputs = method.inputs();
            let about = docs::operation(api, names, operation, &inputs).with_context(|| operation.id.clone())?;
            methods[access].extend(method.tokens(&about));
            methods[access].extend(method.numbered(&docs::version(api, names, operation, &inputs)?));
            answers.extend(respond::answer(names, operation, signature)?);
            params.extend(method.params(view));
            params.extend(operation.paged().then(|| paging::params(names, operation)));
        }
        files.insert(format!("{FOLDER}/views/{}.rs", view.module), view_file(view, &methods)?);
        let (module, name) = (format_ident!("{}", view.module), format_ident!("{}", view.name));
        modules.extend(quote!(mod #module; pub use #module::#name;));
    }
    files.insert(format!("{FOLDER}/views/categories.rs"), categories::categories(api, names)?);
    let types = categories::types(names).map(|name| format_ident!("{name}"));
    modules.extend(quote!(mod categories; pub use categories::{#(#types),*};));
    files.insert(
        format!("{FOLDER}/views/mod.rs"),
        file("//! Views of the API: a type a category and a view, a method an operation.\n\n", &modules)?,
    );
    files.insert(
        format!("{FOLDER}/mod.rs"),
        file(
            "//! Generated from the OpenAPI documents.\n\n",
            &quote!(
                mod pages;
                pub mod params;
                #[cfg(feature = "test-util")]
                pub mod respond;
                pub mod views;
            ),
        )?,
    );
    files.insert(format!("{FOLDER}/pages.rs"), file("//! What is in the pages of lists.\n\n", &paging::pages(api)?)?);
    let head = "//! A typed answer of every operation, for doubles of the service.\n\n";
    files.insert(format!("{FOLDER}/respond.rs"), file(head, &respond::items(&answers))?);
    let head = "//! Optional values of operations that have them, one type an operation.\n\n";
    let items = quote!(use crate::enums; use frontegg_model::Optional; pub use crate::list::List; #(#params)*);
    files.insert(format!("{FOLDER}/params.rs"), file(head, &items)?);
    Ok(files)
}

/// The file of one view: its type, with a block of methods for each kind of access.
fn view_file(of: &View, methods: &[TokenStream; 4]) -> Result<String> {
    let view = format_ident!("{}", of.name);
    let heads = [
        quote!(impl<A: Access> #view<A>),
        quote!(impl #view<Environment>),
        quote!(impl #view<User>),
        quote!(impl<A: Authorized> #view<A>),
    ];
    let used: String = methods.iter().map(ToString::to_string).collect();
    let blocks = heads.into_iter().zip(methods).filter(|(_, methods)| !methods.is_empty());
    let blocks = blocks.map(|(head, methods)| quote!(#head { #methods }));
    let has = |access: usize, name: &str| (!methods[access].is_empty()).then(|| format_ident!("{name}"));
    let scope = [Some(format_ident!("Access")), has(3, "Authorized"), has(1, "Environment"), has(2, "User")];
    let scope = scope.into_iter().flatten();
    let modules: Vec<_> = [
        (quote!(call::Call,), " Call ::"),
        (quote!(download::Download,), "Download"),
        (quote!(enums,), "enums ::"),
        (quote!(generated::params,), "params ::"),
        (quote!(paging::PagedCall,), "PagedCall ::"),
        (quote!(list::List,), "List ="),
        (quote!(types,), "types ::"),
    ]
    .into_iter()
    .filter_map(|(module, mark)| used.contains(mark).then_some(module))
    .collect();
    let docs = docs::view(of);
    let std = [
        (
            quote!(
                use std::borrow::Borrow;
            ),
            "Borrow <",
        ),
        (
            quote!(
                use std::sync::Arc;
            ),
            "Arc <",
        ),
    ];
    let std = std.into_iter().filter_map(|(import, mark)| used.contains(mark).then_some(import));
    let tokens = quote! {
        #(#std)*
        use crate::{#(#modules)* scope::{Core, #(#scope),*}};
        #docs
        #[derive(Clone, Debug)]
        pub struct #view<A: Access> { pub(crate) core: Core<A> }
        #(#blocks)*
    };
    let tags: Vec<&str> = of.tags.iter().map(|tag| tag.name.as_str()).collect();
    file(&format!("//! {}.\n\n", tags.join(", ")), &tokens)
}

fn file(head: &str, tokens: &TokenStream) -> Result<String> {
    let file: syn::File = syn::parse2(tokens.clone()).context("views are no Rust")?;
    Ok(print(head, file.items))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use syn::parse_quote;

    use super::*;

    fn generated() -> Files {
        let parameter = |name: &str, place: &str, required: bool| json!({ "name": name, "in": place, "required": required, "schema": { "type": "string" } });
        let operation = |id: &str, token: &str, parameters: Vec<serde_json::Value>| {
            json!({
                "operationId": id, "tags": ["Garden Beds"], "summary": "Does it", "x-category": "management",
                "x-token": token, "x-scope": ["tenant?"], "parameters": parameters, "responses": { "200": {} },
            })
        };
        let list = vec![
            parameter("_limit", "query", false),
            parameter("zone", "query", true),
            parameter("bedId", "path", true),
        ];
        let api = Api::read(json!({
            "tags": [{ "name": "Garden Beds", "description": "Beds." }, { "name": "Hidden", "description": "None." }],
            "paths": {
                "/beds/{bedId}": { "get": operation("list_plants", "environment", list), "put": operation("sow", "user", vec![]) },
                "/rest": { "post": operation("rest", "none", vec![]), "get": operation("look", "environment_or_user", vec![]) },
            },
        }));
        let calls: syn::File = parse_quote! {
            impl Client {
                pub async fn list_plants<'a>(&'a self, bed_id: &'a str, limit: Option<i64>, zone: &'a str)
                    -> Result<ResponseValue<::std::vec::Vec<types::Plant>>, Error<types::ApiError>> {}
                pub async fn sow<'a>(&'a self, body: &'a ::std::vec::Vec<types::Seed>) -> Result<ResponseValue<()>, Error<types::ApiError>> {}
                pub async fn rest<'a>(&'a self) -> Result<ResponseValue<()>, Error<types::ApiError>> {}
                pub async fn look<'a>(&'a self) -> Result<ResponseValue<()>, Error<types::ApiError>> {}
            }
        };
        let api = api.unwrap();
        named(&api, &calls.items, &Names::with(&api, &[]).unwrap()).unwrap()
    }

    fn squeezed(files: &Files, path: &str) -> String {
        files[&format!("{FOLDER}/{path}")].split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_token_decides_who_sees_a_method() {
        let text = squeezed(&generated(), "views/garden_beds.rs");
        let order =
            ["impl<A: Access>", "fn rest(", "impl GardenBeds<Environment>", "fn list_plants", "impl GardenBeds<User>"];
        let order = order.into_iter().chain(["fn sow", "impl<A: Authorized>", "fn look("]);
        let places: Vec<_> = order.map(|part| text.find(part).expect(part)).collect();
        assert!(places.is_sorted(), "{text}");
    }

    #[test]
    fn arguments_follow_the_document_and_calls_the_client() {
        let files = generated();
        let text = squeezed(&files, "views/garden_beds.rs");
        assert!(
            text.contains(
                "( &self, bed_id: impl AsRef<str> + Send + Sync + 'a, zone: impl AsRef<str> + Send + Sync + 'a, \
                 params: params::ListPlants, ) -> Call<'a, Vec<types::Plant>>"
            ),
            "{text}"
        );
        assert!(text.contains("client.list_plants(bed_id.as_ref(), params.limit, zone.as_ref()).await"), "{text}");
        let sow = "fn sow<'a>( &self, body: impl AsRef<[types::Seed]> + Send + Sync + 'a, ) -> Call<'a, ()>";
        assert!(text.contains(sow), "{text}");
        assert!(text.contains("client.sow(&body.as_ref().to_vec()).await"), "{text}");
        assert!(text.contains("fn rest(&self) -> Call<'static, ()>"), "{text}");
        assert!(
            squeezed(&files, "params.rs").contains("pub fn limit(mut self, limit: impl Into<Option<i64>>) -> Self")
        );
    }

    #[test]
    fn tags_without_operations_have_no_view() {
        let files = generated();
        assert!(!files.keys().any(|path| path.contains("hidden")));
        assert!(
            squeezed(&files, "views/categories.rs")
                .contains("impl<A: Access> Management<A> { /// Beds. pub fn garden_beds(&self) -> GardenBeds<A>")
        );
    }
}
