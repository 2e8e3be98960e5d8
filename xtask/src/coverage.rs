//! Counts operations by tag: documented, reachable through the facade, served, exercised by a test.
//!
//! - *Reachable*: a generated view of the facade has a method of that name.
//! - *Served*: the emulator does not list it in `unserved.txt` (a test of the emulator holds that list true).
//! - *Tested*: a test that talks to the emulator calls the method, or names the id when the SDK does not offer it.

use std::{collections::BTreeSet, fmt::Write as _, fs, io::Write, path::Path};

use anyhow::{Context, Result};
use proc_macro2::{TokenStream, TokenTree};

use crate::{documents::api::Api, regen};

const VIEWS: &str = "crates/frontegg-identity/src/generated";
const UNSERVED: &str = "crates/frontegg-emulator/unserved.txt";
const TESTS: [&str; 2] = ["crates/frontegg-emulator/tests", "crates/frontegg-identity/tests"];
const BEGIN: &str = "<!-- coverage:begin -->\n";
const END: &str = "<!-- coverage:end -->";

/// What is known of one tag, or of all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Row {
    /// Tag, or `All`.
    pub name: String,
    /// Operations in the documents.
    pub documented: usize,
    /// Of these, offered by the SDK.
    pub offered: usize,
    /// Of the offered ones, reachable through the facade.
    pub reachable: usize,
    /// Served by the emulator.
    pub served: usize,
    /// Called by a test against the emulator.
    pub tested: usize,
}

/// Names that the sources and tests mention.
#[derive(Debug, Clone, Default)]
pub struct Mentions {
    /// Methods of the facade's views.
    pub views: BTreeSet<String>,
    /// Operations that the emulator answers with 501.
    pub unserved: BTreeSet<String>,
    /// Methods called and texts quoted by tests.
    pub tests: BTreeSet<String>,
}

impl Mentions {
    /// Reads them from the workspace at `root`.
    pub fn read(root: &Path) -> Result<Self> {
        let mut mentions = Self::default();
        each_source(&root.join(VIEWS), &mut |tokens| functions(tokens, &mut mentions.views))?;
        for folder in TESTS {
            each_source(&root.join(folder), &mut |tokens| calls(tokens, &mut mentions.tests))?;
        }
        let unserved = fs::read_to_string(root.join(UNSERVED)).context(UNSERVED)?;
        mentions.unserved = unserved.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect();
        Ok(mentions)
    }
}

/// One row a tag, in the order of the documents, and the sum at the end.
pub fn rows(api: &Api, mentions: &Mentions) -> Vec<Row> {
    let mut all = Row { name: "**All**".into(), ..Row::default() };
    let mut rows = Vec::new();
    for tag in &api.tags {
        let mut row = Row { name: tag.name.clone(), ..Row::default() };
        for operation in api.tagged(&tag.name) {
            row.documented += 1;
            row.offered += usize::from(operation.published);
            row.reachable += usize::from(operation.published && mentions.views.contains(&operation.id));
            row.served += usize::from(!mentions.unserved.contains(&operation.id));
            row.tested +=
                usize::from(mentions.tests.contains(&operation.id) && !mentions.unserved.contains(&operation.id));
        }
        all.documented += row.documented;
        all.offered += row.offered;
        all.reachable += row.reachable;
        all.served += row.served;
        all.tested += row.tested;
        rows.push(row);
    }
    rows.push(all);
    rows
}

/// The rows as a Markdown table.
pub fn table(rows: &[Row]) -> String {
    let mut text = String::from("| tag | operations | in the SDK | served | tested |\n|---|--:|--:|--:|--:|\n");
    for row in rows {
        let offered = if row.offered == 0 { "–".to_owned() } else { row.reachable.to_string() };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "| {} | {} | {offered} | {} | {} |", row.name, row.documented, row.served, row.tested);
    }
    text
}

/// Prints the table; puts it into README.md or checks that it stands there. Tells whether all is well.
pub fn run(root: &Path, write: bool, check: bool, out: &mut dyn Write) -> Result<bool> {
    let table = table(&rows(&regen::api(root)?, &Mentions::read(root)?));
    out.write_all(table.as_bytes())?;
    if !write && !check {
        return Ok(true);
    }
    let path = root.join("README.md");
    let readme = fs::read_to_string(&path).context("README.md")?;
    let begin = readme.find(BEGIN).context("README.md has no coverage table to replace")? + BEGIN.len();
    let end = begin + readme[begin..].find(END).context("the coverage table of README.md has no end")?;
    if readme[begin..end] == table {
        return Ok(true);
    }
    if check {
        writeln!(out, "README.md: the table of coverage is out of date: run `cargo xtask coverage --write`")?;
        return Ok(false);
    }
    fs::write(&path, format!("{}{table}{}", &readme[..begin], &readme[end..]))?;
    Ok(true)
}

fn each_source(folder: &Path, visit: &mut impl FnMut(TokenStream)) -> Result<()> {
    let Ok(entries) = fs::read_dir(folder) else { return Ok(()) };
    for entry in entries {
        let path = entry?.path();
        if path.is_dir() {
            each_source(&path, visit)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            let tokens = text.parse().map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))?;
            visit(tokens);
        }
    }
    Ok(())
}

/// Names after `fn`.
fn functions(tokens: TokenStream, found: &mut BTreeSet<String>) {
    let mut after_fn = false;
    for token in tokens {
        match token {
            TokenTree::Ident(name) => {
                if after_fn {
                    found.insert(name.to_string());
                }
                after_fn = name == "fn";
            }
            TokenTree::Group(group) => functions(group.stream(), found),
            _ => after_fn = false,
        }
    }
}

/// Names after a dot, and quoted texts.
fn calls(tokens: TokenStream, found: &mut BTreeSet<String>) {
    let mut after_dot = false;
    for token in tokens {
        let dot = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == '.');
        match token {
            TokenTree::Ident(name) if after_dot => {
                found.insert(name.to_string());
            }
            TokenTree::Literal(literal) => {
                found.insert(literal.to_string().trim_matches('"').to_owned());
            }
            TokenTree::Group(group) => calls(group.stream(), found),
            _ => {}
        }
        after_dot = dot;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_and_a_quoted_id_count_but_a_name_does_not() {
        let mut found = BTreeSet::new();
        calls("let list_roles = x.create_role(&b).await?; raw(\"list_users_v1\")".parse().unwrap(), &mut found);
        assert!(found.contains("create_role") && found.contains("list_users_v1"));
        assert!(!found.contains("list_roles"));
    }

    #[test]
    fn functions_are_found_inside_blocks() {
        let mut found = BTreeSet::new();
        functions("impl Roles { pub fn create_role(&self) {} }".parse().unwrap(), &mut found);
        assert_eq!(found, BTreeSet::from(["create_role".to_owned()]));
    }
}
