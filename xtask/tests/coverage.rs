//! The table of coverage and the list behind it say what a run of the emulator's tests said.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use tempfile::TempDir;
use xtask::{
    coverage::{Mode, run},
    documents, regen,
};

const LIST: &str = "crates/frontegg-emulator/answered.txt";

/// A workspace with our documents.
struct Workspace {
    root: TempDir,
    ids: Vec<String>,
}

impl Workspace {
    fn new() -> Self {
        let root = TempDir::new().unwrap();
        let ours = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi");
        fs::create_dir_all(root.path().join("openapi")).unwrap();
        for file in documents::FILES {
            fs::copy(ours.join(file), root.path().join("openapi").join(file)).unwrap();
        }
        let ids: Vec<String> =
            regen::api(root.path()).unwrap().operations.into_iter().map(|operation| operation.id).collect();
        let workspace = Self { root, ids };
        workspace.write(LIST, &[]);
        let readme = "# Ours\n<!-- coverage:begin -->\n<!-- coverage:end -->\nThe end.\n";
        fs::write(workspace.root.path().join("README.md"), readme).unwrap();
        workspace
    }

    fn write(&self, path: &str, ids: &[String]) -> PathBuf {
        let path = self.root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, ids.iter().map(|id| format!("{id}\n")).collect::<String>()).unwrap();
        path
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root.path().join(path)).unwrap()
    }

    fn run(&self, mode: Mode, log: Option<&[String]>) -> (bool, String) {
        let log = log.map(|ids| self.write("log.txt", ids));
        let mut out = Vec::new();
        let well = run(self.root.path(), mode, log.as_deref(), &mut out).unwrap();
        (well, String::from_utf8(out).unwrap())
    }
}

#[test]
fn what_a_run_answered_is_written_and_holds() {
    let workspace = Workspace::new();
    assert!(!workspace.run(Mode::Check, None).0);
    // As tests write it: in any order, and more than once.
    let mut log = workspace.ids.clone();
    log.extend(workspace.ids.iter().rev().cloned());
    let (well, table) = workspace.run(Mode::Write, Some(&log));
    assert!(well, "{table}");
    assert_eq!(workspace.read(LIST).lines().collect::<Vec<_>>(), workspace.ids);
    assert!(workspace.read("README.md").contains(&table), "{table}");
    let all = workspace.ids.len();
    assert!(table.contains(&format!("| **All** | {all} | ")) && table.contains(&format!(" | {all} |\n")), "{table}");
    assert_eq!(workspace.run(Mode::Check, None), (true, table.clone()));
    assert_eq!(workspace.run(Mode::Check, Some(&log)), (true, table));
}

#[test]
fn an_operation_that_answered_no_test_is_a_failure() {
    let workspace = Workspace::new();
    let (left_out, log) = workspace.ids.split_first().unwrap();
    let before = workspace.read("README.md");
    for mode in [Mode::Write, Mode::Check] {
        let (well, text) = workspace.run(mode, Some(log));
        assert!(!well && text.contains(&format!("{left_out} answered no test with success")), "{text}");
    }
    assert_eq!((workspace.read(LIST), workspace.read("README.md")), (String::new(), before));
}

#[test]
fn a_list_that_lacks_an_operation_or_has_one_too_many_is_out_of_date() {
    let workspace = Workspace::new();
    assert!(workspace.run(Mode::Write, Some(&workspace.ids)).0);
    let known: BTreeSet<String> = workspace.ids.iter().cloned().collect();
    let more: Vec<String> = known.iter().cloned().chain(["water_roses".to_owned()]).collect();
    for list in [&workspace.ids[1..], &more[..]] {
        workspace.write(LIST, list);
        let (well, text) = workspace.run(Mode::Check, None);
        assert!(!well && text.contains("answered.txt is out of date"), "{text}");
    }
}
