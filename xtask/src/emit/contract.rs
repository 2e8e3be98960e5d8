//! Writes the server side: for every tag a trait, its parameter structs, its handlers and its
//! routes; and a service that tests use to see which handler a request reaches.

pub mod schemas;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use heck::{ToShoutySnakeCase, ToUpperCamelCase};
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{format_ident, quote};
use serde_json::Value;

use super::print::{Files, print};
use crate::documents::api::{APPLICATION_HEADER, Api, Operation, Parameter, tag_module, tag_type};

const SOURCES: &str = "crates/frontegg-contract/src/generated";
const TESTS: &str = "crates/frontegg-contract/tests/generated";

/// Parts of the model that generated code may name.
const MODEL: [&str; 3] = ["Secret", "enums", "types"];

/// All files of the contract.
pub fn contract(api: &Api) -> Result<Files> {
    check_addresses(api)?;
    let mut files = Files::new();
    let mut put = |path: String, head: &str, tokens: TokenStream| -> Result<()> {
        let file: syn::File = syn::parse2(tokens).with_context(|| path.clone())?;
        files.insert(path, print(head, file.items));
        Ok(())
    };
    put(format!("{SOURCES}/mod.rs"), "//! The tags, one module each.\n\n", index(api))?;
    put(format!("{SOURCES}/schemas.rs"), "//! Schemas of the documents.\n\n", schemas::schemas(api)?)?;
    for tag in &api.tags {
        let path = format!("{SOURCES}/{}.rs", tag_module(&tag.name));
        let head = format!("//! {}\n\n", tag.description.replace('\n', " "));
        put(path, &head, tag_file(api, &tag.name)?)?;
    }
    put(format!("{TESTS}/echo.rs"), "//! A service whose every operation answers with its own name.\n\n", echo(api)?)?;
    Ok(files)
}

/// A path template with numbered parameters: the router wants one name at one place, the documents
/// have several.
fn positional(template: &str) -> String {
    let mut count = 0;
    let segments = template.split('/').map(|segment| {
        if !segment.starts_with('{') {
            return segment.to_owned();
        }
        count += 1;
        format!("{{p{}}}", count - 1)
    });
    segments.collect::<Vec<_>>().join("/")
}

/// No two operations may share method and address.
fn check_addresses(api: &Api) -> Result<()> {
    let mut seen = BTreeMap::new();
    for operation in &api.operations {
        let address = (operation.method.as_str(), positional(&operation.path));
        if let Some(other) = seen.insert(address, &operation.id) {
            let (path, id) = (&operation.path, &operation.id);
            anyhow::bail!("{id} and {other} have one address, {path}");
        }
    }
    Ok(())
}

/// Operations that one value of a path parameter cannot reach, since a fixed path of other methods
/// stands there: `DELETE /users/activate` is not the user `activate`.
fn shadowed(api: &Api) -> Vec<String> {
    let paths: BTreeSet<&str> = api.operations.iter().map(|operation| operation.path.as_str()).collect();
    let mut found = Vec::new();
    for operation in &api.operations {
        for path in paths.iter().filter(|path| hides(path, &operation.path)) {
            let offered = |other: &Operation| other.path == **path && other.method == operation.method;
            if !api.operations.iter().any(offered) {
                found.push(format!("`{} {path}`: {}", operation.method.to_uppercase(), operation.id));
            }
        }
    }
    found
}

/// Whether a path fits a template and is the narrower one.
fn hides(path: &str, template: &str) -> bool {
    let (mut fixed, mut wide) = (path.split('/'), template.split('/'));
    let is_parameter = |segment: &str| segment.starts_with('{');
    let mut narrower = false;
    loop {
        match (fixed.next(), wide.next()) {
            (None, None) => return narrower,
            (Some(one), Some(other)) if is_parameter(other) => narrower |= !is_parameter(one),
            (Some(one), Some(other)) if one == other => {}
            _ => return false,
        }
    }
}

fn index(api: &Api) -> TokenStream {
    let modules: Vec<Ident> = api.tags.iter().map(|tag| format_ident!("{}", tag_module(&tag.name))).collect();
    let traits: Vec<Ident> = api.tags.iter().map(|tag| trait_name(&tag.name)).collect();
    let contracts = api.operations.iter().map(|operation| {
        let (module, name) = (tag_module(&operation.tag), table_name(operation));
        let module = format_ident!("{module}");
        quote!(&#module::#name)
    });
    let shadowed = shadowed(api);
    let shadows = shadowed.iter().map(|line| {
        let line = format!(" - {line}");
        quote!(#[doc = #line])
    });
    let all = " Every operation of the documents.";
    let anonymous = api.operations.iter().filter(|operation| operation.anonymous && operation.token != "none");
    let anonymous = anonymous.map(|operation| &operation.id);
    let sessions = api.operations.iter().filter(|operation| operation.sessions_only).map(|operation| &operation.id);
    let forms = api.operations.iter().filter(|operation| operation.body.as_ref().is_some_and(|body| body.may_be_form));
    let forms = forms.map(|operation| &operation.id);
    quote! {
        mod schemas;
        #(pub mod #modules;)*

        use std::sync::Arc;
        use axum::Router;
        use crate::authenticate::Authenticate;
        use crate::schema::Contract;

        #[doc = #all]
        pub trait Api: Authenticate #(+ #modules::#traits)* {}

        impl<T: Authenticate #(+ #modules::#traits)*> Api for T {}

        #[doc = " Mounts every operation."]
        #[doc = ""]
        #[doc = " A fixed path wins over one with parameters, also where it has other methods. So these"]
        #[doc = " are answered with 405, and their operations are never reached with such an id:"]
        #[doc = ""]
        #(#shadows)*
        #[allow(clippy::let_and_return, reason = "one line a tag")]
        pub fn routes<S: Api>(router: Router<Arc<S>>) -> Router<Arc<S>> {
            #(let router = #modules::routes(router);)*
            router
        }

        #[doc = " What the documents say about each operation, sorted by id."]
        pub static CONTRACTS: &[&Contract] = &[#(#contracts),*];

        #[doc = " Operations that take a token and are called by the service's own pages without any as well,"]
        #[doc = " before anybody is signed in; sorted by id. A server lets nobody in particular in there."]
        pub static ALSO_ANONYMOUS: &[&str] = &[#(#anonymous),*];

        #[doc = " Operations of people who are signed in, which tokens of API credentials may not call whatever they"]
        #[doc = " may do otherwise; sorted by id."]
        pub static SESSIONS_ONLY: &[&str] = &[#(#sessions),*];

        #[doc = " Operations whose body may come as a form as well; sorted by id."]
        pub static ALSO_FORMS: &[&str] = &[#(#forms),*];
    }
}

fn trait_name(tag: &str) -> Ident {
    format_ident!("{}Api", tag_type(tag))
}

fn table_name(operation: &Operation) -> Ident {
    format_ident!("{}", operation.id.to_shouty_snake_case())
}

fn method_name(operation: &Operation) -> Ident {
    format_ident!("{}", operation.id)
}

/// Parameters that a handler gets in its struct. Scope and application come with the context.
fn handed(operation: &Operation) -> impl Iterator<Item = (usize, &Parameter)> {
    let parameters = operation.parameters.iter().enumerate();
    parameters.filter(|(_, parameter)| parameter.name != APPLICATION_HEADER)
}

fn params_name(operation: &Operation) -> Option<Ident> {
    let name = format_ident!("{}Params", operation.id.to_upper_camel_case());
    handed(operation).next().map(|_| name)
}

fn tag_file(api: &Api, tag: &str) -> Result<TokenStream> {
    let name = trait_name(tag);
    let (mut methods, mut items) = (Vec::new(), Vec::new());
    let mut paths: BTreeMap<String, Vec<TokenStream>> = BTreeMap::new();
    for operation in api.tagged(tag) {
        let signature = signature(api, operation)?;
        let docs = docs(operation);
        methods.push(quote!(#docs #signature;));
        items.push(params(api, operation)?);
        items.push(schemas::contract(operation)?);
        items.push(handler(operation, &name));
        let (method, id) = (format_ident!("{}", operation.method), method_name(operation));
        paths.entry(positional(&operation.path)).or_default().push(quote!(.#method(Endpoint(#id::<S>))));
    }
    let routes = paths.iter().map(|(path, methods)| quote!(.route(#path, MethodRouter::new() #(#methods)*)));
    let about = format!(" Operations of the tag {tag}.");
    let body = quote! {
        #[doc = #about]
        pub trait #name: Send + Sync + 'static {
            #(#methods)*
        }

        #[doc = " Mounts the operations of this tag."]
        pub fn routes<S: #name + Authenticate>(router: Router<Arc<S>>) -> Router<Arc<S>> {
            router #(#routes)*
        }

        #(#items)*
    };
    let model = imports(&body, &quote!(frontegg_model), &MODEL);
    let schema =
        imports(&body, &quote!(crate::schema), &["Body", "Contract", "Parameter", "Place", "Presence", "Schema"]);
    let schemas = words(&body).contains("schemas").then(|| {
        quote!(
            use super::schemas;
        )
    });
    Ok(quote! {
        use std::sync::Arc;
        use axum::Router;
        use axum::extract::Request;
        use axum::routing::MethodRouter;
        #model
        #schemas
        use crate::context::RequestContext;
        use crate::endpoint::{Endpoint, Handling};
        use crate::failure::ApiResult;
        use crate::authenticate::Authenticate;
        use crate::receive::receive;
        use crate::reply;
        #schema
        #body
    })
}

/// Imports of those names of a module that the code uses.
fn imports(code: &TokenStream, module: &TokenStream, names: &[&str]) -> TokenStream {
    let words = words(code);
    let used: Vec<Ident> =
        names.iter().filter(|name| words.contains(**name)).map(|name| format_ident!("{name}")).collect();
    match used.as_slice() {
        [] => TokenStream::new(),
        [name] => quote!(use #module::#name;),
        names => quote!(use #module::{#(#names),*};),
    }
}

/// All identifiers in the code.
fn words(code: &TokenStream) -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for token in code.clone() {
        match token {
            TokenTree::Ident(ident) => {
                words.insert(ident.to_string());
            }
            TokenTree::Group(group) => words.append(&mut self::words(&group.stream())),
            TokenTree::Punct(_) | TokenTree::Literal(_) => {}
        }
    }
    words
}

fn docs(operation: &Operation) -> TokenStream {
    let Operation { method, path, status, summary, .. } = operation;
    let first = format!(" `{} {path}` → {status}", method.to_uppercase());
    let summary = format!(" {summary}");
    quote!(#[doc = #first] #[doc = ""] #[doc = #summary])
}

/// `fn name(&self, cx, params, body) -> impl Future<…> + Send` of the trait.
fn signature(api: &Api, operation: &Operation) -> Result<TokenStream> {
    let name = method_name(operation);
    let params = params_name(operation).map(|params| quote!(, params: #params));
    let body = match &operation.body {
        Some(body) => {
            let ty = rust_type(api, &body.schema)?;
            Some(quote!(, body: #ty))
        }
        None => None,
    };
    let answer = answer_type(api, operation)?;
    Ok(quote! {
        fn #name(&self, cx: &RequestContext #params #body) -> impl Future<Output = ApiResult<#answer>> + Send
    })
}

fn answer_type(api: &Api, operation: &Operation) -> Result<TokenStream> {
    if operation.file.is_some() {
        return Ok(quote!(reply::File));
    }
    operation.answer.as_ref().map_or_else(|| Ok(quote!(())), |schema| rust_type(api, schema))
}

fn rust_type(api: &Api, schema: &Value) -> Result<TokenStream> {
    let ty = api.rust_type(schema)?;
    Ok(if schema["nullable"] == true { quote!(Option<#ty>) } else { ty })
}

fn params(api: &Api, operation: &Operation) -> Result<TokenStream> {
    let Some(name) = params_name(operation) else { return Ok(TokenStream::new()) };
    let (mut fields, mut seen) = (Vec::new(), BTreeSet::new());
    for (_, parameter) in handed(operation) {
        ensure!(seen.insert(parameter.ident()), "{}: {} twice", operation.id, parameter.name);
        let ident = format_ident!("{}", parameter.ident());
        let ty = api.rust_type(&parameter.schema)?;
        let ty = if parameter.required { ty } else { quote!(Option<#ty>) };
        let doc = format!(" {}", parameter.description.replace('\n', " "));
        fields.push(quote!(#[doc = #doc] pub #ident: #ty));
    }
    let about = format!(" Parameters of `{}`.", operation.id);
    Ok(quote! {
        #[doc = #about]
        #[derive(Debug, Clone)]
        pub struct #name { #(#fields),* }
    })
}

fn handler(operation: &Operation, tag: &Ident) -> TokenStream {
    let (name, table) = (method_name(operation), table_name(operation));
    let params = params_name(operation).map(|params| {
        let fields = handed(operation).map(|(index, parameter)| {
            let ident = format_ident!("{}", parameter.ident());
            let index = proc_macro2::Literal::usize_unsuffixed(index);
            quote!(#ident: received.parameter(#index)?)
        });
        quote!(let params = #params { #(#fields),* };)
    });
    let body = operation.body.as_ref().map(|_| quote!(let body = received.body()?;));
    let arguments = [params.as_ref().map(|_| quote!(, params)), body.as_ref().map(|_| quote!(, body))];
    let arguments = arguments.iter().flatten();
    let mutable = (params.is_some() || body.is_some()).then(|| quote!(mut));
    let reply = if operation.answer.is_some() {
        quote!(reply::json(&received.context, &#table, answer))
    } else if let Some(kind) = &operation.file {
        quote!(reply::file(&received.context, #kind, answer))
    } else {
        quote!(reply::empty(&received.context, answer))
    };
    quote! {
        fn #name<S: #tag + Authenticate>(service: Arc<S>, request: Request) -> Handling {
            Box::pin(async move {
                let #mutable received = receive(&*service, &#table, request).await?;
                #params
                #body
                let answer = service.#name(&received.context #(#arguments)*).await;
                #reply
            })
        }
    }
}

/// A service for tests: every method refuses with the id of its own operation.
fn echo(api: &Api) -> Result<TokenStream> {
    let mut blocks = Vec::new();
    for tag in &api.tags {
        let (module, name) = (format_ident!("{}", tag_module(&tag.name)), trait_name(&tag.name));
        let mut methods = Vec::new();
        for operation in api.tagged(&tag.name) {
            let (id, method) = (&operation.id, method_name(operation));
            let params = params_name(operation).map(|params| quote!(, _: #module::#params));
            let body = match &operation.body {
                Some(body) => {
                    let ty = rust_type(api, &body.schema)?;
                    Some(quote!(, body: #ty))
                }
                None => None,
            };
            let seen = body.as_ref().map_or_else(|| quote!(()), |_| quote!(body));
            let answer = answer_type(api, operation)?;
            methods.push(quote! {
                async fn #method(&self, _: &RequestContext #params #body) -> ApiResult<#answer> {
                    reached(#id, &#seen)
                }
            });
        }
        blocks.push(quote!(impl #module::#name for Echo { #(#methods)* }));
    }
    let body = quote!(#(#blocks)*);
    let model = imports(&body, &quote!(frontegg_model), &MODEL);
    let modules = api.tags.iter().map(|tag| tag_module(&tag.name));
    let modules = modules.chain(words(&body).contains("reply").then(|| "reply".to_owned()));
    let modules = modules.map(|module| format_ident!("{module}"));
    Ok(quote! {
        use frontegg_contract::{ApiFailure, ApiResult, RequestContext, #(#modules),*};
        #model
        use http::StatusCode;
        use serde::Serialize;

        #[doc = " Answers 418 with the id of the operation that was reached, and the body as it was understood."]
        pub(crate) struct Echo;

        fn reached<T>(id: &str, body: &impl Serialize) -> ApiResult<T> {
            let body = serde_json::to_value(body).map_err(ApiFailure::internal)?;
            let context = serde_json::Map::from_iter([("body".to_owned(), body)]);
            Err(ApiFailure::new(StatusCode::IM_A_TEAPOT, id).context(context))
        }

        #body
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_parameters_are_numbered() {
        assert_eq!(positional("/users/{userId}/roles/{id}"), "/users/{p0}/roles/{p1}");
    }

    #[test]
    fn fixed_paths_hide_values_of_parameters() {
        assert!(hides("/users/activate", "/users/{userId}"));
        assert!(hides("/users/{id}/roles", "/users/{userId}/{part}"));
        assert!(!hides("/users/{id}", "/users/{userId}"));
        assert!(!hides("/users/activate/strategy", "/users/{userId}"));
        assert!(!hides("/users/{userId}", "/users/activate"));
    }
}
