//! WebAuthn devices as second factors of signed-in people, and the list of all second factors.

use serde_json::{Value, json};

use crate::support::{
    World,
    browser::{Browser, Reply},
    webauthn::{Device, Forgery},
};

const ADA: &str = "ada@acme.test";
const PAGE: &str = "http://localhost:3000";
const KINDS: [&str; 3] = ["WebAuthnPlatform", "WebAuthnCrossPlatform", "EmailCode"];

async fn world() -> (World, Browser) {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = world.member("acme", ADA).await;
    for kind in KINDS {
        switch(&world, kind, true).await;
    }
    let browser = world.browser().bearer(&world.token(&ada, "acme").await);
    (world, browser)
}

async fn switch(world: &World, kind: &str, active: bool) {
    let body = json!({ "strategy": kind, "isActive": active });
    world.back_end(None).await.done("set_mfa_strategy", &[], body).await;
}

async fn enroll(browser: &mut Browser, device: &mut Device) -> Value {
    let asked = browser.done("enroll_my_webauthn_mfa", &[], Value::Null).await;
    let body = registration(&asked, &device.create(&asked["options"]));
    browser.done("verify_my_webauthn_mfa_enrollment", &[], body).await
}

fn registration(asked: &Value, credential: &Value) -> Value {
    json!({ "webauthnToken": asked["webauthnToken"], "deviceType": "CrossPlatform", "options": credential })
}

async fn devices(browser: &mut Browser) -> Value {
    browser.done("list_my_mfa_devices", &[], Value::Null).await
}

async fn remove(browser: &mut Browser, id: &str, asked: &Value, signed: &Value) -> Reply {
    let body = json!({ "webauthnToken": asked["webauthnToken"], "options": signed });
    browser.call("disable_my_webauthn_mfa", &[id], body).await
}

#[tokio::test]
async fn a_device_is_set_up_and_asked_for() {
    let (world, mut ada) = world().await;
    let empty = json!({ "webauthn": [], "phones": [], "authenticators": [], "emails": [] });
    assert_eq!(devices(&mut ada).await["webauthn"], empty["webauthn"]);
    let mut device = Device::new(PAGE);
    let enrolled = enroll(&mut ada, &mut device).await;
    let recovery_code = enrolled["recoveryCode"].as_str().expect("a code").to_owned();
    assert!(!recovery_code.is_empty(), "it came with the first factor");
    let listed = devices(&mut ada).await;
    assert_eq!(listed["webauthn"][0]["deviceType"], "CrossPlatform");
    let id = listed["webauthn"][0]["id"].clone();

    let mut browser = world.browser();
    let reply = browser.sign_in(ADA).await;
    assert_eq!((&reply.body["mfaRequired"], &reply.body["mfaDevices"]["webauthn"][0]["id"]), (&json!(true), &id));
    let (mfa_token, id) = (reply.body["mfaToken"].clone(), id.as_str().expect("an id"));
    let asked = browser.done("create_login_mfa_webauthn_challenge", &[id], json!({ "mfaToken": mfa_token })).await;
    let options = device.get(&asked["options"]);
    let body = json!({ "mfaToken": mfa_token, "webauthnToken": asked["webauthnToken"], "options": options });
    browser.call("verify_login_mfa_webauthn", &[id], body).await.token();
    // A second one brings no further code.
    let enrolled = enroll(&mut ada, &mut Device::new(PAGE)).await;
    assert_eq!(enrolled["recoveryCode"], "");
}

#[tokio::test]
async fn the_list_has_all_kinds() {
    let (world, mut ada) = world().await;
    enroll(&mut ada, &mut Device::new(PAGE)).await;
    let listed = devices(&mut ada).await;
    assert_eq!(listed["emails"], json!([{ "email": ADA }]), "proven, and switched on");
    switch(&world, "EmailCode", false).await;
    switch(&world, "WebAuthnCrossPlatform", false).await;
    let listed = devices(&mut ada).await;
    assert_eq!(listed["emails"], json!([]));
    assert_eq!(listed["webauthn"].as_array().map(Vec::len), Some(1), "it is hers all the same");
}

#[tokio::test]
async fn a_device_is_removed_by_its_signature() {
    let (world, mut ada) = world().await;
    let (mut device, mut other) = (Device::new(PAGE), Device::new(PAGE));
    enroll(&mut ada, &mut device).await;
    let id = devices(&mut ada).await["webauthn"][0]["id"].as_str().expect("an id").to_owned();
    enroll(&mut ada, &mut other).await;
    let asking = "create_my_webauthn_mfa_disable_challenge";
    let asked = ada.done(asking, &[&id], Value::Null).await;
    let allowed = &asked["options"]["allowCredentials"];
    assert_eq!(allowed[0]["id"], device.ids()[0]);
    let forged = device.forge_signature(&asked["options"], &Forgery { flipped: true, ..Forgery::default() });
    remove(&mut ada, &id, &asked, &forged).await.refused(401);
    let signed = device.get(&asked["options"]);
    remove(&mut ada, &id, &asked, &signed).await.refused(401);
    // Another of her devices does not vouch for it.
    let asked = ada.done(asking, &[&id], Value::Null).await;
    let foreign = other.get(&json!({ "challenge": asked["options"]["challenge"], "rpId": "localhost" }));
    remove(&mut ada, &id, &asked, &foreign).await.refused(401);
    assert_eq!(devices(&mut ada).await["webauthn"].as_array().map(Vec::len), Some(2));

    let asked = ada.done(asking, &[&id], Value::Null).await;
    let signed = device.get(&asked["options"]);
    assert_eq!(remove(&mut ada, &id, &asked, &signed).await.status, 200);
    let left = devices(&mut ada).await;
    assert_eq!(left["webauthn"].as_array().map(Vec::len), Some(1));
    assert_ne!(left["webauthn"][0]["id"], id.as_str());
    for operation in [asking] {
        assert_eq!(ada.call(operation, &[&id], Value::Null).await.refused(404), "MFA device not found");
    }
    // The last one stays with whoever has to have one.
    let id = left["webauthn"][0]["id"].as_str().expect("an id").to_owned();
    let asked = ada.done(asking, &[&id], Value::Null).await;
    world.back_end(None).await.done("create_mfa_policy", &[], json!({ "enforceMFAType": "Force" })).await;
    let signed = other.get(&asked["options"]);
    assert_eq!(remove(&mut ada, &id, &asked, &signed).await.status, 403);
}

#[tokio::test]
async fn an_enrollment_is_answered_once_and_by_its_own_challenge() {
    let (world, mut ada) = world().await;
    let mut device = Device::new(PAGE);
    let old = ada.done("enroll_my_webauthn_mfa", &[], Value::Null).await;
    let new = ada.done("enroll_my_webauthn_mfa", &[], Value::Null).await;
    let confirm = "verify_my_webauthn_mfa_enrollment";
    ada.call(confirm, &[], registration(&old, &device.create(&old["options"]))).await.refused(401);
    // Nobody else can answer it.
    let bob = world.member("acme", "bob@acme.test").await;
    let mut bob = world.browser().bearer(&world.token(&bob, "acme").await);
    let body = registration(&new, &Device::new(PAGE).create(&new["options"]));
    bob.call(confirm, &[], body.clone()).await.refused(401);
    ada.done(confirm, &[], body.clone()).await;
    ada.call(confirm, &[], body).await.refused(401);
    for kind in KINDS {
        switch(&world, kind, false).await;
    }
    assert_eq!(ada.call("enroll_my_webauthn_mfa", &[], Value::Null).await.status, 400);
}
