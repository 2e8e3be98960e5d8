//! Writes the views of the facade: a type a category and a tag, a method an operation.
//!
//! A view only names things: it puts arguments in the order that the generated client wants and
//! leaves everything else to `Call`. Which access kinds see a method is decided by the token that
//! its operation takes.

pub mod paging;

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use heck::{ToSnakeCase, ToUpperCamelCase};
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::{Item, Signature, Type, parse_quote};

use super::{
    client::{arguments, signatures},
    print::{Files, print},
    syntax::{argument_of, is_str, short},
};
use crate::documents::api::{Api, Need, Operation, Parameter, Tag, tag_module, tag_type};

const FOLDER: &str = "crates/frontegg-identity/src/generated";
/// Names in generated methods that a parameter must not take.
const TAKEN: [&str; 3] = ["body", "client", "params"];

/// The categories with what their view is about.
const CATEGORIES: [(&str, &str); 5] = [
    ("authentication", "Signing in and up: passwords, codes, links, second factors, API tokens."),
    ("management", "Administration of the environment, with its own token."),
    ("self-service", "What users and tenants do for themselves."),
    ("applications", "Applications: their settings, the tenants that have them, and the people who may use them."),
    ("tenants", "Accounts (tenants), their settings and their hierarchy."),
];

/// Writes all views, and a test's list of every operation that they reach.
pub fn views(api: &Api, calls: &[Item]) -> Result<Files> {
    let signatures: Vec<&Signature> = signatures(calls).collect();
    let tags: Vec<&Tag> = api.tags.iter().filter(|tag| published(api, tag).next().is_some()).collect();
    let mut files = Files::new();
    let mut params = Vec::new();
    let (mut modules, mut reached) = (TokenStream::new(), TokenStream::new());
    for tag in &tags {
        let (module, view) = (tag_module(&tag.name), format_ident!("{}", tag_type(&tag.name)));
        let mut methods: [TokenStream; 4] = Default::default();
        for operation in published(api, tag) {
            let signature = signatures.iter().find(|signature| signature.ident == operation.id);
            let signature = signature.with_context(|| format!("no call of {}", operation.id))?;
            let method = Method::read(operation, signature)?;
            let (access, marker) = match operation.token.as_str() {
                "none" => (0, quote!(Anonymous)),
                "environment" => (1, quote!(Environment)),
                "user" => (2, quote!(User)),
                _ => (3, quote!(Environment)),
            };
            methods[access].extend(method.tokens());
            params.extend(method.params(&module));
            params.extend(operation.paged().then(|| paging::params(operation)));
            let (id, name) = (&operation.id, &signature.ident);
            reached.extend(quote!(reach(#id, &views::#view::<#marker>::#name),));
        }
        files.insert(format!("{FOLDER}/views/{module}.rs"), tag_file(tag, &view, &methods)?);
        let name = format_ident!("{module}");
        modules.extend(quote!(mod #name; pub use #name::#view;));
    }
    files.insert(format!("{FOLDER}/views/categories.rs"), category_file(api, &tags)?);
    modules.extend(quote!(
        mod categories;
    ));
    let names = CATEGORIES.iter().map(|(category, _)| format_ident!("{}", category.to_upper_camel_case()));
    modules.extend(quote!(pub use categories::{#(#names),*};));
    files.insert(
        format!("{FOLDER}/views/mod.rs"),
        file("//! Views of the API: a type a category and a tag, a method an operation.\n\n", &modules)?,
    );
    files.insert(
        format!("{FOLDER}/mod.rs"),
        file(
            "//! Generated from the OpenAPI documents.\n\n",
            &quote!(
                mod pages;
                pub mod params;
                pub mod views;
            ),
        )?,
    );
    files.insert(format!("{FOLDER}/pages.rs"), file("//! What is in the pages of lists.\n\n", &paging::pages(api)?)?);
    let head = "//! Optional values of operations that have them, one type an operation.\n\n";
    let items = quote!(use crate::enums; #(#params)*);
    files.insert(format!("{FOLDER}/params.rs"), file(head, &items)?);
    files.insert("crates/frontegg-identity/tests/generated/reached.rs".into(), reached_file(&reached)?);
    Ok(files)
}

fn published<'a>(api: &'a Api, tag: &'a Tag) -> impl Iterator<Item = &'a Operation> {
    api.tagged(&tag.name).filter(|operation| operation.published)
}

/// One view method and where its arguments come from.
struct Method<'a> {
    operation: &'a Operation,
    signature: &'a Signature,
    /// Parameters that are given one by one, with their types.
    positional: Vec<(&'a Parameter, Type)>,
    /// Parameters that are given together, with the types inside their `Option`.
    optional: Vec<(&'a Parameter, Type)>,
    body: Option<Type>,
    /// What the generated call is given, in its order.
    passed: Vec<TokenStream>,
}

impl<'a> Method<'a> {
    fn read(operation: &'a Operation, signature: &'a Signature) -> Result<Self> {
        let mut method =
            Self { operation, signature, positional: Vec::new(), optional: Vec::new(), body: None, passed: Vec::new() };
        for (name, ty) in arguments(signature) {
            let ident = format_ident!("{name}");
            if name == "body" {
                let list = list_item(ty);
                method.passed.push(if list.is_some() { quote!(&body.to_vec()) } else { quote!(body) });
                method.body = Some(list.map_or_else(|| ty.clone(), |item| parse_quote!(&'a [#item])));
                continue;
            }
            let found = operation.parameters.iter().find(|parameter| parameter.ident() == name);
            let parameter = found.with_context(|| format!("{} has no parameter for {name}", operation.id))?;
            ensure!(!TAKEN.contains(&name.as_str()), "{}: the name {name} is taken", operation.id);
            if let Some(inner) = argument_of(ty, "Option") {
                method.passed.push(match inner {
                    Type::Reference(reference) if is_str(&reference.elem) => quote!(params.#ident.as_deref()),
                    Type::Reference(_) => quote!(params.#ident.as_ref()),
                    _ => quote!(params.#ident),
                });
                method.optional.push((parameter, owned(inner)));
            } else {
                method.passed.push(quote!(#ident));
                method.positional.push((parameter, ty.clone()));
            }
        }
        // As in the document, where path parameters come first, and not by the alphabet.
        let place = |parameter: &Parameter| operation.parameters.iter().position(|other| other.name == parameter.name);
        method.positional.sort_by_key(|(parameter, _)| place(parameter));
        method.optional.sort_by_key(|(parameter, _)| place(parameter));
        Ok(method)
    }

    fn params_type(&self) -> proc_macro2::Ident {
        format_ident!("{}", self.operation.id.to_upper_camel_case())
    }

    fn tokens(&self) -> TokenStream {
        let Self { operation, signature, positional, optional, body, passed } = self;
        let (id, name) = (&operation.id, &signature.ident);
        let mut inputs: Vec<TokenStream> = positional
            .iter()
            .map(|(parameter, ty)| {
                let ident = format_ident!("{}", parameter.ident());
                let ty = short(ty);
                quote!(#ident: #ty)
            })
            .collect();
        inputs.extend(body.iter().map(short).map(|ty| quote!(body: #ty)));
        let borrows = inputs.iter().any(|input| input.to_string().contains('&'));
        if !optional.is_empty() {
            let ty = self.params_type();
            inputs.push(quote!(params: params::#ty));
        }
        let answer = answer_type(signature);
        let (generics, lifetime) = if borrows { (quote!(<'a>), quote!('a)) } else { (quote!(), quote!('static)) };
        let docs = docs(&operation_docs(operation));
        let deprecated = operation.deprecated.then(|| quote!(#[deprecated = "the vendor advises against it"]));
        let head = quote!(#docs #deprecated pub fn #name #generics);
        if operation.paged() {
            let largest = paging::largest(operation).map_or_else(|| quote!(None), |largest| quote!(Some(#largest)));
            return quote! {
                #head (&self, #(#inputs),*) -> PagedCall<#lifetime, #answer> {
                    PagedCall::new(&self.core, #id, #largest, params, move |client, params| async move {
                        client.#name(#(#passed),*).await
                    })
                }
            };
        }
        quote! {
            #head (&self, #(#inputs),*) -> Call<#lifetime, #answer> {
                Call::new(&self.core, #id, move |client| async move { client.#name(#(#passed),*).await })
            }
        }
    }

    /// The type that holds the optional parameters, if there are any.
    fn params(&self, module: &str) -> Option<TokenStream> {
        if self.optional.is_empty() {
            return None;
        }
        let ty = self.params_type();
        let mut fields = TokenStream::new();
        let mut setters = TokenStream::new();
        for (parameter, ty) in &self.optional {
            let ident = format_ident!("{}", parameter.ident());
            let text = if parameter.description.is_empty() {
                format!("`{}`.", parameter.name)
            } else {
                parameter.description.clone()
            };
            let (docs, short) = (docs(&text), short(ty));
            fields.extend(quote!(#docs pub #ident: Option<#short>,));
            let (input, value) = match ty {
                Type::Path(path) if ["i64", "i32", "bool", "f64"].iter().any(|scalar| path.path.is_ident(scalar)) => {
                    (quote!(#ty), quote!(#ident))
                }
                _ => (quote!(impl Into<#short>), quote!(#ident.into())),
            };
            setters.extend(quote! {
                #docs
                pub fn #ident(mut self, #ident: #input) -> Self {
                    self.#ident = Some(#value);
                    self
                }
            });
        }
        let text = format!(
            "Optional values of [`{}`](crate::views::{}::{}), in the view `{module}`.",
            self.operation.id,
            tag_type(&self.operation.tag),
            self.operation.id
        );
        let docs = docs(&text);
        Some(quote! {
            #docs
            #[derive(Clone, Debug, Default)]
            #[non_exhaustive]
            #[must_use]
            pub struct #ty { #fields }
            impl #ty {
                /// Without any value.
                pub fn new() -> Self {
                    Self::default()
                }
                #setters
            }
        })
    }
}

/// The file of one tag: its view, with a block of methods for each kind of access.
fn tag_file(tag: &Tag, view: &proc_macro2::Ident, methods: &[TokenStream; 4]) -> Result<String> {
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
        (quote!(enums,), "enums ::"),
        (quote!(generated::params,), "params ::"),
        (quote!(paging::PagedCall,), "PagedCall ::"),
        (quote!(types,), "types ::"),
    ]
    .into_iter()
    .filter_map(|(module, mark)| used.contains(mark).then_some(module))
    .collect();
    let docs = docs(&format!("{}\n\nTag “{}” of the reference.", tag.description, tag.name));
    let tokens = quote! {
        use crate::{#(#modules)* scope::{Core, #(#scope),*}};
        #docs
        #[derive(Clone, Debug)]
        pub struct #view<A: Access> { pub(crate) core: Core<A> }
        #(#blocks)*
    };
    file(&format!("//! {}.\n\n", tag.name), &tokens)
}

/// The file of categories, and of the ways to them and to the tags.
fn category_file(api: &Api, tags: &[&Tag]) -> Result<String> {
    let accessor = |tag: &Tag, owner: &TokenStream| {
        let (name, view) = (format_ident!("{}", tag_module(&tag.name)), format_ident!("{}", tag_type(&tag.name)));
        let docs = docs(&tag.description);
        quote!(#docs pub fn #name(&self) -> #view<#owner> { #view { core: self.core.clone() } })
    };
    let (mut types, mut all, mut of_environment) = (TokenStream::new(), TokenStream::new(), TokenStream::new());
    let mut names = BTreeSet::new();
    for (category, text) in CATEGORIES {
        let (name, view) =
            (format_ident!("{}", category.to_snake_case()), format_ident!("{}", category.to_upper_camel_case()));
        let docs = docs(text);
        let tags = tags.iter().filter(|tag| published(api, tag).any(|operation| operation.category == category));
        let accessors = tags.map(|tag| accessor(tag, &quote!(A)));
        types.extend(quote! {
            #docs
            #[derive(Clone, Debug)]
            pub struct #view<A: Access> { pub(crate) core: Core<A> }
            impl<A: Access> #view<A> { #(#accessors)* }
        });
        all.extend(quote!(#docs pub fn #name(&self) -> #view<A> { #view { core: self.core.clone() } }));
        of_environment.extend(quote! {
            #docs
            pub fn #name(&self) -> #view<Environment> { #view { core: self.core.clone() } }
        });
        names.insert(name.to_string());
    }
    for tag in tags {
        ensure!(names.insert(tag_module(&tag.name)), "two views are called {}", tag_module(&tag.name));
        all.extend(accessor(tag, &quote!(A)));
    }
    let views = tags.iter().map(|tag| format_ident!("{}", tag_type(&tag.name)));
    let tokens = quote! {
        use super::{#(#views),*};
        use crate::{builder::Frontegg, scope::{Access, Core, Environment, Scope}};
        #types
        impl Frontegg { #of_environment }
        impl<A: Access> Scope<A> { #all }
    };
    file("//! Categories of the API, and the ways to them and to the tags.\n\n", &tokens)
}

/// The test's list of operations. Naming a method proves that it is there; nothing is called.
fn reached_file(reached: &TokenStream) -> Result<String> {
    let tokens = quote! {
        use frontegg_identity::{Anonymous, Environment, User, views};
        /// Every operation that a view offers, by id.
        pub(super) fn reached() -> impl IntoIterator<Item = &'static str> {
            fn reach<F>(id: &'static str, _method: &F) -> &'static str {
                id
            }
            [#reached]
        }
    };
    file("//! Every view method by name.\n\n#![allow(deprecated, clippy::too_many_lines)]\n\n", &tokens)
}

fn file(head: &str, tokens: &TokenStream) -> Result<String> {
    let file: syn::File = syn::parse2(tokens.clone()).context("views are no Rust")?;
    Ok(print(head, file.items))
}

/// Doc attributes, one a line.
fn docs(text: &str) -> TokenStream {
    text.lines().map(|line| if line.is_empty() { quote!(#[doc = ""]) } else { line_doc(line) }).collect()
}

fn line_doc(line: &str) -> TokenStream {
    let line = format!(" {}", line.trim_end());
    quote!(#[doc = #line])
}

fn operation_docs(operation: &Operation) -> String {
    let mut text = operation.summary.trim_end_matches('.').to_owned() + ".";
    if !operation.description.is_empty() {
        text += &format!("\n\n{}", operation.description);
    }
    text += &format!("\n\n`{} {}`", operation.method.to_uppercase(), operation.path);
    for (what, need) in [("tenant", operation.tenant), ("user", operation.user)] {
        text += match (need, what) {
            (Need::None, _) => "",
            (Need::Optional, "tenant") => ", for a tenant if the scope names one",
            (Need::Optional, _) => ", for a user if the scope names one",
            (Need::Required, "tenant") => ", for the scope's tenant",
            (Need::Required, _) => ", for the scope's user",
        };
    }
    if let Some(permission) = operation.permission.docs() {
        text += &format!("\n\n{permission}");
    }
    text
}

/// `T` of `Result<ResponseValue<T>, …>`, with short paths.
fn answer_type(signature: &Signature) -> TokenStream {
    let syn::ReturnType::Type(_, ty) = &signature.output else { return quote!(()) };
    let value = argument_of(ty, "Result").and_then(|ty| argument_of(ty, "ResponseValue"));
    value.map_or_else(|| quote!(()), |ty| short(ty).to_token_stream())
}

/// `T` of `&Vec<T>`.
fn list_item(ty: &Type) -> Option<&Type> {
    match ty {
        Type::Reference(reference) => argument_of(&reference.elem, "Vec"),
        _ => None,
    }
}

/// The type that a parameter's value is kept in.
fn owned(ty: &Type) -> Type {
    match ty {
        Type::Reference(reference) if is_str(&reference.elem) => parse_quote!(String),
        Type::Reference(reference) => (*reference.elem).clone(),
        ty => ty.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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
        views(&api.unwrap(), &calls.items).unwrap()
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
                "( &self, bed_id: &'a str, zone: &'a str, params: params::ListPlants, ) -> Call<'a, Vec<types::Plant>>"
            ),
            "{text}"
        );
        assert!(text.contains("client.list_plants(bed_id, params.limit, zone).await"), "{text}");
        assert!(text.contains("fn sow<'a>(&self, body: &'a [types::Seed]) -> Call<'a, ()>"), "{text}");
        assert!(text.contains("client.sow(&body.to_vec()).await"), "{text}");
        assert!(text.contains("fn rest(&self) -> Call<'static, ()>"), "{text}");
        assert!(squeezed(&files, "params.rs").contains("pub fn limit(mut self, limit: i64) -> Self"));
    }

    #[test]
    fn every_operation_is_listed_and_empty_tags_are_not() {
        let files = generated();
        let reached = &files["crates/frontegg-identity/tests/generated/reached.rs"];
        for (id, access) in
            [("list_plants", "Environment"), ("sow", "User"), ("rest", "Anonymous"), ("look", "Environment")]
        {
            assert!(reached.contains(&format!("reach(\"{id}\", &views::GardenBeds::<{access}>::{id})")), "{reached}");
        }
        assert!(!files.keys().any(|path| path.contains("hidden")));
        assert!(
            squeezed(&files, "views/categories.rs")
                .contains("impl<A: Access> Management<A> { /// Beds. pub fn garden_beds(&self) -> GardenBeds<A>")
        );
    }
}
