//! Rotating the signing key, and who sees it when: security case 41.

use std::time::Duration;

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use frontegg_emulator::Emulator;
use frontegg_identity::{types::CreateTenantAccessTokenRequest, verify::Verifier};
use serde_json::{Value, json};

use crate::support::{World, header, http, place::lasting};

/// The key set as anybody sees it.
async fn key_set(world: &World) -> Vec<Value> {
    let set = world.raw_with("").call("get_json_web_key_set", &[], Value::Null).await.body;
    set["keys"].as_array().expect("keys").clone()
}

async fn kids(world: &World) -> Vec<Value> {
    key_set(world).await.into_iter().map(|key| key["kid"].clone()).collect()
}

/// The key of `configurations/v1`, as the modulus that its PEM must contain.
async fn pem(world: &World) -> Vec<u8> {
    let configuration = world.raw().await.call("get_identity_configuration", &[], Value::Null).await.body;
    let pem = configuration["publicKey"].as_str().expect("a key");
    assert!(pem.starts_with("-----BEGIN PUBLIC KEY-----\n") && !pem.contains('\r'), "{pem}");
    STANDARD.decode(pem.lines().filter(|line| !line.starts_with('-')).collect::<String>()).expect("base64")
}

/// Whether the emulator takes the token.
async fn takes(world: &World, token: &str) -> bool {
    let status = world.raw_with(token).call("list_my_sessions", &[], Value::Null).await.status.as_u16();
    assert!([200, 401].contains(&status), "{status}");
    status == 200
}

async fn rotate(world: &World) -> String {
    let answer = http().post(format!("{}/_emulator/keys/rotate", world.emulator.url())).send().await;
    let answer: Value = answer.expect("an answer").error_for_status().expect("done").json().await.expect("JSON");
    answer["kid"].as_str().expect("an id").to_owned()
}

async fn ada(world: &World) -> String {
    world.tenant("acme").await;
    world.configure(json!({ "defaultTokenExpiration": 3600 })).await;
    world.user("acme", "ada@acme.test", &[]).await
}

#[tokio::test]
async fn case_41_a_rotated_key_serves_until_its_tokens_are_over() {
    let world = World::start().await;
    let ada = ada(&world).await;
    let old = world.token(&ada, "acme").await;
    let (before, others) = (kids(&world).await, World::of(Emulator::builder()).await);
    let others_before = kids(&others).await;

    let kid = rotate(&world).await;
    let keys = key_set(&world).await;
    assert_eq!((&keys[0]["kid"], &keys[1]["kid"]), (&json!(kid), &before[0]), "the one that signs comes first");
    for key in &keys {
        let mut members: Vec<_> = key.as_object().expect("an object").keys().map(String::as_str).collect();
        members.sort_unstable();
        assert_eq!(members, ["alg", "e", "kid", "kty", "n", "use"], "nothing private");
    }
    let modulus = URL_SAFE_NO_PAD.decode(keys[0]["n"].as_str().expect("a text")).expect("base64");
    assert!(pem(&world).await.windows(modulus.len()).any(|part| part == modulus), "PEM and key set agree");
    assert_eq!(kids(&others).await, others_before, "another emulator of this process is left alone");

    let new = world.token(&ada, "acme").await;
    assert_eq!((header(&new)["kid"].clone(), header(&old)["kid"].clone()), (json!(kid), before[0].clone()));
    assert!(takes(&world, &new).await && takes(&world, &old).await);
    let clock = world.emulator.clock();
    let verifier = Verifier::builder(world.emulator.url()).audience(world.emulator.client_id());
    let verifier = verifier.clock(move || clock.now()).build().expect("a verifier");
    verifier.verify(&old).await.expect("the old one holds");
    verifier.verify(&new).await.expect("so does the new one");

    // A reset keeps the keys and ends the tokens.
    world.emulator.reset().await.expect("a reset");
    assert!(kids(&world).await.contains(&before[0]));
    assert!(!takes(&world, &new).await && !takes(&world, &old).await);
    world.emulator.clock().advance(Duration::from_hours(3));
    let left = kids(&world).await;
    assert!(left[0] == kid && !left.contains(&before[0]), "no token of the earlier key is good any more: {left:?}");
}

#[tokio::test]
async fn case_41_a_key_of_an_endless_token_stays() {
    let world = World::start().await;
    let acme = world.tenant("acme").await;
    let request = CreateTenantAccessTokenRequest::new();
    acme.api_tokens().create_tenant_access_token(&request).await.expect("an access token");
    let before = kids(&world).await;
    let kid = world.emulator.rotate_keys().await.expect("rotated");
    world.emulator.clock().advance(Duration::from_hours(24 * 365 * 20));
    assert_eq!(kids(&world).await[..2], [json!(kid), before[0].clone()]);
}

#[tokio::test]
async fn case_41_all_processes_of_a_store_see_a_rotation_at_once() {
    let place = lasting().await;
    let process = || World::at(&place, Emulator::builder().client_id("client").api_key("key"));
    let (first, second) = (process().await, process().await);
    let ada = ada(&first).await;
    let old = first.token(&ada, "acme").await;
    assert!(takes(&second, &old).await);

    let kid = rotate(&first).await;
    assert_eq!(kids(&second).await, kids(&first).await);
    assert_eq!(pem(&second).await, pem(&first).await);
    let new = first.token(&ada, "acme").await;
    assert!(takes(&second, &new).await, "though it knew the earlier key only");
    assert!(takes(&second, &old).await);
    // Another rotation while the other process still signs with what it knows.
    let again = rotate(&first).await;
    let late = second.token(&ada, "acme").await;
    assert!(takes(&first, &late).await && takes(&second, &late).await);

    first.emulator.stop().await;
    second.emulator.stop().await;
    let restarted = process().await;
    assert_eq!(kids(&restarted).await[0], json!(again));
    assert!(kids(&restarted).await.contains(&json!(kid)));
    for token in [&old, &new, &late] {
        assert!(takes(&restarted, token).await, "good until it is over");
    }
}
