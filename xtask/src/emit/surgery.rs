//! Changes generated code as a syntax tree, by named rules that must have something to do.

use anyhow::{Context as _, Result, ensure};
use syn::{Attribute, Expr, ExprLit, Item, Lit, Meta, parse_quote, visit_mut::VisitMut};

/// Items under the knife.
#[derive(Debug)]
pub struct Surgery {
    items: Vec<Item>,
}

impl Surgery {
    /// Begins with what a generator wrote.
    #[must_use]
    pub fn of(items: Vec<Item>) -> Self {
        Self { items }
    }

    /// Applies one rule, which tells how many places it changed. A rule without effect has outlived its reason.
    pub fn rule(&mut self, name: &str, rule: impl FnOnce(&mut Vec<Item>) -> usize) -> Result<()> {
        self.try_rule(name, |items| Ok(rule(items)))
    }

    /// The same with a rule that can fail.
    pub fn try_rule(&mut self, name: &str, rule: impl FnOnce(&mut Vec<Item>) -> Result<usize>) -> Result<()> {
        let changed = rule(&mut self.items).with_context(|| format!("rule {name:?}"))?;
        ensure!(changed > 0, "rule {name:?} changes nothing any more");
        Ok(())
    }

    /// The changed items.
    #[must_use]
    pub fn done(self) -> Vec<Item> {
        self.items
    }
}

/// Lets comments of one line begin with a space, as they are written by hand.
pub fn space_comments(items: &mut Vec<Item>) -> usize {
    struct Space(usize);

    impl VisitMut for Space {
        fn visit_attribute_mut(&mut self, attribute: &mut Attribute) {
            if let Some(text) = doc_text(attribute)
                && !text.is_empty()
                && !text.starts_with(' ')
                && !text.contains('\n')
            {
                let spaced = format!(" {text}");
                let style = attribute.style;
                *attribute = parse_quote!(#[doc = #spaced]);
                attribute.style = style;
                self.0 += 1;
            }
        }
    }

    let mut space = Space(0);
    for item in items {
        space.visit_item_mut(item);
    }
    space.0
}

/// The text of a doc comment.
fn doc_text(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(meta) = &attribute.meta else { return None };
    let Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) = &meta.value else { return None };
    attribute.path().is_ident("doc").then(|| text.value())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_without_effect_is_an_error() {
        let mut surgery = Surgery::of(vec![parse_quote!(
            struct Bed;
        )]);
        let error = surgery.rule("comments begin with a space", space_comments).unwrap_err().to_string();
        assert_eq!(error, "rule \"comments begin with a space\" changes nothing any more");
        let error = surgery.try_rule("beds are made", |_| anyhow::bail!("no bed")).unwrap_err();
        assert_eq!(format!("{error:#}"), "rule \"beds are made\": no bed");
    }

    #[test]
    fn comments_of_one_line_get_a_space() {
        let item: Item = parse_quote! {
            #[doc = "A bed."]
            #[doc = ""]
            #[doc = " Flat."]
            #[doc = "Two\nlines."]
            struct Bed { #[doc = "Long."] length: u8 }
        };
        let mut surgery = Surgery::of(vec![item]);
        surgery.rule("comments begin with a space", space_comments).unwrap();
        let expected: Item = parse_quote! {
            #[doc = " A bed."]
            #[doc = ""]
            #[doc = " Flat."]
            #[doc = "Two\nlines."]
            struct Bed { #[doc = " Long."] length: u8 }
        };
        assert_eq!(surgery.done(), [expected]);
    }
}
