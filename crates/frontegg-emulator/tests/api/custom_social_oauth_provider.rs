//! Tag “Custom Social OAuth Provider”, over HTTP through the SDK. What providers are for is in `social_sign_in`.

use frontegg_identity::{
    Patch,
    types::{CreateCustomSsoRequestDto, UpdateCustomSsoRequestDto},
};
use serde_json::{Value, json};

use crate::support::{World, json as shown, refused};

fn provider(name: &str) -> CreateCustomSsoRequestDto {
    CreateCustomSsoRequestDto::new(
        "custom",
        "client",
        "hush",
        "https://app.test/account/social/success",
        "https://idp.test/authorize",
        "https://idp.test/token",
        "https://idp.test/userinfo",
        "openid email",
        name,
        true,
    )
}

#[tokio::test]
async fn providers_are_kept_and_shown_without_their_secrets() {
    let world = World::start().await;
    let providers = world.frontegg.management().custom_social_oauth_provider();
    assert!(providers.list_custom_social_login_providers().await.expect("the list").providers.is_empty());
    providers.create_custom_social_login_provider(&provider("One")).await.expect("a provider");
    let second = provider("Two").redirect_url_pattern("https://*.app.test/x").sso_logo_url("https://idp.test/logo.png");
    providers.create_custom_social_login_provider(&second).await.expect("a provider");
    let list = providers.list_custom_social_login_providers().await.expect("the list").providers;
    let names: Vec<_> = list.iter().map(|one| one.display_name.as_str()).collect();
    assert_eq!(names, ["One", "Two"]);
    let one = shown(&list[0]);
    let expected = json!({
        "id": list[0].id, "type": "custom", "clientId": "client", "active": true, "displayName": "One",
        "redirectUrl": "https://app.test/account/social/success",
        "redirectUrlPattern": "https://app.test/account/social/success",
        "authorizationUrl": "https://idp.test/authorize", "userInfoUrl": "https://idp.test/userinfo",
        "scopes": "openid email",
    });
    assert_eq!(one, expected);
    assert_eq!(list[1].redirect_url_pattern.as_deref(), Some("https://*.app.test/x"));

    let change = UpdateCustomSsoRequestDto::new().active(false).redirect_url("https://app.test/other");
    providers.update_custom_social_login_provider(&list[0].id, &change).await.expect("a change");
    let change = UpdateCustomSsoRequestDto::new().sso_logo_url(Patch::Null);
    providers.update_custom_social_login_provider(&list[1].id, &change).await.expect("a change");
    let after = providers.list_custom_social_login_providers().await.expect("the list").providers;
    assert!(!after[0].active && after[1].active && after[1].sso_logo_url.is_none());
    // The pattern is that of the address as long as it has not been said otherwise.
    assert_eq!(after[0].redirect_url_pattern.as_deref(), Some("https://app.test/other"));
    assert_eq!(
        (&after[0].display_name, &after[0].authorization_url),
        (&list[0].display_name, &list[0].authorization_url)
    );

    providers.delete_custom_social_login_provider(&list[0].id).await.expect("a deletion");
    let left = providers.list_custom_social_login_providers().await.expect("the list").providers;
    assert_eq!(left.len(), 1);
    for id in [list[0].id.as_str(), "unknown"] {
        let text = refused(providers.delete_custom_social_login_provider(id).await, 404);
        assert_eq!(text, "Social login provider not found");
        refused(providers.update_custom_social_login_provider(id, &change).await, 404);
    }
}

#[tokio::test]
async fn login_pages_ask_without_a_token() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let providers = world.frontegg.management().custom_social_oauth_provider();
    providers.create_custom_social_login_provider(&provider("One")).await.expect("a provider");
    let list = "list_custom_social_login_providers";
    let page = world.raw_with("").call(list, &[], Value::Null).await;
    assert_eq!(page.body["providers"][0]["displayName"], "One");
    let text = page.body.to_string();
    assert!(!text.contains("hush") && !text.contains("tokenUrl"), "{text}");
    let portal = world.raw_with(&world.token(&ada, "acme").await);
    assert_eq!(portal.call(list, &[], Value::Null).await.body, page.body);
    world.raw_with("forged").call(list, &[], Value::Null).await.refused(401);
    for (operation, path) in [
        ("create_custom_social_login_provider", &[][..]),
        ("update_custom_social_login_provider", &["x"]),
        ("delete_custom_social_login_provider", &["x"]),
    ] {
        world.raw_with("").call(operation, path, json!({})).await.refused(401);
        portal.call(operation, path, json!({})).await.refused(403);
    }
}

#[tokio::test]
async fn what_nobody_could_be_sent_to_is_refused() {
    let world = World::start().await;
    let raw = world.raw().await;
    let good = json!({
        "type": "custom", "clientId": "c", "secret": "s", "redirectUrl": "com.acme.app://done",
        "authorizationUrl": "https://idp.test/a", "tokenUrl": "http://localhost:1/t", "userInfoUrl": "https://idp.test/u",
        "scopes": "email", "displayName": "IdP", "active": true, "ssoLogoUrl": null,
    });
    let create = "create_custom_social_login_provider";
    for (member, value, text) in [
        ("authorizationUrl", json!("javascript:alert(1)"), "authorizationUrl must be a URL of http or https"),
        ("tokenUrl", json!("file:///etc/passwd"), "tokenUrl must be a URL of http or https"),
        ("userInfoUrl", json!("idp.test"), "userInfoUrl must be a URL of http or https"),
        ("redirectUrl", json!("data:text/html,x"), "redirectUrl must be a URL of http, https or an app"),
        ("clientId", json!(" "), "clientId should not be empty"),
        ("scopes", json!(""), "scopes should not be empty"),
        ("active", json!("yes"), "active must be a boolean value"),
        ("secret", Value::Null, "secret must be a string"),
    ] {
        let mut body = good.clone();
        body[member] = value;
        assert_eq!(raw.call(create, &[], body).await.refused(400), text);
    }
    assert_eq!(raw.call(create, &[], json!({})).await.refused(400).matches("is required").count(), 10);
    assert_eq!(raw.call(create, &[], good).await.status.as_u16(), 200);
    let list = raw.call("list_custom_social_login_providers", &[], Value::Null).await;
    let id = list.body["providers"][0]["id"].as_str().expect("an id");
    let change = json!({ "displayName": "Other", "tokenUrl": "ftp://idp.test" });
    raw.call("update_custom_social_login_provider", &[id], change).await.refused(400);
    assert_eq!(raw.call("list_custom_social_login_providers", &[], Value::Null).await.body, list.body);
}

#[tokio::test]
async fn providers_travel_and_end_with_a_reset() {
    let world = World::start().await;
    let providers = world.frontegg.management().custom_social_oauth_provider();
    providers.create_custom_social_login_provider(&provider("One")).await.expect("a provider");
    let before = providers.list_custom_social_login_providers().await.expect("the list");
    let state = world.emulator.export_with_secrets().await.expect("a snapshot");
    let without = world.emulator.export().await.expect("a snapshot");
    assert_eq!(without["tables"].get("social_providers"), None, "its rows open something");
    world.emulator.reset().await.expect("a reset");
    assert!(providers.list_custom_social_login_providers().await.expect("the list").providers.is_empty());
    world.emulator.import(&state).await.expect("an import");
    assert_eq!(shown(&providers.list_custom_social_login_providers().await.expect("the list")), shown(&before));
}
