//! Tokens: fetched once for all callers, renewed early, replaced when they are refused.

#[allow(dead_code, reason = "shared between test programs")]
#[path = "support/service.rs"]
mod support;

use std::time::Duration;

use frontegg_emulator::Emulator;
use frontegg_identity::{Error, ErrorKind, Frontegg};
use frontegg_test_harness::clock::Clock;
use futures_util::future::join_all;
use support::{DAY, Gate, Reply, Service, ok, role, token};

/// A thousand calls at once; the token is given when all of them want it.
async fn a_thousand_calls(service: &Service, gate: &Gate) -> Vec<Result<(), Error>> {
    let roles = service.frontegg().management().roles();
    let calls = join_all((0..1_000).map(|_| roles.list_roles_v1().into_future()));
    let give = async {
        service.asked_times(1).await;
        gate.open();
    };
    let (outcomes, ()) = tokio::join!(calls, give);
    outcomes.into_iter().map(|outcome| outcome.map(drop)).collect()
}

#[tokio::test]
async fn a_thousand_callers_fetch_one_token() {
    let gate = Gate::new();
    let service = Service::start(vec![Reply::token("t-1", DAY).behind(&gate)], vec![ok()]).await;
    let outcomes = a_thousand_calls(&service, &gate).await;
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(service.counts(), (1, 1_000));
}

#[tokio::test]
async fn those_who_waited_share_the_failure() {
    let _clock = Clock::stop();
    let gate = Gate::new();
    let refusal = Reply::new(401, r#"{"errors":["bad key"]}"#).behind(&gate);
    let service = Service::start(vec![refusal], vec![ok()]).await;
    for outcome in a_thousand_calls(&service, &gate).await {
        let error = outcome.unwrap_err();
        assert_eq!((error.kind(), error.operation()), (ErrorKind::Unauthenticated, Some("authenticate_environment")));
        assert_eq!(error.messages(), ["bad key"]);
    }
    assert_eq!(service.counts(), (1, 0));
}

#[tokio::test]
async fn a_token_is_renewed_early_and_the_old_one_serves_when_that_fails() {
    let clock = Clock::stop();
    let tokens = vec![Reply::token("t-1", 2), Reply::new(503, ""), Reply::token("t-2", DAY)];
    let service = Service::start(tokens, vec![ok()]).await;
    let roles = service.frontegg().management().roles();
    let used = || service.asked().last().unwrap().header("authorization").unwrap().to_owned();
    roles.list_roles_v1().await.unwrap();
    assert_eq!((used().as_str(), service.counts().0), ("Bearer t-1", 1));
    // Past 80 % of its life, within it.
    clock.advance(Duration::from_millis(1650)).await;
    roles.list_roles_v1().await.unwrap();
    assert_eq!((used().as_str(), service.counts().0), ("Bearer t-1", 2), "the renewal failed");
    roles.list_roles_v1().await.unwrap();
    assert_eq!(service.counts().0, 2, "and is not tried at every call");
    clock.advance(Duration::from_millis(400)).await;
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

/// It is not the token that such an operation refuses: the 401 is the caller's, and the token stays.
#[tokio::test]
async fn an_operation_that_always_answers_401_costs_one_token_in_ten_seconds() {
    let clock = Clock::stop();
    let tokens = vec![Reply::token("t-1", DAY), Reply::token("t-2", DAY), Reply::token("t-3", DAY)];
    let service = Service::start(tokens, vec![Reply::new(401, r#"{"errors":["not you"]}"#)]).await;
    let roles = service.frontegg().management().roles();
    let refused = async || {
        for _ in 0..30 {
            let error = roles.list_roles_v1().await.unwrap_err();
            assert_eq!((error.operation(), error.messages()), (Some("list_roles_v1"), &["not you".to_owned()][..]));
        }
    };
    let used = || service.asked().last().unwrap().header("authorization").unwrap().to_owned();
    refused().await;
    assert_eq!((service.counts(), used().as_str()), ((2, 31), "Bearer t-2"));
    clock.advance(Duration::from_millis(9_999)).await;
    refused().await;
    assert_eq!((service.counts(), used().as_str()), ((2, 61), "Bearer t-2"));
    // All at once as well.
    clock.advance(Duration::from_millis(1)).await;
    let outcomes = join_all((0..100).map(|_| roles.list_roles_v1().into_future())).await;
    assert!(outcomes.iter().all(|outcome| outcome.as_ref().is_err_and(Error::is_unauthenticated)));
    assert_eq!((service.counts().0, used().as_str()), (3, "Bearer t-3"));
}

/// While no new token is to be had, the one that an operation has refused serves the others.
#[tokio::test]
async fn a_refused_token_is_kept_when_the_next_cannot_be_fetched() {
    let tokens = vec![Reply::token("t-1", DAY), Reply::new(500, r#"{"errors":["down"]}"#), Reply::token("t-2", DAY)];
    let refusal = || Reply::new(401, "{}");
    let service = Service::start(tokens, vec![refusal(), ok(), refusal(), ok()]).await;
    let roles = service.frontegg().management().roles();
    let error = roles.list_roles_v1().await.unwrap_err();
    assert_eq!((error.operation(), error.messages()), (Some("authenticate_environment"), &["down".to_owned()][..]));
    roles.list_roles_v1().await.unwrap();
    assert_eq!(service.asked().last().unwrap().header("authorization"), Some("Bearer t-1"));
    // What failed is no reason to wait.
    assert_eq!(roles.list_roles_v1().with_response().await.unwrap().attempts(), 2);
    assert_eq!(service.asked().last().unwrap().header("authorization"), Some("Bearer t-2"));
}

/// A proxy may drop cookies: the refresh token is in the body too.
#[tokio::test]
async fn a_session_without_a_cookie_is_refreshed_by_the_body() {
    let answer = |access: &str, refresh: &str| {
        let tokens = format!(r#""accessToken":"{access}","refreshToken":{refresh},"expiresIn":3600"#);
        Reply::new(200, format!(r#"{{"mfaRequired":false,{tokens}}}"#))
    };
    let sent = |service: &Service| service.asked().last().unwrap().header("cookie").map(str::to_owned);
    let sign_in = async |answers| {
        let service = Service::start(token(), answers).await;
        let frontegg = service.builder().credentials("a-b-c", "key").build().unwrap();
        let login = frontegg.authentication().login("ada@acme.test", "p").await.unwrap();
        (service, frontegg, login.into_session().unwrap())
    };
    let (service, frontegg, session) =
        sign_in(vec![answer("a-1", r#""r-1""#), answer("a-2", r#""r-2""#), answer("a-3", r#""r-3""#)]).await;
    session.refresh().await.unwrap();
    assert_eq!(
        sent(&service).as_deref(),
        Some("fe_refresh_ab-c=r-1"),
        "the first dash goes, as in the service's clients"
    );
    session.refresh().await.unwrap();
    assert_eq!(sent(&service).as_deref(), Some("fe_refresh_ab-c=r-2"));
    // It is saved with the session.
    let saved = serde_json::to_string(&session.save()).unwrap();
    frontegg.restore(serde_json::from_str(&saved).unwrap()).refresh().await.unwrap();
    assert_eq!(sent(&service).as_deref(), Some("fe_refresh_ab-c=r-3"));

    // The cookie is taken first, and then its name.
    let cookie = answer("a-1", r#""r-1""#).header("set-cookie", "fe_refresh_own=c-1; Path=/; HttpOnly");
    let (service, _, session) = sign_in(vec![cookie, answer("a-2", r#""r-2""#)]).await;
    session.refresh().await.unwrap();
    assert_eq!(sent(&service).as_deref(), Some("fe_refresh_own=c-1"));
    session.refresh().await.unwrap();
    assert_eq!(sent(&service).as_deref(), Some("fe_refresh_own=r-2"));

    // Once, also where the first token has expired already.
    let brief = r#"{"mfaRequired":false,"accessToken":"a-1","refreshToken":"r-1","expiresIn":0}"#;
    let (service, _, session) = sign_in(vec![Reply::new(200, brief), answer("a-2", r#""r-2""#)]).await;
    session.refresh().await.unwrap();
    assert_eq!((sent(&service).as_deref(), service.counts().1), (Some("fe_refresh_ab-c=r-1"), 2));

    // Nothing that would be more than one cookie.
    for unfit in [r#""""#, "null", r#""a; b=c""#, r#""a\r\nx: y""#, r#""a b""#] {
        let (service, _, session) = sign_in(vec![answer("a-1", unfit)]).await;
        let error = session.refresh().await.unwrap_err();
        assert!(error.is_unauthenticated() && service.counts().1 == 1, "{unfit}: {error}");
    }
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
    let clock = Clock::stop();
    let gate = Gate::new();
    let revoked = Reply::new(401, r#"{"errors":["key revoked"]}"#).behind(&gate);
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
    let revoke = async {
        // The calls that are refused one by one, and the exchange that the first of them makes.
        service.asked_times(2 + 1_000 + 1).await;
        gate.open();
    };
    tokio::join!(refused(1_000), revoke);
    // Nor does everyone who comes later ask.
    refused(1_000).await;
    for _ in 0..10 {
        refused(1).await;
    }
    let (exchanges, calls) = service.counts();
    assert_eq!(calls, 1_001, "without a token nothing is sent");
    assert_eq!(exchanges, 2);
    clock.advance(Duration::from_secs(1)).await;
    refused(100).await;
    assert_eq!(service.counts().0, 3, "the key may have been allowed again");
}

#[tokio::test]
async fn a_thousand_callers_renew_a_token_early_once_and_do_not_wait() {
    let clock = Clock::stop();
    let gate = Gate::new();
    let slow = Reply::token("t-2", DAY).behind(&gate);
    let service = Service::start(vec![Reply::token("t-1", 20), slow], vec![ok()]).await;
    let roles = service.frontegg().management().roles();
    roles.list_roles_v1().await.unwrap();
    clock.advance(Duration::from_secs(17)).await;
    let calls = join_all((0..1_000).map(|_| roles.list_roles_v1().into_future()));
    let renew = async {
        // All but the one who renews it are done with the old one.
        service.asked_times(2 + 1 + 999).await;
        gate.open();
    };
    let (outcomes, ()) = tokio::join!(calls, renew);
    assert!(outcomes.iter().all(Result::is_ok));
    assert_eq!(service.counts(), (2, 1_001));
    let used =
        |token: &str| service.asked().iter().filter(|asked| asked.header("authorization") == Some(token)).count();
    assert_eq!((used("Bearer t-1"), used("Bearer t-2")), (1_000, 1), "only the one who renews it waits");
}

/// Giving up costs nobody else a token.
#[tokio::test]
async fn a_caller_who_gives_up_leaves_the_exchange_to_the_others() {
    let clock = Clock::stop();
    let gate = Gate::new();
    let slow = Reply::token("t-1", DAY).behind(&gate);
    let service = Service::start(vec![slow, Reply::new(500, "")], vec![ok()]).await;
    let roles = service.frontegg().management().roles();
    let hurried = roles.list_roles_v1().timeout(Duration::from_millis(100));
    let hurried = async {
        let outcome = hurried.await;
        gate.open();
        outcome
    };
    let give_up = async {
        service.asked_times(1).await;
        clock.advance(Duration::from_millis(200)).await;
    };
    let (hurried, patient, ()) = tokio::join!(hurried, roles.list_roles_v1().into_future(), give_up);
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
