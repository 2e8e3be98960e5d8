//! Browsers that skip the second factor.

use std::time::Duration;

use serde_json::{Value, json};

use super::{ADA, challenge, enroll, policy};
use crate::support::{World, authenticator::App, browser::Browser};

/// Finishes a sign-in with the wish not to be asked again.
async fn remember(world: &World, browser: &mut Browser, app: &App) -> Option<String> {
    let mfa_token = challenge(browser, ADA).await;
    let code = json!({ "mfaToken": mfa_token, "value": app.next_code(world), "rememberDevice": true });
    let reply = browser.call("verify_login_mfa_authenticator", &[], code).await;
    reply.token();
    reply.cookies.into_iter().find(|line| line.starts_with("fe_device_"))
}

#[tokio::test]
async fn a_browser_is_remembered_where_the_rules_allow() {
    let (world, ada) = super::world().await;
    let (app, _) = enroll(&world, &ada).await;
    let mut browser = world.browser();
    assert_eq!(remember(&world, &mut browser, &app).await, None, "no rule allows it");
    policy(&world, None, json!({ "allowRememberMyDevice": true, "mfaDeviceExpiration": 3_600 })).await;
    let cookie = remember(&world, &mut browser, &app).await.expect("a cookie");
    assert!(cookie.contains("Max-Age=3600") && cookie.contains("HttpOnly"), "{cookie}");
    let reply = browser.sign_in(ADA).await;
    assert_eq!(reply.claims()["amr"], json!(["pwd"]));
    browser.refresh().await.token();
    // Others are asked: other browsers, and other people in this one.
    challenge(&mut world.browser(), ADA).await;
    let bob = world.member("acme", "bob@acme.test").await;
    enroll(&world, &bob).await;
    challenge(&mut browser, "bob@acme.test").await;

    // The strictest rule counts, at once.
    policy(&world, Some("acme"), json!({ "enforceMFAType": "DontForce" })).await;
    challenge(&mut browser, ADA).await;
    policy(&world, Some("acme"), json!({ "allowRememberMyDevice": true })).await;
    browser.sign_in(ADA).await.token();
    world.emulator.clock().advance(Duration::from_mins(2));
    policy(&world, Some("acme"), json!({ "mfaDeviceExpiration": 60 })).await;
    challenge(&mut browser, ADA).await;
    policy(&world, Some("acme"), json!({ "mfaDeviceExpiration": 7_200 })).await;
    browser.sign_in(ADA).await.token();
    world.emulator.clock().advance(Duration::from_mins(58));
    challenge(&mut browser, ADA).await;
}

#[tokio::test]
async fn browsers_are_forgotten_with_the_last_factor() {
    let (world, ada) = super::world().await;
    policy(&world, None, json!({ "allowRememberMyDevice": true })).await;
    let (app, _) = enroll(&world, &ada).await;
    let mut browser = world.browser();
    remember(&world, &mut browser, &app).await.expect("a cookie");
    browser.sign_in(ADA).await.token();
    world.back_end(None).await.done("unenroll_user_mfa_globally", &[&ada], Value::Null).await;
    enroll(&world, &ada).await;
    challenge(&mut browser, ADA).await;
}

#[tokio::test]
async fn the_login_page_asks_whether_to_offer_it() {
    let (world, ada) = super::world().await;
    world.tenant("globex").await;
    enroll(&world, &ada).await;
    let mfa_token = challenge(&mut world.browser(), ADA).await;
    let nobody = world.raw_with("");
    let ask = async |token: &str| {
        let query = format!("mfaToken={token}");
        nobody.query("get_mfa_remember_device_setting", &[], &query, Value::Null).await
    };
    let answer = ask(&mfa_token).await.body;
    assert_eq!(answer, json!({ "isAllowedToRemember": false, "mfaDeviceExpiration": 1_209_600 }));
    policy(&world, None, json!({ "allowRememberMyDevice": true, "mfaDeviceExpiration": 600 })).await;
    policy(&world, Some("globex"), json!({ "allowRememberMyDevice": false })).await;
    let answer = ask(&mfa_token).await.body;
    assert_eq!(answer, json!({ "isAllowedToRemember": true, "mfaDeviceExpiration": 600 }), "globex is not hers");
    policy(&world, Some("acme"), json!({ "allowRememberMyDevice": true, "mfaDeviceExpiration": 300 })).await;
    assert_eq!(ask(&mfa_token).await.body["mfaDeviceExpiration"], 300);
    assert_eq!(ask("nonsense").await.refused(401), "MFA token is invalid");
    let missing = nobody.call("get_mfa_remember_device_setting", &[], Value::Null).await;
    assert_eq!(missing.refused(400), "mfaToken is required");
}
