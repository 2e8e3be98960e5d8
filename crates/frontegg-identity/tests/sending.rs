//! Scope headers, attempts and time limits, against a service that misbehaves on demand.

#[allow(dead_code, reason = "shared between test programs")]
#[path = "support/service.rs"]
mod support;

use std::{error::Error as _, fmt::Debug, time::Duration};

use frontegg_identity::{
    ConfigError, Error, ErrorKind, Frontegg, Retry, RetryBudget,
    model::{Method, OPERATIONS, Token, operation},
    params, types,
};
use frontegg_samples::client::{CALLS, Call};
use frontegg_test_harness::clock::Clock;
use support::{DAY, Gate, Reply, Service, ok, role, token};
use tokio::time::Instant;

#[tokio::test]
async fn a_call_carries_token_scope_and_agent() {
    let service = Service::start(token(), vec![ok()]).await;
    let frontegg = service.builder().user_agent_suffix("acme/1").application_id("app").build().unwrap();
    frontegg.tenant("acme").user("ada").roles().list_roles_v1().await.unwrap();
    let asked = service.asked();
    assert_eq!((asked[0].method.as_str(), asked[0].path.as_str()), ("POST", "/auth/vendor"));
    assert_eq!(asked[0].body, r#"{"clientId":"id","secret":"the-api-key"}"#);
    assert_eq!(asked[0].header("authorization"), None);
    assert_eq!(asked[0].header("frontegg-application-id"), None);
    let call = &asked[1];
    assert_eq!(call.path, "/identity/resources/roles/v1");
    assert_eq!(call.header("authorization"), Some("Bearer t-1"));
    assert_eq!(call.header("frontegg-tenant-id"), Some("acme"));
    assert_eq!(call.header("frontegg-user-id"), None, "the operation has no user");
    assert_eq!(call.header("frontegg-application-id"), Some("app"));
    assert_eq!(call.header("api-version"), None);
    let agent = call.header("user-agent").unwrap();
    assert!(agent.starts_with("frontegg-identity-rust/") && agent.ends_with(" acme/1"), "{agent}");
}

#[tokio::test]
async fn a_session_sends_its_own_token_and_no_scope() {
    let service = Service::start(token(), vec![ok()]).await;
    service.frontegg().session("own").application("app").roles().list_roles_v1().await.unwrap();
    assert_eq!(service.counts(), (0, 1));
    let call = &service.asked()[0];
    assert_eq!(call.header("authorization"), Some("Bearer own"));
    assert_eq!(call.header("frontegg-tenant-id"), None);
    assert_eq!(call.header("frontegg-application-id"), Some("app"));
}

#[tokio::test]
async fn headers_of_the_program_are_sent() {
    let service = Service::start(token(), vec![ok()]).await;
    let builder = service.builder().default_header("X-Gateway-Key", "k-1").default_header("x-source", "all");
    let frontegg = builder.build().unwrap();
    let roles = frontegg.tenant("acme").roles();
    roles.list_roles_v1().header("traceparent", "00-1-2-01").header("X-Source", "this").await.unwrap();
    roles.list_roles_v1().await.unwrap();
    let users = frontegg.tenant("acme").user_management();
    // The answer is no page.
    users.list_users(params::ListUsers::new()).header("x-page", "any").pages().next().await.unwrap().unwrap_err();
    let asked = service.asked();
    let sent = |name| asked.iter().map(|asked| asked.header(name)).collect::<Vec<_>>();
    assert_eq!(sent("x-gateway-key"), [Some("k-1"); 4], "the request for the token is the first");
    assert_eq!(sent("x-source"), [Some("all"), Some("this"), Some("all"), Some("all")]);
    assert_eq!(sent("traceparent"), [None, Some("00-1-2-01"), None, None]);
    assert_eq!(sent("x-page"), [None, None, None, Some("any")]);
}

#[tokio::test]
async fn headers_of_the_client_are_not_the_programs() {
    let service = Service::start(token(), vec![ok()]).await;
    let roles = service.frontegg().tenant("acme").roles();
    for (name, value, told) in [
        ("authorization", "hunter2", "`authorization` is set by the client"),
        ("Frontegg-Tenant-Id", "hunter2", "`frontegg-tenant-id` is set by the client"),
        ("x y", "hunter2", "a header's name"),
        ("x-y", "hunter2\n", "the value of `x-y`"),
    ] {
        let call = roles.list_roles_v1().header(name, value);
        assert!(!format!("{call:?}").contains("hunter2"), "{call:?}");
        let error = call.await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidRequest, 0));
        assert!(error.to_string().contains(told) && !format!("{error:?}").contains("hunter2"), "{error:?}");
        let refused = service.builder().default_header(name, value).build().unwrap_err();
        assert!(matches!(&refused, ConfigError::CustomHeader(text) if text.contains(told)), "{refused}");
    }
    assert_eq!(service.counts(), (0, 0));
}

#[tokio::test]
async fn a_missing_scope_is_found_before_anything_is_sent() {
    let service = Service::start(token(), vec![ok()]).await;
    let frontegg = service.frontegg();
    let body = types::AssignUserToRolesDto::new(["r"]);
    let error = frontegg.environment().user_management().assign_roles_to_user("u", &body).await.unwrap_err();
    assert_eq!((error.kind(), error.operation()), (ErrorKind::MissingScope, Some("assign_roles_to_user")));
    assert!(error.to_string().contains("needs a tenant"), "{error}");
    assert_eq!(service.counts(), (0, 0));
}

/// Ids that a header would change on its way are another tenant's when they arrive.
#[tokio::test]
async fn an_id_that_no_header_carries_unchanged_is_refused() {
    let service = Service::start(token(), vec![ok()]).await;
    let frontegg = service.frontegg();
    let unfit = [
        "",
        " ",
        " acme",
        "acme ",
        "\tacme",
        "acme\n",
        "a\r\nx: y",
        "a\tb",
        "a\0b",
        "a\u{7f}",
        "a\u{85}b",
        "\u{a0}acme",
        "acme\u{3000}",
        "\u{feff}acme",
    ];
    for id in unfit {
        let roles = |outcome: Result<Vec<types::RoleResponse>, Error>| outcome.map(drop);
        let sessions = |outcome: Result<Vec<types::GetActiveSessionsResponse>, Error>| outcome.map(drop);
        for (what, outcome) in [
            ("tenant", roles(frontegg.tenant(id).roles().list_roles_v1().await)),
            ("user", sessions(frontegg.tenant("acme").user(id).user_sessions().list_my_sessions().await)),
            ("application", roles(frontegg.tenant("acme").application(id).roles().list_roles_v1().await)),
            // Also where the operation does not read it.
            ("user", roles(frontegg.tenant("acme").user(id).roles().list_roles_v1().await)),
        ] {
            let error = outcome.unwrap_err();
            assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidRequest, 0), "{what} {id:?}");
            assert!(error.to_string().contains(&format!("the {what} id unchanged")), "{error}");
            assert!(error.to_string().ends_with("nothing was sent"), "{error}");
        }
    }
    // An operation's own argument.
    let request = types::SignUpUserEmailDto::new("ada@acme.test", "Ada");
    let params = params::SignUpUser::new().frontegg_application_id(" app");
    let error = frontegg.anonymous().general().sign_up_user(&request, params).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidRequest, 0));
    assert_eq!(service.counts(), (0, 0));
}

#[tokio::test]
async fn other_ids_are_sent_in_utf_8() {
    let service = Service::start(token(), vec![ok()]).await;
    for id in ["müller", "アクメ", "a b", "a,b;c=\"d\"", ".", "..", "e\u{301}", "🌱"] {
        service.frontegg().tenant(id).application(id).roles().list_roles_v1().await.unwrap();
        let asked = service.asked();
        let call = asked.last().unwrap();
        assert_eq!((call.header("frontegg-tenant-id"), call.header("frontegg-application-id")), (Some(id), Some(id)));
    }
}

/// A key read from a file ends with the file's last line, and may begin with a byte order mark.
#[tokio::test]
async fn credentials_are_sent_without_what_files_add() {
    let machine = r#"{"access_token":"m-1","refresh_token":"r","expires_in":3600,"expires":"x"}"#;
    let service = Service::start(token(), vec![Reply::new(200, machine), ok()]).await;
    let frontegg = service.builder().credentials(" id\n", "\u{feff}the-api-key\r\n").build().unwrap();
    frontegg.api_token("client\n", " secret\n").roles().list_roles_v1().await.unwrap();
    frontegg.management().roles().list_roles_v1().await.unwrap();
    frontegg.session("own\n").roles().list_roles_v1().await.unwrap();
    let asked = service.asked();
    assert_eq!(asked[0].body, r#"{"clientId":"client","secret":"secret"}"#);
    assert_eq!(asked[2].body, r#"{"clientId":"id","secret":"the-api-key"}"#);
    assert_eq!(asked[4].header("authorization"), Some("Bearer own"));
}

#[tokio::test]
async fn a_byte_order_mark_before_an_answer_is_skipped() {
    let marked = |status, body: &str| Reply::new(status, format!("\u{feff}{body}"));
    let token = marked(200, r#"{"token":"t-1","expiresIn":3600}"#);
    let service = Service::start(vec![token], vec![marked(200, "[]"), marked(400, r#"{"errors":["no"]}"#)]).await;
    let roles = service.frontegg().management().roles();
    assert!(roles.list_roles_v1().await.unwrap().is_empty());
    assert_eq!(roles.create_roles_v1(&[role()]).await.unwrap_err().messages(), ["no"]);
}

#[tokio::test]
async fn a_path_value_that_would_reach_another_operation_is_refused() {
    let service = Service::start(token(), vec![ok()]).await;
    let roles = service.frontegg().management().roles();
    for id in ["", ".", ".."] {
        let error = roles.delete_role(id).await.unwrap_err();
        assert_eq!((error.kind(), error.attempts()), (ErrorKind::InvalidRequest, 0), "{id:?}");
    }
    assert_eq!(service.counts(), (0, 0));
    roles.delete_role("a/../b\\c").await.unwrap();
    assert_eq!(service.asked()[1].path, "/identity/resources/roles/v1/a%2F..%2Fb%5Cc");
}

#[tokio::test]
async fn the_wrong_token_is_found_before_anything_is_sent() {
    let service = Service::start(token(), vec![ok()]).await;
    let frontegg = service.frontegg();
    // Views do not let this compile; the raw client does.
    let error = frontegg.session("own").client().get_captcha_policy().await.map(drop).unwrap_err();
    assert!(frontegg_identity::Error::from(error).to_string().contains("takes the environment's token"));
    let error = frontegg.anonymous().client().list_roles_v1().await.map(drop).unwrap_err();
    assert!(frontegg_identity::Error::from(error).to_string().contains("takes a token"));
    let error = frontegg.session("").roles().list_roles_v1().await.unwrap_err();
    assert!(error.is_unauthenticated(), "{error}");
    let bare = Frontegg::builder().base_url(&service.url).build().unwrap();
    let error = bare.management().roles().list_roles_v1().await.unwrap_err();
    assert!(error.is_unauthenticated() && error.to_string().contains("without credentials"), "{error}");
    assert_eq!(service.counts(), (0, 0));
}

#[tokio::test]
async fn reads_are_repeated_and_writes_are_not() {
    for fault in [Reply::new(503, "busy"), ok().cut(0), ok().cut(1)] {
        let service = Service::start(token(), vec![fault.clone(), ok()]).await;
        let roles = service.frontegg().management().roles();
        let response = roles.list_roles_v1().with_response().await.unwrap();
        assert_eq!(response.attempts(), 2, "{fault:?}");

        let service = Service::start(token(), vec![fault.clone(), ok()]).await;
        let roles = service.frontegg().management().roles();
        let error = roles.create_roles_v1(&[role()]).await.unwrap_err();
        assert!(error.is_retryable(), "{error:?}");
        assert_eq!((error.attempts(), service.counts().1), (1, 1), "{fault:?}");
    }
}

/// Whether an operation is repeated after a doubtful outcome is decided by the table, for all of them.
#[tokio::test]
async fn every_operation_is_repeated_as_the_table_says() {
    let retry = Retry::default().base_delay(Duration::ZERO).max_attempts(3);
    for (status, again) in [(503, false), (429, true)] {
        let service = Service::start(token(), vec![Reply::new(status, "{}")]).await;
        let builder = service.builder().retry(retry).retry_budget(RetryBudget::unlimited());
        let frontegg = builder.build().unwrap();
        let (environment, session) = (frontegg.tenant("acme").user("ada"), frontegg.session("own"));
        let mut sent = 0;
        for Call { operation: id, send } in CALLS.iter().filter(|call| call.operation != "authenticate_environment") {
            let operation = operation(id).unwrap();
            let client = if operation.token == Token::User { session.client() } else { environment.client() };
            send(client).await.unwrap_err();
            let before = std::mem::replace(&mut sent, service.counts().1);
            let expected = if again || operation.idempotent { 3 } else { 1 };
            assert_eq!(sent - before, expected, "{id} after {status}");
        }
    }
    let safe = [Method::Get, Method::Put, Method::Delete];
    for operation in OPERATIONS {
        assert_eq!(operation.idempotent, safe.contains(&operation.method), "{}", operation.id);
    }
}

#[tokio::test]
async fn a_connection_error_repeats_everything() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let retry = Retry::default().base_delay(Duration::from_millis(1)).max_attempts(3);
    let frontegg = Frontegg::builder().base_url(&url).retry(retry).build().unwrap();
    let error = frontegg.session("own").roles().create_roles_v1(&[role()]).await.unwrap_err();
    assert_eq!((error.kind(), error.attempts()), (ErrorKind::Transport, 3));
    let told = format!("create_roles_v1: no connection to {url}: ");
    assert!(error.to_string().starts_with(&told) && error.to_string().contains("refused"), "{error}");
    assert!(error.source().unwrap().to_string().contains("connect"), "the layers between are its source");
}

#[tokio::test]
async fn rate_limits_are_waited_out_for_writes_too() {
    let clock = Clock::stop();
    let limited = Reply::new(429, "{}").header("retry-after", "1");
    let service = Service::start(token(), vec![limited, ok()]).await;
    let before = Instant::now();
    let roles = service.frontegg().management().roles();
    clock.run(roles.create_roles_v1(&[role()]).into_future()).await.unwrap();
    assert!(before.elapsed() >= Duration::from_secs(1));
    assert_eq!(service.counts().1, 2);
}

#[tokio::test]
async fn a_wait_beyond_the_limits_is_left_to_the_caller() {
    let _clock = Clock::stop();
    let reset = chrono::Utc::now() + chrono::TimeDelta::seconds(400);
    let limited =
        Reply::new(429, "{}").header("x-rate-limit-reset", reset.to_rfc3339()).header("frontegg-trace-id", "t-9");
    let service = Service::start(token(), vec![limited]).await;
    let roles = service.builder().timeout(Duration::from_secs(5)).build().unwrap().management().roles();
    // With a clock that stands still this would be the last line if it waited.
    let error = roles.list_roles_v1().await.unwrap_err();
    assert!(error.is_rate_limited() && error.is_retryable());
    assert_eq!((error.attempts(), error.trace_id()), (1, Some("t-9")));
    assert!(error.retry_after().unwrap() > Duration::from_secs(100));
}

#[tokio::test]
async fn each_call_may_have_its_own_rules() {
    let service = Service::start(token(), vec![Reply::new(503, "")]).await;
    let roles = service.frontegg().management().roles();
    assert_eq!(roles.list_roles_v1().no_retry().await.unwrap_err().attempts(), 1);
    let patient = Retry::default().max_attempts(6).base_delay(Duration::ZERO);
    assert_eq!(roles.list_roles_v1().retry(patient).await.unwrap_err().attempts(), 6);
}

/// How a call fails that nobody answers, and after what time of a clock that goes on in small steps.
async fn timed_out<T: Debug>(
    clock: &Clock,
    call: impl IntoFuture<Output = Result<T, frontegg_identity::Error>>,
) -> (frontegg_identity::Error, Duration) {
    let begin = Instant::now();
    let error = clock.run(call.into_future()).await.unwrap_err();
    assert!(error.is_timeout(), "{error:?}");
    (error, begin.elapsed())
}

fn within(time: Duration, limit: Duration) -> bool {
    (limit..limit + Duration::from_millis(500)).contains(&time)
}

#[tokio::test]
async fn time_limits_hold() {
    let clock = Clock::stop();
    let service = Service::start(token(), vec![ok().behind(&Gate::new())]).await;
    let roles = service.frontegg().management().roles();
    let second = Duration::from_secs(1);
    let (error, time) = timed_out(&clock, roles.list_roles_v1().timeout(2 * second)).await;
    assert!(error.attempts() == 1 && within(time, 2 * second), "{time:?}: {error:?}");
    assert_eq!(error.to_string(), format!("list_roles_v1: no answer from {} within 2s", service.url));
    let (once, time) = timed_out(&clock, roles.create_roles_v1(&[role()]).attempt_timeout(second)).await;
    assert!(once.attempts() == 1 && within(time, second), "{time:?}: {once:?}");
    let patient = Retry::default().base_delay(Duration::ZERO).max_attempts(2);
    let (twice, time) = timed_out(&clock, roles.list_roles_v1().attempt_timeout(second).retry(patient)).await;
    assert!(twice.attempts() == 2 && within(time, 2 * second), "{time:?}: {twice:?}");
}

/// Nothing limits an attempt then.
#[tokio::test]
async fn a_wait_for_a_token_is_limited_like_the_rest_of_the_call() {
    let clock = Clock::stop();
    let late = || Reply::token("t-1", DAY).behind(&Gate::new());
    let second = Duration::from_secs(1);
    let refused = vec![Reply::new(401, "{}")];
    for (tokens, answers, attempts) in [(vec![late()], vec![ok()], 0), ([token(), vec![late()]].concat(), refused, 1)] {
        let service = Service::start(tokens, answers).await;
        let roles = service.frontegg().management().roles();
        let (error, time) = timed_out(&clock, roles.list_roles_v1().timeout(2 * second)).await;
        assert!(error.attempts() == attempts && within(time, 2 * second), "{time:?}: {error:?}");
        assert_eq!(error.to_string(), "list_roles_v1: no token within 2s");
    }
}

#[tokio::test]
async fn what_a_proxy_says_is_kept() {
    let service = Service::start(token(), vec![Reply::new(500, "<html>upstream failed</html>")]).await;
    let error = service.frontegg().management().roles().list_roles_v1().await.unwrap_err();
    assert_eq!((error.status(), error.messages()), (Some(500), &["<html>upstream failed</html>".to_owned()][..]));
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_names_its_target() {
    for (status, location, target) in [
        (301, "https://api.acme.test/", "https://api.acme.test/"),
        (302, "http://me:hunter2@127.0.0.1:1/login?token=hunter2#hunter2", "http://127.0.0.1:1/login"),
        (308, "/v2?token=hunter2", "/v2"),
    ] {
        let service = Service::start(token(), vec![Reply::new(status, "").header("location", location)]).await;
        let error = service.frontegg().management().roles().list_roles_v1().await.unwrap_err();
        assert_eq!(error.status(), Some(status));
        assert!(error.to_string().contains(&format!("{target}, which is not followed")), "{error}");
        assert!(!format!("{error} {error:?}").contains("hunter2"), "{error:?}");
    }
}

#[tokio::test]
async fn a_broken_exchange_names_host_and_cause() {
    let service = Service::start(token(), vec![ok().cut(0)]).await;
    let error = service.frontegg().management().roles().list_roles_v1().no_retry().await.unwrap_err();
    let host = &service.url;
    assert!(error.to_string().contains(&format!("the exchange with {host} broke off: ")), "{error}");
    // Within the body, of a request that is repeated and of one that is not.
    let service = Service::start(token(), vec![ok().cut(1)]).await;
    let host = &service.url;
    let roles = service.frontegg().management().roles();
    let read = roles.list_roles_v1().no_retry().await.unwrap_err();
    let written = roles.create_roles_v1(&[role()]).await.unwrap_err();
    for error in [read, written] {
        assert!(error.to_string().contains(&format!("the exchange with {host} broke off: ")), "{error}");
    }
}

#[tokio::test]
async fn an_undocumented_answer_keeps_its_status_and_no_values() {
    let answer = Reply::new(200, r#"{"secret":"hunter2"}"#).header("frontegg-trace-id", "t-3");
    let service = Service::start(token(), vec![answer]).await;
    let error = service.frontegg().management().roles().list_roles_v1().await.unwrap_err();
    assert_eq!((error.kind(), error.status(), error.trace_id()), (ErrorKind::Decode, Some(200), Some("t-3")));
    let all = format!("{error} {error:?} {}", error.source().unwrap());
    assert!(!all.contains("hunter2") && !error.is_retryable(), "{all}");
}
