//! Groups as resources.

use reqwest::Method;
use serde_json::{Value, json};

use super::{GROUP, Provider, id};
use crate::support::World;

fn members(group: &Value) -> Vec<&str> {
    let members = group["members"].as_array().into_iter().flatten();
    members.map(|member| member["value"].as_str().expect("an id")).collect()
}

#[tokio::test]
async fn a_group_is_made_read_changed_and_deleted() {
    let world = World::start().await;
    world.tenant("acme").await;
    let acme = Provider::of(&world, "acme").await;
    let (ada, bob) = (acme.user("ada@acme.test").await, acme.user("bob@acme.test").await);
    let group = json!({
        "schemas": [GROUP], "displayName": "Analysts", "externalId": "7",
        "members": [{ "value": ada, "display": "somebody" }, { "value": ada }],
    });
    let made = acme.ask(Method::POST, "/Groups", group.clone()).await.ok(201);
    let path = format!("/Groups/{}", id(&made));
    assert_eq!((&made["displayName"], &made["externalId"]), (&json!("Analysts"), &json!("7")));
    let member = json!({
        "value": ada, "display": "ada@acme.test", "type": "User", "$ref": format!("{}/Users/{ada}", acme.base()),
    });
    assert_eq!(made["members"], json!([member]));
    assert_eq!(acme.get(&path).await.ok(200), made);
    assert_eq!(
        acme.ask(Method::POST, "/Groups", json!({ "displayName": "ANALYSTS" })).await.refused(409),
        "uniqueness"
    );
    // Users tell their groups.
    let hers = acme.get(&format!("/Users/{ada}")).await.ok(200);
    let place = json!({
        "value": id(&made), "display": "Analysts", "type": "direct", "$ref": format!("{}{path}", acme.base()),
    });
    assert_eq!(hers["groups"], json!([place]));

    let replaced = json!({ "displayName": "Readers", "members": [{ "value": bob }] });
    let replaced = acme.ask(Method::PUT, &path, replaced).await.ok(200);
    assert_eq!((members(&replaced), replaced.get("externalId")), (vec![bob.as_str()], None));
    assert_eq!(acme.get(&format!("/Users/{ada}")).await.ok(200).get("groups"), None);

    let unknown = json!([{ "op": "add", "path": "members", "value": [{ "value": ada }, { "value": "nobody" }] }]);
    assert_eq!(acme.patch(&path, unknown).await.refused(400), "invalidValue");
    for (operations, expected) in [
        (json!([{ "op": "Add", "path": "members", "value": [{ "value": ada }, { "value": bob }] }]), vec![&ada, &bob]),
        (json!([{ "op": "Remove", "path": format!("members[value eq \"{ada}\"]") }]), vec![&bob]),
        (json!([{ "op": "Remove", "path": format!("members[value eq \"{ada}\"]") }]), vec![&bob]),
        (json!([{ "op": "remove", "path": "members", "value": [{ "value": bob }] }]), vec![]),
        (json!([{ "op": "add", "path": "members", "value": [{ "$ref": format!("../Users/{bob}") }] }]), vec![&bob]),
        (json!([{ "op": "replace", "path": "members", "value": [{ "value": ada }] }]), vec![&ada]),
        (json!([{ "op": "replace", "value": { "id": id(&made), "displayName": "Writers" } }]), vec![&ada]),
    ] {
        assert_eq!(acme.patch(&path, operations.clone()).await.ok(204), Value::Null);
        let read = acme.get(&path).await.ok(200);
        assert_eq!(members(&read), expected, "{operations}");
    }
    let slim = acme.get(&format!("{path}?excludedAttributes=members")).await.ok(200);
    assert_eq!((&slim["displayName"], slim.get("members")), (&json!("Writers"), None));

    acme.ask(Method::DELETE, &path, Value::Null).await.ok(204);
    acme.get(&path).await.refused(404);
    acme.get(&format!("/Users/{ada}")).await.ok(200);
}

#[tokio::test]
async fn members_go_with_their_user() {
    let world = World::start().await;
    world.tenant("acme").await;
    let acme = Provider::of(&world, "acme").await;
    let (ada, bob) = (acme.user("ada@acme.test").await, acme.user("bob@acme.test").await);
    let group = acme.group("G", &[&ada, &bob]).await;
    acme.ask(Method::DELETE, &format!("/Users/{ada}"), Value::Null).await.ok(204);
    assert_eq!(members(&acme.get(&format!("/Groups/{group}")).await.ok(200)), [&bob]);
}

#[tokio::test]
async fn what_is_no_group_is_refused() {
    let world = World::start().await;
    world.tenant("acme").await;
    let acme = Provider::of(&world, "acme").await;
    for group in [
        json!({}),
        json!({ "displayName": " " }),
        json!({ "displayName": "G", "members": [{ "value": "nobody" }] }),
        json!({ "displayName": "G", "members": [1] }),
        json!({ "displayName": "G".repeat(600) }),
    ] {
        assert_eq!(acme.ask(Method::POST, "/Groups", group.clone()).await.refused(400), "invalidValue", "{group}");
    }
    assert_eq!(acme.get("/Groups").await.ok(200)["totalResults"], 0);
}
