//! The comparison over files.

use std::{fs, path::Path};

use serde_json::{Value, json};
use xtask::drift::run;

use super::{document, reference, set};

/// Our folder with one document, and a published document beside it.
fn folder(upstream: &str, repairs: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let empty = json!({ "paths": {} }).to_string();
    for (file, content) in [
        ("identity.yaml", document().to_string()),
        ("tenants.yaml", empty.clone()),
        ("applications.yaml", empty.clone()),
        ("sso.yaml", empty.clone()),
        ("audits.yaml", empty.clone()),
        ("scim.yaml", empty.clone()),
        ("environment.yaml", empty),
        ("repairs.yaml", repairs.to_owned()),
        ("published.yaml", upstream.to_owned()),
    ] {
        fs::write(folder.path().join(file), content).expect("written");
    }
    folder
}

fn run_in(folder: &tempfile::TempDir, json: bool) -> anyhow::Result<(bool, String)> {
    let mut out = Vec::new();
    let drifted = run(&folder.path().join("published.yaml"), folder.path(), true, json, &mut out)?;
    Ok((drifted, String::from_utf8(out)?))
}

#[test]
fn a_single_file_is_recognized_by_its_paths() {
    let mut upstream = document();
    set(&mut upstream, "/components/schemas/Role/properties/color", json!({ "type": "string" }));
    let upstream = yaml_serde::to_string(&upstream).expect("YAML");
    let (drifted, report) = run_in(&folder(&upstream, "[]"), false).expect("a report");
    assert!(drifted);
    assert_eq!(
        report,
        "identity: 1 compatible; 0 explained by 0 repairs; 0 stale\n  \
         compatible  response Role.color  added (string, optional) (2 operations)  \
         #/components/schemas/Role/properties/color\n\
         Take each difference over into the document, or write down in repairs.yaml why it stays; take stale repairs \
         out.\n"
    );
    let repair = "- { document: identity, pointer: '#/components/schemas/Role', what: no color, why: not used }";
    let (drifted, report) = run_in(&folder(&upstream, repair), true).expect("a report");
    assert!(!drifted);
    let report: Value = serde_json::from_str(&report).expect("JSON");
    assert_eq!(report["documents"][0]["changes"][0]["explained_by"], 0);
    assert_eq!(report["documents"][0]["changes"][0]["direction"], "response");
}

#[test]
fn a_folder_is_compared_document_by_document() {
    let ours = folder("", "[]");
    let upstream = tempfile::tempdir().expect("a folder");
    let mut out = Vec::new();
    let error = run(upstream.path(), ours.path(), false, false, &mut out).expect_err("nothing to compare");
    assert!(
        error
            .to_string()
            .ends_with("no document of identity, tenants, applications, sso, audits, scim, environment in this folder")
    );
    fs::write(upstream.path().join("identity.structure.json"), document().to_string()).expect("written");
    assert!(!run(upstream.path(), ours.path(), false, false, &mut out).expect("a report"));
    let report = String::from_utf8(out).expect("UTF-8");
    let starts: Vec<_> = report.lines().map(|line| line.split(',').next().unwrap_or_default()).collect();
    assert_eq!(
        starts,
        [
            "identity: no unexplained difference; 0 explained by 0 repairs; 0 stale",
            "tenants: not compared",
            "applications: not compared",
            "sso: not compared",
            "audits: not compared",
            "scim: not compared",
            "environment: not compared",
        ]
    );
}

#[test]
fn bad_input_is_named_with_file_and_pointer() {
    let mut broken = document();
    set(&mut broken, "/components/schemas/Role/properties/parent", reference("Nothing"));
    let broken = broken.to_string();
    let good = document().to_string();
    let foreign = json!({ "paths": { "/other": { "get": { "responses": {} } } } }).to_string();
    for (upstream, repairs, end) in [
        ("[]", "[]", "published.yaml: #: is not an object"),
        ("{}", "[]", "published.yaml: #/paths: is not an object"),
        ("paths: { /a: { get: { responses: [] } } }", "[]", "#/paths/~1a/get/responses: is not an object"),
        (
            &broken,
            "[]",
            "published.yaml: #/components/schemas/Role/properties/parent/$ref: \"#/components/schemas/Nothing\" \
             refers to nothing in this document",
        ),
        (&foreign, "[]", "published.yaml: #/paths: shares no operation with any of our documents"),
        (&good, "{}", "repairs.yaml: #: is not a list"),
        (&good, "[{ document: identity, pointer: '#/a', what: b }]", "repairs.yaml: #/0: missing field `why`"),
        (
            &good,
            "[{ document: mine, pointer: '#/a', what: b, why: c }]",
            "repairs.yaml: #/0/document: is none of identity, tenants, applications, sso, audits, scim, environment",
        ),
        (
            &good,
            "[{ document: identity, pointer: a, what: b, why: c }]",
            "repairs.yaml: #/0/pointer: does not start with #/",
        ),
    ] {
        let error = run_in(&folder(upstream, repairs), false).expect_err(end).to_string();
        assert!(error.ends_with(end), "{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
    }
    let missing = run(Path::new("/nowhere.yaml"), folder("", "[]").path(), false, false, &mut Vec::new());
    assert!(missing.expect_err("no file").to_string().starts_with("/nowhere.yaml: No such file"));
    let error = run_in(&folder("a: [", "[]"), false).expect_err("no YAML").to_string();
    assert!(error.contains("published.yaml: ") && error.lines().count() == 1, "{error}");
}

#[test]
fn our_documents_differ_from_the_published_ones_as_repairs_say() {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let (published, ours) = (workspace.join("../shared/facts"), workspace.join("openapi"));
    if !published.is_dir() {
        println!("skipped: {} is not there", published.display());
        return;
    }
    let mut out = Vec::new();
    let drifted = run(&published, &ours, true, false, &mut out).expect("documents");
    let report = String::from_utf8(out).expect("UTF-8");
    println!("{report}");
    assert!(!drifted, "{report}");
}
