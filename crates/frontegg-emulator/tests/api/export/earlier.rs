//! Exports of earlier schemas. The newest of before is kept here, and brought to the present one.

use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{World, control};

/// A tenant with a member, as it was exported before `m0031`.
const BEFORE: &str = include_str!("m0030_passkeys.json");

fn before() -> Value {
    serde_json::from_str(BEFORE).expect("a document")
}

/// Imports a document as text; gives status and refusal.
async fn import(world: &World, document: &str) -> (StatusCode, Value) {
    let url = format!("{}/_emulator/import", world.emulator.url());
    let answer = crate::support::http().post(url).body(document.to_owned()).send().await.expect("an answer");
    (answer.status(), serde_json::from_slice(&answer.bytes().await.expect("a body")).unwrap_or_default())
}

fn rows(document: &Value, table: &str) -> Vec<Value> {
    document["tables"][table].as_array().expect("rows").clone()
}

#[tokio::test]
async fn an_export_of_before_is_brought_up() {
    let head_last = {
        let mut head = before().as_object().expect("an object").clone();
        let tables = head.remove("tables").expect("tables");
        let head = Value::Object(head).to_string();
        format!("{{\"tables\": {tables}, {}", &head[1..])
    };
    for world in World::each().await {
        for document in [BEFORE, &head_last] {
            world.tenant("globex").await;
            let (status, answer) = import(&world, document).await;
            assert_eq!(status, StatusCode::NO_CONTENT, "{answer}");
            let now = world.emulator.export_with_secrets().await.expect("a document");
            assert_ne!(now["schema"], before()["schema"]);
            for table in ["tenants", "users", "user_emails", "memberships"] {
                assert_eq!(now["tables"][table], before()["tables"][table], "{table}");
            }
            let (held, held_before) = (rows(&now, "role_permissions"), rows(&before(), "role_permissions"));
            assert!(held_before.iter().all(|row| held.contains(row)), "{held:?}");
            let is_new = |row: &&Value| row["key"] == "fe.secure.read.audits";
            let new = rows(&now, "permissions").into_iter().find(|row| is_new(&row)).expect("what came since");
            let added: Vec<_> = held.iter().filter(|row| !held_before.contains(row)).collect();
            assert_eq!(added.len(), 2, "the roles that a fresh environment gives it to");
            assert!(added.iter().all(|row| row["permission_id"] == new["id"]), "{added:?}");
            assert_eq!(world.browser().sign_in("ada@acme.test").await.claims()["tenantId"], "acme");
            // What is made from others is made here too: people are found by a part of their address.
            let found =
                world.back_end(Some("acme")).await.query("search_users", "_phraseSearchContains=DA%40acm").await;
            assert_eq!(found["items"].as_array().map(Vec::len), Some(1), "{found}");
        }
    }
}

#[tokio::test]
async fn a_bad_export_of_before_changes_nothing() {
    let world = World::start().await;
    world.tenant("globex").await;
    let changed = |change: &dyn Fn(&mut Value)| {
        let mut document = before();
        change(&mut document);
        document.to_string()
    };
    for (document, why) in [
        (changed(&|document| document["tables"]["x"] = json!([])), "tables.x is unknown"),
        (changed(&|document| document["tables"]["users"][0]["x"] = 1.into()), "tables.users[0].x is unknown"),
        // A table of later on.
        (
            changed(&|document| document["tables"]["provider_sign_ins"] = json!([{ "browser": "x" }])),
            "provider_sign_ins is unknown",
        ),
        (
            changed(&|document| document["tables"]["users"][0]["id"] = "other".into()),
            "a row refers to one that is not there",
        ),
        (changed(&|document| document["tables"]["passwords"][0]["hash"] = "x".into()), "tables.passwords[0].hash"),
        (changed(&|document| document["schema"] = "m9999".into()), "the document has the schema m9999"),
    ] {
        let (status, answer) = import(&world, &document).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{why}");
        let told = answer["errors"][0].as_str().expect("a text");
        assert!(told.contains(why), "{told}");
    }
    let (_, info) = control(&world, reqwest::Method::GET, "/export", Value::Null).await;
    assert_eq!(info["tables"]["tenants"].as_array().map(Vec::len), Some(1));
}

/// A table that only earlier schemas have is none of the present one.
#[tokio::test]
async fn a_former_table_is_no_present_one() {
    let world = World::start().await;
    let mut present = world.emulator.export().await.expect("a document");
    present["tables"]["user_pool_sign_ins"] = json!([{ "fingerprint": "x" }]);
    let (status, answer) = import(&world, &present.to_string()).await;
    assert_eq!(
        (status, &answer["errors"][0]),
        (StatusCode::BAD_REQUEST, &json!("tables.user_pool_sign_ins is unknown"))
    );
}
