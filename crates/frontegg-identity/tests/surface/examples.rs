//! How much of what is public has an example in its documentation.

use std::path::Path;

use syn::{Attribute, Expr, ExprLit, ImplItem, Item, Lit, Meta, Type, Visibility};

use crate::public;

/// Documented items of a kind, and how many of them have an example.
#[derive(Debug, Default)]
struct Count {
    all: usize,
    /// Names of those without.
    without: Vec<String>,
}

impl Count {
    fn note(&mut self, name: &dyn ToString, attributes: &[Attribute], visibility: &Visibility) {
        let docs = docs(attributes);
        if !matches!(visibility, Visibility::Public(_)) || docs.is_empty() {
            return;
        }
        self.all += 1;
        if !docs.contains("```") {
            self.without.push(name.to_string());
        }
    }

    fn read(&mut self, items: &[Item]) {
        for item in items {
            match item {
                Item::Struct(item) => self.note(&item.ident, &item.attrs, &item.vis),
                Item::Enum(item) => self.note(&item.ident, &item.attrs, &item.vis),
                Item::Trait(item) => self.note(&item.ident, &item.attrs, &item.vis),
                Item::Fn(item) => self.note(&item.sig.ident, &item.attrs, &item.vis),
                Item::Impl(block) if block.trait_.is_none() => {
                    for item in &block.items {
                        if let ImplItem::Fn(function) = item {
                            let name = format!("{}::{}", owner(&block.self_ty), function.sig.ident);
                            self.note(&name, &function.attrs, &function.vis);
                        }
                    }
                }
                _ => {}
            }
        }
    }
}

fn owner(ty: &Type) -> String {
    match ty {
        Type::Path(path) => path.path.segments.last().unwrap().ident.to_string(),
        _ => String::new(),
    }
}

fn docs(attributes: &[Attribute]) -> String {
    let lines =
        attributes.iter().filter(|attribute| attribute.path().is_ident("doc")).filter_map(|attribute| match &attribute
            .meta
        {
            Meta::NameValue(meta) => match &meta.value {
                Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
                _ => None,
            },
            _ => None,
        });
    lines.collect()
}

fn count(wanted: impl Fn(&str) -> bool) -> Count {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut count = Count::default();
    for source in public::sources(&root).iter().filter(|source| wanted(&source.name)) {
        let text = std::fs::read_to_string(root.join(&source.name)).unwrap();
        count.read(&syn::parse_file(&text).unwrap().items);
    }
    count
}

#[test]
fn every_operation_has_an_example() {
    let views = count(|name| name.starts_with("generated/views/") && !name.ends_with("/categories.rs"));
    let without: Vec<_> = views.without.iter().filter(|name| name.contains("::")).collect();
    assert!(views.all > 353 && without.is_empty(), "{} items, without an example: {without:?}", views.all);
}

/// Items written by hand that have an example, of those that are public. More is better; less fails.
const REACHED: usize = 150;

#[test]
fn no_fewer_hand_written_items_have_an_example() {
    let hand_written = count(|name| !name.starts_with("generated/"));
    let with = hand_written.all - hand_written.without.len();
    assert!(with >= REACHED, "{with} of {} have one, not {:?}", hand_written.all, hand_written.without);
}
