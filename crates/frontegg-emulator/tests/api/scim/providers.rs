//! What Okta and Entra ID check before they let a server in, and what they send.

use reqwest::Method;
use serde_json::{Value, json};

use super::{ENTERPRISE, GROUP, PATCH, Provider, USER, id};
use crate::support::World;

/// Okta's test of SCIM 2.0 servers, step by step.
#[tokio::test]
async fn okta_finds_what_it_demands() {
    let world = World::start().await;
    world.tenant("acme").await;
    let okta = Provider::of(&world, "acme").await;
    okta.user("first@acme.test").await;
    let page = okta.get("/Users?count=1&startIndex=1").await.ok(200);
    assert_eq!(page["schemas"], json!(["urn:ietf:params:scim:api:messages:2.0:ListResponse"]));
    for number in ["itemsPerPage", "startIndex", "totalResults"] {
        assert!(page[number].is_number(), "{number}");
    }
    let first = &page["Resources"][0];
    assert!(first["id"].is_string() && first["userName"].is_string() && first["active"] == true, "{first}");
    okta.get(&format!("/Users/{}", first["id"].as_str().expect("an id"))).await.ok(200);
    okta.get("/Users/010101001010101011001010101011").await.refused(404);
    let unknown = okta.get("/Users?filter=userName%20eq%20%22unknown%40acme.test%22").await.ok(200);
    assert_eq!((&unknown["totalResults"], &unknown["Resources"]), (&json!(0), &json!([])));

    let new = json!({
        "schemas": [USER], "userName": "Isaac.Brock@acme.test",
        "name": { "givenName": "Isaac", "familyName": "Brock" },
        "emails": [{ "primary": true, "value": "Isaac.Brock@acme.test", "type": "work" }],
        "displayName": "Isaac Brock", "locale": "en-US", "externalId": "00ujl29u0le5T6Aj10h7", "groups": [],
        "password": "1mz050nq", "active": true,
    });
    let plain = okta.clone().with("content-type", "application/json");
    let made = plain.ask(Method::POST, "/Users", new.clone()).await.ok(201);
    assert_eq!((&made["active"], &made["name"]["familyName"]), (&json!(true), &json!("Brock")));
    assert_eq!(plain.ask(Method::POST, "/Users", new.clone()).await.refused(409), "uniqueness");
    assert_eq!(okta.find("/Users", "userName eq \"ISAAC.BROCK@ACME.TEST\"").await.len(), 1);
    let path = format!("/Users/{}", id(&made));
    let mut whole = new;
    whole["name"]["givenName"] = json!("I.");
    assert_eq!(okta.ask(Method::PUT, &path, whole).await.ok(200)["name"]["givenName"], "I.");
    let off = json!([{ "op": "replace", "value": { "active": false } }]);
    assert_eq!(okta.patch(&path, off).await.ok(200)["active"], false);
    assert_eq!(okta.get("/Groups?startIndex=1&count=100").await.ok(200)["totalResults"], 0);
    let group = json!({ "schemas": [GROUP], "displayName": "Band", "members": [] });
    let group = okta.ask(Method::POST, "/Groups", group).await.ok(201);
    let renamed = json!([{ "op": "replace", "value": { "id": id(&group), "displayName": "The Band" } }]);
    okta.patch(&format!("/Groups/{}", id(&group)), renamed).await.ok(204);
    assert_eq!(okta.find("/Groups", "displayName eq \"the band\"").await.len(), 1);
}

/// What Entra ID's provisioning service sends, with what becomes of the resource.
#[tokio::test]
async fn entra_is_understood() {
    let world = World::start().await;
    world.tenant("acme").await;
    let entra = Provider::of(&world, "acme").await;
    // The connection test.
    let random = entra.get("/Users?filter=userName+eq+%22b1f4b0a8-4a9d%22").await.ok(200);
    assert_eq!((&random["totalResults"], &random["Resources"]), (&json!(0), &json!([])));
    let new = json!({
        "schemas": [USER, ENTERPRISE],
        "externalId": "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef", "userName": "Test_User@acme.test", "active": true,
        "meta": { "resourceType": "User" }, "roles": [],
        "emails": [{ "primary": true, "type": "work", "value": "Test_User@acme.test" }],
        "name": { "formatted": "givenName familyName", "familyName": "familyName", "givenName": "givenName" },
    });
    let made = entra.ask(Method::POST, "/Users", new).await.ok(201);
    let path = format!("/Users/{}", id(&made));
    for (operations, pointer, becomes) in [
        (
            json!([{ "op": "Replace", "path": "emails[type eq \"work\"].value", "value": "updated@acme.test" }]),
            "/emails/0/value",
            json!("updated@acme.test"),
        ),
        (
            json!([{ "op": "Replace", "path": "name.familyName", "value": "updatedFamilyName" }]),
            "/name/familyName",
            json!("updatedFamilyName"),
        ),
        (
            json!([{ "op": "Add", "path": "displayName", "value": "D" }, { "op": "Add", "path": "title", "value": "T" }]),
            "/title",
            json!("T"),
        ),
        (
            json!([{ "op": "Add", "path": "phoneNumbers[type eq \"mobile\"].value", "value": "+1 555 0100" }]),
            "/phoneNumbers/0",
            json!({ "type": "mobile", "value": "+1 555 0100" }),
        ),
        (
            json!([{ "op": "Add", "path": "addresses[type eq \"work\"].locality", "value": "London" }]),
            "/addresses/0/locality",
            json!("London"),
        ),
        (
            json!([{ "op": "Add", "path": format!("{ENTERPRISE}:department"), "value": "R" }]),
            &format!("/{ENTERPRISE}/department"),
            json!("R"),
        ),
        (
            json!([{ "op": "Add", "path": format!("{ENTERPRISE}:manager"), "value": id(&made) }]),
            &format!("/{ENTERPRISE}/manager/value"),
            made["id"].clone(),
        ),
        (
            json!([{ "op": "Add", "value": { "name.givenName": "G", "nickName": "N", "roles[primary eq \"True\"].value": "r" } }]),
            "/roles",
            json!([{ "primary": true, "value": "r" }]),
        ),
        (json!([{ "op": "Remove", "path": "title" }]), "/title", Value::Null),
        (json!([{ "op": "Replace", "path": "active", "value": "False" }]), "/active", json!(false)),
        (json!([{ "op": "Replace", "path": "active", "value": "True" }]), "/active", json!(true)),
    ] {
        let user = entra.patch(&path, operations.clone()).await.ok(200);
        assert_eq!(user.pointer(pointer).unwrap_or(&Value::Null), &becomes, "{operations}");
    }
    let group = json!({ "schemas": [GROUP, "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
        "externalId": "8aa1a0c0-c4c3", "displayName": "displayName", "meta": { "resourceType": "Group" } });
    let group = entra.ask(Method::POST, "/Groups", group).await.ok(201);
    let group_path = format!("/Groups/{}", id(&group));
    let slim = entra.get(&format!("{group_path}?excludedAttributes=members")).await.ok(200);
    assert_eq!((slim["displayName"].as_str(), slim.get("members")), (Some("displayName"), None));
    let found = entra.get("/Groups?excludedAttributes=members&filter=displayName+eq+%22displayName%22").await.ok(200);
    assert_eq!((&found["totalResults"], found["Resources"][0].get("members")), (&json!(1), None));
    let is_member = format!("id eq \"{}\" and members eq \"{}\"", id(&group), id(&made));
    for (operations, count) in [
        (json!([{ "op": "Add", "path": "members", "value": [{ "$ref": null, "value": id(&made) }] }]), 1),
        (json!([{ "op": "Remove", "path": "members", "value": [{ "$ref": null, "value": id(&made) }] }]), 0),
    ] {
        let body = json!({ "schemas": [PATCH], "Operations": operations });
        assert_eq!(entra.ask(Method::PATCH, &group_path, body).await.ok(204), Value::Null);
        assert_eq!(entra.find("/Groups", &is_member).await.len(), count);
    }
    entra.ask(Method::DELETE, &group_path, Value::Null).await.ok(204);
    entra.ask(Method::DELETE, &path, Value::Null).await.ok(204);
    entra.get(&path).await.refused(404);
}
