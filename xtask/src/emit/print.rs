//! Prints generated files, and holds them until they are written or compared.

use std::collections::BTreeMap;

use syn::{File, Item};

/// Generated files by path from the root of the workspace.
pub type Files = BTreeMap<String, String>;

/// Style is the generator's affair; what clippy finds wrong by default still counts.
pub(crate) const STYLE: &str = "#![allow(clippy::pedantic)]\n\n";

/// Formats items below a head.
pub fn print(head: &str, items: Vec<Item>) -> String {
    let file = File { shebang: None, frontmatter: None, attrs: Vec::new(), items };
    format!("{head}{}", prettyplease::unparse(&file))
}

/// A text as doc comment lines.
pub fn doc_comment(text: &str, indent: &str) -> String {
    text.lines().map(|line| format!("{}\n", format!("{indent}/// {line}").trim_end())).collect()
}
