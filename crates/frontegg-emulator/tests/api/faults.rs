//! Faults: what they do to requests, to which ones, and that writes are never doubled by them.

use std::time::Duration;

use frontegg_emulator::{Emulator, Error, Fault, Selection};
use frontegg_identity::{
    params::ListUsers,
    types::{AddRoleRequest, RoleResponse},
};
use frontegg_test_harness::{clock::Clock, place::Place};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::{io::AsyncWriteExt, net::TcpStream, time::Instant};

use crate::support::{World, control, refused, until};

const JWKS: &str = "/.well-known/jwks.json";
const ROLES: &str = "list_roles_v1";

async fn roles(world: &World) -> Result<Vec<RoleResponse>, frontegg_identity::Error> {
    world.frontegg.management().roles().list_roles_v1().await
}

fn inject(world: &World, fault: Fault) -> frontegg_emulator::InjectedFault {
    world.emulator.faults().inject(fault).expect("a fault")
}

#[tokio::test]
async fn a_status_goes_in_place_of_the_answer() {
    let world = World::start().await;
    let fault = inject(&world, Fault::status(503).on(ROLES).times(1));
    let raw = world.raw().await;
    let answer = raw.call(ROLES, &[], Value::Null).await;
    assert_eq!(answer.refused(503), "Service Unavailable");
    assert_eq!(raw.call(ROLES, &[], Value::Null).await.status, StatusCode::OK);
    assert_eq!((fault.calls(), fault.hits(), fault.is_spent()), (1, 1, true));

    let teapot = Fault::status(418).body(json!({ "short": true })).header("x-pot", "1");
    inject(&world, teapot.on(Selection::path(JWKS)).times(1));
    let answer = world.get(JWKS, "").await;
    assert_eq!((answer.status(), answer.header("x-pot"), answer.body()), (418, Some("1"), r#"{"short":true}"#));
    assert!(answer.header("frontegg-trace-id").is_some());

    inject(&world, Fault::status(502).without_body().on(Selection::path(JWKS)).times(1));
    let answer = world.get(JWKS, "").await;
    assert_eq!((answer.status(), answer.body(), answer.header("content-type")), (502, "", None));

    world.emulator.clock().set("2030-01-02T03:04:05Z".parse().expect("a date"));
    world.emulator.clock().freeze();
    inject(&world, Fault::rate_limited(Duration::from_secs(7)).on(Selection::path(JWKS)).times(1));
    let answer = world.get(JWKS, "").await;
    assert_eq!((answer.status(), answer.header("retry-after")), (429, Some("7")));
    assert_eq!(answer.header("x-rate-limit-reset"), Some("2030-01-02T03:04:12.000Z"));
    assert_eq!(answer.header("date"), Some("Wed, 02 Jan 2030 03:04:05 GMT"));
}

/// The client's retries, and what it never does twice.
#[tokio::test]
async fn reads_are_repeated_and_writes_are_not() {
    let world = World::start().await;
    for fault in [Fault::status(503), Fault::drop(), Fault::truncate()] {
        let fault = inject(&world, fault.on(ROLES).times(1));
        roles(&world).await.expect("the second answer");
        assert_eq!(fault.hits(), 1);
    }
    let create = async |key: &str| {
        let new = [AddRoleRequest::new(key, key, 10)];
        world.frontegg.management().roles().create_roles_v1(&new).await
    };
    let count = async |key: &str| roles(&world).await.expect("roles").iter().filter(|role| role.key == key).count();
    let on = || Selection::from("create_roles_v1");
    for (key, fault, written) in [
        ("refused", Fault::status(503), 0),
        ("refused-late", Fault::status(503).after_acting(), 1),
        ("dropped", Fault::drop(), 0),
        ("dropped-late", Fault::drop().after_acting(), 1),
        ("cut", Fault::cut(), 1),
        ("truncated", Fault::truncate(), 1),
        ("malformed", Fault::malformed(), 1),
        ("reshaped", Fault::reshape(), 1),
    ] {
        let fault = inject(&world, fault.on(on()));
        create(key).await.expect_err(key);
        assert_eq!(fault.calls(), 1, "{key} was sent once");
        fault.remove();
        assert_eq!(count(key).await, written, "{key}");
    }
}

#[tokio::test]
async fn connections_break_where_they_are_told_to() {
    let world = World::start().await;
    let whole = world.get(JWKS, "").await.body().to_owned();
    let half = &whole[..whole.len() / 2];
    let on = || Selection::path(JWKS);

    let fault = inject(&world, Fault::drop().on(on()));
    assert_eq!(world.get(JWKS, "").await.0, "");
    fault.remove();

    let fault = inject(&world, Fault::truncate().on(on()));
    let answer = world.get(JWKS, "").await;
    assert_eq!((answer.status(), answer.body()), (200, half));
    assert_eq!(answer.header("content-length"), Some(whole.len().to_string().as_str()));
    fault.remove();

    let fault = inject(&world, Fault::cut().on(on()));
    let answer = world.get(JWKS, "").await;
    assert_eq!((answer.status(), answer.header("content-length")), (200, None));
    assert_eq!(answer.header("transfer-encoding"), Some("chunked"));
    assert!(answer.body().contains(half) && !answer.body().ends_with("0\r\n\r\n"), "{}", answer.0);
    fault.remove();

    let fault = inject(&world, Fault::malformed().on(on()));
    let answer = world.get(JWKS, "").await;
    assert_eq!((answer.status(), answer.body()), (200, half));
    assert_eq!(answer.header("content-length"), Some(half.len().to_string().as_str()));
    fault.remove();

    let fault = inject(&world, Fault::reshape().on(on()));
    assert_eq!(world.get(JWKS, "").await.body(), r#"["unexpected"]"#);
    fault.remove();

    let fault = inject(&world, Fault::content_type("text/html").on(on()));
    let answer = world.get(JWKS, "").await;
    assert_eq!((answer.header("content-type"), answer.body()), (Some("text/html"), whole.as_str()));
    fault.remove();
    assert_eq!(world.get(JWKS, "").await.body(), whole);
}

/// By a clock that is turned on, in memory: a database would answer by another one.
#[tokio::test]
async fn answers_are_slow_where_they_are_told_to() {
    let world = World::at(&Place::memory(), Emulator::builder()).await;
    let (whole, clock) = (world.get(JWKS, "").await.body().to_owned(), Clock::stop());
    let second = Duration::from_secs(1);
    for (fault, pauses) in
        [(Fault::drip(whole.len() / 4 + 1, 3 * second), 9 * second), (Fault::delay(6 * second), 6 * second)]
    {
        inject(&world, fault.on(Selection::path(JWKS)).times(1));
        let begin = Instant::now();
        assert_eq!(clock.run(world.get(JWKS, "")).await.body(), whole);
        assert!((pauses..pauses + 2 * second).contains(&begin.elapsed()), "{:?}", begin.elapsed());
    }

    // Whoever does not wait is told so by their own client.
    inject(&world, Fault::delay(Duration::from_mins(10)).on(ROLES));
    let impatient = world.frontegg.management().roles().list_roles_v1().timeout(5 * second);
    assert!(clock.run(impatient.into_future()).await.expect_err("a timeout").is_timeout());

    // Nor does a fault hold anybody up who wants to go.
    let fault = inject(&world, Fault::delay(Duration::from_mins(10)).on(Selection::path(JWKS)));
    let mut held = TcpStream::connect(world.emulator.address()).await.expect("a connection");
    held.write_all(format!("GET {JWKS} HTTP/1.1\r\nhost: x\r\n\r\n").as_bytes()).await.expect("sent");
    until("the request is held up", || fault.hits() == 1).await;
    let begin = Instant::now();
    clock.run(world.emulator.stop()).await;
    assert!(begin.elapsed() < 5 * second, "{:?}", begin.elapsed());
}

#[tokio::test]
async fn bodies_that_nobody_expects_are_errors_of_the_client() {
    let world = World::start().await;
    for fault in [Fault::malformed(), Fault::reshape(), Fault::status(200).text("<html>")] {
        let fault = inject(&world, fault.on(ROLES));
        let error = roles(&world).await.expect_err("nonsense");
        assert!(!error.is_timeout() && error.operation() == Some(ROLES), "{error}");
        fault.remove();
    }
    let fault = inject(&world, Fault::status(404).text("<html>gone</html>").on(ROLES));
    assert_eq!(refused(roles(&world).await, 404), "<html>gone</html>");
    fault.remove();
}

#[tokio::test]
async fn faults_befall_whom_they_are_meant_for() {
    let world = World::start().await;
    world.tenant("acme").await;
    world.tenant("globex").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let profile = async |tenant: &str| {
        let raw = world.raw_with(&world.token(&ada, tenant).await);
        raw.call("get_my_profile_v2", &[], Value::Null).await.status.as_u16()
    };
    let users = async |tenant: &str| {
        world.frontegg.tenant(tenant).user_management().list_users(ListUsers::default()).no_retry().await.is_ok()
    };
    let fault = inject(&world, Fault::status(500).on(Selection::everything().tenant("acme")));
    assert_eq!(profile("acme").await, 500);
    assert!(!users("acme").await && users("globex").await);
    assert!(roles(&world).await.is_ok(), "of no tenant");
    fault.remove();

    let fault = inject(&world, Fault::status(500).on(Selection::tag("Roles").method("POST")));
    assert!(roles(&world).await.is_ok());
    fault.remove();

    let fault = inject(&world, Fault::status(500).on(Selection::path("/identity/resources/roles/")));
    let answer = world.get("/frontegg/identity/resources/roles/v1", "").await;
    assert_eq!((answer.status(), world.get(JWKS, "").await.status()), (500, 200), "also by the longer address");
    fault.remove();

    // The control plane can always take them back.
    inject(&world, Fault::drop());
    assert_eq!(world.get(JWKS, "").await.0, "");
    assert_eq!(control(&world, Method::DELETE, "/faults", Value::Null).await.0, StatusCode::NO_CONTENT);
    assert_eq!(world.get(JWKS, "").await.status(), 200);
}

#[tokio::test]
async fn they_take_turns_and_survive_a_reset() {
    let world = World::start().await;
    let status = async || world.get(JWKS, "").await.status();
    let faults = world.emulator.faults();
    inject(&world, Fault::status(500).skip(1).times(1));
    inject(&world, Fault::status(502).times(2));
    world.emulator.reset().await.expect("a reset");
    let mut seen = Vec::new();
    for _ in 0..4 {
        seen.push(status().await);
    }
    assert_eq!(seen, [502, 500, 502, 200]);
    assert_eq!(faults.list().iter().map(|fault| (fault.calls(), fault.hits())).collect::<Vec<_>>(), [(2, 1), (2, 2)]);
    faults.clear();
    assert!(faults.list().is_empty());

    let mut courses = Vec::new();
    for _ in 0..2 {
        let fault = inject(&world, Fault::status(503).probability(0.5).seed(42));
        let mut course = Vec::new();
        for _ in 0..20 {
            course.push(status().await);
        }
        assert!((1..20).contains(&fault.hits()), "{course:?}");
        fault.remove();
        courses.push(course);
    }
    assert_eq!(courses[0], courses[1]);
}

#[tokio::test]
async fn the_control_plane_injects_lists_and_ends_them() {
    let world = World::start().await;
    let fault = json!({ "on": { "operation": ROLES }, "status": 503, "times": 1 });
    let (status, injected) = control(&world, Method::POST, "/faults", fault.clone()).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(injected, json!({ "id": 1, "fault": fault, "calls": 0, "hits": 0, "spent": false }));
    assert_eq!(world.raw().await.call(ROLES, &[], Value::Null).await.status, StatusCode::SERVICE_UNAVAILABLE);
    let (_, shown) = control(&world, Method::GET, "/faults/1", Value::Null).await;
    assert_eq!((&shown["hits"], &shown["spent"]), (&json!(1), &json!(true)));
    control(&world, Method::POST, "/faults", json!({ "effect": "drop", "when": "after" })).await;
    let (_, list) = control(&world, Method::GET, "/faults", Value::Null).await;
    assert_eq!(list["faults"].as_array().expect("a list").len(), 2);
    for bad in [json!({}), json!([]), json!({ "status": "503" }), json!({ "on": { "operation": "x" }, "status": 503 })]
    {
        let (status, body) = control(&world, Method::POST, "/faults", bad.clone()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{bad}");
        assert!(body["errors"][0].is_string(), "{bad}");
    }
    for (method, path, expected) in [
        (Method::DELETE, "/faults/1", 204),
        (Method::DELETE, "/faults/1", 404),
        (Method::GET, "/faults/1", 404),
        (Method::GET, "/faults/first", 404),
        (Method::DELETE, "/faults", 204),
    ] {
        assert_eq!(control(&world, method, path, Value::Null).await.0.as_u16(), expected, "{path}");
    }
    assert!(world.emulator.faults().list().is_empty());
}

#[tokio::test]
async fn an_emulator_may_begin_with_faults() {
    let emulator = Emulator::builder().fault(Fault::status(503).times(1)).start().await.expect("an emulator");
    assert_eq!(emulator.faults().list().len(), 1);
    let wrong = Emulator::builder().fault(Fault::status(503).on("no_such_operation")).start().await;
    assert!(matches!(wrong, Err(Error::Refused(text)) if text == "there is no operation no_such_operation"));
    let wrong = emulator.faults().inject(Fault::status(99));
    assert!(matches!(wrong, Err(Error::Refused(_))));
}
