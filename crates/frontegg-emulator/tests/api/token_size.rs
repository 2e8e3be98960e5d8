//! A token goes along with every request, so what it carries of its holder has an end; and what is too
//! large or of another kind is refused with what came and what the limit is.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{World, claims, http};

const ADA: &str = "ada@acme.test";

#[tokio::test]
async fn metadata_that_is_too_large_is_left_out_of_tokens() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = world.member("acme", ADA).await;
    let mut back_end = world.back_end(Some("acme")).await;
    for (size, is_carried) in [(10, true), (4 * 1024 - 20, true), (8 * 1024, false), (40_000, false), (500_000, false)]
    {
        let metadata = json!({ "text": "x".repeat(size) });
        let changed = json!({ "metadata": metadata.to_string() });
        back_end.done("update_user_globally", &[&ada], changed).await;
        let mut browser = world.browser();
        let reply = browser.sign_in(ADA).await;
        let carried = if is_carried { metadata.clone() } else { json!({}) };
        assert_eq!(reply.claims()["metadata"], carried, "{size}");
        // The token is good, and the whole is in the profile.
        let mut own = world.browser().bearer(reply.token());
        let me = own.done("get_my_profile_v2", &[], Value::Null).await;
        let told: Value = serde_json::from_str(me["metadata"].as_str().expect("a text")).expect("JSON");
        assert_eq!(told, metadata);
        let renewed = browser.refresh().await;
        assert_eq!(renewed.claims()["metadata"], carried);
        world.browser().bearer(renewed.token()).done("get_my_profile_v2", &[], Value::Null).await;
    }
}

/// Tokens of client credentials carry the metadata of their own and of the person.
#[tokio::test]
async fn machines_have_tokens_that_are_taken() {
    let world = World::start().await;
    world.tenant("acme").await;
    let admin = world.role("Admin").await;
    let ada = world.user("acme", ADA, &[&admin]).await;
    let metadata = json!({ "text": "x".repeat(40_000) });
    let mut back_end = world.back_end(Some("acme")).await;
    back_end.done("update_user_globally", &[&ada], json!({ "metadata": metadata.to_string() })).await;
    let mut tenant = world.back_end(Some("acme")).await;
    let made =
        tenant.done("create_tenant_api_token_v2", &[], json!({ "metadata": metadata, "roleIds": [admin] })).await;
    let mut own = world.browser().bearer(&world.token(&ada, "acme").await);
    let mine = own.done("create_user_api_token", &[], json!({ "description": "mine" })).await;
    for credentials in [made, mine] {
        let login = json!({ "clientId": credentials["clientId"], "secret": credentials["secret"] });
        let token = world.browser().done("authenticate_api_token", &[], login).await;
        let token = token["access_token"].as_str().or(token["accessToken"].as_str()).expect("a token").to_owned();
        assert_eq!(claims(&token)["metadata"], json!({}));
        assert!(token.len() < 8 * 1024, "{}", token.len());
        world.browser().bearer(&token).done("list_roles_v1", &[], Value::Null).await;
    }
}

/// Somebody who is in very many tenants.
#[tokio::test]
async fn tenants_that_are_too_many_are_left_out_of_tokens() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = world.member("acme", ADA).await;
    let mut back_end = world.back_end(None).await;
    for (count, carried) in [(3, 4), (200, 1)] {
        for number in 0..count {
            let tenant = format!("{number:036}");
            let body = json!({ "tenantId": tenant, "skipInviteEmail": true });
            back_end.call("add_user_to_tenant", &[&ada], body).await;
        }
        let reply = world.browser().sign_in(ADA).await;
        let claims = reply.claims();
        let tenants = claims["tenantIds"].as_array().expect("tenants");
        assert_eq!(tenants.len(), carried);
        assert!(tenants.contains(&claims["tenantId"]));
        world.browser().bearer(reply.token()).done("get_my_profile_v2", &[], Value::Null).await;
    }
}

#[tokio::test]
async fn refusals_of_size_and_kind_name_what_came_and_the_limit() {
    let world = World::start().await;
    let url = format!("{}/identity/resources/roles/v1", world.emulator.url());
    let send = async |body: String, kind: &'static str, header: String| {
        let back_end = world.raw().await;
        let request = http().request(Method::POST, &url).bearer_auth(back_end.token());
        let request = request.header("content-type", kind).header("x-long", header).body(body);
        let response = request.send().await.expect("an answer");
        let status = response.status().as_u16();
        let body: Value = response.json().await.expect("JSON");
        (status, body["errors"][0].as_str().expect("a text").to_owned())
    };
    let (status, text) = send(format!("[{}]", " ".repeat(2 << 20)), "application/json", String::new()).await;
    assert_eq!((status, text.as_str()), (413, "Request body of 2097154 bytes is larger than 1048576 bytes"));
    let (status, text) = send("[]".to_owned(), "text/plain; charset=utf-8", String::new()).await;
    assert_eq!(status, 415);
    assert!(text.contains("application/json") && text.contains("\"text/plain; charset=utf-8\""), "{text}");
    let (status, text) = send("[]".to_owned(), "application/json", "x".repeat(40_000)).await;
    assert_eq!(status, 431);
    assert!(text.contains("x-long alone 40000") && text.contains("32768"), "{text}");
}
