//! Authenticator apps: set up, used at sign-in, removed.

use serde_json::{Value, json};

use super::{ADA, App, challenge, demand, enroll, enroll_phone, is_enrolled, policy, self_service, switch, templates};

/// Security case 22.
#[tokio::test]
async fn case_22_an_app_counts_once_its_code_was_shown() {
    let (world, ada) = super::world().await;
    let mut browser = self_service(&world, &ada).await;
    let verify = "verify_my_authenticator_mfa_enrollment";
    let early = browser.call(verify, &[], json!({ "token": "123456" })).await;
    assert_eq!(early.refused(400), "MFA enrollment was not started");

    let first = browser.done("enroll_my_authenticator_mfa", &[], Value::Null).await;
    assert!(first["qrCode"].as_str().expect("a picture").starts_with("data:image/png;base64,"));
    assert!(!is_enrolled(&world, &ada).await);
    world.browser().sign_in(ADA).await.token();
    // The older route works on the same offer, and replaces the secret.
    let second = browser.done("enroll_my_mfa", &[], Value::Null).await;
    assert_ne!(first["secret"], second["secret"]);
    let (old, app) = (App::of(&first["secret"]), App::of(&second["secret"]));
    for wrong in [old.code(&world), app.code_at(&world, 2), String::new()] {
        let reply = browser.call(verify, &[], json!({ "token": wrong })).await;
        assert_eq!(reply.refused(400), "The code is wrong or has expired");
    }
    assert_eq!(browser.call(verify, &[], json!({})).await.refused(400), "token is required");
    assert!(!is_enrolled(&world, &ada).await);

    let answer = browser.done("verify_my_mfa_enrollment", &[], json!({ "token": app.code(&world) })).await;
    assert_eq!(answer["recoveryCode"].as_str().expect("a code").len(), 27);
    assert!(is_enrolled(&world, &ada).await);
    assert_eq!(templates(&world, ADA).await.last().expect("a mail"), "MFAEnroll");
    // The session goes on; the secret is never shown again.
    browser.done("get_my_profile_v2", &[], Value::Null).await;
    let reply = world.browser().sign_in(ADA).await;
    assert!(!reply.body.to_string().contains(second["secret"].as_str().expect("a secret")));
    let again = browser.call(verify, &[], json!({ "token": app.next_code(&world) })).await;
    assert_eq!(again.refused(400), "MFA enrollment was not started");

    // A further one comes without a recovery code, and the other stays.
    let (_, recovery_code) = enroll(&world, &ada).await;
    assert_eq!(recovery_code, "");
    assert_eq!(templates(&world, ADA).await.last().expect("a mail"), "NewMFAMethod");
    let reply = world.browser().sign_in(ADA).await;
    assert_eq!(reply.body["mfaDevices"]["authenticators"].as_array().expect("apps").len(), 2);
}

#[tokio::test]
async fn a_back_end_sets_an_app_up_for_somebody() {
    let (world, ada) = super::world().await;
    let mut back_end = world.back_end(None).await.with("frontegg-user-id", &ada);
    let offer = back_end.done("enroll_my_authenticator_mfa", &[], Value::Null).await;
    let code = App::of(&offer["secret"]).code(&world);
    back_end.done("verify_my_authenticator_mfa_enrollment", &[], json!({ "token": code })).await;
    assert!(is_enrolled(&world, &ada).await);

    let mut nobody = world.back_end(None).await.with("frontegg-user-id", "nobody");
    for operation in ["enroll_my_authenticator_mfa", "enroll_my_mfa"] {
        assert_eq!(nobody.call(operation, &[], Value::Null).await.refused(404), "User not found");
        let unnamed = world.back_end(None).await.call(operation, &[], Value::Null).await;
        assert_eq!(unnamed.refused(403), "User ID is not specified");
        switch(&world, "AuthenticatorApp", false).await;
        let refusal = back_end.call(operation, &[], Value::Null).await.refused(400);
        assert_eq!(refusal, "MFA strategy AuthenticatorApp is not active");
        switch(&world, "AuthenticatorApp", true).await;
    }
}

#[tokio::test]
async fn a_code_finishes_a_sign_in() {
    let (world, ada) = super::world().await;
    let (first, _) = enroll(&world, &ada).await;
    let (second, _) = enroll(&world, &ada).await;
    let mut browser = world.browser();
    let reply = browser.sign_in(ADA).await;
    let mfa_token = demand(&reply);
    assert_eq!(reply.body["mfaEnrolled"], true);
    let apps = reply.body["mfaDevices"]["authenticators"].as_array().expect("apps").clone();
    let ids: Vec<&str> = apps.iter().map(|app| app["id"].as_str().expect("an id")).collect();

    // Of any app.
    let code = json!({ "mfaToken": mfa_token, "value": second.next_code(&world) });
    let reply = browser.call("verify_login_mfa_authenticator", &[], code).await;
    let claims = reply.claims();
    assert_eq!((claims["sub"].as_str(), &claims["amr"]), (Some(&*ada), &json!(["pwd", "mfa", "otp"])));
    assert_eq!(claims["acr"], "http://schemas.openid.net/pape/policies/2007/06/multi-factor");
    assert!(browser.refresh_token().is_some());
    assert!(reply.body.get("recoveryCode").is_none());
    browser.refresh().await.token();

    // Of the one that is named, and of no other.
    let device = "verify_login_mfa_authenticator_device";
    let mfa_token = challenge(&mut browser, ADA).await;
    let code = json!({ "mfaToken": mfa_token, "value": first.code(&world) });
    assert_eq!(browser.call(device, &["unknown"], code.clone()).await.refused(404), "MFA device not found");
    assert_eq!(browser.call(device, &[ids[1]], code.clone()).await.refused(401), "The code is wrong or has expired");
    browser.call(device, &[ids[0]], code).await.token();

    // Of none while the method is off: then nothing is asked for.
    let mfa_token = challenge(&mut browser, ADA).await;
    switch(&world, "AuthenticatorApp", false).await;
    let code = json!({ "mfaToken": mfa_token, "value": first.next_code(&world) });
    assert_eq!(browser.call(device, &[ids[0]], code.clone()).await.status, 404);
    assert_eq!(browser.call("verify_login_mfa_authenticator", &[], code).await.status, 401);
    world.browser().sign_in(ADA).await.token();
    assert!(is_enrolled(&world, &ada).await);
}

#[tokio::test]
async fn a_forced_person_sets_an_app_up_at_sign_in() {
    let (world, ada) = super::world().await;
    policy(&world, None, json!({ "enforceMFAType": "Force" })).await;
    let mut browser = world.browser();
    let reply = browser.sign_in(ADA).await;
    let mfa_token = demand(&reply);
    assert_eq!(
        (&reply.body["mfaEnrolled"], &reply.body["mfaStrategies"]),
        (&json!(false), &json!(["AuthenticatorApp"]))
    );
    assert!(reply.body["qrCode"].as_str().expect("a picture").starts_with("data:image/png;base64,"));

    let offer = browser.done("enroll_login_mfa_authenticator", &[], json!({ "mfaToken": mfa_token })).await;
    let old = App::of(&offer["secret"]);
    let offer = browser.done("enroll_login_mfa_authenticator", &[], json!({ "mfaToken": mfa_token })).await;
    let app = App::of(&offer["secret"]);
    let verify = "verify_login_mfa_authenticator_enrollment";
    let wrong = json!({ "mfaToken": mfa_token, "token": old.code(&world) });
    assert_eq!(browser.call(verify, &[], wrong).await.refused(401), "The code is wrong or has expired");
    let right = json!({ "mfaToken": mfa_token, "token": app.code(&world) });
    let reply = browser.call(verify, &[], right.clone()).await;
    assert_eq!(reply.claims()["amr"], json!(["pwd", "mfa", "otp"]));
    assert_eq!(reply.body["recoveryCode"].as_str().expect("a code").len(), 27);
    assert!(is_enrolled(&world, &ada).await);
    assert_eq!(browser.call(verify, &[], right).await.refused(401), "MFA token is invalid");

    // Whoever has a factor has to show it: the password does not let anybody add another.
    let mfa_token = challenge(&mut browser, ADA).await;
    let enroll = browser.call("enroll_login_mfa_authenticator", &[], json!({ "mfaToken": mfa_token })).await;
    assert_eq!(enroll.refused(403), "User already has a second factor");
    let token = json!({ "mfaToken": mfa_token, "token": "123456" });
    assert_eq!(browser.call(verify, &[], token).await.status, 403);
    for unknown in ["nonsense", ""] {
        let reply = browser.call("enroll_login_mfa_authenticator", &[], json!({ "mfaToken": unknown })).await;
        assert_eq!(reply.refused(401), "MFA token is invalid");
    }
    assert_eq!(
        browser.call("enroll_login_mfa_authenticator", &[], json!({})).await.refused(400),
        "mfaToken is required"
    );
}

#[tokio::test]
async fn the_code_of_the_offered_app_is_enough_at_the_older_route() {
    let (world, ada) = super::world().await;
    policy(&world, None, json!({})).await;
    let mut browser = world.browser();
    let mfa_token = challenge(&mut browser, ADA).await;
    let early = json!({ "mfaToken": mfa_token, "token": "123456" });
    let offer = browser.done("enroll_login_mfa_authenticator", &[], json!({ "mfaToken": mfa_token })).await;
    assert_eq!(browser.call("verify_login_mfa_authenticator_enrollment", &[], early).await.status, 401);
    let code = json!({ "mfaToken": mfa_token, "value": App::of(&offer["secret"]).code(&world) });
    let reply = browser.call("verify_login_mfa_authenticator", &[], code).await;
    reply.token();
    assert!(reply.body["recoveryCode"].is_string() && is_enrolled(&world, &ada).await);
}

#[tokio::test]
async fn people_are_rid_of_their_apps_by_a_code() {
    let (world, ada) = super::world().await;
    let mut browser = self_service(&world, &ada).await;
    let disable = "disable_my_mfa";
    let reply = browser.call(disable, &[], json!({ "token": "123456" })).await;
    assert_eq!((reply.refused(400), &reply.body["errorCode"]), ("MFA is not enrolled".to_owned(), &json!("ER-01097")));
    let one = "disable_my_authenticator_mfa";
    let reply = browser.call(one, &["unknown"], json!({ "token": "123456" })).await;
    assert_eq!(reply.body["errorCode"], "ER-01097");

    let (first, _) = enroll(&world, &ada).await;
    let (second, _) = enroll(&world, &ada).await;
    let reply = world.browser().sign_in(ADA).await;
    let apps = &reply.body["mfaDevices"]["authenticators"];
    let ids = [&apps[0]["id"], &apps[1]["id"]].map(|id| id.as_str().expect("an id"));
    for path in ["unknown", ids[0]] {
        let wrong = browser.call(one, &[path], json!({ "token": second.next_code(&world) })).await;
        assert_eq!(wrong.status, if path == "unknown" { 404 } else { 400 });
    }
    assert_eq!(browser.call(one, &[ids[0]], json!({})).await.refused(400), "token is required");
    browser.done(one, &[ids[0]], json!({ "token": first.next_code(&world) })).await;
    assert!(is_enrolled(&world, &ada).await);
    assert_eq!(templates(&world, ADA).await.last().expect("a mail"), "RemoveMFAMethod");
    assert_eq!(browser.call(one, &[ids[0]], json!({ "token": first.next_code(&world) })).await.status, 404);

    let wrong = json!({ "token": first.code(&world) });
    assert_eq!(browser.call(disable, &[], wrong).await.refused(400), "The code is wrong or has expired");
    policy(&world, Some("acme"), json!({ "enforceMFAType": "Force" })).await;
    for (operation, path) in [(disable, &[][..]), (one, &[ids[1]][..])] {
        let reply = browser.call(operation, path, json!({ "token": second.next_code(&world) })).await;
        assert_eq!(reply.refused(403), "MFA is enforced and cannot be disabled");
    }
    policy(&world, Some("acme"), json!({ "enforceMFAType": "DontForce" })).await;
    browser.done(disable, &[], json!({ "token": second.next_code(&world) })).await;
    assert!(!is_enrolled(&world, &ada).await);
    assert_eq!(templates(&world, ADA).await.last().expect("a mail"), "MFAUnenroll");
    world.browser().sign_in(ADA).await.token();
}

#[tokio::test]
async fn wrong_codes_do_not_let_a_stolen_token_guess_for_long() {
    let (world, ada) = super::world().await;
    let (app, _) = enroll(&world, &ada).await;
    let mut browser = self_service(&world, &ada).await;
    for _ in 0..15 {
        let wrong = json!({ "token": app.wrong_code(&world) });
        assert_eq!(browser.call("disable_my_mfa", &[], wrong).await.status, 400);
    }
    let right = browser.call("disable_my_mfa", &[], json!({ "token": app.next_code(&world) })).await;
    assert_eq!(right.refused(400), "The code is wrong or has expired");
    assert!(is_enrolled(&world, &ada).await);
}

#[tokio::test]
async fn a_back_end_switches_everything_off() {
    let (world, ada) = super::world().await;
    switch(&world, "SMS", true).await;
    enroll(&world, &ada).await;
    enroll_phone(&world, &ada, "+14155550100").await;
    // Also where the person could not.
    policy(&world, None, json!({})).await;
    let mut back_end = world.back_end(Some("acme")).await.with("frontegg-user-id", &ada);
    back_end.done("disable_my_mfa", &[], json!({})).await;
    assert!(!is_enrolled(&world, &ada).await);
    assert_eq!(back_end.call("disable_my_mfa", &[], json!({})).await.refused(400), "MFA is not enrolled");
    let mut nobody = world.back_end(Some("acme")).await.with("frontegg-user-id", "nobody");
    assert_eq!(nobody.call("disable_my_mfa", &[], json!({})).await.refused(404), "User not found");

    enroll(&world, &ada).await;
    let reply = world.browser().sign_in(ADA).await;
    let id = reply.body["mfaDevices"]["authenticators"][0]["id"].as_str().expect("an id");
    back_end.done("disable_my_authenticator_mfa", &[id], json!({})).await;
    assert!(!is_enrolled(&world, &ada).await);
}

#[tokio::test]
async fn an_administrator_unenrolls_somebody() {
    let (world, ada) = super::world().await;
    let unenroll = "unenroll_user_mfa_globally";
    let mut back_end = world.back_end(None).await;
    assert_eq!(back_end.call(unenroll, &["nobody"], json!({})).await.refused(404), "User not found");
    back_end.done(unenroll, &[&ada], json!({})).await;
    assert!(templates(&world, ADA).await.is_empty(), "nothing was switched off");
    let (_, recovery_code) = enroll(&world, &ada).await;
    let mut browser = self_service(&world, &ada).await;
    back_end.done(unenroll, &[&ada], json!({ "whatever": 1 })).await;
    assert!(!is_enrolled(&world, &ada).await);
    assert_eq!(templates(&world, ADA).await.last().expect("a mail"), "MFAUnenroll");
    browser.done("get_my_profile_v2", &[], Value::Null).await;
    world.browser().sign_in(ADA).await.token();
    let recover = json!({ "email": ADA, "recoveryCode": recovery_code });
    assert_eq!(browser.call("recover_mfa", &[], recover).await.status, 400);
    let user = browser.call(unenroll, &[&ada], json!({})).await;
    assert!([401, 403].contains(&user.status), "{}", user.body);
}
