//! Tag “MFA”: WebAuthn devices as second factors, over HTTP, with an authenticator in software.

mod misuse;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use frontegg_emulator::Emulator;
use frontegg_identity::{
    Login, Session,
    enums::{MfaStrategy, WebAuthnDeviceType},
    login::{Factor, MfaChallenge, WebAuthnFactor},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::support::{
    World,
    browser::{Browser, PASSWORD, Reply},
    claims, json as to_json,
    place::lasting,
    webauthn::{Algorithm, Device, Forgery},
};

const ADA: &str = "ada@acme.test";
/// Where the front end of a developer may be.
const PAGE: &str = "http://localhost:3000";
const KINDS: [&str; 2] = ["WebAuthnPlatform", "WebAuthnCrossPlatform"];

/// Everybody has to have a second factor; devices of these kinds may be one.
async fn with_people(world: World, kinds: &[&str]) -> World {
    world.tenant("acme").await;
    world.member("acme", ADA).await;
    let mut back_end = world.back_end(None).await;
    back_end.done("create_mfa_policy", &[], json!({ "enforceMFAType": "Force" })).await;
    for kind in kinds {
        switch(&world, kind, true).await;
    }
    world
}

async fn world() -> World {
    with_people(World::start().await, &KINDS).await
}

async fn switch(world: &World, strategy: &str, active: bool) {
    let body = json!({ "strategy": strategy, "isActive": active });
    world.back_end(None).await.done("set_mfa_strategy", &[], body).await;
}

/// A sign-in that waits for its second factor.
async fn first_factor(browser: &mut Browser, email: &str) -> (String, Reply) {
    let reply = browser.sign_in(email).await;
    assert_eq!(reply.body["mfaRequired"], true, "{}", reply.body);
    assert_eq!((reply.status, reply.cookies.len()), (200, 0), "nothing is given before the second factor");
    (text(&reply.body["mfaToken"]), reply)
}

/// The challenge for a new credential.
async fn enroll(browser: &mut Browser, mfa_token: &str) -> Value {
    browser.done("enroll_login_mfa_webauthn", &[], json!({ "mfaToken": mfa_token })).await
}

async fn register(browser: &mut Browser, mfa_token: &str, asked: &Value, credential: &Value) -> Reply {
    let body = json!({
        "mfaToken": mfa_token,
        "webauthnToken": asked["webauthnToken"],
        "deviceType": "CrossPlatform",
        "options": credential,
    });
    browser.call("verify_login_mfa_webauthn_enrollment", &[], body).await
}

/// The challenge for a device.
async fn ask(browser: &mut Browser, mfa_token: &str, device_id: &str) -> Value {
    let body = json!({ "mfaToken": mfa_token });
    browser.done("create_login_mfa_webauthn_challenge", &[device_id], body).await
}

async fn prove(browser: &mut Browser, mfa_token: &str, device_id: &str, asked: &Value, signed: &Value) -> Reply {
    let body = json!({ "mfaToken": mfa_token, "webauthnToken": asked["webauthnToken"], "options": signed });
    browser.call("verify_login_mfa_webauthn", &[device_id], body).await
}

/// Enrolls a device of that person; gives its id.
async fn owner(world: &World, email: &str, device: &mut Device) -> String {
    let mut browser = world.browser();
    let (mfa_token, _) = first_factor(&mut browser, email).await;
    let asked = enroll(&mut browser, &mfa_token).await;
    let credential = device.create(&asked["options"]);
    let reply = register(&mut browser, &mfa_token, &asked, &credential).await;
    assert_eq!(reply.status, 201, "{}", reply.body);
    let (_, reply) = first_factor(&mut world.browser(), email).await;
    text(&reply.body["mfaDevices"]["webauthn"][0]["id"])
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

/// A browser's answer as the SDK takes it.
fn typed<T: DeserializeOwned>(answer: Value) -> T {
    serde_json::from_value(answer).expect("an answer of a browser")
}

async fn login(world: &World) -> Login {
    world.frontegg.authentication().login(ADA, PASSWORD).await.expect("a first factor")
}

/// The one device that the person can choose.
fn key(login: Login) -> WebAuthnFactor {
    let Login::MfaRequired(challenge) = login else { panic!("no second factor is asked for: {login:?}") };
    only(&challenge)
}

fn only(challenge: &MfaChallenge) -> WebAuthnFactor {
    let factors = challenge.factors();
    let [Factor::WebAuthn(key)] = &factors[..] else { panic!("another choice: {factors:?}") };
    key.clone()
}

async fn token(session: &Session) -> Value {
    claims(session.access_token().await.expect("a token").expose())
}

/// Enrolls with the first sign-in, signs in again, through the SDK.
async fn enroll_and_sign_in(world: &World, kind: WebAuthnDeviceType, device: &mut Device) {
    let Login::EnrollMfa(enrollment) = login(world).await else { panic!("no enrollment is asked for") };
    assert!(enrollment.strategies().contains(&MfaStrategy::WebAuthnPlatform));
    let step = enrollment.webauthn().await.expect("a challenge");
    let credential = typed(device.create(&to_json(step.options())));
    let enrolled = step.verify(kind, credential).await.expect("an enrolled device");
    assert!(!enrolled.recovery_code.expect("a recovery code").is_empty());
    let session = enrolled.login.into_session().expect("a session");
    assert_eq!(token(&session).await["amr"], json!(["pwd", "mfa", "hwk"]));
    assert_eq!(session.user_sessions().list_my_sessions().await.expect("sessions").len(), 1);

    for _ in 0..2 {
        sign_in(world, device).await;
    }
}

async fn sign_in(world: &World, device: &mut Device) {
    let key = key(login(world).await);
    let step = key.challenge().await.expect("a challenge");
    let signed = typed(device.get(&to_json(step.options())));
    let session = step.verify(signed).await.expect("a second factor").into_session().expect("a session");
    let claims = token(&session).await;
    assert_eq!(claims["amr"], json!(["pwd", "mfa", "hwk"]));
    assert_eq!(claims["email"], ADA);
}

#[tokio::test]
async fn a_device_is_enrolled_and_signs_in_with_every_kind_of_key() {
    for (algorithm, attests, kind) in [
        (Algorithm::Es256, false, WebAuthnDeviceType::Platform),
        (Algorithm::EdDsa, true, WebAuthnDeviceType::CrossPlatform),
        (Algorithm::Rs256, true, WebAuthnDeviceType::Platform),
    ] {
        let world = world().await;
        let mut device = Device::new(PAGE).algorithm(algorithm).attesting(attests);
        enroll_and_sign_in(&world, kind, &mut device).await;
    }
}

#[tokio::test]
async fn a_device_outlives_the_process() {
    let place = lasting().await;
    let mut device = Device::new(PAGE);
    let start = || World::at(&place, Emulator::builder().api_key("a key"));
    let world = with_people(start().await, &KINDS).await;
    enroll_and_sign_in(&world, WebAuthnDeviceType::CrossPlatform, &mut device).await;
    world.emulator.stop().await;

    let world = start().await;
    sign_in(&world, &mut device).await;
}

#[tokio::test]
async fn browsers_get_the_options_that_they_take() {
    let world = world().await;
    let mut browser = world.browser();
    let (mfa_token, reply) = first_factor(&mut browser, ADA).await;
    assert_eq!((&reply.body["mfaEnrolled"], &reply.body["mfaDevices"]), (&json!(false), &Value::Null));
    let asked = enroll(&mut browser, &mfa_token).await;
    let options = &asked["options"];
    assert_eq!(options["rp"], json!({ "id": "localhost", "name": "Frontegg" }));
    let ada = reply_sub(&world).await;
    let handle = URL_SAFE_NO_PAD.encode(&ada);
    assert_eq!(options["user"], json!({ "id": handle, "name": ADA, "displayName": ADA }));
    let kinds: Vec<i64> = vec![-7, -8, -257];
    let kinds: Vec<Value> = kinds.into_iter().map(|alg| json!({ "type": "public-key", "alg": alg })).collect();
    assert_eq!(options["pubKeyCredParams"], json!(kinds));
    assert_eq!((&options["excludeCredentials"], &options["timeout"]), (&json!([]), &json!(120_000)));
    assert_eq!(
        options["authenticatorSelection"],
        json!({ "residentKey": "discouraged", "requireResidentKey": false, "userVerification": "preferred" })
    );

    let mut device = Device::new(PAGE);
    let credential = device.create(options);
    let reply = register(&mut browser, &mfa_token, &asked, &credential).await;
    assert_eq!(reply.claims()["sub"], ada);
    assert!(!text(&reply.body["recoveryCode"]).is_empty());
    assert!(browser.refresh_token().is_some());

    let (mfa_token, reply) = first_factor(&mut browser, ADA).await;
    let devices = &reply.body["mfaDevices"];
    let id = text(&devices["webauthn"][0]["id"]);
    let device = json!({ "id": id, "deviceType": "CrossPlatform", "name": "Security key" });
    assert_eq!(devices, &json!({ "webauthn": [device], "phones": [], "authenticators": [], "emails": [] }));
    let asked = ask(&mut browser, &mfa_token, &id).await;
    let options = &asked["options"];
    assert_eq!(options["allowCredentials"], json!([{ "type": "public-key", "id": credential["id"] }]));
    assert_eq!((&options["rpId"], &options["timeout"]), (&json!("localhost"), &json!(120_000)));
    assert_eq!(options["userVerification"], "preferred");
    let user = world.frontegg.management().users().get_user_globally(&ada).await.expect("Ada");
    assert!(user.mfa_enrolled);
}

/// The id of Ada, by what the management API tells.
async fn reply_sub(world: &World) -> String {
    let acme = world.frontegg.tenant("acme");
    let users = acme.user_management().list_users(frontegg_identity::params::ListUsers::new()).await;
    users.expect("users").items.remove(0).id
}

#[tokio::test]
async fn the_base_url_decides_whom_credentials_are_for() {
    let builder = Emulator::builder().base_url("https://auth.acme.test");
    let world = with_people(World::of(builder).await, &KINDS).await;
    let mut device = Device::new("https://auth.acme.test");
    let id = owner(&world, ADA, &mut device).await;
    let mut browser = world.browser();
    let (mfa_token, _) = first_factor(&mut browser, ADA).await;
    for (origin, status) in [(PAGE, 401), ("https://evil.test", 401), ("https://auth.acme.test", 201)] {
        let asked = ask(&mut browser, &mfa_token, &id).await;
        assert_eq!(asked["options"]["rpId"], "auth.acme.test");
        let signed = device.forge_signature(&asked["options"], &Forgery { origin: Some(origin), ..Forgery::default() });
        let reply = prove(&mut browser, &mfa_token, &id, &asked, &signed).await;
        assert_eq!(reply.status, status, "{origin}: {}", reply.body);
    }
}

#[tokio::test]
async fn only_active_kinds_are_enrolled_and_asked_for() {
    let world = with_people(World::start().await, &[]).await;
    let mut browser = world.browser();
    let (mfa_token, _) = first_factor(&mut browser, ADA).await;
    let body = json!({ "mfaToken": mfa_token });
    let none = browser.call("enroll_login_mfa_webauthn", &[], body.clone()).await;
    assert_eq!(none.refused(400), "MFA strategy WebAuthnPlatform or WebAuthnCrossPlatform is not active");

    switch(&world, "WebAuthnPlatform", true).await;
    let mut device = Device::new(PAGE);
    let asked = enroll(&mut browser, &mfa_token).await;
    let selection = &asked["options"]["authenticatorSelection"];
    assert_eq!(selection["authenticatorAttachment"], "platform");
    assert_eq!(selection["userVerification"], "required");
    let credential = device.create(&asked["options"]);
    let other = register(&mut browser, &mfa_token, &asked, &credential).await;
    assert_eq!(other.refused(400), "MFA strategy WebAuthnCrossPlatform is not active");

    switch(&world, "WebAuthnPlatform", false).await;
    switch(&world, "WebAuthnCrossPlatform", true).await;
    let asked = enroll(&mut browser, &mfa_token).await;
    let selection = &asked["options"]["authenticatorSelection"];
    assert_eq!(selection["authenticatorAttachment"], "cross-platform");
    assert_eq!(selection["userVerification"], "preferred");
    let credential = device.create(&asked["options"]);
    assert_eq!(register(&mut browser, &mfa_token, &asked, &credential).await.status, 201);

    // Switched off it is no choice any more, though the device is kept.
    let id = text(&first_factor(&mut browser, ADA).await.1.body["mfaDevices"]["webauthn"][0]["id"]);
    let (mfa_token, _) = first_factor(&mut browser, ADA).await;
    switch(&world, "WebAuthnCrossPlatform", false).await;
    let body = json!({ "mfaToken": mfa_token });
    let refused = browser.call("create_login_mfa_webauthn_challenge", &[&id], body.clone()).await;
    assert_eq!(refused.refused(404), "MFA device not found");
    switch(&world, "WebAuthnCrossPlatform", true).await;
    browser.done("create_login_mfa_webauthn_challenge", &[&id], body).await;
}

#[tokio::test]
async fn who_has_a_factor_cannot_add_one_on_the_strength_of_the_first_alone() {
    let world = world().await;
    // Begun before there was a factor, and after.
    let mut eve = world.browser();
    let (early, _) = first_factor(&mut eve, ADA).await;
    let asked = enroll(&mut eve, &early).await;
    owner(&world, ADA, &mut Device::new(PAGE)).await;
    let (late, _) = first_factor(&mut eve, ADA).await;
    for mfa_token in [&early, &late] {
        let refused = eve.call("enroll_login_mfa_webauthn", &[], json!({ "mfaToken": mfa_token })).await;
        assert_eq!(refused.refused(403), "User already has a second factor");
    }
    let credential = Device::new(PAGE).create(&asked["options"]);
    let refused = register(&mut eve, &early, &asked, &credential).await;
    assert_eq!(refused.refused(403), "User already has a second factor");
    assert!(eve.cookies.is_empty());
}

#[tokio::test]
async fn case_23_an_mfa_token_is_good_for_its_own_person_only() {
    let world = world().await;
    world.member("acme", "eve@acme.test").await;
    let (mut adas, mut eves) = (Device::new(PAGE), Device::new(PAGE));
    let ada = owner(&world, ADA, &mut adas).await;
    let eve = owner(&world, "eve@acme.test", &mut eves).await;
    let mut browser = world.browser();
    let (mfa_token, _) = first_factor(&mut browser, ADA).await;
    for id in [&eve[..], "unknown"] {
        let body = json!({ "mfaToken": mfa_token });
        let refused = browser.call("create_login_mfa_webauthn_challenge", &[id], body).await;
        assert_eq!(refused.refused(404), "MFA device not found");
    }
    let asked = ask(&mut browser, &mfa_token, &ada).await;
    let signed = adas.get(&asked["options"]);
    let refused = prove(&mut browser, &mfa_token, &eve, &asked, &signed).await;
    assert_eq!(refused.refused(404), "MFA device not found");
    for bad in ["unknown", "", &text(&asked["webauthnToken"])] {
        for (operation, path) in
            [("enroll_login_mfa_webauthn", &[][..]), ("create_login_mfa_webauthn_challenge", &[&ada[..]])]
        {
            let refused = browser.call(operation, path, json!({ "mfaToken": bad })).await;
            assert_eq!(refused.refused(401), "MFA token is invalid");
        }
        let refused = prove(&mut browser, bad, &ada, &asked, &signed).await;
        assert_eq!(refused.refused(401), "MFA token is invalid");
        let nothing = json!({ "id": "", "response": { "clientDataJSON": "", "attestationObject": "" } });
        let refused = register(&mut browser, bad, &asked, &nothing).await;
        assert_eq!(refused.refused(401), "MFA token is invalid");
    }
    // None of this has counted.
    assert_eq!(prove(&mut browser, &mfa_token, &ada, &asked, &signed).await.claims()["email"], ADA);
}

#[tokio::test]
async fn what_cannot_be_read_changes_nothing() {
    let world = world().await;
    let mut browser = world.browser();
    let mut device = Device::new(PAGE).attesting(true);
    let (mfa_token, _) = first_factor(&mut browser, ADA).await;
    let asked = enroll(&mut browser, &mfa_token).await;
    let credential = device.create(&asked["options"]);
    for (member, value, fault) in [
        ("attestationObject", "", "attestationObject cannot be read"),
        ("attestationObject", "AA", "attestationObject cannot be read"),
        ("attestationObject", "gYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGBgYGB", "attestationObject cannot be read"),
        ("attestationObject", "u___________", "attestationObject cannot be read"),
        ("attestationObject", "no base64url", "attestationObject is not base64url"),
        ("clientDataJSON", "AA", "clientDataJSON cannot be read"),
        ("clientDataJSON", "%", "clientDataJSON is not base64url"),
    ] {
        let mut bad = credential.clone();
        bad["response"][member] = json!(value);
        for _ in 0..6 {
            assert_eq!(register(&mut browser, &mfa_token, &asked, &bad).await.refused(400), fault);
        }
    }
    let missing = browser.call("verify_login_mfa_webauthn_enrollment", &[], json!({})).await.refused(400);
    for member in ["mfaToken", "webauthnToken", "deviceType", "options"] {
        assert!(missing.contains(&format!("{member} is required")), "{missing}");
    }
    assert_eq!(register(&mut browser, &mfa_token, &asked, &credential).await.claims()["email"], ADA);

    let (mfa_token, reply) = first_factor(&mut browser, ADA).await;
    let id = text(&reply.body["mfaDevices"]["webauthn"][0]["id"]);
    let asked = ask(&mut browser, &mfa_token, &id).await;
    let signed = device.get(&asked["options"]);
    for (member, value, fault) in [
        ("authenticatorData", "AA", "The authenticator data cannot be read"),
        ("authenticatorData", "?", "authenticatorData is not base64url"),
        ("signature", "?", "The signature is not base64url"),
        ("userHandle", "?", "userHandle is not base64url"),
        ("clientDataJSON", "bnVsbA", "clientDataJSON cannot be read"),
    ] {
        let mut bad = signed.clone();
        bad["response"][member] = json!(value);
        for _ in 0..6 {
            assert_eq!(prove(&mut browser, &mfa_token, &id, &asked, &bad).await.refused(400), fault);
        }
    }
    // Security keys that store nothing know no user.
    let mut signed = signed;
    signed["response"]["userHandle"] = Value::Null;
    assert_eq!(prove(&mut browser, &mfa_token, &id, &asked, &signed).await.claims()["email"], ADA);
}
