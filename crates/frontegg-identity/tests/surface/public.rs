//! Source files, reduced to what is public in them: no bodies, no private members, no comments.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use syn::{
    Attribute, Fields, File, GenericArgument, ImplItem, Item, ItemImpl, Meta, PathArguments, Token, TraitItem, Type,
    UseTree, Visibility,
    punctuated::Punctuated,
    visit_mut::{self, VisitMut},
};

/// A file of the crate and what it offers.
pub(crate) struct Source {
    /// Its path below `src`.
    pub(crate) name: String,
    public: File,
    /// What names that the file imports stand for.
    names: BTreeMap<String, String>,
    /// The files of its modules that only tests and fuzz targets have.
    withheld: Vec<String>,
}

/// All files below a folder, but for those that only tests and fuzz targets have.
pub(crate) fn sources(root: &Path) -> Vec<Source> {
    let mut found = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
                found.push(Source::read(name, &fs::read_to_string(&path).unwrap()));
            }
        }
    }
    let withheld: BTreeSet<_> = found.iter_mut().flat_map(|source| std::mem::take(&mut source.withheld)).collect();
    found.retain(|source| !withheld.contains(&source.name));
    found
}

impl Source {
    fn read(name: String, text: &str) -> Self {
        let mut file = syn::parse_file(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut names = BTreeMap::new();
        imports(&file.items, &mut names);
        let withheld = withheld(&name, &file.items);
        file.attrs.clear();
        let hidden: Vec<_> = file.items.iter().filter_map(hidden).collect();
        let seen = |item: &Item| !matches!(item, Item::Impl(item) if hidden.iter().any(|name| is_of(item, name)));
        file.items = file.items.into_iter().filter(seen).filter_map(public).collect();
        Self { name, public: file, names, withheld }
    }

    /// What it offers, as text.
    pub(crate) fn text(&self) -> String {
        prettyplease::unparse(&self.public)
    }

    /// The paths in it that lead into one of these libraries.
    pub(crate) fn foreign(&self, libraries: &[&str]) -> Vec<String> {
        let mut paths = Paths(Vec::new());
        paths.visit_file_mut(&mut self.public.clone());
        let full = paths.0.into_iter().map(|path| {
            let (first, rest) = path.split_once("::").map_or((path.as_str(), ""), |(first, rest)| (first, rest));
            match self.names.get(first) {
                Some(meant) if rest.is_empty() => meant.clone(),
                Some(meant) => format!("{meant}::{rest}"),
                None => path,
            }
        });
        full.filter(|path| libraries.contains(&path.split("::").next().unwrap_or_default())).collect()
    }
}

/// The files of the modules, declared in a file of that name, that only tests and fuzz targets have.
fn withheld(name: &str, items: &[Item]) -> Vec<String> {
    let folder = match name {
        "lib.rs" => String::new(),
        name => format!("{}/", name.trim_end_matches(".rs")),
    };
    let modules = items.iter().filter_map(|item| match item {
        Item::Mod(module) if module.content.is_none() && module.attrs.iter().any(is_for_tests) => Some(&module.ident),
        _ => None,
    });
    modules.map(|module| format!("{folder}{module}.rs")).collect()
}

/// The name of a type that is not public.
fn hidden(item: &Item) -> Option<String> {
    match item {
        Item::Struct(item) if !matches!(item.vis, Visibility::Public(_)) => Some(item.ident.to_string()),
        Item::Enum(item) if !matches!(item.vis, Visibility::Public(_)) => Some(item.ident.to_string()),
        _ => None,
    }
}

/// Whether it is of that type, or makes another of it.
fn is_of(item: &ItemImpl, name: &str) -> bool {
    let is_it = |path: &syn::Path| path.segments.last().is_some_and(|last| last.ident == name);
    let is_type = |of: &Type| matches!(of, Type::Path(of) if is_it(&of.path));
    let arguments = item.trait_.as_ref().and_then(|(path, ..)| path.segments.last()).map(|last| &last.arguments);
    let is_from = matches!(arguments, Some(PathArguments::AngleBracketed(of))
        if of.args.iter().any(|of| matches!(of, GenericArgument::Type(of) if is_type(of))));
    is_type(&item.self_ty) || is_from
}

/// Collects what names of `use` stand for, in modules within the file as well.
fn imports(items: &[Item], names: &mut BTreeMap<String, String>) {
    for item in items {
        match item {
            Item::Use(item) => branch("", &item.tree, names),
            Item::Mod(item) => imports(item.content.as_ref().map_or(&[], |(_, items)| items), names),
            _ => {}
        }
    }
}

fn branch(before: &str, tree: &UseTree, names: &mut BTreeMap<String, String>) {
    let path = |name: &dyn ToString| match (before, name.to_string().as_str()) {
        ("", name) => name.to_owned(),
        (before, "self") => before.to_owned(),
        (before, name) => format!("{before}::{name}"),
    };
    match tree {
        UseTree::Path(tree) => branch(&path(&tree.ident), &tree.tree, names),
        UseTree::Name(tree) => {
            let path = path(&tree.ident);
            let last = path.rsplit("::").next().unwrap_or_default().to_owned();
            names.insert(last, path);
        }
        UseTree::Rename(tree) => drop(names.insert(tree.rename.to_string(), path(&tree.ident))),
        UseTree::Group(tree) => tree.items.iter().for_each(|tree| branch(before, tree, names)),
        UseTree::Glob(_) => {}
    }
}

/// Every path that stands somewhere.
struct Paths(Vec<String>);

impl VisitMut for Paths {
    fn visit_path_mut(&mut self, path: &mut syn::Path) {
        let segments: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.0.push(segments.join("::"));
        visit_mut::visit_path_mut(self, path);
    }

    fn visit_item_use_mut(&mut self, item: &mut syn::ItemUse) {
        let mut names = BTreeMap::new();
        branch("", &item.tree, &mut names);
        self.0.extend(names.into_values());
    }
}

/// The item as others see it, if they do.
fn public(item: Item) -> Option<Item> {
    let is_public = |visibility: &Visibility| matches!(visibility, Visibility::Public(_));
    let mut item = item;
    let seen = match &mut item {
        Item::Const(item) => keep(&mut item.attrs) && is_public(&item.vis),
        Item::Fn(item) => {
            item.block.stmts.clear();
            keep(&mut item.attrs) && is_public(&item.vis)
        }
        Item::Struct(item) => {
            fields(&mut item.fields);
            keep(&mut item.attrs) && is_public(&item.vis)
        }
        Item::Enum(item) => {
            for variant in &mut item.variants {
                variant.attrs.clear();
                variant.fields.iter_mut().for_each(|field| field.attrs.clear());
            }
            keep(&mut item.attrs) && is_public(&item.vis)
        }
        Item::Trait(item) => {
            for member in &mut item.items {
                if let TraitItem::Fn(function) = member {
                    function.attrs.clear();
                    function.default = None;
                }
            }
            keep(&mut item.attrs) && is_public(&item.vis)
        }
        Item::Impl(item) => keep(&mut item.attrs) && members(item),
        Item::Type(item) => keep(&mut item.attrs) && is_public(&item.vis),
        Item::Use(item) => keep(&mut item.attrs) && is_public(&item.vis),
        Item::Mod(module) => {
            let kept = keep(&mut module.attrs);
            if let Some((_, items)) = &mut module.content {
                *items = std::mem::take(items).into_iter().filter_map(public).collect();
                kept && !items.is_empty()
            } else {
                kept && is_public(&module.vis)
            }
        }
        _ => false,
    };
    seen.then_some(item)
}

/// Drops all attributes but conditions on features; false for what only tests and fuzz targets have.
fn keep(attributes: &mut Vec<Attribute>) -> bool {
    attributes.retain(|attribute| attribute.path().is_ident("cfg"));
    !attributes.iter().any(is_for_tests)
}

/// Whether it is a condition that holds for tests and fuzz targets alone.
fn is_for_tests(attribute: &Attribute) -> bool {
    fn names_them(condition: &Meta) -> bool {
        match condition {
            Meta::Path(path) => path.is_ident("test") || path.is_ident("fuzzing"),
            Meta::List(list) if list.path.is_ident("any") => list
                .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
                .is_ok_and(|conditions| conditions.iter().all(names_them)),
            _ => false,
        }
    }
    attribute.path().is_ident("cfg") && attribute.parse_args::<Meta>().is_ok_and(|condition| names_them(&condition))
}

fn fields(fields: &mut Fields) {
    let public = |field: &syn::Field| matches!(field.vis, Visibility::Public(_));
    match fields {
        Fields::Named(named) => named.named = std::mem::take(&mut named.named).into_iter().filter(public).collect(),
        Fields::Unnamed(tuple) => {
            tuple.unnamed = std::mem::take(&mut tuple.unnamed).into_iter().filter(public).collect();
        }
        Fields::Unit => {}
    }
    fields.iter_mut().for_each(|field| field.attrs.clear());
}

/// Reduces an `impl` to its public functions, one of a trait to its head; false if nothing is left.
fn members(item: &mut ItemImpl) -> bool {
    if item.trait_.is_some() {
        item.items.clear();
        return matches!(&*item.self_ty, Type::Path(_));
    }
    item.items.retain_mut(|member| match member {
        ImplItem::Fn(function) => {
            function.block.stmts.clear();
            keep(&mut function.attrs) && matches!(function.vis, Visibility::Public(_))
        }
        ImplItem::Const(constant) => keep(&mut constant.attrs) && matches!(constant.vis, Visibility::Public(_)),
        _ => false,
    });
    !item.items.is_empty()
}
