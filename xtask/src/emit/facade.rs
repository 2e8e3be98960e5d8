//! Writes the views of the facade: a type a category and a tag, a method an operation.
//!
//! A view only names things: it puts arguments in the order that the generated client wants and
//! leaves everything else to `Call`. Arguments are taken borrowed or owned. Which access kinds see a method is decided by the token that
//! its operation takes.

pub mod paging;
mod respond;

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use heck::{ToSnakeCase, ToUpperCamelCase};
use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::{Item, Signature, Type, parse_quote};

use super::{
    client::{arguments, signatures},
    print::{Files, print},
    syntax::{argument_of, is_str, last_segment, short},
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

/// Writes all views.
pub fn views(api: &Api, calls: &[Item]) -> Result<Files> {
    let signatures: Vec<&Signature> = signatures(calls).collect();
    let tags: Vec<&Tag> = api.tags.iter().filter(|tag| published(api, tag).next().is_some()).collect();
    let mut files = Files::new();
    let mut params = Vec::new();
    let (mut modules, mut answers) = (TokenStream::new(), TokenStream::new());
    for tag in &tags {
        let (module, view) = (tag_module(&tag.name), format_ident!("{}", tag_type(&tag.name)));
        let mut methods: [TokenStream; 4] = Default::default();
        for operation in published(api, tag) {
            let signature = signatures.iter().find(|signature| signature.ident == operation.id);
            let signature = signature.with_context(|| format!("no call of {}", operation.id))?;
            let method = Method::read(operation, signature)?;
            let access = match operation.token.as_str() {
                "none" => 0,
                "environment" => 1,
                "user" => 2,
                _ => 3,
            };
            methods[access].extend(method.tokens());
            answers.extend(respond::answer(operation, signature));
            params.extend(method.params(&module));
            params.extend(operation.paged().then(|| paging::params(operation)));
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
    let items = quote!(use crate::enums; #(#params)*);
    files.insert(format!("{FOLDER}/params.rs"), file(head, &items)?);
    Ok(files)
}

fn published<'a>(api: &'a Api, tag: &'a Tag) -> impl Iterator<Item = &'a Operation> {
    api.tagged(&tag.name).filter(|operation| operation.published)
}

/// One view method and where its arguments come from.
struct Method<'a> {
    operation: &'a Operation,
    signature: &'a Signature,
    /// Parameters that are given one by one.
    positional: Vec<(&'a Parameter, Input)>,
    /// Parameters that are given together, with the types inside their `Option`.
    optional: Vec<(&'a Parameter, Type)>,
    body: Option<Input>,
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
                let input = Input::of(&format_ident!("body"), ty);
                method.passed.push(input.passed.clone());
                method.body = Some(input);
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
                let input = Input::of(&ident, ty);
                method.passed.push(input.passed.clone());
                method.positional.push((parameter, input));
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
        let given = || positional.iter().map(|(_, input)| input).chain(body);
        let mut inputs: Vec<TokenStream> = given()
            .map(|Input { ident, ty, borrows, .. }| {
                // Of what a paged call is given it keeps its own.
                let bounds = (*borrows && !operation.paged()).then(|| quote!(+ Send + Sync + 'a));
                quote!(#ident: #ty #bounds)
            })
            .collect();
        if !optional.is_empty() {
            let ty = self.params_type();
            inputs.push(quote!(params: params::#ty));
        }
        let answer = answer_type(signature);
        let docs = docs(&operation_docs(operation));
        let deprecated = operation.deprecated.then(|| quote!(#[deprecated = "the vendor advises against it"]));
        let head = quote!(#docs #deprecated pub fn #name);
        if operation.paged() {
            let largest = paging::largest(operation).map_or_else(|| quote!(None), |largest| quote!(Some(#largest)));
            // Page after page is asked for with them.
            let kept: Vec<_> = given().map(|input| &input.ident).collect();
            return quote! {
                #head (&self, #(#inputs),*) -> PagedCall<#answer> {
                    #(let #kept: Arc<str> = #kept.as_ref().into();)*
                    PagedCall::new(&self.core, #id, #largest, params, move |client, params| {
                        #(let #kept = #kept.clone();)*
                        async move { client.#name(#(#passed),*).await }
                    })
                }
            };
        }
        let borrows = given().any(|input| input.borrows);
        let (generics, lifetime) = if borrows { (quote!(<'a>), quote!('a)) } else { (quote!(), quote!('static)) };
        let made = given().map(|input| &input.made);
        quote! {
            #head #generics (&self, #(#inputs),*) -> Call<#lifetime, #answer> {
                #(#made)*
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

/// An argument of a view method that is always given.
struct Input {
    ident: proc_macro2::Ident,
    /// Its type in the signature.
    ty: TokenStream,
    /// What is made of it before the call.
    made: TokenStream,
    /// As the generated call is given it.
    passed: TokenStream,
    /// Whether the call may borrow it.
    borrows: bool,
}

impl Input {
    /// The argument for a parameter of the generated call that has this type. What that borrows may be given owned.
    fn of(ident: &proc_macro2::Ident, ty: &Type) -> Self {
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
    file(&format!("//! {}.\n\n", tag.name), &tokens)
}

/// The file of categories, and of the ways to them and to the tags.
fn category_file(api: &Api, tags: &[&Tag]) -> Result<String> {
    let accessor = |tag: &Tag, owner: &TokenStream| {
        let (name, view) = (format_ident!("{}", tag_module(&tag.name)), format_ident!("{}", tag_type(&tag.name)));
        let docs = docs(&tag.description);
        quote!(#docs pub fn #name(&self) -> #view<#owner> { #view { core: self.core.clone() } })
    };
    let (mut types, mut all) = (TokenStream::new(), TokenStream::new());
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
        names.insert(name.to_string());
    }
    for tag in tags {
        ensure!(names.insert(tag_module(&tag.name)), "two views are called {}", tag_module(&tag.name));
        all.extend(accessor(tag, &quote!(A)));
    }
    let views = tags.iter().map(|tag| format_ident!("{}", tag_type(&tag.name)));
    let tokens = quote! {
        use super::{#(#views),*};
        use crate::scope::{Access, Core, Scope};
        #types
        impl<A: Access> Scope<A> { #all }
    };
    file("//! Categories of the API, and the ways to them and to the tags.\n\n", &tokens)
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
        assert!(squeezed(&files, "params.rs").contains("pub fn limit(mut self, limit: i64) -> Self"));
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
