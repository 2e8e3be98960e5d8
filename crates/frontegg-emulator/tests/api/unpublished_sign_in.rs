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
