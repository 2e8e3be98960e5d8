//! The environment's default application: who names none means it.

use frontegg_emulator::Emulator;
use frontegg_identity::types::{CreateTenantApiTokenDto, CreateUserAccessTokenRequest};
use serde_json::{Value, json};

use crate::support::{
    World,
    browser::{Browser, PASSWORD},
    claims, place,
};

const HEADER: &str = "frontegg-application-id";

/// What a token says of whom it is for.
fn meant_for(claims: &Value) -> (&Value, &Value) {
    (&claims["applicationId"], &claims["aud"])
}

#[tokio::test]
async fn every_token_names_its_application() {
    let world = World::of(Emulator::builder().application_id("portal")).await;
    let shop = world.application("Shop").await;
    let acme = world.tenant("acme").await;
    let ada = world.member("acme", "ada@acme.test").await;
    let client_id = world.emulator.client_id();
    let (portal, client) = (json!("portal"), json!(client_id));
    assert_eq!(world.emulator.application_id(), "portal");

    // The environment is whom tokens of its default application are for, named or not.
    for browser in [world.browser(), world.browser().with(HEADER, "portal")] {
        let mut browser: Browser = browser;
        assert_eq!(meant_for(&browser.sign_in("ada@acme.test").await.claims()), (&portal, &client));
        assert_eq!(meant_for(&browser.refresh().await.claims()), (&portal, &client));
    }
    // Another application gets tokens of its own.
    let mut other = world.browser().with(HEADER, &shop);
    assert_eq!(meant_for(&other.sign_in("ada@acme.test").await.claims()), (&json!(shop), &json!(shop)));
    assert_eq!(meant_for(&claims(&world.token(&ada, "acme").await)), (&portal, &client));

    let made = acme.api_tokens().create_tenant_api_token_v2(&CreateTenantApiTokenDto::new()).await;
    let made = made.expect("an API token");
    let pair = json!({ "clientId": made.client_id, "secret": made.secret.expose() });
    let api = world.browser().done("authenticate_api_token", &[], pair).await;
    assert_eq!(meant_for(&claims(api["access_token"].as_str().expect("a token"))), (&portal, &client));
    let personal = world.session(&ada, "acme").await.personal_tokens();
    let access = personal.create_user_access_token(&CreateUserAccessTokenRequest::new()).await.expect("a token");
    assert_eq!(meant_for(&claims(access.secret.as_ref().expect("a secret").expose())), (&portal, &client));
}

/// As the vendor's login box does it: neither an application nor how the person will sign in.
#[tokio::test]
async fn a_sign_up_names_neither_application_nor_provider() {
    let world = World::start().await;
    let new = json!({ "email": "ada@acme.test", "companyName": "Acme", "password": PASSWORD });
    let signed_up = world.browser().done("sign_up_user", &[], new).await;
    let user_id = signed_up["userId"].as_str().expect("an id");
    let user = world.back_end(signed_up["tenantId"].as_str()).await.done("get_user", &[user_id], Value::Null).await;
    assert_eq!(user["provider"], "local");
}

/// The policy of the default application binds whoever names none.
#[tokio::test]
async fn its_policies_are_the_environments() {
    let world = World::of(Emulator::builder().application_id("portal")).await;
    world.tenant("acme").await;
    world.member("acme", "ada@acme.test").await;
    let force = json!({ "enforceMFAType": "Force" });
    world.back_end(None).await.with(HEADER, "portal").done("set_mfa_policy", &[], force).await;
    let policy = world.back_end(None).await.done("get_mfa_policy", &[], Value::Null).await;
    assert_eq!(policy["enforceMFAType"], "Force");
    for browser in [world.browser(), world.browser().with(HEADER, "portal")] {
        let mut browser: Browser = browser;
        assert_eq!(browser.sign_in("ada@acme.test").await.body["mfaRequired"], true);
    }
}

/// A store keeps the application that was made for it, until another is given.
#[tokio::test]
async fn a_restart_keeps_it() {
    let place = place::lasting().await;
    let start = async |application_id: Option<&str>| {
        let builder = Emulator::builder().store(place.url().parse().expect("a store"));
        let builder = application_id.into_iter().fold(builder, frontegg_emulator::EmulatorBuilder::application_id);
        let emulator = builder.start().await.expect("an emulator");
        let id = emulator.application_id().to_owned();
        emulator.stop().await;
        id
    };
    let made = start(None).await;
    assert!(!made.is_empty());
    assert_eq!(start(None).await, made);
    assert_eq!(start(Some("portal")).await, "portal");
    assert_eq!(start(None).await, "portal");
}
