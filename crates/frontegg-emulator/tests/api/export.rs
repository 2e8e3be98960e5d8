//! Export and import: the same behaviour elsewhere, all or nothing, and no secret unless asked for.

mod earlier;

use frontegg_emulator::{Emulator, Error};
use frontegg_identity::types::AddRoleRequest;
use frontegg_test_harness::place::Place;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{World, browser::PASSWORD, control, place::lasting};

/// A tenant, a role of it, and somebody who holds it and has signed in; their id and token.
async fn fill(world: &World) -> (String, String) {
    let acme = world.tenant("acme").await;
    let new = [AddRoleRequest::new("auditor", "Auditor", 10)];
    let role = acme.roles().create_roles_v1(&new).await.expect("a role").remove(0).id;
    let ada = world.member("acme", "ada@acme.test").await;
    let raw = world.back_end(Some("acme")).await;
    raw.with("frontegg-user-id", ada.as_str())
        .done("assign_roles_to_user", &[&ada], json!({ "roleIds": [role] }))
        .await;
    let token = world.browser().sign_in("ada@acme.test").await.token().to_owned();
    (ada, token)
}

/// Another emulator in a place that outlives it, for the clients of `origin`.
async fn other_store(place: &Place, origin: &World) -> World {
    World::at(place, Emulator::builder().client_id(origin.emulator.client_id())).await
}

/// What somebody sees of themselves with a token.
async fn profile(world: &World, token: &str) -> (StatusCode, Value) {
    let answer = world.raw_with(token).call("get_my_profile_v2", &[], Value::Null).await;
    (answer.status, answer.body)
}

#[tokio::test]
async fn an_import_behaves_as_its_origin() {
    let origin = World::start().await;
    let (ada, token) = fill(&origin).await;
    origin.user("acme", "bob@acme.test", &[]).await;
    let document = origin.emulator.export_with_secrets().await.expect("a document");
    let place = lasting().await;
    let elsewhere = World::of(Emulator::builder().client_id(origin.emulator.client_id())).await;
    for copy in [elsewhere, other_store(&place, &origin).await] {
        copy.tenant("globex").await;
        copy.emulator.import(&document).await.expect("an import");
        // People sign in with what they know, and hold what they held.
        let claims = copy.browser().sign_in("ada@acme.test").await.claims();
        assert_eq!((&claims["sub"], &claims["tenantId"]), (&json!(ada), &json!("acme")));
        assert!(claims["roles"].as_array().expect("roles").contains(&json!("auditor")));
        // Tokens of before are good here too, as the keys came along.
        assert_eq!(profile(&copy, &token).await.0, StatusCode::OK);
        let (_, mut there) = profile(&copy, &token).await;
        let (_, mut here) = profile(&origin, &token).await;
        for profile in [&mut there, &mut here] {
            profile["vendorId"] = Value::Null;
        }
        assert_eq!(there["roles"].as_array().map(Vec::len), here["roles"].as_array().map(Vec::len));
        assert_eq!(there["email"], here["email"]);
        let again = copy.emulator.export_with_secrets().await.expect("a document");
        assert_eq!(again["keys"][0]["kid"], document["keys"][0]["kid"]);
        for table in ["roles", "role_permissions", "membership_roles", "tenants", "settings"] {
            assert_eq!(again["tables"][table], document["tables"][table], "{table}");
        }
        copy.emulator.stop().await;
    }
    // It stays over a restart, keys and all.
    let copy = other_store(&place, &origin).await;
    assert_eq!(profile(&copy, &token).await.0, StatusCode::OK);
}

/// Security case 41: what opens something as it stands is exported only when asked for.
#[tokio::test]
async fn case_41_an_export_has_no_secret_unless_asked() {
    let world = World::start().await;
    fill(&world).await;
    let mail = json!({ "payload": { "provider": "sendgrid", "secret": "canary-of-mail" } });
    world.back_end(None).await.done("set_mail_configuration_v2", &[], mail).await;
    let (status, plain) = control(&world, Method::GET, "/export", Value::Null).await;
    assert_eq!(status, StatusCode::OK);
    let (_, whole) = control(&world, Method::GET, "/export?secrets=true", Value::Null).await;
    for (document, secret) in [(&plain, false), (&whole, true)] {
        assert_eq!(document["keys"][0]["privateKey"].is_string(), secret);
        assert_eq!(document["jwtSecret"].is_string(), secret);
        assert_eq!(document["tables"]["outbox_messages"].is_array(), secret);
        let text = document.to_string();
        assert!(!text.contains(PASSWORD) && !text.contains(world.emulator.api_key()));
        assert_eq!(text.contains("canary-of-mail"), secret);
    }
    // People sign in nevertheless.
    let copy = World::of(Emulator::builder()).await;
    copy.emulator.import(&plain).await.expect("an import");
    assert_eq!(copy.browser().sign_in("ada@acme.test").await.claims()["tenantId"], "acme");
    assert_eq!(control(&world, Method::GET, "/export?secret=true", Value::Null).await.0, StatusCode::BAD_REQUEST);
    let snapshot = world.emulator.snapshot().await.expect("a snapshot");
    assert_eq!(format!("{snapshot:?}"), "Snapshot { .. }");
}

/// A document with one more settings document.
fn with_setting(document: &Value, scope: &str, kind: &str, text: &str) -> Value {
    let mut document = document.clone();
    let row = json!({ "scope": scope, "kind": kind, "document": text, "updated_at": 0 });
    document["tables"]["settings"].as_array_mut().expect("rows").push(row);
    document
}

#[tokio::test]
async fn a_bad_document_changes_nothing() {
    let place = lasting().await;
    let first = World::start().await;
    let second = other_store(&place, &first).await;
    for world in [first, second] {
        fill(&world).await;
        let before = world.emulator.export_with_secrets().await.expect("a document");
        let changed = |change: &dyn Fn(&mut Value)| {
            let mut document = before.clone();
            change(&mut document);
            document
        };
        for (document, text) in [
            (json!([]), "only documents of format frontegg-emulator and version 1"),
            (changed(&|document| document["version"] = 2.into()), "only documents of format"),
            (changed(&|document| document["schema"] = "m9999".into()), "the document has the schema m9999"),
            (changed(&|document| document["more"] = 1.into()), "unknown field `more`"),
            (changed(&|document| document["tables"]["x"] = json!([])), "tables.x is unknown"),
            (changed(&|document| document["tables"]["users"][0]["x"] = 1.into()), "tables.users[0].x is unknown"),
            (
                changed(&|document| document["tables"]["users"][0]["verified"] = 1.into()),
                "tables.users[0].verified must be true or false",
            ),
            (
                changed(&|document| document["tables"]["users"][0]["id"] = "other".into()),
                "a row refers to one that is not there",
            ),
            (
                changed(&|document| document["tables"]["users"][0]["name"] = "\0".into()),
                "tables.users[0].name must be a text without the character U+0000",
            ),
            (
                changed(&|document| document["tables"]["users"][0]["id"] = Value::Null),
                "tables.users: a row lacks a value",
            ),
            (
                changed(&|document| {
                    let twice = document["tables"]["tenants"][0].clone();
                    document["tables"]["tenants"].as_array_mut().expect("rows").push(twice);
                }),
                "tables.tenants: two rows are the same where they must differ",
            ),
            (changed(&|document| document["keys"][0]["kid"] = "x".into()), "keys[0] is no key of that name"),
            (changed(&|document| document["keys"] = json!([])), "keys must not be empty"),
            (changed(&|document| document["jwtSecret"] = "x".repeat(31).into()), "jwtSecret is too short"),
            (changed(&|document| document["keys"] = Value::Null), "jwtSecret goes with keys only"),
            (with_setting(&before, "environment", "lockout", "{"), "].document: EOF while parsing"),
            (with_setting(&before, "environment", "lockout", "{}"), "].document: missing field `id`"),
            (with_setting(&before, "environment", "weather", "{}"), "].document: the kind weather is unknown"),
            (with_setting(&before, "globex", "leaked-passwords", "[]"), "].scope: globex owns no settings"),
            (
                with_setting(&before, "environment", "identity-configuration", r#"{"defaultTokenExpiration": 0}"#),
                "].document: defaultTokenExpiration must be between 1 and",
            ),
            (
                with_setting(&before, "environment", "identity-configuration", r#"{"jwtAlgorithm": "none"}"#),
                "].document: unknown variant `none`",
            ),
            (
                changed(&|document| {
                    document["tables"]["jobs"] =
                        json!([{ "id": "a", "kind": "bulk-invite", "document": "[]", "created_at": 0 }]);
                }),
                "tables.jobs[0].document: invalid",
            ),
            (
                changed(&|document| document["tables"]["memberships"][0]["status"] = "Asleep".into()),
                "tables.memberships[0].status: Asleep is none of the choices",
            ),
            (
                changed(&|document| document["tables"]["tenants"][0]["metadata"] = "[]".into()),
                "tables.tenants[0].metadata: invalid type",
            ),
        ] {
            let (status, body) = control(&world, Method::POST, "/import", document.clone()).await;
            assert_eq!(status, StatusCode::BAD_REQUEST, "{text}: {body}");
            let told = body["errors"][0].as_str().expect("a text");
            assert!(told.contains(text), "{told}");
            assert!(matches!(world.emulator.import(&document).await, Err(Error::Refused(_))));
        }
        let after = world.emulator.export_with_secrets().await.expect("a document");
        assert_eq!(after["tables"], before["tables"]);
        assert_eq!(after["keys"][0]["kid"], before["keys"][0]["kid"]);
        assert_eq!(after["jwtSecret"], before["jwtSecret"]);
        assert!(world.browser().sign_in("ada@acme.test").await.status < 300);
    }
}

#[tokio::test]
async fn a_snapshot_leads_back() {
    let world = World::start().await;
    let (ada, token) = fill(&world).await;
    let snapshot = world.emulator.snapshot().await.expect("a snapshot");
    let raw = world.back_end(Some("acme")).await;
    raw.with("accept", "*/*").done("remove_user", &[&ada], Value::Null).await;
    assert_eq!(profile(&world, &token).await.0, StatusCode::UNAUTHORIZED);
    world.emulator.reset().await.expect("a reset");
    world.emulator.restore(&snapshot).await.expect("back");
    assert_eq!(profile(&world, &token).await.0, StatusCode::OK);
    // Events still flow.
    assert!(world.browser().sign_in("ada@acme.test").await.status < 300);
}

#[tokio::test]
async fn an_emulator_begins_with_a_document_once() {
    let origin = World::start().await;
    fill(&origin).await;
    let document = origin.emulator.export().await.expect("a document");
    let place = lasting().await;
    let start = || World::at(&place, Emulator::builder().seed_document(document.clone()));
    let world = start().await;
    assert!(world.browser().sign_in("ada@acme.test").await.status < 300);
    world.tenant("globex").await;
    world.emulator.stop().await;
    // What was seeded is not seeded again.
    let again = start().await;
    let now = again.emulator.export().await.expect("a document");
    assert_eq!(now["tables"]["tenants"].as_array().map(Vec::len), Some(2));
    let wrong = Emulator::builder().seed_document(json!({})).start().await;
    assert!(matches!(wrong, Err(Error::Refused(_))));
}
