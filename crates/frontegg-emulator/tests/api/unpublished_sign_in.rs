//! What login pages and signed-in browsers need around a sign-in.

use crate::support;

use std::time::Duration;

use serde_json::{Value, json};
use support::World;

#[tokio::test]
async fn login_pages_read_the_settings_without_keys() {
    let world = World::start().await;
    world.configure(json!({ "allowSignups": false, "cookieSameSite": "LAX", "authStrategy": "MagicLink" })).await;
    let settings = world.browser().done("get_public_identity_configuration", &[], Value::Null).await;
    for (member, value) in [
        ("allowSignups", json!(false)),
        ("cookieSameSite", json!("LAX")),
        ("authStrategy", json!("MagicLink")),
        ("rotateRefreshTokens", json!(true)),
        ("defaultTokenExpiration", json!(86_400)),
    ] {
        assert_eq!(settings[member], value, "{member}");
    }
    assert!(settings.get("jwtSecret").is_none() && settings.get("publicKey").is_none());
}

#[tokio::test]
async fn a_reset_token_is_looked_at_and_stays_good() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = world.member("acme", "ada@acme.test").await;
    let mut browser = world.browser();
    browser.done("send_password_reset_email_v1", &[], json!({ "email": "ada@acme.test" })).await;
    let token = world.emulator.outbox().last_to("ada@acme.test").token().await.expect("a token");
    let look = "validate_password_reset_token";
    browser.done(look, &[], json!({ "token": token })).await;
    browser.done(look, &[], json!({ "token": token, "userId": ada })).await;
    for bad in [json!({ "token": "nonsense" }), json!({ "token": token, "userId": "somebody else" })] {
        assert_eq!(browser.call(look, &[], bad).await.refused(410), "The token is invalid or has expired");
    }
    assert_eq!(browser.call(look, &[], json!({})).await.refused(400), "token is required");
    let new = json!({ "userId": ada, "token": token, "password": "Another-horse-1852" });
    browser.done("reset_password_with_token", &[], new).await;
    assert_eq!(browser.call(look, &[], json!({ "token": token })).await.status, 410);
    browser.done("send_password_reset_email_v1", &[], json!({ "email": "ada@acme.test" })).await;
    let token = world.emulator.outbox().last_to("ada@acme.test").token().await.expect("a token");
    world.emulator.clock().advance(Duration::from_hours(24));
    assert_eq!(browser.call(look, &[], json!({ "token": token })).await.status, 410);
}

#[tokio::test]
async fn stepping_up_is_for_signed_in_people() {
    let world = World::start().await;
    let step_up = "generate_step_up_session";
    assert_eq!(world.browser().call(step_up, &[], json!({})).await.status, 401);
    let mut back_end = world.back_end(None).await;
    assert_eq!(back_end.call(step_up, &[], json!({})).await.refused(401), "Failed to verify user JWT");
}

/// What a login box asks for when it starts, before anybody has signed in.
#[tokio::test]
async fn login_pages_learn_what_to_show() {
    let world = World::start().await;
    let mut browser = world.browser();
    let strategies = browser.done("get_public_auth_strategies", &[], Value::Null).await;
    assert_eq!(strategies["mainAuthStrategies"], json!([{ "strategy": "EmailAndPassword" }]));
    let signing_up = |by_username: bool, open: bool| {
        json!([
            { "strategy": "email", "isActive": open, "isRequired": open && !by_username },
            { "strategy": "phoneNumber", "isActive": false, "isRequired": false },
            { "strategy": "username", "isActive": open && by_username, "isRequired": open && by_username },
        ])
    };
    let sign_up = "list_sign_up_strategies";
    assert_eq!(browser.done(sign_up, &[], Value::Null).await, signing_up(false, true));
    let recovery = browser.done("list_password_recovery_strategies", &[], Value::Null).await;
    let mail_only = json!([{ "strategy": "email", "isActive": true }, { "strategy": "sms", "isActive": false }]);
    assert_eq!(recovery, mail_only);
    assert_eq!(browser.done("list_social_login_providers", &[], Value::Null).await, json!([]));

    let mut back_end = world.back_end(None).await;
    let captcha = json!({ "enabled": true, "siteKey": "site", "secretKey": "hidden", "minScore": 0.5 });
    assert_eq!(browser.done("get_public_captcha_policy", &[], Value::Null).await, json!({ "enabled": false }));
    back_end.done("create_captcha_policy", &[], captcha.clone()).await;
    let shown = browser.done("get_public_captcha_policy", &[], Value::Null).await;
    assert_eq!(shown, json!({ "enabled": true, "siteKey": "site", "minScore": 0.5 }), "and no secret key");
    let mut off = captcha;
    off["enabled"] = json!(false);
    back_end.done("replace_captcha_policy", &[], off).await;
    assert_eq!(browser.done("get_public_captcha_policy", &[], Value::Null).await, json!({ "enabled": false }));

    world.configure(json!({ "authStrategy": "MagicLink" })).await;
    let strategies = browser.done("get_public_auth_strategies", &[], Value::Null).await;
    assert_eq!(strategies["mainAuthStrategies"], json!([{ "strategy": "MagicLink" }]));
    world.configure(json!({ "allowSignups": false })).await;
    assert_eq!(browser.done(sign_up, &[], Value::Null).await, signing_up(false, false));
}

#[tokio::test]
async fn signed_in_people_read_the_same() {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = world.member("acme", "ada@acme.test").await;
    let mut ada = world.browser().bearer(&world.token(&ada, "acme").await);
    for (own, public) in [
        ("get_auth_strategies", "get_public_auth_strategies"),
        ("list_my_social_login_providers", "list_social_login_providers"),
    ] {
        let shown = world.browser().done(public, &[], Value::Null).await;
        assert_eq!(ada.done(own, &[], Value::Null).await, shown, "{own}");
        assert_eq!(world.browser().call(own, &[], Value::Null).await.status, 401, "{own}");
    }
}

/// A page asks for the rules of passwords before anybody has signed in; it gets the environment's.
#[tokio::test]
async fn password_rules_are_read_without_a_token() {
    let world = World::start().await;
    let scope = world.tenant("acme").await;
    world.configure(json!({ "allowOverridePasswordComplexity": true })).await;
    world.back_end(None).await.done("update_password_configuration", &[], json!({ "minLength": 12 })).await;
    world.back_end(Some("acme")).await.done("update_password_configuration", &[], json!({ "minLength": 14 })).await;
    let mut nobody = world.browser();
    let read = "get_password_configuration";
    assert_eq!(nobody.done(read, &[], Value::Null).await["minLength"], 12);
    let mut named = world.browser().with("frontegg-tenant-id", "acme");
    assert_eq!(named.done(read, &[], Value::Null).await["minLength"], 12, "no tenant is named without a token");
    assert_eq!(world.browser().bearer("nonsense").call(read, &[], Value::Null).await.status, 401);
    let own = scope.password_settings().get_password_configuration().await.expect("rules");
    assert_eq!(own.min_length, Some(14));
}
