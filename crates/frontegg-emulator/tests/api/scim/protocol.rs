//! Access, discovery, forms of requests and answers, versions.

use reqwest::{Method, header};
use serde_json::{Value, json};

use super::{ENTERPRISE, GROUP, Provider, USER};
use crate::support::{World, http};

#[tokio::test]
async fn only_its_own_token_opens_a_connection() {
    let world = World::start().await;
    world.tenant("acme").await;
    world.tenant("globex").await;
    let (acme, globex) = (Provider::of(&world, "acme").await, Provider::of(&world, "globex").await);
    assert_eq!(acme.get("/Users").await.status, 200);
    let ada = acme.user("ada@acme.test").await;

    let role = world.role("Admin").await;
    let admin = world.user("acme", "admin@acme.test", &[&role]).await;
    let user_token = world.token(&admin, "acme").await;
    let login = json!({ "clientId": world.emulator.client_id(), "secret": world.emulator.api_key() });
    let environment = world.browser().call("authenticate_environment", &[], login).await.body;
    let environment = environment["token"].as_str().expect("a token");
    let mut answers = Vec::new();
    for (id, token) in [
        (acme.id.as_str(), globex.token.as_str()),
        (acme.id.as_str(), ""),
        (acme.id.as_str(), "wrong"),
        (acme.id.as_str(), &user_token),
        (acme.id.as_str(), environment),
        ("nobody", acme.token.as_str()),
        ("nobody", "wrong"),
    ] {
        let other = Provider { id: id.to_owned(), token: token.to_owned(), ..acme.clone() };
        for (method, path) in [
            (Method::GET, "/Users"),
            (Method::GET, "/ServiceProviderConfig"),
            (Method::GET, "/nowhere"),
            (Method::DELETE, &format!("/Users/{ada}")),
        ] {
            let reply = other.ask(method, path, Value::Null).await;
            assert_eq!(reply.header("www-authenticate"), "Bearer");
            answers.push(reply.body.to_string());
            reply.refused(401);
        }
    }
    let without = http().get(format!("{}/Users", acme.base())).send().await.expect("an answer");
    answers.push(without.text().await.expect("a body"));
    answers.dedup();
    assert_eq!(answers.len(), 1, "an unknown connection looks like a wrong token: {answers:?}");

    // Nothing of another connection is visible.
    assert_eq!(globex.get(&format!("/Users/{ada}")).await.refused(404), "");
    assert_eq!(globex.get("/Users").await.ok(200)["totalResults"], 0);
    let member = json!({ "displayName": "G", "members": [{ "value": ada }] });
    assert_eq!(globex.ask(Method::POST, "/Groups", member).await.refused(400), "invalidValue");

    // The token ends with its connection.
    let nothing = frontegg_identity::types::Scim2DeleteConnectionConfigRequest::new();
    world.frontegg.scim().delete_scim_configuration(&acme.id, &nothing).await.expect("a deletion");
    acme.get("/Users").await.refused(401);
}

#[tokio::test]
async fn a_server_is_reached_with_and_without_the_prefix() {
    let world = World::start().await;
    world.tenant("acme").await;
    let acme = Provider::of(&world, "acme").await;
    let ada = acme.user("ada@acme.test").await;
    let short = acme.base().replace("/frontegg/", "/");
    let read = acme.ask_at(Method::GET, &format!("{short}/Users/{ada}"), Value::Null).await.ok(200);
    assert_eq!(read, acme.get(&format!("/Users/{ada}/")).await.ok(200));
    assert_eq!(read["meta"]["location"], format!("{}/Users/{ada}", acme.base()));
    let again = acme.ask_at(Method::GET, read["meta"]["location"].as_str().expect("an address"), Value::Null).await;
    assert_eq!(again.ok(200), read);
}

#[tokio::test]
async fn a_server_tells_of_itself() {
    let world = World::start().await;
    world.tenant("acme").await;
    let acme = Provider::of(&world, "acme").await;
    let config = acme.get("/ServiceProviderConfig").await.ok(200);
    for (feature, supported) in
        [("patch", true), ("bulk", false), ("filter", true), ("changePassword", false), ("sort", false), ("etag", true)]
    {
        assert_eq!(config[feature]["supported"], supported, "{feature}");
    }
    assert_eq!(config["filter"]["maxResults"], 200);
    assert_eq!(config["authenticationSchemes"][0]["type"], "oauthbearertoken");

    let types = acme.get("/ResourceTypes").await.ok(200);
    assert_eq!((&types["totalResults"], &types["Resources"][0]["id"]), (&json!(2), &json!("User")));
    assert_eq!(acme.get("/ResourceTypes/Group").await.ok(200), types["Resources"][1]);
    let schemas = acme.get("/Schemas").await.ok(200);
    for (index, id) in [USER, ENTERPRISE, GROUP].iter().enumerate() {
        let schema = acme.get(&format!("/Schemas/{id}")).await.ok(200);
        assert_eq!((&schema, &schema["id"]), (&schemas["Resources"][index], &json!(id)));
    }
    for path in ["/ResourceTypes/Nobody", "/Schemas/urn:nobody", "/nowhere", "/Users/1/2", ""] {
        acme.get(path).await.refused(404);
    }
    acme.get("/Schemas?filter=id%20pr").await.refused(403);
    for (method, path) in [(Method::POST, "/Bulk"), (Method::POST, "/Me"), (Method::GET, "/Me")] {
        acme.ask(method, path, json!({})).await.refused(501);
    }
    for (method, path, allow) in [
        (Method::DELETE, "/Users", "GET, POST"),
        (Method::POST, "/Groups/1", "GET, PUT, PATCH, DELETE"),
        (Method::GET, "/.search", "POST"),
        (Method::POST, "/Schemas", "GET"),
    ] {
        let reply = acme.ask(method, path, json!({})).await;
        assert_eq!(reply.header("allow"), allow);
        reply.refused(405);
    }
    let head = acme.ask(Method::HEAD, "/Users", Value::Null).await;
    assert_eq!((head.status, head.header("content-type")), (200, "application/scim+json"));
}

#[tokio::test]
async fn what_cannot_be_read_is_refused() {
    let world = World::start().await;
    world.tenant("acme").await;
    let acme = Provider::of(&world, "acme").await;
    let url = format!("{}/Users", acme.base());
    let deep = format!("{{\"userName\":{}1{}}}", "[".repeat(10_000), "]".repeat(10_000));
    for (content_type, body, status, keyword) in [
        (Some("application/json"), "{", 400, "invalidSyntax"),
        (Some("application/json"), "", 400, "invalidSyntax"),
        (Some("application/scim+json"), "[]", 400, "invalidSyntax"),
        (Some("application/json; charset=utf-8"), "{}", 400, "invalidValue"),
        (Some("application/json"), "{\"userName\":\"\\ud800\"}", 400, "invalidSyntax"),
        (Some("application/json"), "{\"userName\":\"a\\u0000@x.test\"}", 400, "invalidValue"),
        (Some("application/json"), deep.as_str(), 400, "invalidSyntax"),
        (Some("text/plain"), "{}", 415, ""),
        (None, "{}", 415, ""),
    ] {
        let mut request = http().post(&url).bearer_auth(&acme.token).body(body.to_owned());
        if let Some(content_type) = content_type {
            request = request.header(header::CONTENT_TYPE, content_type);
        }
        let response = request.send().await.expect("an answer");
        assert_eq!(response.status().as_u16(), status, "{content_type:?} {}", &body[..body.len().min(40)]);
        let error: Value = response.json().await.expect("an error");
        assert_eq!(error["scimType"].as_str().unwrap_or_default(), keyword);
    }
    assert_eq!(acme.get("/Users").await.ok(200)["totalResults"], 0);
    acme.get("/Users?count=x").await.refused(400);
    acme.get("/Users?filter=nobody%20pr").await.refused(400);
}

#[tokio::test]
async fn versions_guard_against_lost_changes() {
    let world = World::start().await;
    world.tenant("acme").await;
    let acme = Provider::of(&world, "acme").await;
    let ada = acme.user("ada@acme.test").await;
    let path = format!("/Users/{ada}");
    let read = acme.get(&path).await;
    let first = read.header("etag").to_owned();
    assert_eq!((first.as_str(), &read.body["meta"]["version"]), ("W/\"1\"", &json!(first)));
    let title = |title: &str| json!([{ "op": "replace", "path": "title", "value": title }]);

    let unchanged = acme.clone().with("if-none-match", &first).get(&path).await;
    assert_eq!((unchanged.status, unchanged.header("etag"), &unchanged.body), (304, first.as_str(), &Value::Null));
    let changed = acme.clone().with("if-match", &first).patch(&path, title("Countess")).await;
    let second = changed.header("etag").to_owned();
    assert_eq!((changed.status, second.as_str()), (200, "W/\"2\""));
    assert_eq!(acme.clone().with("if-none-match", &first).get(&path).await.status, 200);

    let late = acme.clone().with("if-match", &first);
    late.patch(&path, title("Lost")).await.refused(412);
    let user = json!({ "schemas": [USER], "userName": "lost@acme.test" });
    late.ask(Method::PUT, &path, user).await.refused(412);
    late.ask(Method::DELETE, &path, Value::Null).await.refused(412);
    let read = acme.get(&path).await.ok(200);
    assert_eq!((&read["title"], &read["userName"]), (&json!("Countess"), &json!("ada@acme.test")));
    for tags in ["*", &format!("W/\"9\", {second}")] {
        acme.clone().with("if-match", tags).patch(&path, title("Countess")).await.ok(200);
    }
    // Nothing has changed, so the version is the same.
    assert_eq!(acme.get(&path).await.header("etag"), second);

    let group = acme.group("G", &[]).await;
    let path = format!("/Groups/{group}");
    let add = json!([{ "op": "add", "path": "members", "value": [{ "value": ada }] }]);
    assert_eq!(acme.patch(&path, add.clone()).await.status, 204);
    assert_eq!(acme.get(&path).await.header("etag"), "W/\"2\"");
    assert_eq!(acme.patch(&path, add).await.status, 204);
    assert_eq!(acme.get(&path).await.header("etag"), "W/\"2\"");
}
