//! Codes by mail as second factors.

use std::time::Duration;

use serde_json::json;

use super::{ADA, challenge, code_to, demand, enroll, is_enrolled, other, policy, switch, templates};

#[tokio::test]
async fn a_mailed_code_finishes_a_sign_in_without_being_set_up() {
    let (world, ada) = super::world().await;
    let mut browser = world.browser();
    policy(&world, None, json!({ "enforceMFAType": "Force" })).await;
    let request = "send_login_mfa_email_code";
    let mfa_token = challenge(&mut browser, ADA).await;
    let refused = browser.call(request, &[], json!({ "mfaToken": mfa_token })).await;
    assert_eq!(refused.refused(400), "MFA strategy EmailCode is not active");
    let email = json!({ "email": { "active": true, "tokenLifetimeSeconds": 300, "sender": "codes@acme.test" } });
    world.back_end(None).await.done("update_mfa_configuration", &[], email).await;

    let reply = browser.sign_in(ADA).await;
    let mfa_token = demand(&reply);
    assert_eq!(reply.body["mfaEnrolled"], false);
    assert_eq!(reply.body["mfaDevices"]["emails"], json!([{ "email": ADA }]));
    // What is there already is asked for; the password alone adds nothing.
    let enroll = browser.call("enroll_login_mfa_authenticator", &[], json!({ "mfaToken": mfa_token })).await;
    assert_eq!(enroll.status, 403);
    let first = browser.done(request, &[], json!({ "mfaToken": mfa_token })).await;
    let first_code = code_to(&world, ADA).await;
    let sent = browser.done(request, &[], json!({ "mfaToken": mfa_token })).await;
    let message = world.emulator.outbox().last_to(ADA).await.expect("a mail");
    assert_eq!((message.template(), message.sender()), ("MFAOTC", "codes@acme.test"));
    let code = message.code().expect("a code");

    let verify = "verify_login_mfa_email_code";
    for (handle, code) in [(&first["otcToken"], &*first_code), (&sent["otcToken"], other(code))] {
        let wrong = json!({ "otcToken": handle, "code": code, "mfaToken": mfa_token });
        assert_eq!(browser.call(verify, &[], wrong).await.refused(401), "The code is wrong or has expired");
    }
    let right = json!({ "otcToken": sent["otcToken"], "code": code, "mfaToken": mfa_token });
    let missing = json!({ "otcToken": sent["otcToken"], "code": code });
    assert_eq!(browser.call(verify, &[], missing).await.refused(400), "mfaToken is required");
    let claims = browser.call(verify, &[], right.clone()).await.claims();
    assert_eq!(claims["amr"], json!(["pwd", "mfa", "otp"]));
    assert_eq!(browser.call(verify, &[], right).await.refused(401), "MFA token is invalid");
    assert!(!is_enrolled(&world, &ada).await, "there is nothing to be set up");
    assert!(templates(&world, ADA).await.iter().all(|template| template == "MFAOTC"));
}

#[tokio::test]
async fn a_mail_is_no_reason_to_ask_but_will_do_where_something_is_asked_for() {
    let (world, ada) = super::world().await;
    switch(&world, "EmailCode", true).await;
    let mut browser = world.browser();
    browser.sign_in(ADA).await.token();
    enroll(&world, &ada).await;
    let reply = browser.sign_in(ADA).await;
    let mfa_token = demand(&reply);
    assert_eq!(reply.body["mfaEnrolled"], true);
    let sent = browser.done("send_login_mfa_email_code", &[], json!({ "mfaToken": mfa_token })).await;
    let right = json!({ "otcToken": sent["otcToken"], "code": code_to(&world, ADA).await, "mfaToken": mfa_token });
    browser.call("verify_login_mfa_email_code", &[], right).await.token();

    // A code is hers alone, and dies by time.
    let bob = world.member("acme", "bob@acme.test").await;
    enroll(&world, &bob).await;
    let hers = challenge(&mut browser, ADA).await;
    let his = challenge(&mut browser, "bob@acme.test").await;
    let sent = browser.done("send_login_mfa_email_code", &[], json!({ "mfaToken": hers })).await;
    let code = code_to(&world, ADA).await;
    let stolen = json!({ "otcToken": sent["otcToken"], "code": code, "mfaToken": his });
    assert_eq!(browser.call("verify_login_mfa_email_code", &[], stolen).await.status, 401);
    world.emulator.clock().advance(Duration::from_mins(5));
    let late = json!({ "otcToken": sent["otcToken"], "code": code, "mfaToken": hers });
    assert_eq!(browser.call("verify_login_mfa_email_code", &[], late).await.status, 401);
}

/// A mailbox that has been the first factor is not the second.
#[tokio::test]
async fn whoever_came_by_mail_needs_something_else() {
    let (world, _) = super::world().await;
    switch(&world, "EmailCode", true).await;
    policy(&world, None, json!({})).await;
    world.configure(json!({ "authStrategy": "Code" })).await;
    let mut browser = world.browser();
    browser.done("send_passwordless_email_code", &[], json!({ "email": ADA })).await;
    let code = json!({ "token": code_to(&world, ADA).await });
    let reply = browser.call("authenticate_user_with_email_code", &[], code).await;
    let mfa_token = demand(&reply);
    assert_eq!(reply.body["mfaStrategies"], json!(["AuthenticatorApp"]));
    let send = browser.call("send_login_mfa_email_code", &[], json!({ "mfaToken": mfa_token })).await;
    assert_eq!(send.refused(400), "A code by email cannot be the second factor of this sign-in");
}
