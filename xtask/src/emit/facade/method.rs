//! Writes the methods of views, and the types of their optional values.

use anyhow::{Context, Result, ensure};
use heck::ToUpperCamelCase;
use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::{Signature, Type, parse_quote};

use super::{
    docs::docs,
    example::Inputs,
    input::Input,
    names::{Names, View},
    paging,
};
use crate::{
    documents::api::{Operation, Parameter},
    emit::{
        client::arguments,
        syntax::{argument_of, is_str, last_segment, short},
    },
};

/// Names in generated methods that a parameter must not take.
const TAKEN: [&str; 3] = ["body", "client", "params"];

/// One view method and where its arguments come from.
pub(super) struct Method<'a> {
    operation: &'a Operation,
    /// Its name, which may have lost the number of the version.
    name: Ident,
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
    pub(super) fn read(names: &Names, operation: &'a Operation, signature: &'a Signature) -> Result<Self> {
        let mut method = Self {
            operation,
            name: format_ident!("{}", names.method(operation)),
            signature,
            positional: Vec::new(),
            optional: Vec::new(),
            body: None,
            passed: Vec::new(),
        };
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
            let wire = &parameter.name;
            if let Some(inner) = argument_of(ty, "Option") {
                method.passed.push(match inner {
                    _ if parameter.is_list() => {
                        quote!(params.#ident.as_ref().map(|list| list.joined(#wire)).transpose()?.as_deref())
                    }
                    Type::Reference(reference) if is_str(&reference.elem) => quote!(params.#ident.as_deref()),
                    Type::Reference(_) => quote!(params.#ident.as_ref()),
                    _ => quote!(params.#ident),
                });
                let list = parameter.is_list().then(|| parse_quote!(List));
                method.optional.push((parameter, list.unwrap_or_else(|| owned(inner))));
            } else {
                let input = if parameter.is_list() { Input::list(&ident, wire) } else { Input::of(&ident, ty) };
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

    fn params_type(&self) -> Ident {
        format_ident!("{}", self.name.to_string().to_upper_camel_case())
    }

    /// What it takes, for its documentation.
    pub(super) fn inputs(&self) -> Inputs<'a> {
        Inputs {
            positional: self.positional.iter().map(|(parameter, _)| *parameter).collect(),
            optional: self.optional.iter().map(|(parameter, _)| *parameter).collect(),
            body: self.body.is_some(),
        }
    }

    /// The method with this documentation.
    pub(super) fn tokens(&self, docs: &TokenStream) -> TokenStream {
        let Self { operation, signature, passed, .. } = self;
        let (id, call) = (&operation.id, &signature.ident);
        let head = self.head(docs, &self.name);
        if operation.paged() {
            let largest = paging::largest(operation).map_or_else(|| quote!(None), |largest| quote!(Some(#largest)));
            // Page after page is asked for with them.
            let kept: Vec<_> = self.given().map(|input| &input.ident).collect();
            return quote! {
                #head {
                    #(let #kept: Arc<str> = #kept.as_ref().into();)*
                    PagedCall::new(&self.core, #id, #largest, params, move |client, params| {
                        #(let #kept = #kept.clone();)*
                        async move { client.#call(#(#passed),*).await }
                    })
                }
            };
        }
        let made = self.given().map(|input| &input.made);
        let opened = operation.file.is_some().then(|| quote!(.map(Download::of)));
        quote! {
            #head {
                #(#made)*
                Call::new(&self.core, #id, move |client| async move { client.#call(#(#passed),*).await #opened })
            }
        }
    }

    /// The method by the id of the operation, where its name has lost the number of the version.
    pub(super) fn numbered(&self, docs: &TokenStream) -> Option<TokenStream> {
        let (name, id) = (&self.name, &self.signature.ident);
        if name == id {
            return None;
        }
        let head = self.head(docs, id);
        let params = (!self.optional.is_empty()).then(|| format_ident!("params"));
        let given = self.given().map(|input| &input.ident).chain(&params);
        Some(quote!(#head { self.#name(#(#given),*) }))
    }

    /// What stands before the method's body.
    fn head(&self, docs: &TokenStream, name: &Ident) -> TokenStream {
        let operation = self.operation;
        let mut inputs: Vec<TokenStream> = self
            .given()
            .map(|Input { ident, ty, borrows, .. }| {
                // Of what a paged call is given it keeps its own.
                let bounds = (*borrows && !operation.paged()).then(|| quote!(+ Send + Sync + 'a));
                quote!(#ident: #ty #bounds)
            })
            .collect();
        if !self.optional.is_empty() {
            let ty = self.params_type();
            inputs.push(quote!(params: params::#ty));
        }
        let answer = answer_type(self.signature);
        let deprecated = operation.deprecated.then(|| quote!(#[deprecated = "the vendor advises against it"]));
        let borrows = !operation.paged() && self.given().any(|input| input.borrows);
        let (generics, lifetime) = if borrows { (quote!(<'a>), quote!('a)) } else { (quote!(), quote!('static)) };
        let output = if operation.paged() { quote!(PagedCall<#answer>) } else { quote!(Call<#lifetime, #answer>) };
        quote!(#docs #deprecated pub fn #name #generics (&self, #(#inputs),*) -> #output)
    }

    /// What is always given, in the order of the signature.
    fn given(&self) -> impl Iterator<Item = &Input> {
        self.positional.iter().map(|(_, input)| input).chain(&self.body)
    }

    /// The type that holds the optional parameters, if there are any.
    pub(super) fn params(&self, view: &View) -> Option<TokenStream> {
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
                // They are given one by one.
                parameter.description.replace(", separated by commas", "")
            };
            let (docs, short) = (docs(&text), short(ty));
            fields.extend(quote!(#docs pub #ident: Option<#short>,));
            let (form, input, value) = match ty {
                Type::Path(path) if path.path.is_ident("List") => (
                    None,
                    quote!(impl IntoIterator<Item = impl AsRef<str>>),
                    quote!(Some(#ident.into_iter().collect())),
                ),
                Type::Path(path) if ["i64", "i32", "bool", "f64"].iter().any(|scalar| path.path.is_ident(scalar)) => {
                    (None, quote!(impl Into<Option<#ty>>), quote!(#ident.into()))
                }
                _ => (Some(quote!(<Form>)), quote!(impl Optional<#short, Form>), quote!(#ident.into_optional())),
            };
            setters.extend(quote! {
                #docs
                pub fn #ident #form (mut self, #ident: #input) -> Self {
                    self.#ident = #value;
                    self
                }
            });
        }
        let (view, name) = (&view.name, &self.name);
        let text = format!("Optional values of [`{view}::{name}`](crate::views::{view}::{name}).");
        let docs = docs(&text);
        let numbered = (*name != self.operation.id).then(|| {
            let (alias, about) = (
                format_ident!("{}", self.operation.id.to_upper_camel_case()),
                format!(" [`{ty}`] by the number of its version."),
            );
            quote!(#[doc = #about] pub type #alias = #ty;)
        });
        Some(quote! {
            #docs
            #[derive(Clone, Debug, Default, PartialEq)]
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
            #numbered
        })
    }
}

/// `T` of `Result<ResponseValue<T>, …>`, with short paths.
pub(super) fn answer_type(signature: &Signature) -> TokenStream {
    let syn::ReturnType::Type(_, ty) = &signature.output else { return quote!(()) };
    let value = argument_of(ty, "Result").and_then(|ty| argument_of(ty, "ResponseValue"));
    // A file is read by a type of the facade's own.
    let is_file = value.and_then(last_segment).is_some_and(|segment| segment.ident == "ByteStream");
    if is_file {
        return quote!(Download);
    }
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
