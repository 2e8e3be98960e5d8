//! What is wrong with the calls that progenitor writes.

use anyhow::Result;
use quote::quote;
use syn::{
    Block, Expr, ImplItem, Item, Path, Stmt, UseTree, Visibility,
    visit_mut::{self, VisitMut},
};

use crate::emit::{surgery::Surgery, syntax::shorten_enum};

/// Applies all rules.
pub(super) fn operate(calls: Vec<Item>) -> Result<Vec<Item>> {
    let mut surgery = Surgery::of(calls);
    surgery.rule("a prelude of one name is no help", drop_prelude)?;
    surgery.rule("no constructor builds an HTTP client of its own and panics when that fails", drop_constructor)?;
    surgery.rule("no service asks for the header api-version", drop_version_header)?;
    surgery.rule("what comes from progenitor is shown by the crate's root alone", hide_imports)?;
    surgery.rule("the seam encodes paths", drop_path_encoder)?;
    surgery.rule("enums go by their module", shorten_enums)?;
    Ok(surgery.done())
}

fn drop_prelude(items: &mut Vec<Item>) -> usize {
    let before = items.len();
    items.retain(|item| !matches!(item, Item::Mod(module) if module.ident == "prelude"));
    before - items.len()
}

fn drop_constructor(items: &mut Vec<Item>) -> usize {
    let mut dropped = 0;
    for item in items {
        if let Item::Impl(block) = item
            && block.trait_.is_none()
        {
            let before = block.items.len();
            block.items.retain(|item| !matches!(item, ImplItem::Fn(function) if function.sig.ident == "new"));
            dropped += before - block.items.len();
        }
    }
    dropped
}

fn drop_version_header(items: &mut Vec<Item>) -> usize {
    struct Drop(usize);

    impl VisitMut for Drop {
        fn visit_block_mut(&mut self, block: &mut Block) {
            let text = |statement: &Stmt| quote!(#statement).to_string();
            let before = block.stmts.len();
            block.stmts.retain(|statement| !text(statement).contains("\"api-version\""));
            let dropped = before - block.stmts.len();
            self.0 += dropped;
            // A map that stays empty goes, and with it the call that would send it.
            if dropped > 0 && !block.stmts.iter().any(|statement| text(statement).contains("header_map . append")) {
                block.stmts.retain(|statement| !text(statement).starts_with("let mut header_map"));
                visit_mut::visit_block_mut(self, block);
            }
        }

        fn visit_expr_mut(&mut self, expression: &mut Expr) {
            visit_mut::visit_expr_mut(self, expression);
            if let Expr::MethodCall(call) = expression
                && call.method == "headers"
            {
                *expression = (*call.receiver).clone();
            }
        }
    }

    let mut drop = Drop(0);
    for item in items {
        drop.visit_item_mut(item);
    }
    drop.0
}

fn hide_imports(items: &mut Vec<Item>) -> usize {
    let mut hidden = 0;
    for item in items {
        if let Item::Use(import) = item
            && matches!(&import.tree, UseTree::Path(path) if path.ident == "progenitor_client")
            && import.vis != Visibility::Inherited
        {
            import.vis = Visibility::Inherited;
            hidden += 1;
        }
    }
    hidden
}

fn drop_path_encoder(items: &mut Vec<Item>) -> usize {
    let mut dropped = 0;
    for item in items {
        if let Item::Use(import) = item
            && let UseTree::Path(path) = &mut import.tree
            && let UseTree::Group(group) = &mut *path.tree
        {
            let before = group.items.len();
            let kept = std::mem::take(&mut group.items).into_iter();
            group.items =
                kept.filter(|tree| !matches!(tree, UseTree::Name(name) if name.ident == "encode_path")).collect();
            dropped += before - group.items.len();
        }
    }
    dropped
}

fn shorten_enums(items: &mut Vec<Item>) -> usize {
    struct Shorten(usize);

    impl VisitMut for Shorten {
        fn visit_path_mut(&mut self, path: &mut Path) {
            self.0 += usize::from(shorten_enum(path));
            visit_mut::visit_path_mut(self, path);
        }
    }

    let mut shorten = Shorten(0);
    for item in items {
        shorten.visit_item_mut(item);
    }
    shorten.0
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    fn file() -> Vec<Item> {
        let file: syn::File = parse_quote! {
            pub use progenitor_client::{ByteStream, Error};
            use progenitor_client::{encode_path, ClientHooks};
            impl Client {
                pub fn new(baseurl: &str) -> Self {}
                pub async fn look<'a>(&'a self, color: crate::enums::Color) -> Option<crate::enums::Color> {
                    let mut header_map = HeaderMap::new();
                    header_map.append("api-version", version());
                    let request = self.client.get(url).headers(header_map).build()?;
                }
                pub async fn weigh(&self) {
                    let mut header_map = HeaderMap::new();
                    header_map.append("api-version", version());
                    header_map.append("vendor-host", host());
                    let request = self.client.get(url).headers(header_map).build()?;
                }
            }
            pub mod prelude { pub use super::Client; }
        };
        file.items
    }

    #[test]
    fn calls_are_as_if_written_for_the_crate() {
        let expected: syn::File = parse_quote! {
            use progenitor_client::{ByteStream, Error};
            use progenitor_client::{ClientHooks};
            impl Client {
                pub async fn look<'a>(&'a self, color: enums::Color) -> Option<enums::Color> {
                    let request = self.client.get(url).build()?;
                }
                pub async fn weigh(&self) {
                    let mut header_map = HeaderMap::new();
                    header_map.append("vendor-host", host());
                    let request = self.client.get(url).headers(header_map).build()?;
                }
            }
        };
        assert_eq!(operate(file()).unwrap(), expected.items);
    }

    #[test]
    fn what_is_no_longer_wrong_is_an_error() {
        let once = operate(file()).unwrap();
        let error = operate(once).unwrap_err().to_string();
        assert_eq!(error, "rule \"a prelude of one name is no help\" changes nothing any more");
    }
}
