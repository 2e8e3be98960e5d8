//! Passkeys as clients call them: set up by a signed-in person, and signed in with.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{
    World,
    browser::{Browser, Reply},
    claims,
    webauthn::{Device, Forgery},
};

const ADA: &str = "ada@acme.test";
const PAGE: &str = "http://localhost:3000";

/// Ada in her tenant, while devices of these kinds are switched on.
async fn with_ada(world: World, kinds: &[&str]) -> (World, Browser) {
    world.tenant("acme").await;
    let ada = world.member("acme", ADA).await;
    for kind in kinds {
        let body = json!({ "strategy": kind, "isActive": true });
        world.back_end(None).await.done("set_mfa_strategy", &[], body).await;
    }
    let browser = world.browser().bearer(&world.token(&ada, "acme").await);
    (world, browser)
}

async fn world() -> (World, Browser) {
    with_ada(World::start().await, &["WebAuthnPlatform", "WebAuthnCrossPlatform"]).await
}

async fn set_up(browser: &mut Browser, device: &mut Device) {
    let options = browser.done("create_my_passkey_challenge", &[], Value::Null).await;
    browser.done("verify_my_passkey", &[], device.create(&options)).await;
}

async fn list(browser: &mut Browser) -> Vec<Value> {
    let answer = browser.done("list_my_passkeys", &[], Value::Null).await;
    answer["devices"].as_array().expect("passkeys").clone()
}

async fn challenge(world: &World) -> Value {
    world.browser().done("create_passkey_login_challenge", &[], json!({ "email": ADA })).await
}

async fn sign_in(world: &World, signed: Value) -> Reply {
    world.browser().call("authenticate_with_passkey", &[], signed).await
}

#[tokio::test]
async fn a_passkey_signs_its_owner_in_alone() {
    for world in World::each().await {
        let (world, mut ada) = with_ada(world, &["WebAuthnPlatform", "WebAuthnCrossPlatform"]).await;
        let mut device = Device::new(PAGE);
        let options = ada.done("create_my_passkey_challenge", &[], Value::Null).await;
        assert_eq!(options["user"]["name"], ADA);
        assert_eq!(options["rp"]["id"], "localhost");
        let selection = json!({
            "residentKey": "required", "requireResidentKey": true, "userVerification": "required",
        });
        assert_eq!(options["authenticatorSelection"], selection);
        let mut credential = device.create(&options);
        credential["deviceType"] = json!("Platform");
        ada.done("verify_my_passkey", &[], credential).await;
        world.emulator.outbox().last_to(ADA).template("NewMFAMethod").await.expect("she is told");
        let passkeys = list(&mut ada).await;
        assert_eq!(passkeys[0]["deviceType"], "Platform");
        assert!(passkeys[0]["createdAt"].is_string());

        let asked = challenge(&world).await;
        assert_eq!(asked.get("allowCredentials"), None, "nobody learns who has one");
        assert_eq!((&asked["userVerification"], &asked["rpId"]), (&json!("required"), &json!("localhost")));
        let mut browser = world.browser();
        let reply = browser.call("authenticate_with_passkey", &[], device.get(&asked)).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        let claimed = reply.claims();
        assert_eq!((&claimed["email"], &claimed["amr"]), (&json!(ADA), &json!(["hwk", "mfa"])));
        browser.refresh().await.token();
        // With the counter that it has by now.
        sign_in(&world, device.get(&challenge(&world).await)).await.token();
    }
}

/// It checks its owner, so that no second factor is asked for; and it is none itself.
#[tokio::test]
async fn a_passkey_is_no_second_factor_and_needs_none() {
    let (world, mut ada) = world().await;
    let mut device = Device::new(PAGE);
    set_up(&mut ada, &mut device).await;
    let reply = world.browser().sign_in(ADA).await;
    assert_eq!(reply.body["mfaRequired"], false, "the password is enough as before");
    let devices = ada.done("list_my_mfa_devices", &[], Value::Null).await;
    assert_eq!(devices["webauthn"], json!([]));

    world.back_end(None).await.done("create_mfa_policy", &[], json!({ "enforceMFAType": "Force" })).await;
    let reply = world.browser().sign_in(ADA).await;
    assert_eq!((&reply.body["mfaRequired"], &reply.body["mfaEnrolled"]), (&json!(true), &json!(false)));
    let token = sign_in(&world, device.get(&challenge(&world).await)).await.token().to_owned();
    assert!(claims(&token)["acr"].is_string(), "both factors at once");
    // Whoever takes somebody's second factors away leaves their passkeys.
    let id = claims(&token)["sub"].as_str().expect("an id").to_owned();
    world.back_end(None).await.done("unenroll_user_mfa_globally", &[&id], Value::Null).await;
    assert_eq!(list(&mut ada).await.len(), 1);
}

#[tokio::test]
async fn a_removed_passkey_opens_nothing() {
    let (world, mut ada) = world().await;
    let (mut first, mut second) = (Device::new(PAGE), Device::new(PAGE));
    set_up(&mut ada, &mut first).await;
    let options = ada.done("create_my_passkey_challenge", &[], Value::Null).await;
    let excluded = options["excludeCredentials"].as_array().expect("credentials");
    assert_eq!(excluded[0]["id"], first.ids()[0]);
    ada.done("verify_my_passkey", &[], second.create(&options)).await;
    let passkeys = list(&mut ada).await;
    let [first_id, second_id] = [0, 1].map(|index| passkeys[index]["id"].as_str().expect("an id").to_owned());

    world.tenant("globex").await;
    let bob = world.member("globex", "bob@globex.test").await;
    let mut bob = world.browser().bearer(&world.token(&bob, "globex").await);
    assert_eq!(bob.call("delete_my_passkey", &[&first_id], Value::Null).await.refused(404), "Passkey not found");
    ada.done("delete_my_passkey", &[&first_id], Value::Null).await;
    assert_eq!(ada.call("delete_my_passkey", &[&first_id], Value::Null).await.status, 404);
    assert_eq!(list(&mut ada).await[0]["id"], second_id.as_str());
    let asked = challenge(&world).await;
    let refusal = sign_in(&world, first.get(&asked)).await.refused(401);
    assert_eq!(refusal, "The passkey is unknown or does not answer the challenge");
    // The answer of nobody has not spent it.
    sign_in(&world, second.get(&asked)).await.token();
}

/// Each answer is good once, for the challenge that it was given to, for its own sign-in and in time.
#[tokio::test]
async fn an_answer_is_good_once_and_in_time() {
    let (world, mut ada) = world().await;
    let mut device = Device::new(PAGE);
    set_up(&mut ada, &mut device).await;
    let signed = device.get(&challenge(&world).await);
    sign_in(&world, signed.clone()).await.token();
    sign_in(&world, signed).await.refused(401);

    let late = device.get(&challenge(&world).await);
    world.emulator.clock().advance(Duration::from_mins(3));
    sign_in(&world, late).await.refused(401);

    // What was asked for a registration is no sign-in, and the other way round.
    let options = ada.done("create_my_passkey_challenge", &[], Value::Null).await;
    let wrong = json!({ "challenge": options["challenge"], "rpId": "localhost" });
    sign_in(&world, device.get(&wrong)).await.refused(401);
    let mut other = Device::new(PAGE);
    let mut asked = options.clone();
    asked["challenge"] = challenge(&world).await["challenge"].clone();
    ada.call("verify_my_passkey", &[], other.create(&asked)).await.refused(401);
    // A second factor's challenge makes no passkey either.
    let mfa = ada.done("enroll_my_webauthn_mfa", &[], Value::Null).await;
    ada.call("verify_my_passkey", &[], other.create(&mfa["options"])).await.refused(401);
    assert_eq!(list(&mut ada).await.len(), 1);
}

#[tokio::test]
async fn forged_answers_are_refused() {
    let (world, mut ada) = world().await;
    let mut device = Device::new(PAGE);
    set_up(&mut ada, &mut device).await;
    // From then on it counts.
    sign_in(&world, device.get(&challenge(&world).await)).await.token();
    for forgery in [
        Forgery { origin: Some("https://evil.test"), ..Forgery::default() },
        Forgery { party: Some("evil.test"), ..Forgery::default() },
        Forgery { kind: Some("webauthn.create"), ..Forgery::default() },
        Forgery { cross_origin: true, ..Forgery::default() },
        Forgery { count: Some(0), ..Forgery::default() },
        Forgery { absent: true, ..Forgery::default() },
        Forgery { unverified: true, ..Forgery::default() },
        Forgery { user_handle: Some("Ym9i"), ..Forgery::default() },
        Forgery { flipped: true, ..Forgery::default() },
    ] {
        let asked = challenge(&world).await;
        sign_in(&world, device.forge_signature(&asked, &forgery)).await.refused(401);
        // Its challenge is spent by that.
        sign_in(&world, device.get(&asked)).await.refused(401);
    }
    // Whoever registers one has to have been checked by the device.
    let options = ada.done("create_my_passkey_challenge", &[], Value::Null).await;
    let unverified = Forgery { unverified: true, ..Forgery::default() };
    ada.call("verify_my_passkey", &[], Device::new(PAGE).forge(&options, &unverified)).await.refused(401);
    // What cannot be read is no answer.
    let asked = challenge(&world).await;
    let mut unreadable = device.get(&asked);
    unreadable["response"]["clientDataJSON"] = json!("bm8ganNvbg");
    assert_eq!(sign_in(&world, unreadable).await.refused(400), "clientDataJSON cannot be read");
    sign_in(&world, device.get(&asked)).await.token();
}

/// A credential that is somebody's second factor is no passkey, and one device has one owner.
#[tokio::test]
async fn a_second_factor_is_no_passkey() {
    let (world, mut ada) = world().await;
    let mut device = Device::new(PAGE);
    let asked = ada.done("enroll_my_webauthn_mfa", &[], Value::Null).await;
    let body = json!({
        "webauthnToken": asked["webauthnToken"],
        "deviceType": "CrossPlatform",
        "options": device.create(&asked["options"]),
    });
    ada.done("verify_my_webauthn_mfa_enrollment", &[], body).await;
    assert_eq!(list(&mut ada).await, Vec::<Value>::new());
    sign_in(&world, device.get(&challenge(&world).await)).await.refused(401);

    let id = device.ids()[0].to_owned();
    let id = base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, id).expect("base64");
    let options = ada.done("create_my_passkey_challenge", &[], Value::Null).await;
    let reply = ada.call("verify_my_passkey", &[], Device::new(PAGE).next_id(id).create(&options)).await;
    assert_eq!(reply.refused(401), "The credential is registered already");
}

#[tokio::test]
async fn passkeys_are_switched_on_with_their_devices() {
    let (world, mut ada) = with_ada(World::start().await, &[]).await;
    for operation in ["create_my_passkey_challenge"] {
        assert_eq!(ada.call(operation, &[], Value::Null).await.status, 400);
    }
    let mut browser = world.browser();
    assert_eq!(browser.call("create_passkey_login_challenge", &[], json!({})).await.status, 400);
    let strategies = browser.done("get_public_auth_strategies", &[], Value::Null).await;
    assert!(!is_active(&strategies, "Passkeys"));

    let mut back_end = world.back_end(None).await;
    let switch = |active| json!({ "strategy": "WebAuthnPlatform", "isActive": active });
    back_end.done("set_mfa_strategy", &[], switch(true)).await;
    let strategies = ada.done("get_auth_strategies", &[], Value::Null).await;
    assert!(is_active(&strategies, "Passkeys") && is_active(&strategies, "WebAuthnPlatform"));
    assert!(!is_active(&strategies, "WebAuthnCrossPlatform"));
    let options = ada.done("create_my_passkey_challenge", &[], Value::Null).await;
    assert_eq!(options["authenticatorSelection"]["authenticatorAttachment"], "platform");
    let mut device = Device::new(PAGE);
    let mut credential = device.create(&options);
    assert_eq!(ada.call("verify_my_passkey", &[], credential.clone()).await.status, 400, "a separate device");
    credential["deviceType"] = json!("Platform");
    ada.done("verify_my_passkey", &[], credential).await;
    let signed = device.get(&challenge(&world).await);
    back_end.done("set_mfa_strategy", &[], switch(false)).await;
    assert_eq!(sign_in(&world, signed).await.status, 400);
}

fn is_active(strategies: &Value, name: &str) -> bool {
    let settings = strategies["secondaryAuthStrategies"].as_array().expect("strategies");
    let setting = settings.iter().find(|setting| setting["strategy"] == name).expect("a strategy");
    setting["isActive"] == true
}

/// Whatever keeps people out by a password keeps them out by a passkey, and a captcha is asked for here too.
#[tokio::test]
async fn the_rules_of_a_sign_in_hold() {
    let (world, mut ada) = world().await;
    let mut device = Device::new(PAGE);
    set_up(&mut ada, &mut device).await;
    let mut back_end = world.back_end(None).await;
    let captcha = json!({
        "enabled": true, "siteKey": "site", "secretKey": "hidden", "minScore": 0.5, "ignoredEmails": [ADA],
    });
    back_end.done("create_captcha_policy", &[], captcha).await;
    let mut browser = world.browser();
    let asking = "create_passkey_login_challenge";
    assert_eq!(browser.call(asking, &[], json!({})).await.refused(400), "recaptchaToken is required");
    let asked = browser.done(asking, &[], json!({ "recaptchaToken": "any" })).await;
    sign_in(&world, device.get(&asked)).await.token();

    let id = claims(sign_in(&world, device.get(&challenge(&world).await)).await.token())["sub"].clone();
    back_end.done("lock_user", &[id.as_str().expect("an id")], Value::Null).await;
    let signed = device.get(&challenge(&world).await);
    assert_eq!(sign_in(&world, signed).await.refused(401), "User is locked");
}

/// Nobody but signed-in people has passkeys.
#[tokio::test]
async fn tokens_of_others_are_refused() {
    let (world, _) = world().await;
    let mut back_end = world.back_end(Some("acme")).await;
    for operation in ["list_my_passkeys", "create_my_passkey_challenge"] {
        assert_eq!(back_end.call(operation, &[], Value::Null).await.status, 401, "{operation}");
        assert_eq!(world.browser().call(operation, &[], Value::Null).await.status, 401, "{operation}");
    }
}
