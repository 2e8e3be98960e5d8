//! Counts operations by tag: documented, reachable through the facade, answered to a test. All are served: the emulator
//! does not compile otherwise.
//!
//! - *Reachable*: a generated view of the facade has a method of that name.
//! - *Answered*: its handler answered with success to one of the emulator's tests over HTTP, and the test passed. A run of
//!   the tests that are about operations of their own says so; `answered.txt` keeps it.

use std::{
    collections::BTreeSet,
    env,
    fmt::Write as _,
    fs,
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};
use proc_macro2::{TokenStream, TokenTree};

use crate::{documents::api::Api, regen};

const VIEWS: &str = "crates/frontegg-identity/src/generated";
const ANSWERED: &str = "crates/frontegg-emulator/answered.txt";
/// Names the file to which the emulator's tests append the ids of what answered them with success.
const LOG: &str = "FRONTEGG_TEST_ANSWERED";
/// Tests that put one question to all operations alike: what answers these is not tested yet.
const SWEEPS: [&str; 5] = ["every_operation::", "injection::", "outbound::", "robustness::", "values::"];
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
    /// Of the documented ones, those that ask a user's token for a permission.
    pub guarded: usize,
    /// Answered with success to a test.
    pub answered: usize,
}

/// Operations by what is known of them.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Methods of the facade's views.
    pub views: BTreeSet<String>,
    /// Operations that answered a test with success.
    pub answered: BTreeSet<String>,
}

impl Known {
    /// Reads it from the workspace at `root`.
    pub fn read(root: &Path) -> Result<Self> {
        let mut views = BTreeSet::new();
        each_source(&root.join(VIEWS), &mut |tokens| functions(tokens, &mut views))?;
        Ok(Self { views, answered: ids(&root.join(ANSWERED))? })
    }
}

/// The ids of all operations, in order.
fn all(api: &Api) -> impl Iterator<Item = &str> {
    api.operations.iter().map(|operation| operation.id.as_str())
}

/// One row a tag, in the order of the documents, and the sum at the end.
pub fn rows(api: &Api, known: &Known) -> Vec<Row> {
    let mut all = Row { name: "**All**".into(), ..Row::default() };
    let mut rows = Vec::new();
    for tag in &api.tags {
        let mut row = Row { name: tag.name.clone(), ..Row::default() };
        for operation in api.tagged(&tag.name) {
            row.documented += 1;
            row.offered += usize::from(operation.published);
            row.reachable += usize::from(operation.published && known.views.contains(&operation.id));
            row.guarded += usize::from(!operation.permission.keys().is_empty());
            row.answered += usize::from(known.answered.contains(&operation.id));
        }
        all.documented += row.documented;
        all.offered += row.offered;
        all.reachable += row.reachable;
        all.guarded += row.guarded;
        all.answered += row.answered;
        rows.push(row);
    }
    rows.push(all);
    rows
}

/// The rows as a Markdown table.
pub fn table(rows: &[Row]) -> String {
    let mut text =
        String::from("| tag | operations | in the SDK | with a permission | tested |\n|---|--:|--:|--:|--:|\n");
    for row in rows {
        let offered = if row.offered == 0 { "–".to_owned() } else { row.reachable.to_string() };
        // Writing to a string cannot fail.
        let Row { name, documented, guarded, answered, .. } = row;
        let _ = writeln!(text, "| {name} | {documented} | {offered} | {guarded} | {answered} |");
    }
    text
}

/// What is done with the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// It is printed.
    Show,
    /// It is put into README.md, with what a run of the tests says, and that into `answered.txt`.
    Write,
    /// README.md and `answered.txt` must be up to date.
    Check,
}

/// Prints the table and does what the mode says. Tells whether all is well.
///
/// `log` is what a run of the emulator's tests over HTTP wrote; to write without one, such a run is made.
pub fn run(root: &Path, mode: Mode, log: Option<&Path>, out: &mut dyn Write) -> Result<bool> {
    let api = regen::api(root)?;
    let mut known = Known::read(root)?;
    let log = match (log, mode) {
        (Some(log), _) => Some(ids(log)?),
        (None, Mode::Write) => Some(tested(root)?),
        (None, Mode::Show | Mode::Check) => None,
    };
    let mut faults = Vec::new();
    if let Some(log) = &log {
        for id in all(&api).filter(|id| !log.contains(*id)) {
            faults.push(format!("{id} answered no test with success"));
        }
    }
    if mode == Mode::Write && faults.is_empty() {
        known.answered = all(&api).map(str::to_owned).collect();
        let lines: String = known.answered.iter().map(|id| format!("{id}\n")).collect();
        fs::write(root.join(ANSWERED), lines).context(ANSWERED)?;
    }
    let table = table(&rows(&api, &known));
    out.write_all(table.as_bytes())?;
    let outdated = "is out of date: run `cargo xtask coverage --write`";
    match mode {
        Mode::Show => {}
        Mode::Write if !faults.is_empty() => {}
        Mode::Write => Readme::read(root)?.put(&table)?,
        Mode::Check => {
            if all(&api).ne(known.answered.iter().map(String::as_str)) {
                faults.push(format!("{ANSWERED} {outdated}"));
            }
            if Readme::read(root)?.table() != table {
                faults.push(format!("README.md: the table of coverage {outdated}"));
            }
        }
    }
    for fault in &faults {
        writeln!(out, "{fault}")?;
    }
    Ok(faults.is_empty())
}

/// README.md and where the table stands in it.
struct Readme {
    path: PathBuf,
    text: String,
    begin: usize,
    end: usize,
}

impl Readme {
    fn read(root: &Path) -> Result<Self> {
        let path = root.join("README.md");
        let text = fs::read_to_string(&path).context("README.md")?;
        let begin = text.find(BEGIN).context("README.md has no coverage table to replace")? + BEGIN.len();
        let end = begin + text[begin..].find(END).context("the coverage table of README.md has no end")?;
        Ok(Self { path, text, begin, end })
    }

    fn table(&self) -> &str {
        &self.text[self.begin..self.end]
    }

    fn put(self, table: &str) -> Result<()> {
        if self.table() == table {
            return Ok(());
        }
        let (before, after) = (&self.text[..self.begin], &self.text[self.end..]);
        fs::write(self.path, format!("{before}{table}{after}")).context("README.md")
    }
}

/// Runs the emulator's tests over HTTP; gives what they found answered.
fn tested(root: &Path) -> Result<BTreeSet<String>> {
    let folder = tempfile::tempdir()?;
    let log = folder.path().join("answered.txt");
    let mut tests = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    tests.current_dir(root).env(LOG, &log);
    tests.args(["test", "--locked", "--package", "frontegg-emulator", "--test", "api", "--"]);
    tests.args(SWEEPS.iter().flat_map(|sweep| ["--skip", sweep]));
    ensure!(tests.status().context("cargo")?.success(), "the emulator's tests over HTTP fail");
    ids(&log)
}

/// The ids of a file, one a line.
fn ids(path: &Path) -> Result<BTreeSet<String>> {
    let text = fs::read_to_string(path).with_context(|| path.display().to_string())?;
    Ok(text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect())
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_found_inside_blocks() {
        let mut found = BTreeSet::new();
        functions("impl Roles { pub fn create_role(&self) {} }".parse().unwrap(), &mut found);
        assert_eq!(found, BTreeSet::from(["create_role".to_owned()]));
    }
}
