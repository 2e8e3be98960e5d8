//! The page on test runners shows the files that `.ci/snippets` runs.

use std::{collections::BTreeSet, fs, path::Path};

const PAGE: &str = include_str!("../../docs/testing_with.md");

/// Shown by nobody: what they say, a package manager writes.
const MANIFESTS: [&str; 2] = ["package.json", "requirements.txt"];

/// Every file that the page names in a line of its own, and the block that follows.
fn shown() -> Vec<(&'static str, &'static str)> {
    let named = PAGE.split("\n`examples/").skip(1);
    named
        .map(|part| {
            let (path, rest) = part.split_once("`:\n\n```").expect("a block");
            let (_, block) = rest.split_once('\n').expect("a language");
            (path, block.split_once("```\n").expect("an end").0)
        })
        .collect()
}

fn files_below(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    entries
        .map(|entry| entry.expect("an entry").path())
        .flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] })
        .collect()
}

#[test]
fn the_page_shows_what_is_run() {
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let shown = shown();
    for (path, block) in &shown {
        let file = fs::read_to_string(examples.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        assert_eq!(*block, file, "{path}");
    }
    let shown: BTreeSet<_> = shown.iter().map(|(path, _)| examples.join(path)).collect();
    for name in ["pytest", "vitest", "playwright", "cypress", "testcontainers"] {
        for file in files_below(&examples.join(name)) {
            let name = file.file_name().and_then(|name| name.to_str()).expect("a name");
            assert!(MANIFESTS.contains(&name) || shown.contains(&file), "{} is not on the page", file.display());
        }
    }
}

#[test]
fn every_set_up_is_run() {
    let script = include_str!("../../../../.ci/snippets");
    let known = script.lines().find_map(|line| line.strip_prefix("known=(")?.strip_suffix(')')).expect("a list");
    let known: BTreeSet<_> = known.split(' ').collect();
    let folders: BTreeSet<_> =
        shown().iter().filter_map(|(path, _)| path.split_once('/')).map(|(name, _)| name).collect();
    assert!(folders.len() > 4 && folders.is_subset(&known), "{folders:?}");
}
