//! Users as resources.

use reqwest::Method;
use serde_json::{Value, json};

use super::{ENTERPRISE, Provider, USER, id};
use crate::support::{World, control};

#[tokio::test]
async fn a_user_is_made_read_changed_and_deleted() {
    let world = World::start().await;
    world.emulator.clock().freeze();
    world.tenant("acme").await;
    let acme = Provider::of(&world, "acme").await;
    let user = json!({
        "schemas": [USER, ENTERPRISE],
        "userName": "ada@acme.test",
        "externalId": "701984",
        "id": "mine",
        "password": "Correct-horse-1815",
        "name": { "givenName": "Ada", "familyName": "Lovelace" },
        "emails": [{ "value": "ada@acme.test", "type": "work", "primary": true }],
        "roles": [{ "value": "admin" }],
        "active": true,
        ENTERPRISE: { "department": "Analysis", "manager": { "value": "26118915" } },
    });
    let made = acme.ask(Method::POST, "/Users", user.clone()).await;
    let location = made.header("location").to_owned();
    let made = made.ok(201);
    let path = format!("/Users/{}", id(&made));
    assert_eq!(location, format!("{}{path}", acme.base()));
    let mut expected = user;
    for name in ["id", "password"] {
        expected.as_object_mut().expect("an object").remove(name);
    }
    expected["id"] = made["id"].clone();
    let created = made["meta"]["created"].clone();
    expected["meta"] = json!({
        "resourceType": "User", "created": created, "lastModified": created, "location": location, "version": "W/\"1\"",
    });
    assert_eq!(made, expected);
    assert_eq!(acme.get(&path).await.ok(200), expected);
    let again = json!({ "userName": "ADA@acme.test" });
    assert_eq!(acme.ask(Method::POST, "/Users", again).await.refused(409), "uniqueness");

    world.emulator.clock().advance(std::time::Duration::from_mins(1));
    let other = json!({ "userName": "ada.l@acme.test", "emails": [{ "value": "ada@acme.test" }], "title": "Countess" });
    let replaced = acme.ask(Method::PUT, &path, other).await.ok(200);
    assert_eq!(
        (&replaced["title"], replaced.get("externalId"), replaced.get(ENTERPRISE)),
        (&json!("Countess"), None, None)
    );
    assert_ne!(replaced["meta"]["lastModified"], created);
    assert_eq!(replaced["meta"]["created"], created);
    let patched = acme.patch(&path, json!([{ "op": "Replace", "value": { "name.givenName": "Augusta" } }])).await;
    assert_eq!(patched.ok(200)["name"], json!({ "givenName": "Augusta" }));
    let bob = acme.user("bob@acme.test").await;
    let taken = json!([{ "op": "replace", "path": "userName", "value": "Bob@acme.test" }]);
    assert_eq!(acme.patch(&path, taken).await.refused(409), "uniqueness");

    assert_eq!(acme.ask(Method::DELETE, &path, Value::Null).await.ok(204), Value::Null);
    acme.get(&path).await.refused(404);
    for method in [Method::PUT, Method::PATCH, Method::DELETE] {
        let body = if method == Method::DELETE { Value::Null } else { json!({ "userName": "x@acme.test" }) };
        acme.ask(method, &path, body).await.refused(404);
    }
    let left = acme.get("/Users").await.ok(200);
    assert_eq!((&left["totalResults"], &left["Resources"][0]["id"]), (&json!(1), &json!(bob)));
}

/// All operations of a patch hold, or none.
#[tokio::test]
async fn a_patch_that_fails_changes_nothing() {
    let world = World::start().await;
    world.tenant("acme").await;
    let acme = Provider::of(&world, "acme").await;
    let path = format!("/Users/{}", acme.user("ada@acme.test").await);
    let before = acme.get(&path).await.ok(200);
    let good = json!({ "op": "replace", "path": "title", "value": "Countess" });
    for (bad, keyword) in [
        (json!({ "op": "replace", "path": "nobody", "value": 1 }), "invalidPath"),
        (json!({ "op": "replace", "path": "emails[type eq \"x\"].value", "value": "y" }), "noTarget"),
        (json!({ "op": "replace", "path": "emails[type is 1].value", "value": "y" }), "invalidFilter"),
        (json!({ "op": "replace", "path": "id", "value": "y" }), "mutability"),
        (json!({ "op": "remove", "path": "userName" }), "mutability"),
        (json!({ "op": "replace", "path": "active", "value": "perhaps" }), "invalidValue"),
        (json!({ "op": "replace", "path": "userName", "value": "no address" }), "invalidValue"),
        (json!({ "op": "turn" }), "invalidSyntax"),
    ] {
        assert_eq!(acme.patch(&path, json!([good, bad])).await.refused(400), keyword, "{bad}");
        assert_eq!(acme.get(&path).await.ok(200), before);
    }
}

#[tokio::test]
async fn what_is_no_user_is_refused() {
    let world = World::start().await;
    world.tenant("acme").await;
    let acme = Provider::of(&world, "acme").await;
    for (user, keyword) in [
        (json!({}), "invalidValue"),
        (json!({ "userName": "" }), "invalidValue"),
        (json!({ "userName": "ada" }), "invalidValue"),
        (json!({ "userName": "ada@acme.test", "emails": [{ "value": "ada" }] }), "invalidValue"),
        (json!({ "userName": "ada@acme.test", "active": 1 }), "invalidValue"),
        (json!({ "schemas": ["urn:x"], "userName": "ada@acme.test" }), "invalidValue"),
        (json!({ "userName": format!("{}@acme.test", "a".repeat(600)) }), "invalidValue"),
        (json!([]), "invalidSyntax"),
    ] {
        assert_eq!(acme.ask(Method::POST, "/Users", user.clone()).await.refused(400), keyword, "{user}");
    }
    assert_eq!(acme.get("/Users").await.ok(200)["totalResults"], 0);
}

/// What providers send of people does not stand in the record of requests, nor does the token.
#[tokio::test]
async fn requests_are_recorded_without_what_they_say() {
    let world = World::start().await;
    world.tenant("acme").await;
    let acme = Provider::of(&world, "acme").await;
    let user = json!({ "userName": "ada@acme.test", "password": "Correct-horse-1815" });
    acme.ask(Method::POST, "/Users", user).await.ok(201);
    acme.find("/Users", "userName eq \"ada@acme.test\"").await;
    let (status, recorded) = control(&world, Method::GET, "/requests", Value::Null).await;
    assert!(status.is_success());
    let text = recorded.to_string();
    assert!(text.contains("/directory/resources/scim/v2.0/"), "{text}");
    for secret in ["Correct-horse-1815", "ada@acme.test", &acme.token] {
        assert!(!text.contains(secret), "{secret}");
    }
}
