//! Looking machine access tokens up: how often, and what a fault means.

use std::time::Duration;

use frontegg_identity::verify::{AccessTokens, Verifier, VerifyError};
use frontegg_test_harness::clock::Clock;
use futures_util::future::join_all;

use crate::{World, client, proxy::Proxy};

const LOOK_UP: &str = "/vendor-only/tenants/access-tokens/v1/";

/// A verifier that looks tokens up through a proxy.
async fn watched(world: &World) -> (Verifier, Proxy) {
    let proxy = Proxy::before(world.emulator.url()).await;
    let access_tokens = AccessTokens::new(&client(&world.emulator, &proxy.url));
    (world.verifier().access_tokens(access_tokens).build().unwrap(), proxy)
}

#[tokio::test]
async fn an_answer_is_cached_for_ten_seconds() {
    let (world, clock) = (World::start().await, Clock::stop());
    let (verifier, proxy) = watched(&world).await;
    let role = world.role("ReadOnly").await;
    let (id, token) = world.access_token(&[&role]).await;
    for _ in 0..5 {
        let claims = verifier.verify_access_token(&token).await.unwrap();
        assert_eq!((claims.subject(), claims.roles()), (id.as_str(), &["ReadOnly".to_owned()][..]));
    }
    assert_eq!(proxy.count(LOOK_UP), 1);
    world.revoke(&id).await;
    verifier.verify_access_token(&token).await.unwrap();
    clock.advance(Duration::from_secs(10)).await;
    for _ in 0..5 {
        let outcome = verifier.verify_access_token(&token).await;
        assert!(matches!(outcome, Err(VerifyError::Revoked)), "{outcome:?}");
    }
    assert_eq!(proxy.count(LOOK_UP), 2, "a refusal is kept as well");
}

#[tokio::test]
async fn a_fault_is_no_revocation_and_is_not_kept() {
    let world = World::start().await;
    let (verifier, proxy) = watched(&world).await;
    let (_, token) = world.access_token(&[]).await;
    for (status, body) in [
        (500, ""),
        (503, "<html>"),
        (429, "{}"),
        (403, r#"{"errors":["Tenant ID is not specified"]}"#),
        (401, r#"{"errors":["Unauthorized"]}"#),
        (200, "<html>"),
        (200, r#"{"roles":"Admin"}"#),
    ] {
        proxy.fail(LOOK_UP, status, body);
        let error = verifier.verify_access_token(&token).await.unwrap_err();
        assert!(matches!(error, VerifyError::Unavailable(_)) && !error.is_rejection(), "{status} {body}: {error}");
    }
    proxy.heal();
    verifier.verify_access_token(&token).await.unwrap();

    // The service's own word, by which clients in the field go.
    let (_, token) = world.access_token(&[]).await;
    proxy.fail(LOOK_UP, 403, r#"{"errors":["Api tokens are disabled"]}"#);
    assert!(matches!(verifier.verify_access_token(&token).await, Err(VerifyError::Revoked)));
}

#[tokio::test]
async fn without_the_service_nothing_is_said_of_a_token() {
    let world = World::start().await;
    let (_, token) = world.access_token(&[]).await;
    let nobody = client(&world.emulator, "http://127.0.0.1:9");
    let verifier = world.verifier().access_tokens(AccessTokens::new(&nobody)).build().unwrap();
    let error = verifier.verify_access_token(&token).await.unwrap_err();
    assert!(matches!(error, VerifyError::Unavailable(_)), "{error}");
    let verifier = world.verifier().build().unwrap();
    let error = verifier.verify_access_token(&token).await.unwrap_err();
    assert!(!error.is_rejection(), "no look-up was configured: {error}");
}

#[tokio::test]
async fn a_thousand_at_once_cost_one_look_up() {
    let world = World::start().await;
    let (verifier, proxy) = watched(&world).await;
    let (_, token) = world.access_token(&[]).await;
    let (_, other) = world.access_token(&[]).await;
    let outcomes = join_all((0..1_000).map(|_| verifier.verify_access_token(&token))).await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(proxy.count(LOOK_UP), 1);

    // One outcome for all is a failure's too; and clones share.
    proxy.fail(LOOK_UP, 500, "");
    let clone = verifier.clone();
    let both = [&verifier, &clone];
    let outcomes = join_all((0..1_000).map(|index| both[index % 2].verify_access_token(&other))).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Err(VerifyError::Unavailable(_)))));
    assert_eq!(proxy.count(LOOK_UP), 2);
    proxy.heal();
    verifier.verify_access_token(&other).await.unwrap();
    assert_eq!(proxy.count(LOOK_UP), 3, "a failure is not kept");
}

#[tokio::test]
async fn an_answer_may_be_cached_for_ever() {
    let (world, clock) = (World::start().await, Clock::stop());
    let access_tokens = AccessTokens::new(&world.frontegg).ttl(Duration::MAX);
    let verifier = world.verifier().access_tokens(access_tokens).build().unwrap();
    let (id, token) = world.access_token(&[]).await;
    verifier.verify_access_token(&token).await.unwrap();
    world.revoke(&id).await;
    clock.advance(Duration::from_secs(60 * 60)).await;
    verifier.verify_access_token(&token).await.unwrap();
}

/// A token that does not hold is not looked up.
#[tokio::test]
async fn forged_tokens_cost_no_look_up() {
    let world = World::start().await;
    let (verifier, proxy) = watched(&world).await;
    let (_, token) = world.access_token(&[]).await;
    let (message, _) = token.rsplit_once('.').unwrap();
    let forged = format!("{message}.{}", "A".repeat(342));
    let outcome = verifier.verify_access_token(&forged).await;
    assert!(outcome.is_err_and(|error| error.is_rejection()));
    let bearer = verifier.verify_access_token(&world.token().await).await;
    assert!(matches!(bearer, Err(VerifyError::Kind { .. })));
    assert_eq!(proxy.count(LOOK_UP), 0);
}
