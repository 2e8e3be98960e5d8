//! What the checked-in documents must hold, and how bad ones are refused.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tempfile::TempDir;
use xtask::{
    documents::{self, permission::Permission},
    regen,
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

#[test]
fn the_documents_have_all_published_operations() {
    let api = regen::api(&root()).unwrap();
    let under = |prefix: &str| api.published().filter(|operation| operation.path.starts_with(prefix)).count();
    assert_eq!(under("/identity/"), 307);
    assert_eq!(under("/tenants/"), 25);
    assert_eq!(under("/applications/"), 20);
    assert_eq!(under("/team/"), 29);
    assert_eq!(under("/audits"), 8);
    assert_eq!(under("/directory/"), 5);
    assert_eq!(under("/auth/vendor"), 1);
    assert_eq!(api.published().count(), 395);
    let identity = api.tags.iter().filter(|tag| {
        api.tagged(&tag.name).any(|operation| operation.published && operation.path.starts_with("/identity/"))
    });
    assert_eq!(identity.count(), 38);
}

#[test]
fn operation_ids_are_unique() {
    let api = regen::api(&root()).unwrap();
    // Sorted by id, so twins are neighbours.
    assert!(api.operations.windows(2).all(|pair| pair[0].id < pair[1].id));
}

#[test]
fn every_schema_property_without_an_obvious_meaning_is_described() {
    let api = regen::api(&root()).unwrap();
    let bare: Vec<String> = api
        .schemas()
        .flat_map(|(name, schema)| {
            xtask::documents::api::members(schema, "properties")
                .filter(|(_, property)| property["description"].as_str().is_none_or(str::is_empty))
                .map(move |(property, _)| format!("{name}.{property}"))
        })
        .collect();
    assert!(bare.is_empty(), "no description: {bare:?}");
}

#[test]
fn every_repair_says_where_what_and_why() {
    let repairs = documents::read(&root().join("openapi/repairs.yaml")).unwrap();
    let repairs = repairs.as_array().unwrap();
    assert!(!repairs.is_empty());
    for repair in repairs {
        for member in ["document", "pointer", "what", "why"] {
            assert!(repair[member].as_str().is_some_and(|text| !text.is_empty()), "{repair}: no {member}");
        }
        assert!(repair["pointer"].as_str().unwrap().starts_with('#'), "{repair}");
    }
}

/// A copy of the documents in which one text of one file is replaced.
fn with(file: &str, old: &str, new: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("openapi")).unwrap();
    for name in documents::FILES {
        let mut text = fs::read_to_string(root().join("openapi").join(name)).unwrap();
        if name == file {
            assert!(text.contains(old), "{file} has no {old:?}");
            text = text.replacen(old, new, 1);
        }
        fs::write(folder.path().join("openapi").join(name), text).unwrap();
    }
    folder
}

fn regen(folder: &TempDir) -> Output {
    let xtask = env!("CARGO_BIN_EXE_xtask");
    Command::new(xtask).args(["regen", "--root"]).arg(folder.path()).output().unwrap()
}

/// Regenerating fails with one line that says all of `expected`, and writes nothing.
fn refuses(folder: &TempDir, expected: &[&str]) {
    let output = regen(folder);
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(text.trim_end().lines().count(), 1, "{text}");
    for part in expected {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    let written: Vec<_> = fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(written.len(), 1, "only openapi/ may stand there: {written:?}");
}

#[test]
fn a_missing_file_is_named() {
    let folder = with("tenants.yaml", "openapi:", "openapi:");
    fs::remove_file(folder.path().join("openapi/tenants.yaml")).unwrap();
    refuses(&folder, &["tenants.yaml", "No such file"]);
}

#[test]
fn broken_yaml_is_placed() {
    refuses(&with("environment.yaml", "paths:", "paths: ["), &["environment.yaml", "line"]);
}

#[test]
fn an_unknown_reference_is_placed() {
    let folder =
        with("environment.yaml", "#/components/schemas/VendorAuthenticationRequest", "#/components/schemas/Nothing");
    refuses(&folder, &["environment.yaml", "#/paths/~1auth~1vendor/post/requestBody", "unknown reference", "Nothing"]);
}

#[test]
fn a_repeated_id_is_placed() {
    let folder = with("environment.yaml", "operationId: authenticate_environment", "operationId: create_roles_v1");
    refuses(
        &folder,
        &["environment.yaml", "#/paths/~1auth~1vendor/post/operationId", "create_roles_v1", "identity.yaml"],
    );
}

#[test]
fn an_unknown_tag_is_placed() {
    let folder = with("environment.yaml", "- name: Environment authentication", "- name: Environment sign-in");
    refuses(&folder, &["environment.yaml", "#/paths/~1auth~1vendor/post/tags/0", "unknown tag"]);
}

#[test]
fn every_operation_says_what_it_asks_of_users() {
    let api = regen::api(&root()).unwrap();
    let (mut asking, mut open) = (0, 0);
    for operation in &api.operations {
        let takes_users = matches!(operation.token.as_str(), "user" | "environment_or_user");
        assert_eq!(takes_users, operation.permission != Permission::NotApplicable, "{}", operation.id);
        asking += usize::from(!operation.permission.keys().is_empty());
        open += usize::from(matches!(operation.permission, Permission::Open(_)));
    }
    assert!(asking >= 130 && open <= 27, "{asking} ask, {open} are open");
}

#[test]
fn a_bad_permission_is_placed() {
    let place = "#/paths/~1auth~1vendor/post/x-permission";
    for (new, what) in [
        ("x-permission: own", "does not agree with x-token"),
        ("x-permission: {open: ''}", "is open without a reason"),
        ("x-permission: everybody", "is neither own, open, null nor the key of a permission"),
        ("x-permission: fe.secure.*", "is neither own, open, null nor the key of a permission"),
        ("", "is missing"),
    ] {
        let folder = with("environment.yaml", "x-permission: null", new);
        let output = regen(&folder);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{new}");
        assert!(text.contains(&format!("environment.yaml: {place}: {what}")), "{new}: {text}");
    }
}
