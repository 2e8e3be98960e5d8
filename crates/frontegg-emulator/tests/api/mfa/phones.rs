//! Phones as second factors: set up, used at sign-in, removed.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    ADA, challenge, code_to, demand, enroll, enroll_phone, is_enrolled, other, policy, self_service, switch, templates,
};

const NUMBER: &str = "+14155550100";

#[tokio::test]
async fn a_phone_becomes_a_factor_by_the_code_sent_to_it() {
    let (world, ada) = super::world().await;
    let mut browser = self_service(&world, &ada).await;
    let enroll = "enroll_my_sms_mfa";
    let number = json!({ "phoneNumber": NUMBER });
    assert_eq!(browser.call(enroll, &[], number.clone()).await.refused(400), "MFA strategy SMS is not active");
    switch(&world, "SMS", true).await;
    for bad in [json!({}), json!({ "phoneNumber": "5550100" }), json!({ "phoneNumber": "+0155550100" })] {
        assert_eq!(browser.call(enroll, &[], bad).await.status, 400);
    }
    let first = browser.done(enroll, &[], number.clone()).await;
    assert_eq!(first["phoneNumber"], NUMBER);
    let first_code = code_to(&world, NUMBER).await;
    let second = browser.done(enroll, &[], json!({ "phoneNumber": "+1-415-555-0100" })).await;
    assert_eq!(templates(&world, NUMBER).await, ["MFAEnroll", "MFAEnroll"]);
    let code = code_to(&world, NUMBER).await;

    let verify = "verify_my_sms_mfa_enrollment";
    let pairs = [(&first["otcToken"], &*first_code), (&second["otcToken"], other(&code))];
    for (handle, code) in pairs {
        let reply = browser.call(verify, &[], json!({ "otcToken": handle, "code": code })).await;
        assert_eq!(reply.refused(400), "The code is wrong or has expired");
    }
    // It is hers alone.
    let bob = world.member("acme", "bob@acme.test").await;
    let right = json!({ "otcToken": second["otcToken"], "code": code });
    assert_eq!(self_service(&world, &bob).await.call(verify, &[], right.clone()).await.status, 400);
    assert!(!is_enrolled(&world, &ada).await);
    let answer = browser.done(verify, &[], right.clone()).await;
    assert_eq!(answer["recoveryCode"].as_str().expect("a code").len(), 27);
    assert!(is_enrolled(&world, &ada).await);
    assert_eq!(browser.call(verify, &[], right).await.status, 400);
    assert_eq!(browser.call(enroll, &[], number).await.refused(400), "This phone is a second factor already");
    // Somebody else may have the same phone.
    enroll_phone(&world, &bob, NUMBER).await;
}

#[tokio::test]
async fn the_code_of_an_sms_finishes_a_sign_in() {
    let (world, ada) = super::world().await;
    switch(&world, "SMS", true).await;
    enroll_phone(&world, &ada, NUMBER).await;
    let mut browser = world.browser();
    let reply = browser.sign_in(ADA).await;
    let mfa_token = demand(&reply);
    let phone = &reply.body["mfaDevices"]["phones"][0];
    assert_eq!(phone["phoneNumber"], "********00");
    let id = phone["id"].as_str().expect("an id");
    let request = "send_login_mfa_sms_code";
    assert_eq!(browser.call(request, &["unknown"], json!({ "mfaToken": mfa_token })).await.status, 404);
    assert_eq!(browser.call(request, &[id], json!({ "mfaToken": "nonsense" })).await.status, 401);
    let first = browser.done(request, &[id], json!({ "mfaToken": mfa_token })).await;
    let first_code = code_to(&world, NUMBER).await;
    let sent = browser.done(request, &[id], json!({ "mfaToken": mfa_token })).await;
    assert_eq!(sent["phoneNumber"], "********00");
    assert_eq!(templates(&world, NUMBER).await.last().expect("an SMS"), "MFAOTC");
    let code = code_to(&world, NUMBER).await;

    let verify = "verify_login_mfa_sms_code";
    for (handle, code) in [(&first["otcToken"], &*first_code), (&sent["otcToken"], other(&code))] {
        let wrong = json!({ "otcToken": handle, "code": code, "mfaToken": mfa_token });
        assert_eq!(browser.call(verify, &[id], wrong).await.refused(401), "The code is wrong or has expired");
    }
    let right = json!({ "otcToken": sent["otcToken"], "code": code, "mfaToken": mfa_token });
    assert_eq!(browser.call(verify, &["unknown"], right.clone()).await.status, 404);
    let claims = browser.call(verify, &[id], right.clone()).await.claims();
    assert_eq!(claims["amr"], json!(["pwd", "mfa", "sms"]));
    assert_eq!(browser.call(verify, &[id], right).await.refused(401), "MFA token is invalid");

    // A method that is off is not offered.
    switch(&world, "SMS", false).await;
    browser.sign_in(ADA).await.token();
    assert!(is_enrolled(&world, &ada).await);
}

#[tokio::test]
async fn codes_live_as_long_as_the_configuration_says() {
    let (world, ada) = super::world().await;
    let sms = json!({ "sms": { "active": true, "tokenLifetimeSeconds": 600 } });
    world.back_end(None).await.done("update_mfa_configuration", &[], sms).await;
    let mut browser = self_service(&world, &ada).await;
    for (seconds, status) in [(600, 400), (599, 200)] {
        let sent = browser.done("enroll_my_sms_mfa", &[], json!({ "phoneNumber": NUMBER })).await;
        let answer = json!({ "otcToken": sent["otcToken"], "code": code_to(&world, NUMBER).await });
        world.emulator.clock().advance(Duration::from_secs(seconds));
        assert_eq!(browser.call("verify_my_sms_mfa_enrollment", &[], answer).await.status, status);
    }
}

#[tokio::test]
async fn a_forced_person_sets_a_phone_up_at_sign_in() {
    let (world, ada) = super::world().await;
    policy(&world, Some("acme"), json!({})).await;
    let mut browser = world.browser();
    let enroll = "enroll_login_mfa_sms";
    let mfa_token = challenge(&mut browser, ADA).await;
    let wish = json!({ "phoneNumber": NUMBER, "mfaToken": mfa_token });
    assert_eq!(browser.call(enroll, &[], wish).await.refused(400), "MFA strategy SMS is not active");
    switch(&world, "SMS", true).await;
    switch(&world, "AuthenticatorApp", false).await;
    let reply = browser.sign_in(ADA).await;
    let mfa_token = demand(&reply);
    assert_eq!(reply.body["mfaStrategies"], json!(["SMS"]));
    assert!(reply.body.get("qrCode").is_none());
    let alone = json!({ "phoneNumber": NUMBER });
    assert_eq!(browser.call(enroll, &[], alone).await.refused(400), "mfaToken is required");
    let bad = json!({ "phoneNumber": "0155", "mfaToken": mfa_token });
    assert_eq!(browser.call(enroll, &[], bad).await.status, 400);
    let sent = browser.done(enroll, &[], json!({ "phoneNumber": NUMBER, "mfaToken": mfa_token })).await;
    let code = code_to(&world, NUMBER).await;

    let verify = "verify_login_mfa_sms_enrollment";
    let wrong = json!({ "otcToken": sent["otcToken"], "code": other(&code) });
    assert_eq!(browser.call(verify, &[], wrong).await.refused(401), "The code is wrong or has expired");
    // Not by the token of another sign-in, be it hers, nor by a signed-in person.
    let another = challenge(&mut world.browser(), ADA).await;
    let unknown = json!({ "otcToken": "nonsense", "code": code });
    assert_eq!(browser.call(verify, &[], unknown).await.status, 401);
    let sent = browser.done(enroll, &[], json!({ "phoneNumber": NUMBER, "mfaToken": mfa_token })).await;
    let stolen = json!({ "otcToken": sent["otcToken"], "code": code_to(&world, NUMBER).await, "mfaToken": another });
    assert_eq!(browser.call(verify, &[], stolen).await.status, 401);
    // The handle alone is enough.
    let sent = browser.done(enroll, &[], json!({ "phoneNumber": NUMBER, "mfaToken": mfa_token })).await;
    let right = json!({ "otcToken": sent["otcToken"], "code": code_to(&world, NUMBER).await });
    let reply = browser.call(verify, &[], right.clone()).await;
    assert_eq!(reply.claims()["amr"], json!(["pwd", "mfa", "sms"]));
    assert!(reply.body["recoveryCode"].is_string() && is_enrolled(&world, &ada).await);
    assert_eq!(browser.call(verify, &[], right).await.status, 401);
    let late = json!({ "phoneNumber": "+14155550199", "mfaToken": another });
    assert_eq!(browser.call(enroll, &[], late).await.refused(403), "User already has a second factor");
}

#[tokio::test]
async fn a_phone_is_removed_by_a_code_sent_to_it() {
    let (world, ada) = super::world().await;
    switch(&world, "SMS", true).await;
    enroll(&world, &ada).await;
    enroll_phone(&world, &ada, NUMBER).await;
    let reply = world.browser().sign_in(ADA).await;
    let id = reply.body["mfaDevices"]["phones"][0]["id"].as_str().expect("an id").to_owned();
    let mut browser = self_service(&world, &ada).await;
    let (request, remove) = ("send_my_sms_mfa_disable_code", "disable_my_sms_mfa");
    assert_eq!(browser.call(request, &["unknown"], json!({})).await.refused(404), "MFA device not found");
    let first = browser.done(request, &[&id], json!({})).await;
    let first_code = code_to(&world, NUMBER).await;
    let sent = browser.done(request, &[&id], json!({})).await;
    assert_eq!(sent["phoneNumber"], "********00");
    assert_eq!(templates(&world, NUMBER).await.last().expect("an SMS"), "MFAUnenroll");
    let code = code_to(&world, NUMBER).await;
    for (handle, code) in [(&first["otcToken"], &*first_code), (&sent["otcToken"], other(&code))] {
        let reply = browser.call(remove, &[&id], json!({ "otcToken": handle, "code": code })).await;
        assert_eq!(reply.refused(400), "The code is wrong or has expired");
    }
    let right = json!({ "otcToken": sent["otcToken"], "code": code });
    assert_eq!(browser.call(remove, &["unknown"], right.clone()).await.status, 404);
    assert_eq!(browser.call(remove, &[&id], json!({})).await.status, 400);
    // Nobody else's, of whichever tenant.
    world.tenant("globex").await;
    let eve = world.member("globex", "eve@globex.test").await;
    let mut eve = world.browser().bearer(&world.token(&eve, "globex").await);
    assert_eq!(eve.call(request, &[&id], json!({})).await.refused(404), "MFA device not found");
    assert_eq!(eve.call(remove, &[&id], right.clone()).await.refused(404), "MFA device not found");

    browser.done(remove, &[&id], right.clone()).await;
    assert!(is_enrolled(&world, &ada).await, "the app is left");
    assert_eq!(templates(&world, ADA).await.last().expect("a mail"), "RemoveMFAMethod");
    assert_eq!(browser.call(remove, &[&id], right).await.status, 404);
    let reply = world.browser().sign_in(ADA).await;
    assert_eq!(reply.body["mfaDevices"]["phones"], Value::Array(Vec::new()));
}
