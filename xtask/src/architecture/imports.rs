//! Finds what a module names of its own crate: `use` and paths in code, `crate::`, `super::`, `self::`, children and
//! names that an import made short; inside macros by their tokens.

use std::collections::BTreeMap;

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::{Attribute, Item, Path, UseTree, Visibility, visit::Visit};

use super::source::{ModulePath, is_test};

/// Macros whose tokens are code for elsewhere.
const QUOTES: [&str; 3] = ["quote", "quote_spanned", "parse_quote"];

/// One name of the own crate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The whole path from the crate's root, the item's own name included.
    pub path: Vec<String>,
    /// By what name `use` brings it; nothing for a path in code.
    pub name: Option<String>,
    /// Line in the file.
    pub line: usize,
}

/// What the items of one module import. `children` are the modules that it declares, `name` is how a program calls the
/// library of its own crate.
pub fn imports(items: &[Item], module: &ModulePath, children: &[String], name: &str) -> Vec<Import> {
    let scope = Scope { module, children, name };
    // Names first: a path may stand above the import that explains it.
    let mut finder = Finder { scope, short: BTreeMap::new(), found: Vec::new(), collecting: true };
    for item in items {
        finder.visit_item(item);
    }
    finder.found.clear();
    finder.collecting = false;
    for item in items {
        finder.visit_item(item);
    }
    finder.found
}

/// Where a path is read.
#[derive(Clone, Copy)]
struct Scope<'a> {
    module: &'a ModulePath,
    children: &'a [String],
    name: &'a str,
}

struct Finder<'a> {
    scope: Scope<'a>,
    /// Names that an import brought, with what they stand for.
    short: BTreeMap<String, Vec<String>>,
    found: Vec<Import>,
    collecting: bool,
}

impl Finder<'_> {
    /// The path from the crate's root; nothing for what is not of this crate.
    fn absolute(&self, segments: &[String]) -> Option<Vec<String>> {
        let (first, rest) = segments.split_first()?;
        let mut base = match first.as_str() {
            "crate" => Vec::new(),
            "self" => self.scope.module.clone(),
            "super" => {
                let ups = segments.iter().take_while(|segment| *segment == "super").count();
                let kept = self.scope.module.len().checked_sub(ups)?;
                let mut base = self.scope.module[..kept].to_vec();
                base.extend_from_slice(&segments[ups..]);
                return Some(base);
            }
            child if self.scope.children.iter().any(|name| name == child) => {
                self.scope.module.iter().cloned().chain([child.to_owned()]).collect()
            }
            // In the program's root, the library goes by the crate's name.
            name if name == self.scope.name => Vec::new(),
            short => self.short.get(short)?.clone(),
        };
        base.extend_from_slice(rest);
        Some(base)
    }

    fn note(&mut self, segments: &[String], span: Span) {
        // One name alone was explained where it was imported.
        if segments.len() > 1
            && let Some(path) = self.absolute(segments)
        {
            self.found.push(Import { path, name: None, line: span.start().line });
        }
    }

    fn imported(&mut self, tree: &UseTree, before: &mut Vec<String>, span: Option<Span>) {
        match tree {
            UseTree::Path(path) => {
                before.push(path.ident.to_string());
                self.imported(&path.tree, before, span.or_else(|| Some(path.ident.span())));
                before.pop();
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.imported(tree, before, span)),
            UseTree::Name(name) => self.brought(before, &name.ident, &name.ident),
            UseTree::Rename(name) => self.brought(before, &name.ident, &name.rename),
            UseTree::Glob(glob) => {
                before.push("*".to_owned());
                self.note(before, glob.star_token.spans[0]);
                before.pop();
            }
        }
    }

    fn brought(&mut self, before: &[String], name: &syn::Ident, short: &syn::Ident) {
        let mut whole = before.to_vec();
        let short = if name == "self" {
            if short == "self" { before.last().cloned().unwrap_or_default() } else { short.to_string() }
        } else {
            whole.push(name.to_string());
            short.to_string()
        };
        if self.collecting {
            if let Some(path) = self.absolute(&whole) {
                self.short.insert(short, path);
            }
        } else {
            let before = self.found.len();
            self.note(&whole, name.span());
            for import in &mut self.found[before..] {
                import.name = Some(short.clone());
            }
        }
    }

    /// Paths in the tokens of a macro: names with `::` between them.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<(String, Span)> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    if colons != 2 {
                        self.end(&mut path);
                    }
                    path.push((ident.to_string(), ident.span()));
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    self.end(&mut path);
                    colons = 0;
                    self.tokens(group.stream());
                }
                _ => {
                    self.end(&mut path);
                    colons = 0;
                }
            }
        }
        self.end(&mut path);
    }

    fn end(&mut self, path: &mut Vec<(String, Span)>) {
        if let Some((_, span)) = path.first().cloned() {
            let segments: Vec<String> = path.drain(..).map(|(name, _)| name).collect();
            self.note(&segments, span);
        }
    }
}

impl<'ast> Visit<'ast> for Finder<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test(attributes(item)) {
            syn::visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if item.leading_colon.is_none() {
            self.imported(&item.tree, &mut Vec::new(), None);
        }
    }

    fn visit_path(&mut self, path: &'ast Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if let (None, Some(first)) = (path.leading_colon, path.segments.first()) {
            self.note(&segments, first.ident.span());
        }
        syn::visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, invocation: &'ast syn::Macro) {
        self.visit_path(&invocation.path);
        // What is quoted belongs to the crate that it is written for.
        let quoted = invocation.path.segments.last().is_some_and(|last| QUOTES.iter().any(|quote| last.ident == quote));
        if !quoted {
            self.tokens(invocation.tokens.clone());
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        if !is_test(&function.attrs) {
            syn::visit::visit_impl_item_fn(self, function);
        }
    }

    /// `pub(in …)` says who may look, and imports nothing.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    /// Nor do attributes, as far as they are read here.
    fn visit_attribute(&mut self, _: &'ast Attribute) {}
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}
