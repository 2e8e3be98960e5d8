//! The pages of the guide: all are compiled, and what they link to is there, for who reads them on the web as well.

use std::{collections::BTreeSet, fs, path::Path};

use syn::{ImplItem, Item};

use crate::public;

/// Where the crate's documentation is published.
const PUBLISHED: &str = "https://docs.rs/frontegg-identity/latest/frontegg_identity/";

/// Names and texts of the pages.
fn pages() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let pages = fs::read_dir(root).unwrap().map(|page| page.unwrap().path());
    pages
        .map(|page| (page.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&page).unwrap()))
        .collect()
}

/// Every page is part of the documentation, so that its blocks are compiled.
#[test]
fn every_page_of_the_guide_is_compiled() {
    let guide = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/guide.rs")).unwrap();
    let pages = pages();
    assert!(pages.len() >= 9);
    for (name, text) in pages {
        assert!(guide.contains(&format!("include_str!(\"../docs/{name}\")")), "{name} is not in the guide");
        let mut blocks = text.lines().filter(|line| line.starts_with("```rust"));
        assert!(!blocks.any(|block| block.contains("ignore")), "{name} has a block that is not compiled");
    }
}

/// What the crate's source declares: `struct.Session`, `method.refresh`, `variant.Api`.
fn declared() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut declared = BTreeSet::new();
    for source in public::sources(&root) {
        let file = syn::parse_file(&fs::read_to_string(root.join(&source.name)).unwrap()).unwrap();
        for item in file.items {
            match item {
                Item::Struct(item) => drop(declared.insert(format!("struct.{}", item.ident))),
                Item::Trait(item) => drop(declared.insert(format!("trait.{}", item.ident))),
                Item::Enum(item) => {
                    declared.extend(item.variants.iter().map(|variant| format!("variant.{}", variant.ident)));
                    declared.insert(format!("enum.{}", item.ident));
                }
                Item::Impl(block) => declared.extend(block.items.iter().filter_map(|item| match item {
                    ImplItem::Fn(function) => Some(format!("method.{}", function.sig.ident)),
                    _ => None,
                })),
                // Methods that several types share.
                Item::Macro(item) => {
                    let text = item.mac.tokens.to_string();
                    let names = text.split("pub fn ").skip(1).filter_map(|rest| rest.split(['(', '<', ' ']).next());
                    declared.extend(names.map(|name| format!("method.{name}")));
                }
                _ => {}
            }
        }
    }
    declared
}

/// Pages are read on the web too, where rustdoc's short links lead nowhere: they link to the published documentation.
#[test]
fn what_the_guide_links_to_is_there() {
    let declared = declared();
    let mut seen = 0;
    for (page, text) in pages() {
        assert!(!text.contains("](crate::"), "{page} has links of rustdoc; write {PUBLISHED}… instead");
        for link in text.split(PUBLISHED).skip(1) {
            let link = link.split(')').next().unwrap();
            let (path, anchor) = link.split_once('#').map_or((link, None), |(path, anchor)| (path, Some(anchor)));
            if let Some(module) = path.strip_suffix("/index.html") {
                let file = match module.strip_prefix("guide/") {
                    Some("operations") => "src/generated/operations.md".to_owned(),
                    Some(page) => format!("docs/{page}.md"),
                    None => format!("src/{module}.rs"),
                };
                assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(file).is_file(), "{page}: {link}");
                continue;
            }
            let item =
                path.rsplit('/').next().unwrap().strip_suffix(".html").unwrap_or_else(|| panic!("{page}: {link}"));
            for name in [Some(item), anchor].into_iter().flatten() {
                assert!(declared.contains(name), "{page}: {link}: no {name}");
            }
            seen += 1;
        }
    }
    assert!(seen > 20);
}
