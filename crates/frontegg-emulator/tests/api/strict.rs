//! Members of bodies that the documents do not declare.

use frontegg_emulator::Emulator;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::World;

const ROLES: &str = "/identity/resources/roles/v1";

fn roles() -> Value {
    json!([
        { "key": "auditor", "name": "Auditor", "level": 10 },
        { "key": "editor", "name": "Editor", "level": 10, "lewel": 1, "nested": { "x": 1 } },
    ])
}

#[tokio::test]
async fn they_are_ignored_and_told_with_the_request() {
    let world = World::start().await;
    let (status, created) = world.send(Method::POST, ROLES, None, roles()).await;
    assert_eq!((status, created.as_array().map(Vec::len)), (201, Some(2)));
    let request = world.emulator.requests().on("create_roles_v1").list().remove(0);
    assert_eq!(request.undeclared(), ["[1].lewel", "[1].nested"]);
    let over_http = frontegg_emulator::control_plane::RequestQuery::on("create_roles_v1");
    let over_http = world.emulator.control().requests(&over_http).await.expect("requests").remove(0);
    assert_eq!(over_http.undeclared, request.undeclared());
    let (status, _) = world.send(Method::POST, ROLES, None, json!([roles()[0]])).await;
    assert_eq!(status, 409, "it is there");
    let request = world.emulator.requests().on("create_roles_v1").list().remove(1);
    assert_eq!(request.undeclared(), [""; 0]);
}

#[tokio::test]
async fn they_are_refused_by_name_where_that_is_asked_for() {
    let world = World::of(Emulator::builder().strict()).await;
    let before = world.emulator.export().await.expect("a document");
    let (status, refusal) = world.send(Method::POST, ROLES, None, roles()).await;
    assert_eq!(status, 400);
    assert_eq!(refusal["errors"], json!(["[1].lewel should not exist", "[1].nested should not exist"]));
    assert_eq!(world.emulator.export().await.expect("a document")["tables"], before["tables"]);
    // With all else that is wrong, at once.
    let (_, refusal) = world.send(Method::POST, ROLES, None, json!([{ "key": "x", "level": "y", "z": 1 }])).await;
    let texts = refusal["errors"].as_array().expect("texts");
    assert!(texts.len() >= 3 && texts.contains(&json!("[0].z should not exist")), "{refusal}");
    let (status, _) = world.send(Method::POST, ROLES, None, json!([roles()[0]])).await;
    assert_eq!(status, 201);
}

/// What the documents leave open has no undeclared members.
#[tokio::test]
async fn what_is_open_takes_anything() {
    let world = World::of(Emulator::builder().strict()).await;
    world.tenant("acme").await;
    let metadata = json!({ "metadata": { "anything": { "goes": [1, 2] } } });
    let (status, answer) =
        world.send(Method::POST, "/tenants/resources/tenants/v1/acme/metadata", None, metadata).await;
    assert_eq!(status, 201, "{answer}");
}
