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
    let body = prettyplease::unparse(&file);
    let mut text = String::with_capacity(head.len() + body.len() + body.len() / 64);
    text.push_str(head);
    for line in body.lines() {
        // prettyplease writes doc attributes as `///text`.
        let (indent, rest) = line.split_at(line.len() - line.trim_start().len());
        match rest.strip_prefix("///") {
            Some(comment) if !comment.is_empty() && !comment.starts_with(' ') => {
                text.extend([indent, "/// ", comment, "\n"]);
            }
            _ => text.extend([line, "\n"]),
        }
    }
    text
}

/// A text as doc comment lines.
pub fn doc_comment(text: &str, indent: &str) -> String {
    text.lines().map(|line| format!("{indent}/// {}\n", line.trim_end()).replace("/// \n", "///\n")).collect()
}
