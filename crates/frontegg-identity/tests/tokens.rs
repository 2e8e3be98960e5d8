//! Tokens: fetched once for all callers, renewed early, replaced when they are refused.

#[allow(dead_code, reason = "shared between test programs")]
#[path = "support/service.rs"]
mod support;

use std::time::Duration;

use frontegg_emulator::Emulator;
use frontegg_identity::{ErrorKind, Frontegg};
use futures_util::future::join_all;
use support::{DAY, Reply, Service, ok, role, token};
use tokio::time::Instant;

/// Turns the clock on.
async fn later(duration: Duration) {
    tokio::time::pause();
    tokio::time::advance(duration).await;
    tokio::time::resume();
}

#[tokio::test]
async fn a_thousand_callers_fetch_one_token() {
    let service = Service::start(vec![Reply::token("t-1", DAY).delay(Duration::from_millis(50))], vec![ok()]).await;
    let frontegg = service.frontegg();
    let calls: Vec<_> =
        (0..1_000).map(|_| tokio::spawn(frontegg.management().roles().list_roles_v1().into_future())).collect();
    for call in calls {
        call.await.unwrap().unwrap();
    }
    assert_eq!(service.counts(), (1, 1_000));
}

#[tokio::test]
async fn those_who_waited_share_the_failure() {
    let refusal = Reply::new(401, r#"{"errors":["bad key"]}"#).delay(Duration::from_millis(50));
    let service = Service::start(vec![refusal], vec![ok()]).await;
    let frontegg = service.frontegg();
    let calls: Vec<_> =
        (0..1_000).map(|_| tokio::spawn(frontegg.management().roles().list_roles_v1().into_future())).collect();
    for call in calls {
        let error = call.await.unwrap().unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Unauthenticated, Some("authenticate_environment")));
        assert_eq!(error.messages(), ["bad key"]);
    }
    assert_eq!(service.counts(), (1, 0));
}

#[tokio::test]
async fn a_token_is_renewed_early_and_the_old_one_serves_when_that_fails() {
    let tokens = vec![Reply::token("t-1", 2), Reply::new(503, ""), Reply::token("t-2", DAY)];
    let service = Service::start(tokens, vec![ok()]).await;
    let roles = service.frontegg().management().roles();
    let used = || service.asked().last().unwrap().header("authorization").unwrap().to_owned();
    roles.list_roles_v1().await.unwrap();
    assert_eq!((used().as_str(), service.counts().0), ("Bearer t-1", 1));
    // Past 80 % of its life, within it.
    later(Duration::from_millis(1650)).await;
    roles.list_roles_v1().await.unwrap();
    assert_eq!((used().as_str(), service.counts().0), ("Bearer t-1", 2), "the renewal failed");
    roles.list_roles_v1().await.unwrap();
    assert_eq!(service.counts().0, 2, "and is not tried at every call");
    later(Duration::from_millis(400)).await;
    roles.list_roles_v1().await.unwrap();
    assert_eq!((used().as_str(), service.counts().0), ("Bearer t-2", 3));
}

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let service =
        Service::start(vec![Reply::token("t-1", DAY), Reply::token("t-2", DAY)], vec![Reply::new(401, "{}"), ok()])
            .await;
    let roles = service.frontegg().management().roles();
    // A POST too: what was refused was not done.
    let response = roles.create_roles_v1(&[role()]).with_response().await.unwrap();
    assert_eq!((response.attempts(), service.counts()), (2, (2, 2)));
    assert_eq!(service.asked().last().unwrap().header("authorization"), Some("Bearer t-2"));

    let service = Service::start(token(), vec![Reply::new(401, r#"{"errors":["no"]}"#)]).await;
    let error = service.frontegg().management().roles().list_roles_v1().await.unwrap_err();
    assert!(error.is_unauthenticated());
    assert_eq!((error.operation(), error.attempts(), service.counts()), (Some("list_roles_v1"), 2, (2, 2)));
}

#[tokio::test]
async fn when_no_new_token_is_to_be_had_the_error_says_so() {
    let tokens = vec![Reply::token("t-1", DAY), Reply::new(401, r#"{"errors":["key revoked"]}"#)];
    let service = Service::start(tokens, vec![Reply::new(401, "{}")]).await;
    let error = service.frontegg().management().roles().list_roles_v1().await.unwrap_err();
    assert_eq!(
        (error.operation(), error.messages()),
        (Some("authenticate_environment"), &["key revoked".to_owned()][..])
    );
}

#[tokio::test]
async fn a_users_401_is_theirs() {
    let service = Service::start(token(), vec![Reply::new(401, "{}")]).await;
    let error = service.frontegg().session("own").roles().list_roles_v1().await.unwrap_err();
    assert!(error.is_unauthenticated());
    assert_eq!((error.attempts(), service.counts()), (1, (0, 1)));
}

/// However many call with it, a key that was revoked is tried once in a while.
#[tokio::test]
async fn a_revoked_key_is_told_to_all_and_makes_no_storm() {
    let revoked = Reply::new(401, r#"{"errors":["key revoked"]}"#).delay(Duration::from_millis(20));
    let service = Service::start(vec![Reply::token("t-1", DAY), revoked], vec![ok(), Reply::new(401, "{}")]).await;
    let roles = service.frontegg().management().roles();
    let refused = async |number: usize| {
        let outcomes = join_all((0..number).map(|_| roles.list_roles_v1().into_future())).await;
        for outcome in outcomes {
            let error = outcome.unwrap_err();
            assert!(error.is_unauthenticated() && !error.is_retryable(), "{error}");
            assert_eq!(error.to_string(), "authenticate_environment: 401 Unauthorized: key revoked");
        }
    };
    roles.list_roles_v1().await.unwrap();
    let begun = Instant::now();
    refused(1_000).await;
    // Nor does everyone who comes later ask.
    refused(1_000).await;
    for _ in 0..10 {
        refused(1).await;
    }
    let (exchanges, calls) = service.counts();
    assert_eq!(calls, 1_001, "without a token nothing is sent");
    let seconds = usize::try_from(begun.elapsed().as_secs()).unwrap();
    assert!((2..=2 + seconds).contains(&exchanges), "{exchanges} exchanges in {seconds} s");
    later(Duration::from_secs(1)).await;
    refused(100).await;
    assert!(service.counts().0 > exchanges, "the key may have been allowed again");
}

#[tokio::test]
async fn a_thousand_callers_renew_a_token_early_once_and_do_not_wait() {
    let slow = Reply::token("t-2", DAY).delay(Duration::from_millis(300));
    let service = Service::start(vec![Reply::token("t-1", 20), slow], vec![ok()]).await;
    let roles = service.frontegg().management().roles();
    roles.list_roles_v1().await.unwrap();
    later(Duration::from_secs(17)).await;
    let outcomes = join_all((0..1_000).map(|_| roles.list_roles_v1().into_future())).await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(service.counts(), (2, 1_001));
    let used =
        |token: &str| service.asked().iter().filter(|asked| asked.header("authorization") == Some(token)).count();
    assert!(used("Bearer t-1") >= 1_000, "only the one who renews it waits");
    roles.list_roles_v1().await.unwrap();
    assert!(used("Bearer t-2") >= 1);
}

/// Giving up costs nobody else a token.
#[tokio::test]
async fn a_caller_who_gives_up_leaves_the_exchange_to_the_others() {
    let slow = Reply::token("t-1", DAY).delay(Duration::from_millis(300));
    let service = Service::start(vec![slow, Reply::new(500, "")], vec![ok()]).await;
    let roles = service.frontegg().management().roles();
    let hurried = roles.list_roles_v1().timeout(Duration::from_millis(100));
    let (hurried, patient) = tokio::join!(hurried.into_future(), roles.list_roles_v1().into_future());
    assert!(hurried.unwrap_err().is_timeout());
    patient.unwrap();
    assert_eq!(service.counts(), (1, 1));
}

#[tokio::test]
async fn a_thousand_refused_calls_renew_the_token_once() {
    let emulator = Emulator::builder().recorded_requests(5_000).start().await.unwrap();
    let builder = Frontegg::builder().base_url(emulator.url());
    let frontegg = builder.credentials(emulator.client_id(), emulator.api_key()).build().unwrap();
    let roles = frontegg.management().roles();
    roles.list_roles_v1().await.unwrap();
    // The service's clock alone: to the client the token is a fresh one.
    emulator.clock().advance(Duration::from_secs(2 * 24 * 60 * 60));
    let outcomes = join_all((0..1_000).map(|_| roles.list_roles_v1().with_response())).await;
    for outcome in outcomes {
        assert_eq!(outcome.unwrap().attempts(), 2, "one renewal, one repeat");
    }
    let asked = |operation: &str| emulator.requests().on(operation).count();
    assert_eq!((asked("authenticate_environment"), asked("list_roles_v1")), (2, 2_001));
}
