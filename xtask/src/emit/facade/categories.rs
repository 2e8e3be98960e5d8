//! Writes the categories, and the ways to them, to the views and to the tags.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use heck::{ToSnakeCase, ToUpperCamelCase};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

use super::{
    docs::docs,
    file,
    names::{Names, View},
};
use crate::documents::api::{Api, Tag, tag_module};

/// The categories with what they are about.
const CATEGORIES: [(&str, &str); 5] = [
    ("authentication", "Signing in and up: passwords, codes, links, second factors, API tokens."),
    ("management", "Administration of the environment, with its own token."),
    ("self-service", "What users and tenants do for themselves."),
    ("applications", "Applications: their settings, the tenants that have them, and the people who may use them."),
    ("tenants", "Tenants (accounts), their settings and their hierarchy."),
];

/// A category.
#[derive(Debug, Clone, Copy)]
pub struct Category {
    /// As the documents call it.
    pub id: &'static str,
    /// What it is about.
    pub about: &'static str,
}

/// All categories, in the order in which people meet them.
pub fn all() -> impl Iterator<Item = Category> {
    CATEGORIES.into_iter().map(|(id, about)| Category { id, about })
}

impl Category {
    /// The method that leads to it.
    pub fn module(self) -> String {
        self.id.to_snake_case()
    }

    fn name(self) -> String {
        self.id.to_upper_camel_case()
    }

    /// Whether it is one view, which then has its name.
    fn is_view(self, names: &Names) -> bool {
        names.views.iter().any(|view| view.name == self.name())
    }
}

/// The names of the categories' types that are no views.
pub fn types(names: &Names) -> impl Iterator<Item = String> {
    all().filter(|category| !category.is_view(names)).map(Category::name)
}

/// The file of categories, and of the ways to them, to the views and to the tags.
pub fn categories(api: &Api, names: &Names) -> Result<String> {
    let (mut types, mut all_ways, mut known) = (TokenStream::new(), TokenStream::new(), BTreeSet::new());
    for category in all() {
        let of_category = |tag: &&Tag| {
            api.tagged(&tag.name).any(|operation| operation.published && operation.category == category.id)
        };
        if category.is_view(names) {
            let view = names.views.iter().find(|view| view.name == category.name());
            let foreign = api.published().find(|operation| {
                operation.category == category.id
                    && !view.is_some_and(|view| view.tags.iter().any(|tag| tag.name == operation.tag))
            });
            ensure!(
                foreign.is_none(),
                "category {} is a view and has {:?} beside it",
                category.id,
                foreign.map(|operation| &operation.id)
            );
            continue;
        }
        let (name, view, about) =
            (format_ident!("{}", category.module()), format_ident!("{}", category.name()), docs(category.about));
        let tags = names.views.iter().flat_map(|view| view.tags.iter().map(move |tag| (view, *tag)));
        let ways = tags.filter(|(_, tag)| of_category(tag)).map(|(view, tag)| way_to_tag(view, tag));
        types.extend(quote! {
            #about
            #[derive(Clone, Debug)]
            pub struct #view<A: Access> { pub(crate) core: Core<A> }
            impl<A: Access> #view<A> { #(#ways)* }
        });
        all_ways.extend(quote!(#about pub fn #name(&self) -> #view<A> { #view { core: self.core.clone() } }));
        known.insert(name.to_string());
    }
    for view in &names.views {
        ensure!(known.insert(view.module.clone()), "a category and a view are called {}", view.module);
        let about = docs(&view.tags[0].description);
        all_ways.extend(way(&view.module, view, &about));
    }
    for (view, tag) in names.views.iter().flat_map(|view| view.tags.iter().map(move |tag| (view, *tag))) {
        if tag_module(&tag.name) != view.module {
            ensure!(known.insert(tag_module(&tag.name)), "two ways are called {}", tag_module(&tag.name));
            all_ways.extend(way_to_tag(view, tag));
        }
    }
    let views = names.views.iter().map(|view| format_ident!("{}", view.name));
    let tokens = quote! {
        use super::{#(#views),*};
        use crate::scope::{Access, Core, Scope};
        #types
        impl<A: Access> Scope<A> { #all_ways }
    };
    file("//! Categories of the API, and the ways to them, to the views and to the tags.\n\n", &tokens)
}

/// The way to the view of a tag, under the tag's name.
fn way_to_tag(view: &View, tag: &Tag) -> TokenStream {
    let mut text = tag.description.clone();
    if view.tags.len() > 1 || view.module != tag_module(&tag.name) {
        text += &format!("\n\nThe view [`{}`] has them.", view.name);
    }
    way(&tag_module(&tag.name), view, &docs(&text))
}

fn way(name: &str, view: &View, about: &TokenStream) -> TokenStream {
    let (name, view) = (format_ident!("{name}"), format_ident!("{}", view.name));
    quote!(#about pub fn #name(&self) -> #view<A> { #view { core: self.core.clone() } })
}
