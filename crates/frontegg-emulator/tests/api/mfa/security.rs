//! What second factors must withstand. Numbers are those of the security cases.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::{ADA, challenge, demand, enroll, policy, populate, self_service};
use crate::support::{World, authenticator::App, browser::Browser};

const VERIFY: &str = "verify_login_mfa_authenticator";

async fn show(browser: &mut Browser, mfa_token: &str, code: &str) -> crate::support::browser::Reply {
    browser.call(VERIFY, &[], json!({ "mfaToken": mfa_token, "value": code })).await
}

#[tokio::test]
async fn case_16_guessing_ends_with_the_token_and_then_for_the_person() {
    let (world, ada) = super::world().await;
    let lockout = json!({ "enabled": true, "maxAttempts": 3 });
    world.back_end(None).await.done("create_lockout_policy", &[], lockout).await;
    let (app, _) = enroll(&world, &ada).await;
    let mut browser = world.browser();
    let mfa_token = challenge(&mut browser, ADA).await;
    for _ in 0..5 {
        let reply = show(&mut browser, &mfa_token, &app.wrong_code(&world)).await;
        assert_eq!(reply.refused(401), "The code is wrong or has expired");
    }
    let right = show(&mut browser, &mfa_token, &app.next_code(&world)).await;
    assert_eq!(right.refused(401), "MFA token is invalid");
    // The password opens the way to further guesses, but not to many.
    for _ in 0..2 {
        let mfa_token = challenge(&mut browser, ADA).await;
        for _ in 0..5 {
            assert_eq!(show(&mut browser, &mfa_token, &app.wrong_code(&world)).await.status, 401);
        }
    }
    let mfa_token = challenge(&mut browser, ADA).await;
    let right = show(&mut browser, &mfa_token, &app.next_code(&world)).await;
    assert_eq!(right.refused(401), "MFA token is invalid");
    // Wrong codes are no wrong passwords.
    let user = world.back_end(None).await.done("get_user_globally", &[&ada], Value::Null).await;
    assert_eq!(user["isLocked"], false);
    world.emulator.clock().advance(Duration::from_mins(16));
    let mfa_token = challenge(&mut browser, ADA).await;
    show(&mut browser, &mfa_token, &app.next_code(&world)).await.token();
}

#[tokio::test]
async fn case_20_a_code_is_good_for_its_step_and_its_neighbours() {
    let (world, ada) = super::world().await;
    let (app, _) = enroll(&world, &ada).await;
    let mut browser = world.browser();
    for (steps, good) in [(-2, false), (2, false), (-1, true), (0, true), (1, true)] {
        // Far enough from what was used before.
        world.emulator.clock().advance(Duration::from_mins(5));
        let mfa_token = challenge(&mut browser, ADA).await;
        let code = app.code_at(&world, steps);
        let status = show(&mut browser, &mfa_token, &code).await.status;
        assert_eq!(status, if good { 201 } else { 401 }, "{steps}");
    }
}

/// Also in a file, where the engine orders the writers.
#[tokio::test(flavor = "multi_thread")]
async fn case_21_a_code_is_taken_once() {
    for world in World::each().await {
        let ada = populate(&world).await;
        let (app, _) = enroll(&world, &ada).await;
        let mut browser = world.browser();
        let mfa_token = challenge(&mut browser, ADA).await;
        let used = app.code(&world);
        assert_eq!(show(&mut browser, &mfa_token, &used).await.status, 401, "it has set the app up");
        let code = app.next_code(&world);
        let other = challenge(&mut browser, ADA).await;
        assert_eq!(show(&mut browser, &mfa_token, &code).await.status, 201);
        assert_eq!(show(&mut browser, &other, &code).await.status, 401);
        let code = app.next_code(&world);
        let mut requests = JoinSet::new();
        for _ in 0..20 {
            let mut browser = world.browser();
            let mfa_token = challenge(&mut browser, ADA).await;
            let code = code.clone();
            requests.spawn(async move { show(&mut browser, &mfa_token, &code).await.status });
        }
        let mut statuses = requests.join_all().await;
        statuses.sort_unstable();
        assert_eq!((statuses[0], &statuses[1..]), (201, &[401; 19][..]));
    }
}

#[tokio::test]
async fn case_23_the_token_between_the_factors_is_good_for_nothing_else() {
    let (world, ada) = super::world().await;
    let bob = world.member("acme", "bob@acme.test").await;
    let (app, _) = enroll(&world, &ada).await;
    let (bobs, _) = enroll(&world, &bob).await;
    let mut browser = world.browser();
    // No tokens, no cookies.
    let reply = browser.sign_in(ADA).await;
    let mfa_token = demand(&reply);
    let id = reply.body["mfaDevices"]["authenticators"][0]["id"].as_str().expect("an id").to_owned();
    let mut bearer = world.browser().bearer(&mfa_token);
    for operation in ["get_my_profile_v2", "list_my_sessions", "list_roles_v1"] {
        assert_eq!(bearer.call(operation, &[], Value::Null).await.status, 401, "{operation}");
    }
    assert_eq!(browser.refresh().await.status, 401);
    // Somebody else's code, and somebody else's device.
    let code = bobs.next_code(&world);
    assert_eq!(show(&mut browser, &mfa_token, &code).await.refused(401), "The code is wrong or has expired");
    let his = challenge(&mut world.browser(), "bob@acme.test").await;
    let device = "verify_login_mfa_authenticator_device";
    for token in [&his, &mfa_token] {
        let body = json!({ "mfaToken": token, "value": app.code(&world) });
        let reply = browser.call(device, &[if *token == his { &id } else { "unknown" }], body).await;
        assert_eq!(reply.refused(404), "MFA device not found");
    }
    // Nothing once it has served.
    show(&mut browser, &mfa_token, &app.code(&world)).await.token();
    let again = show(&mut browser, &mfa_token, &app.next_code(&world)).await;
    assert_eq!(again.refused(401), "MFA token is invalid");
    // Nothing after ten minutes.
    let mfa_token = challenge(&mut browser, ADA).await;
    world.emulator.clock().advance(Duration::from_mins(10));
    let late = show(&mut browser, &mfa_token, &app.code(&world)).await;
    assert_eq!(late.refused(401), "MFA token is invalid");
    // Nothing once the person is barred.
    let mfa_token = challenge(&mut browser, ADA).await;
    world.back_end(Some("acme")).await.done("lock_user", &[&ada], Value::Null).await;
    assert_eq!(show(&mut browser, &mfa_token, &app.next_code(&world)).await.status, 401);
}

#[tokio::test]
async fn case_25_only_a_back_end_spares_somebody() {
    let (world, ada) = super::world().await;
    policy(&world, Some("acme"), json!({ "enforceMFAType": "Force" })).await;
    let mut browser = world.browser();
    let reply = browser.sign_in(ADA).await;
    demand(&reply);
    assert_eq!(
        (&reply.body["mfaEnrolled"], &reply.body["mfaStrategies"]),
        (&json!(false), &json!(["AuthenticatorApp"]))
    );

    let admin = world.role("Admin").await;
    let root = world.user("acme", "root@acme.test", &[&admin]).await;
    let bypass = json!({ "mfaBypass": true });
    for user in [&ada, &root] {
        let mut user = self_service(&world, user).await;
        user.call("update_my_profile", &[], bypass.clone()).await;
        let reply = user.call("update_user_globally", &[&ada], bypass.clone()).await;
        assert!([401, 403].contains(&reply.status), "{}", reply.body);
    }
    demand(&browser.sign_in(ADA).await);
    world.back_end(None).await.done("update_user_globally", &[&ada], bypass).await;
    browser.sign_in(ADA).await.token();
    // Also where there is a factor.
    let (app, _) = enroll(&world, &ada).await;
    browser.sign_in(ADA).await.token();
    world.back_end(None).await.done("update_user_globally", &[&ada], json!({ "mfaBypass": false })).await;
    let mfa_token = challenge(&mut browser, ADA).await;
    show(&mut browser, &mfa_token, &app.next_code(&world)).await.token();
}

#[tokio::test]
async fn a_rule_that_comes_later_holds_at_the_next_refresh() {
    let (world, _) = super::world().await;
    let mut browser = world.browser();
    let token = browser.sign_in(ADA).await.token().to_owned();
    policy(&world, None, json!({ "enforceMFAType": "Force" })).await;
    world.browser().bearer(&token).done("get_my_profile_v2", &[], Value::Null).await;
    let mfa_token = demand(&browser.refresh().await);
    let offer = browser.done("enroll_login_mfa_authenticator", &[], json!({ "mfaToken": mfa_token })).await;
    let code = json!({ "mfaToken": mfa_token, "token": App::of(&offer["secret"]).code(&world) });
    let raised = browser.call("verify_login_mfa_authenticator_enrollment", &[], code).await.claims();
    assert_eq!(raised["sid"], crate::support::claims(&token)["sid"], "the session goes on");
    browser.refresh().await.token();
}

#[tokio::test]
async fn a_session_is_raised_by_a_second_factor() {
    let (world, ada) = super::world().await;
    let mut browser = world.browser();
    let token = browser.sign_in(ADA).await.token().to_owned();
    let mut session = browser.clone().bearer(&token);
    let step_up = "generate_step_up_session";
    let bare = session.call(step_up, &[], json!({})).await;
    assert_eq!((bare.refused(400), &bare.body["errorCode"]), ("MFA is not enrolled".to_owned(), &json!("ER-01097")));
    let (app, _) = enroll(&world, &ada).await;
    let mfa_token = demand(&session.call(step_up, &[], json!({ "maxAge": 60 })).await);
    let reply = show(&mut session, &mfa_token, &app.next_code(&world)).await;
    let raised = reply.claims();
    assert_eq!(
        (&raised["sid"], &raised["amr"]),
        (&crate::support::claims(&token)["sid"], &json!(["pwd", "mfa", "otp"]))
    );
    // Recent enough for now, not for ever.
    session.call(step_up, &[], json!({ "maxAge": 60 })).await.token();
    world.emulator.clock().advance(Duration::from_mins(2));
    demand(&session.call(step_up, &[], json!({ "maxAge": 60 })).await);
}
