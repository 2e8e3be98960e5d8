//! Regenerating is repeatable, and `--check` sees every way in which generated files can be wrong.

use std::{
    fs,
    path::{Path, PathBuf},
};

use tempfile::TempDir;
use xtask::{emit::print::Files, regen};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A folder with freshly generated files.
fn generated() -> (TempDir, Files) {
    let files = regen::generate(&root()).unwrap();
    let folder = TempDir::new().unwrap();
    assert_eq!(regen::write(folder.path(), &files).unwrap(), files.len());
    assert_eq!(regen::difference(folder.path(), &files).unwrap(), "");
    (folder, files)
}

#[test]
fn twice_gives_the_same_bytes() {
    assert_eq!(regen::generate(&root()).unwrap(), regen::generate(&root()).unwrap());
}

#[test]
fn what_is_checked_in_is_up_to_date() {
    let difference = regen::difference(&root(), &regen::generate(&root()).unwrap()).unwrap();
    assert!(difference.is_empty(), "{difference}");
}

#[test]
fn a_stale_file_is_shown() {
    let (folder, mut files) = generated();
    let enums = files.get_mut("crates/frontegg-model/src/generated/enums.rs").unwrap();
    enums.push_str("// as if the document had changed\n");
    let difference = regen::difference(folder.path(), &files).unwrap();
    assert!(difference.contains("+++ b/crates/frontegg-model/src/generated/enums.rs"), "{difference}");
    assert!(difference.contains("+// as if the document had changed"), "{difference}");
}

#[test]
fn an_edited_file_is_shown() {
    let (folder, files) = generated();
    let path = folder.path().join("crates/frontegg-model/src/generated/operations.rs");
    let text = fs::read_to_string(&path).unwrap().replace("\"create_roles_v1\"", "\"edited_by_hand\"");
    fs::write(path, text).unwrap();
    let difference = regen::difference(folder.path(), &files).unwrap();
    assert!(difference.contains("--- a/crates/frontegg-model/src/generated/operations.rs"), "{difference}");
    assert!(difference.contains("edited_by_hand"), "{difference}");
}

#[test]
fn a_missing_file_is_shown() {
    let (folder, files) = generated();
    fs::remove_file(folder.path().join("crates/frontegg-client/src/generated/client.rs")).unwrap();
    let difference = regen::difference(folder.path(), &files).unwrap();
    assert!(difference.contains("+++ b/crates/frontegg-client/src/generated/client.rs"), "{difference}");
}

#[test]
fn an_unlisted_file_is_shown_and_removed() {
    let (folder, files) = generated();
    let stray = folder.path().join("crates/frontegg-model/src/generated/stray.rs");
    fs::write(&stray, "// nobody generates this\n").unwrap();
    let difference = regen::difference(folder.path(), &files).unwrap();
    assert!(difference.contains("a/crates/frontegg-model/src/generated/stray.rs"), "{difference}");
    assert_eq!(regen::write(folder.path(), &files).unwrap(), 1);
    assert!(!stray.exists());
}

#[test]
fn a_file_that_fell_out_of_the_manifest_is_removed() {
    let (folder, mut files) = generated();
    let fallen = "crates/frontegg-client/src/generated/client.rs";
    files.remove(fallen);
    let manifest = files.get_mut(regen::MANIFEST).unwrap();
    *manifest = manifest.replace(&format!("{fallen}\n"), "");
    regen::write(folder.path(), &files).unwrap();
    assert!(!folder.path().join(fallen).exists());
}
