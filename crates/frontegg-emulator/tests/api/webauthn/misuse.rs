//! Answers of devices that are forged, replayed, late, or somebody else's.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{ADA, KINDS, PAGE, ask, enroll, first_factor, owner, prove, register, text, with_people, world};
use crate::support::{
    World,
    webauthn::{Device, Forgery},
};

/// What a forger may try, with the reason for which it is refused.
fn forgeries() -> Vec<(Forgery, &'static str)> {
    let forged = Forgery::default;
    vec![
        (Forgery { challenge: Some(URL_SAFE_NO_PAD.encode([7; 32])), ..forged() }, "The challenge is another one"),
        (Forgery { challenge: Some(String::new()), ..forged() }, "The challenge is another one"),
        (Forgery { origin: Some("https://evil.test"), ..forged() }, "The origin is not accepted"),
        (Forgery { origin: Some("http://localhost.evil.test"), ..forged() }, "The origin is not accepted"),
        (Forgery { kind: Some("payment.get"), ..forged() }, "clientDataJSON is of another ceremony"),
        (Forgery { cross_origin: true, ..forged() }, "The page was inside of one of another origin"),
        (Forgery { party: Some("evil.test"), ..forged() }, "The credential is for another relying party"),
        (Forgery { absent: true, ..forged() }, "The user was not present"),
    ]
}

#[tokio::test]
async fn case_26_forged_registrations_are_refused() {
    let world = world().await;
    let mut more = forgeries();
    let forged = Forgery::default;
    more.push((Forgery { algorithm: Some(-35), ..forged() }, "The algorithm was not offered"));
    more.push((Forgery { flipped: true, ..forged() }, "The attestation signature does not hold"));
    for (number, (forgery, fault)) in more.into_iter().enumerate() {
        let email = format!("p{number}@acme.test");
        world.member("acme", &email).await;
        let mut browser = world.browser();
        let mut device = Device::new(PAGE).attesting(true);
        let (mfa_token, _) = first_factor(&mut browser, &email).await;
        let asked = enroll(&mut browser, &mfa_token).await;
        let forged = device.forge(&asked["options"], &forgery);
        let reply = register(&mut browser, &mfa_token, &asked, &forged).await;
        assert_eq!((reply.refused(401).as_str(), reply.cookies.len()), (fault, 0));
        // The challenge has had its answer; the next one is good.
        let right = Device::new(PAGE).create(&asked["options"]);
        let reply = register(&mut browser, &mfa_token, &asked, &right).await;
        assert_eq!(reply.refused(401), "The WebAuthn challenge is unknown or has expired");
        let asked = enroll(&mut browser, &mfa_token).await;
        let right = Device::new(PAGE).create(&asked["options"]);
        assert_eq!(register(&mut browser, &mfa_token, &asked, &right).await.claims()["email"], json!(email));
    }
}

#[tokio::test]
async fn case_26_forged_signatures_are_refused() {
    let world = world().await;
    let mut device = Device::new(PAGE);
    let id = owner(&world, ADA, &mut device).await;
    let mut more = forgeries();
    let forged = Forgery::default;
    let back = "The signature counter went back: the credential may have been copied";
    more.push((Forgery { flipped: true, ..forged() }, "The signature does not hold"));
    more.push((Forgery { count: Some(0), ..forged() }, back));
    more.push((Forgery { count: Some(1), ..forged() }, back));
    more.push((Forgery { user_handle: Some("ZXZl"), ..forged() }, "The credential is somebody else's"));
    let mut browser = world.browser();
    for (forgery, fault) in more {
        let (mfa_token, _) = first_factor(&mut browser, ADA).await;
        let asked = ask(&mut browser, &mfa_token, &id).await;
        let forged = device.forge_signature(&asked["options"], &forgery);
        let reply = prove(&mut browser, &mfa_token, &id, &asked, &forged).await;
        assert_eq!((reply.refused(401).as_str(), reply.cookies.len()), (fault, 0));
        let right = device.get(&asked["options"]);
        let reply = prove(&mut browser, &mfa_token, &id, &asked, &right).await;
        assert_eq!(reply.refused(401), "The WebAuthn challenge is unknown or has expired");
        let asked = ask(&mut browser, &mfa_token, &id).await;
        let right = device.get(&asked["options"]);
        assert_eq!(prove(&mut browser, &mfa_token, &id, &asked, &right).await.claims()["email"], ADA);
        browser = world.browser();
    }
}

#[tokio::test]
async fn case_26_another_key_does_not_sign_for_this_one() {
    let world = world().await;
    world.member("acme", "eve@acme.test").await;
    let (mut adas, mut eves) = (Device::new(PAGE), Device::new(PAGE));
    let ada = owner(&world, ADA, &mut adas).await;
    owner(&world, "eve@acme.test", &mut eves).await;
    let mut browser = world.browser();
    let (mfa_token, _) = first_factor(&mut browser, ADA).await;
    for renamed in [false, true] {
        let asked = ask(&mut browser, &mfa_token, &ada).await;
        let mut options = asked["options"].clone();
        let own = options["allowCredentials"][0]["id"].clone();
        options["allowCredentials"][0]["id"] = json!(eves.ids()[0]);
        let mut signed = eves.get(&options);
        let mut fault = "The credential is another one";
        if renamed {
            signed["id"] = own;
            signed["response"]["userHandle"] = Value::Null;
            fault = "The signature does not hold";
        }
        assert_eq!(prove(&mut browser, &mfa_token, &ada, &asked, &signed).await.refused(401), fault);
    }
    // Nor does a copy of somebody's credential become that of another person.
    world.member("acme", "bob@acme.test").await;
    let (mfa_token, _) = first_factor(&mut browser, "bob@acme.test").await;
    let asked = enroll(&mut browser, &mfa_token).await;
    let taken = URL_SAFE_NO_PAD.decode(adas.ids()[0]).expect("base64url");
    let copied = Device::new(PAGE).next_id(taken).create(&asked["options"]);
    let reply = register(&mut browser, &mfa_token, &asked, &copied).await;
    assert_eq!(reply.refused(401), "The credential is registered already");
}

#[tokio::test]
async fn case_26_answers_are_good_once_and_for_their_own_sign_in() {
    let world = world().await;
    let mut device = Device::new(PAGE);
    let mut browser = world.browser();
    let (mfa_token, _) = first_factor(&mut browser, ADA).await;
    let asked = enroll(&mut browser, &mfa_token).await;
    let credential = device.create(&asked["options"]);
    assert_eq!(register(&mut browser, &mfa_token, &asked, &credential).await.status, 201);
    let replayed = register(&mut world.browser(), &mfa_token, &asked, &credential).await;
    assert_eq!(replayed.refused(401), "MFA token is invalid");
    world.member("acme", "bob@acme.test").await;
    let mut bob = world.browser();
    let (bobs, _) = first_factor(&mut bob, "bob@acme.test").await;
    enroll(&mut bob, &bobs).await;
    let replayed = register(&mut bob, &bobs, &asked, &credential).await;
    assert_eq!(replayed.refused(401), "The WebAuthn challenge is unknown or has expired");

    let (first, reply) = first_factor(&mut browser, ADA).await;
    let id = text(&reply.body["mfaDevices"]["webauthn"][0]["id"]);
    let (second, _) = first_factor(&mut browser, ADA).await;
    let (asked_first, asked_second) = (ask(&mut browser, &first, &id).await, ask(&mut browser, &second, &id).await);
    let signed = device.get(&asked_first["options"]);
    // One handle does not answer another's challenge, nor another sign-in.
    for (mfa_token, asked) in [(&second, &asked_first), (&first, &json!({ "webauthnToken": "unknown" }))] {
        let reply = prove(&mut browser, mfa_token, &id, asked, &signed).await;
        assert_eq!(reply.refused(401), "The WebAuthn challenge is unknown or has expired");
    }
    let reply = prove(&mut browser, &second, &id, &asked_second, &signed).await;
    assert_eq!(reply.refused(401), "The challenge is another one");
    assert_eq!(prove(&mut browser, &first, &id, &asked_first, &signed).await.status, 201);
    let replayed = prove(&mut world.browser(), &first, &id, &asked_first, &signed).await;
    assert_eq!(replayed.refused(401), "MFA token is invalid");
    let replayed = prove(&mut world.browser(), &second, &id, &asked_first, &signed).await;
    assert_eq!(replayed.refused(401), "The WebAuthn challenge is unknown or has expired");
}

#[tokio::test]
async fn case_26_one_signature_signs_in_once_however_many_show_it() {
    for world in World::each().await {
        let world = with_people(world, &KINDS).await;
        let mut device = Device::new(PAGE);
        let id = owner(&world, ADA, &mut device).await;
        let mut browser = world.browser();
        let (mfa_token, _) = first_factor(&mut browser, ADA).await;
        let asked = ask(&mut browser, &mfa_token, &id).await;
        let signed = device.get(&asked["options"]);
        let shown = (0..20).map(|_| {
            let (mut browser, mfa_token, id) = (world.browser(), mfa_token.clone(), id.clone());
            let (asked, signed) = (asked.clone(), signed.clone());
            tokio::spawn(async move { prove(&mut browser, &mfa_token, &id, &asked, &signed).await.status })
        });
        let mut statuses = Vec::new();
        for one in shown.collect::<Vec<_>>() {
            statuses.push(one.await.expect("an answer"));
        }
        statuses.sort_unstable();
        assert_eq!((statuses[0], &statuses[1..]), (201, &[401; 19][..]));
    }
}

#[tokio::test]
async fn case_26_challenges_are_random_replaced_and_die_by_the_clock() {
    let world = world().await;
    world.emulator.clock().freeze();
    let mut device = Device::new(PAGE);
    let id = owner(&world, ADA, &mut device).await;
    let mut browser = world.browser();
    let (mfa_token, _) = first_factor(&mut browser, ADA).await;
    let old = ask(&mut browser, &mfa_token, &id).await;
    let new = ask(&mut browser, &mfa_token, &id).await;
    for asked in [&old, &new] {
        let challenge = URL_SAFE_NO_PAD.decode(text(&asked["options"]["challenge"])).expect("base64url");
        assert!(challenge.len() >= 16, "{challenge:?}");
    }
    assert_ne!(old["options"]["challenge"], new["options"]["challenge"]);
    assert_ne!(old["webauthnToken"], new["webauthnToken"]);
    let gone = "The WebAuthn challenge is unknown or has expired";
    let signed = device.get(&old["options"]);
    assert_eq!(prove(&mut browser, &mfa_token, &id, &old, &signed).await.refused(401), gone);

    let signed = device.get(&new["options"]);
    world.emulator.clock().advance(Duration::from_mins(2));
    assert_eq!(prove(&mut browser, &mfa_token, &id, &new, &signed).await.refused(401), gone);
    let asked = ask(&mut browser, &mfa_token, &id).await;
    let signed = device.get(&asked["options"]);
    world.emulator.clock().advance(Duration::from_secs(119));
    assert_eq!(prove(&mut browser, &mfa_token, &id, &asked, &signed).await.status, 201);

    let (mfa_token, _) = first_factor(&mut browser, ADA).await;
    world.emulator.clock().advance(Duration::from_mins(4));
    let asked = ask(&mut browser, &mfa_token, &id).await;
    let signed = device.get(&asked["options"]);
    world.emulator.clock().advance(Duration::from_mins(1));
    assert_eq!(prove(&mut browser, &mfa_token, &id, &asked, &signed).await.refused(401), "MFA token is invalid");
}

#[tokio::test]
async fn case_26_built_in_devices_have_to_check_their_owner() {
    let world = with_people(World::start().await, &["WebAuthnPlatform"]).await;
    let mut device = Device::new(PAGE);
    let lazy = Forgery { unverified: true, ..Forgery::default() };
    let mut browser = world.browser();
    let (mfa_token, _) = first_factor(&mut browser, ADA).await;
    for forgery in [&lazy, &Forgery::default()] {
        let asked = enroll(&mut browser, &mfa_token).await;
        let body = json!({
            "mfaToken": mfa_token,
            "webauthnToken": asked["webauthnToken"],
            "deviceType": "Platform",
            "options": device.forge(&asked["options"], forgery),
        });
        let reply = browser.call("verify_login_mfa_webauthn_enrollment", &[], body).await;
        if forgery.unverified {
            assert_eq!(reply.refused(401), "The user was not verified");
        } else {
            assert_eq!(reply.status, 201, "{}", reply.body);
        }
    }
    let (mfa_token, reply) = first_factor(&mut browser, ADA).await;
    let row = &reply.body["mfaDevices"]["webauthn"][0];
    assert_eq!((&row["deviceType"], &row["name"]), (&json!("Platform"), &json!("Built-in authenticator")));
    let id = text(&row["id"]);
    let asked = ask(&mut browser, &mfa_token, &id).await;
    assert_eq!(asked["options"]["userVerification"], "required");
    let signed = device.forge_signature(&asked["options"], &lazy);
    assert_eq!(prove(&mut browser, &mfa_token, &id, &asked, &signed).await.refused(401), "The user was not verified");
    let asked = ask(&mut browser, &mfa_token, &id).await;
    let signed = device.get(&asked["options"]);
    assert_eq!(prove(&mut browser, &mfa_token, &id, &asked, &signed).await.status, 201);
}

#[tokio::test]
async fn case_16_wrong_answers_end_the_sign_in() {
    let world = world().await;
    let mut device = Device::new(PAGE);
    let id = owner(&world, ADA, &mut device).await;
    let mut browser = world.browser();
    let (mfa_token, _) = first_factor(&mut browser, ADA).await;
    for _ in 0..5 {
        let asked = ask(&mut browser, &mfa_token, &id).await;
        let forged = device.forge_signature(&asked["options"], &Forgery { flipped: true, ..Forgery::default() });
        assert_eq!(prove(&mut browser, &mfa_token, &id, &asked, &forged).await.status, 401);
    }
    let body = json!({ "mfaToken": mfa_token });
    let refused = browser.call("create_login_mfa_webauthn_challenge", &[&id], body).await;
    assert_eq!(refused.refused(401), "MFA token is invalid");
    // The password is needed again; it has not been locked by that.
    let (mfa_token, _) = first_factor(&mut browser, ADA).await;
    let asked = ask(&mut browser, &mfa_token, &id).await;
    let signed = device.get(&asked["options"]);
    assert_eq!(prove(&mut browser, &mfa_token, &id, &asked, &signed).await.status, 201);
}
