//! What a client does to spare the service: repeats within a budget, rate limits obeyed before they
//! are met, a limit of its own; and what a failure tells of its attempts.

#[allow(dead_code, reason = "shared between test programs")]
#[path = "support/service.rs"]
mod support;

use std::time::Duration;

use frontegg_identity::{ErrorKind, RateLimit, Retry, RetryBudget, types::AddRoleRequest};
use frontegg_test_harness::clock::Clock;
use futures_util::future::join_all;
use support::{Reply, Service, ok, token};
use tokio::time::Instant;

#[tokio::test]
async fn an_outage_is_not_multiplied() {
    let service = Service::start(token(), vec![Reply::new(503, "{}")]).await;
    let budget = RetryBudget::default().burst(10).per_call(0.05);
    let roles = service.builder().retry_budget(budget).build().unwrap().management().roles();
    let outcomes = join_all((0..100).map(|_| roles.list_roles_v1().into_future())).await;
    assert!(outcomes.iter().all(|outcome| outcome.as_ref().is_err_and(|error| error.status() == Some(503))));
    let sent = service.counts().1;
    assert!((110..=115).contains(&sent), "{sent} instead of 400");
    // What was saved up is not for one scope alone.
    let other = service.frontegg().tenant("acme").roles();
    assert_eq!(other.list_roles_v1().await.unwrap_err().attempts(), 4, "another client has a budget of its own");
}

#[tokio::test]
async fn calls_that_succeed_earn_repeats() {
    let mut answers = vec![Reply::new(503, "{}"); 2];
    answers.extend(vec![ok(); 4]);
    answers.push(Reply::new(503, "{}"));
    answers.push(ok());
    let service = Service::start(token(), answers).await;
    let budget = RetryBudget::default().burst(1).per_call(0.25);
    let roles = service.builder().retry_budget(budget).build().unwrap().management().roles();
    assert_eq!(roles.list_roles_v1().await.unwrap_err().attempts(), 2, "the budget is used up");
    for _ in 0..4 {
        roles.list_roles_v1().await.unwrap();
    }
    assert_eq!(roles.list_roles_v1().with_response().await.unwrap().attempts(), 2);
}

#[tokio::test]
async fn the_last_call_of_a_window_lets_the_next_one_wait() {
    let clock = Clock::stop();
    let last = ok().header("x-rate-limit-remaining", "0").header("x-rate-limit-reset", "1");
    let service = Service::start(token(), vec![last, ok()]).await;
    let frontegg = service.frontegg();
    let roles = frontegg.management().roles();
    roles.list_roles_v1().await.unwrap();
    // Another operation has its own window: the clock stands still, and it is answered.
    let before = Instant::now();
    frontegg.tenant("acme").permissions().list_permissions().await.unwrap();
    // Any scope of the client knows.
    let acme = frontegg.tenant("acme").roles();
    let response = clock.run(acme.list_roles_v1().with_response()).await.unwrap();
    assert!(before.elapsed() >= Duration::from_millis(900), "{:?}", before.elapsed());
    assert_eq!((response.attempts(), service.counts().1), (1, 3));
}

#[tokio::test]
async fn a_call_that_would_be_refused_is_not_sent() {
    let _clock = Clock::stop();
    let reset = (chrono::Utc::now() + chrono::TimeDelta::seconds(400)).to_rfc3339();
    let service = Service::start(token(), vec![Reply::new(429, "{}").header("x-rate-limit-reset", reset), ok()]).await;
    let frontegg = service.builder().timeout(Duration::from_secs(5)).build().unwrap();
    let roles = frontegg.management().roles();
    assert_eq!(roles.list_roles_v1().await.unwrap_err().attempts(), 1);
    let error = roles.list_roles_v1().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), service.counts().1), (ErrorKind::RateLimited, 0, 1));
    assert_eq!(error.retry_after(), Some(Duration::from_secs(60)), "no longer than the service may ask to wait");
    assert!(error.to_string().contains("nothing was sent"), "{error}");
}

/// As Okta, GitHub and Discord tell it: in seconds since 1970.
#[tokio::test]
async fn a_reset_may_be_a_moment() {
    let clock = Clock::stop();
    let date = "Wed, 21 Oct 2015 07:28:00 GMT";
    let limited = Reply::new(429, "{}").header("date", date).header("x-rate-limit-reset", "1445412482");
    let service = Service::start(token(), vec![limited, ok()]).await;
    let roles = service.frontegg().management().roles();
    let before = Instant::now();
    let response = clock.run(roles.list_roles_v1().with_response()).await.unwrap();
    assert_eq!(response.attempts(), 2);
    let waited = before.elapsed();
    assert!((Duration::from_secs(2)..Duration::from_secs(3)).contains(&waited), "{waited:?}");
}

/// Whatever an answer says, its word is not believed for longer than the service may ask to wait.
#[tokio::test]
async fn what_is_remembered_of_a_limit_ends() {
    let _clock = Clock::stop();
    let second = Duration::from_secs(1);
    let last = || ok().header("x-rate-limit-remaining", "0");
    let date = ("date", "Wed, 21 Oct 2015 07:28:00 GMT");
    for (case, answer) in [
        (
            "a moment in 57 years",
            Reply::new(429, "{}").header(date.0, date.1).header("x-rate-limit-reset", "3244176000"),
        ),
        ("a day", Reply::new(429, "{}").header("retry-after", "86400")),
        ("a date", Reply::new(429, "{}").header(date.0, date.1).header("retry-after", "Thu, 22 Oct 2015 07:28:00 GMT")),
        ("a success, and a moment", last().header(date.0, date.1).header("x-rate-limit-reset", "3244176000")),
        ("a success, and a day", last().header("retry-after", "86400")),
        ("a success, and more than any clock holds", last().header("x-rate-limit-reset", u64::MAX.to_string())),
    ] {
        for longest in [60 * second, 10 * second] {
            let service = Service::start(token(), vec![answer.clone(), ok()]).await;
            let retry = Retry::default().max_server_delay(longest);
            let frontegg = service.builder().retry(retry).timeout(5 * second).build().unwrap();
            let roles = frontegg.management().roles();
            let _ = roles.list_roles_v1().await;
            let error = roles.list_roles_v1().await.unwrap_err();
            assert_eq!((error.kind(), error.attempts(), service.counts().1), (ErrorKind::RateLimited, 0, 1), "{case}");
            assert_eq!(error.retry_after(), Some(longest), "{case}");
            tokio::time::advance(longest).await;
            roles.list_roles_v1().await.unwrap();
            assert_eq!(service.counts().1, 2, "{case}");
        }
    }
}

#[tokio::test]
async fn a_client_may_limit_itself() {
    let clock = Clock::stop();
    let service = Service::start(token(), vec![ok()]).await;
    let limit = RateLimit::per_minute(20).burst(2);
    let roles = service.builder().rate_limit(limit).build().unwrap().management().roles();
    let before = Instant::now();
    // The token is one of them.
    let outcomes = clock.run(join_all((0..7).map(|_| roles.list_roles_v1().into_future()))).await;
    assert!(outcomes.iter().all(Result::is_ok));
    let turn = Duration::from_secs(3);
    assert!((6 * turn..7 * turn).contains(&before.elapsed()), "{:?}", before.elapsed());
    // Six more turns come in time.
    let limit = 6 * turn + turn / 2;
    let hurried = clock.run(join_all((0..20).map(|_| roles.list_roles_v1().timeout(limit).into_future()))).await;
    let (sent, refused): (Vec<_>, Vec<_>) = hurried.into_iter().partition(Result::is_ok);
    assert_eq!((sent.len(), refused.len()), (6, 14));
    assert!(refused.iter().all(|outcome| outcome.as_ref().unwrap_err().is_rate_limited()));
}

#[tokio::test]
async fn a_repeat_whose_turn_comes_too_late_is_not_sent() {
    let _clock = Clock::stop();
    let busy = Reply::new(503, r#"{"errors":["busy"]}"#);
    let service = Service::start(token(), vec![busy, ok()]).await;
    // The token and the call; the next turn comes in ten seconds.
    let limit = RateLimit::per_minute(6).burst(2);
    let frontegg = service.builder().rate_limit(limit).timeout(Duration::from_secs(2)).build().unwrap();
    // With a clock that stands still this would be the last line if it waited.
    let error = frontegg.management().roles().list_roles_v1().await.unwrap_err();
    assert_eq!((error.status(), error.attempts(), service.counts().1), (Some(503), 1, 1), "the failure already had");

    // Nor is the one with a new token.
    let service = Service::start(token(), vec![Reply::new(401, r#"{"errors":["who?"]}"#), ok()]).await;
    let limit = RateLimit::per_minute(6).burst(3);
    let frontegg = service.builder().rate_limit(limit).timeout(Duration::from_secs(2)).build().unwrap();
    let error = frontegg.management().roles().list_roles_v1().await.unwrap_err();
    assert_eq!((error.messages(), service.counts()), (&["who?".to_owned()][..], (2, 1)));
}

/// Settings without end and answers beyond reason end in a failure, not in a panic or a wait.
#[tokio::test]
async fn a_wait_beyond_reason_is_not_made() {
    for name in ["retry-after", "x-rate-limit-reset"] {
        let limited = Reply::new(429, "{}").header(name, u64::MAX.to_string());
        let service = Service::start(token(), vec![limited, ok()]).await;
        let retry = Retry::default().base_delay(Duration::MAX).max_delay(Duration::MAX).max_server_delay(Duration::MAX);
        let frontegg = service.builder().retry(retry).timeout(Duration::MAX).build().unwrap();
        let error = frontegg.management().roles().list_roles_v1().await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::RateLimited, 1), "{name}");
        assert!(format!("{error} {error:?}").contains("429"));
    }
}

#[tokio::test]
async fn a_failure_tells_of_its_attempts() {
    let answers =
        vec![Reply::new(503, "{}"), ok().cut(0), Reply::new(502, "{}"), Reply::new(400, r#"{"errors":["no"]}"#)];
    let service = Service::start(token(), answers).await;
    let error = service.frontegg().management().roles().list_roles_v1().await.unwrap_err();
    let history: Vec<_> = error.history().iter().map(|attempt| (attempt.kind, attempt.status)).collect();
    let api = |status| (ErrorKind::Api, Some(status));
    assert_eq!(history, [api(503), (ErrorKind::Transport, None), api(502), api(400)]);
    assert_eq!(error.attempts(), 4);
    let mute = service.frontegg().management().roles();
    let error = mute.create_roles_v1(&[AddRoleRequest::new("k", "n", 0)]).retry(Retry::none()).await.unwrap_err();
    assert_eq!(error.history().len(), 1);
}
