//! How often keys are fetched, and what becomes of tokens while they cannot be.

use std::time::Duration;

use axum::{Json, Router, routing::get};
use frontegg_identity::verify::{Verifier, VerifyError};
use frontegg_test_harness::clock::Clock;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::{World, proxy::Proxy};

const KEY_SET: &str = "/.well-known/jwks.json";

/// A verifier that fetches its keys through a proxy.
async fn watched(world: &World) -> (Verifier, Proxy) {
    let proxy = Proxy::before(world.emulator.url()).await;
    let verifier = world.verifier().jwks_url(format!("{}{KEY_SET}", proxy.url)).build().unwrap();
    (verifier, proxy)
}

/// The same token, said to be signed with another key.
fn under(kid: &str, token: &str) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    let (_, rest) = token.split_once('.').unwrap();
    let header = json!({ "alg": "RS256", "typ": "JWT", "kid": kid }).to_string();
    format!("{}.{rest}", URL_SAFE_NO_PAD.encode(header))
}

/// Presents tokens all at once; gives what each was answered.
async fn all_at_once(verifier: &Verifier, tokens: Vec<String>) -> Vec<Result<(), VerifyError>> {
    let mut results = tokio::task::JoinSet::new();
    for token in tokens {
        let verifier = verifier.clone();
        results.spawn(async move { verifier.verify(&token).await.map(drop) });
    }
    results.join_all().await
}

#[tokio::test]
async fn case_41_a_rotation_costs_one_fetch_and_a_flood_of_unknown_keys_another() {
    let (world, clock) = (World::start().await, Clock::stop());
    let (verifier, proxy) = watched(&world).await;
    let old = world.token().await;
    for outcome in all_at_once(&verifier, vec![old.clone(); 50]).await {
        outcome.unwrap();
    }
    assert_eq!(proxy.count(KEY_SET), 1, "one fetch for all");

    world.emulator.rotate_keys().await.unwrap();
    let new = world.token().await;
    verifier.verify(&old).await.unwrap();
    assert_eq!(proxy.count(KEY_SET), 1, "the earlier key is known");
    for outcome in all_at_once(&verifier, vec![new.clone(); 50]).await {
        outcome.unwrap();
    }
    assert_eq!(proxy.count(KEY_SET), 2, "the new one is fetched once");

    for round in 0..2 {
        let flood = (0..200).map(|number| under(&format!("made-up-{round}-{number}"), &new)).collect();
        for outcome in all_at_once(&verifier, flood).await {
            assert!(matches!(outcome, Err(VerifyError::UnknownKey { .. })), "{outcome:?}");
        }
        verifier.verify(&old).await.unwrap();
        verifier.verify(&new).await.unwrap();
        assert_eq!(proxy.count(KEY_SET), 3, "one look is enough for a while");
    }

    // A rotation during a flood is seen as soon as it is time to look again.
    world.emulator.rotate_keys().await.unwrap();
    let newest = world.token().await;
    assert!(matches!(verifier.verify(&newest).await, Err(VerifyError::UnknownKey { .. })));
    clock.advance(Duration::from_secs(10)).await;
    for token in [&newest, &new, &old] {
        verifier.verify(token).await.unwrap();
    }
    assert_eq!(proxy.count(KEY_SET), 4);
}

#[tokio::test]
async fn without_keys_no_token_is_verified_and_the_service_is_spared() {
    let (world, clock) = (World::start().await, Clock::stop());
    let (verifier, proxy) = watched(&world).await;
    let token = world.token().await;
    for (status, body) in [(503, ""), (200, "<html>"), (200, "{}")] {
        proxy.fail(KEY_SET, status, body);
        let before = proxy.count(KEY_SET);
        for outcome in all_at_once(&verifier, vec![token.clone(); 50]).await {
            let error = outcome.unwrap_err();
            assert!(matches!(error, VerifyError::Unavailable(_)) && !error.is_rejection(), "{error}");
        }
        assert_eq!(proxy.count(KEY_SET), before + 1, "{status} {body}");
        clock.advance(Duration::from_secs(1)).await;
    }
    proxy.heal();
    verifier.verify(&token).await.unwrap();
}

#[tokio::test]
async fn keys_serve_on_while_they_cannot_be_renewed() {
    let (world, clock) = (World::start().await, Clock::stop());
    let (verifier, proxy) = watched(&world).await;
    let token = world.token().await;
    verifier.verify(&token).await.unwrap();
    proxy.fail(KEY_SET, 503, "");
    clock.advance(Duration::from_secs(60 * 60)).await;
    for _ in 0..5 {
        verifier.verify(&token).await.unwrap();
    }
    assert_eq!(proxy.count(KEY_SET), 2, "stale, and tried once");
    // Of a key that is not known nothing can be said meanwhile.
    world.emulator.rotate_keys().await.unwrap();
    let new = world.token().await;
    assert!(matches!(verifier.verify(&new).await, Err(VerifyError::Unavailable(_))));
    proxy.heal();
    clock.advance(Duration::from_secs(10)).await;
    verifier.verify(&new).await.unwrap();
    verifier.verify(&token).await.unwrap();
    assert_eq!(proxy.count(KEY_SET), 3);
}

/// A service that takes the connection and says nothing.
#[tokio::test]
async fn a_fetch_of_the_keys_takes_ten_seconds_at_most() {
    let (world, clock) = (World::start().await, Clock::stop());
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}{KEY_SET}", silent.local_addr().unwrap());
    let verifier = world.verifier().jwks_url(url).build().unwrap();
    let (token, begin) = (world.token().await, Instant::now());
    let error = clock.run(verifier.verify(&token)).await.unwrap_err();
    let (limit, took) = (Duration::from_secs(10), begin.elapsed());
    assert!((limit..limit + Duration::from_secs(1)).contains(&took), "{took:?}");
    assert!(matches!(error, VerifyError::Unavailable(_)) && !error.is_rejection(), "{error}");
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("no answer from http://127.0.0.1:") && source.contains("in time"), "{source}");
}

/// A withdrawn key is not believed for longer than an hour.
#[tokio::test]
async fn a_withdrawn_key_goes() {
    let (world, clock) = (World::start().await, Clock::stop());
    let (verifier, proxy) = watched(&world).await;
    let token = world.token().await;
    verifier.verify(&token).await.unwrap();
    proxy.fail(KEY_SET, 200, r#"{"keys":[]}"#);
    verifier.verify(&token).await.unwrap();
    clock.advance(Duration::from_secs(60 * 60)).await;
    assert!(matches!(verifier.verify(&token).await, Err(VerifyError::UnknownKey { .. })));
}

/// Security case 38: only RSA keys for signatures are taken, whatever else a set holds.
#[tokio::test]
async fn keys_of_other_kinds_are_passed_over() {
    let world = World::start().await;
    let token = world.token().await;
    let set: Value = reqwest::get(format!("{}{KEY_SET}", world.emulator.url())).await.unwrap().json().await.unwrap();
    let valid = set["keys"][0].clone();
    let changed = |change: Value| {
        let mut key = valid.clone();
        key.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        key
    };
    let useless = vec![
        json!(null),
        json!({}),
        json!({ "kty": "oct", "kid": "symmetric", "k": "AAAA", "alg": "HS256" }),
        json!({ "kty": "EC", "kid": "curve", "crv": "P-256", "x": "AA", "y": "AA" }),
        changed(json!({ "kid": "for encryption", "use": "enc" })),
        changed(json!({ "kid": "for something else", "alg": "PS256" })),
        changed(json!({ "kid": "short", "n": "AQAB" })),
        changed(json!({ "kid": "no number", "n": "%%%" })),
        changed(json!({ "kid": 1 })),
    ];
    let (mut mixed, mut invalid) = (useless.clone(), useless);
    mixed.push(valid.clone());
    invalid.push(json!({ "kty": "oct", "kid": valid["kid"], "k": valid["n"], "alg": "RS256" }));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let served = |keys: Vec<Value>| get(move || async move { Json(json!({ "keys": keys })) });
    let app = Router::new().route("/mixed", served(mixed)).route("/invalid", served(invalid));
    tokio::spawn(async move { axum::serve(listener, app).await });

    let verifier = world.verifier().jwks_url(format!("{url}/mixed")).build().unwrap();
    verifier.verify(&token).await.unwrap();
    for kid in ["symmetric", "curve", "for encryption", "for something else", "short", "no number", "1", ""] {
        let outcome = verifier.verify(&under(kid, &token)).await;
        assert!(matches!(outcome, Err(VerifyError::UnknownKey { .. })), "{kid}: {outcome:?}");
    }
    let verifier = world.verifier().jwks_url(format!("{url}/invalid")).build().unwrap();
    assert!(matches!(verifier.verify(&token).await, Err(VerifyError::UnknownKey { .. })));
}
