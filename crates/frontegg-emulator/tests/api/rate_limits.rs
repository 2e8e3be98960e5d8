//! Rate limits: none by default, and what a client is told that has used one up.

use std::time::Duration;

use frontegg_emulator::{Emulator, EmulatorBuilder, RateLimit, Selection};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

use crate::support::{World, control};

const JWKS: &str = "/.well-known/jwks.json";
const MINUTE: Duration = Duration::from_mins(1);

/// Security case 54, for both stores.
#[tokio::test]
async fn case_54_a_limit_holds_for_one_route_and_client() {
    let proxies = ["127.0.0.0/8", "10.0.0.0/8"].map(|network| network.parse().expect("a network"));
    let behind_proxies = proxies.into_iter().fold(Emulator::builder(), EmulatorBuilder::trusted_proxy);
    for world in World::each_of(behind_proxies).await {
        let limit = RateLimit::new(10, MINUTE).on(Selection::path(JWKS));
        world.emulator.rate_limits().add(limit).expect("a limit");
        ten_a_minute(&world).await;
    }
}

async fn ten_a_minute(world: &World) {
    world.emulator.clock().freeze();
    let get = async |path: &str, client: &str| world.get(path, &format!("x-forwarded-for: {client}\r\n")).await;
    for _ in 0..10 {
        assert_eq!(get(JWKS, "192.0.2.1, 10.0.0.1").await.status(), 200);
    }
    world.emulator.clock().advance(Duration::from_millis(500));
    let refused = get(JWKS, "192.0.2.1").await;
    assert_eq!((refused.status(), refused.header("retry-after")), (429, Some("60")), "{}", refused.0);
    let body: Value = serde_json::from_str(refused.body()).expect("JSON");
    assert_eq!(body["errors"][0], "Too Many Requests");
    let end = world.emulator.clock().now() + MINUTE;
    let told = refused.header("x-rate-limit-reset").expect("a moment");
    assert!(told.parse::<chrono::DateTime<chrono::Utc>>().expect("RFC 3339") >= end - Duration::from_secs(1));
    assert_eq!(get(JWKS, "192.0.2.2").await.status(), 200, "another client");
    assert_eq!(world.get(JWKS, "").await.status(), 200, "a client without a proxy");
    assert_eq!(get("/.well-known/openid-configuration", "192.0.2.1").await.status(), 200, "another route");
    assert_eq!(get(JWKS, "192.0.2.1").await.status(), 429, "it holds on");
    world.emulator.clock().advance(MINUTE);
    assert_eq!(get(JWKS, "192.0.2.1").await.status(), 200);
    assert_eq!(control(world, Method::GET, "/info", Value::Null).await.0, StatusCode::OK);
}

/// Security case 54: who is nobody's proxy speaks for nobody.
#[tokio::test]
async fn case_54_nobody_gets_around_a_limit_by_a_header() {
    let other = Emulator::builder().trusted_proxy("192.0.2.0/24".parse().expect("a network"));
    for builder in [Emulator::builder(), other] {
        let world = World::of(builder).await;
        world.emulator.rate_limits().add(RateLimit::new(1, MINUTE).on(Selection::path(JWKS))).expect("a limit");
        assert_eq!(world.get(JWKS, "").await.status(), 200);
        for line in ["x-forwarded-for: 192.0.2.1", "x-forwarded-for: 10.1.1.1, 192.0.2.2", "forwarded: for=192.0.2.3"] {
            assert_eq!(world.get(JWKS, &format!("{line}\r\n")).await.status(), 429, "{line}");
        }
    }
}

/// What a session says of the browser is no more than what is believed.
#[tokio::test]
async fn sessions_show_the_address_that_is_believed() {
    for (builder, expected) in [
        (Emulator::builder(), "127.0.0.1"),
        (Emulator::builder().trusted_proxy("127.0.0.1/32".parse().expect("a network")), "192.0.2.1"),
    ] {
        let world = World::of(builder).await;
        world.tenant("acme").await;
        world.member("acme", "ada@acme.test").await;
        let mut browser = world.browser().with("x-forwarded-for", "192.0.2.7, 192.0.2.1");
        let token = browser.sign_in("ada@acme.test").await.token().to_owned();
        let sessions = world.raw_with(&token).call("list_my_sessions", &[], Value::Null).await.body;
        assert_eq!(sessions[0]["ipAddress"], expected, "{sessions}");
    }
}

/// Security case 54: nobody is limited who did not ask for it, however often they call.
#[tokio::test(flavor = "multi_thread")]
async fn case_54_there_is_no_limit_by_default() {
    // A fifth of the case's number; the benchmark `load` has all of it.
    const CALLS: usize = 20_000;
    const CALLERS: usize = 8;
    const AT_ONCE: usize = 100;
    let world = World::start().await;
    assert!(world.emulator.rate_limits().list().is_empty());
    // Many requests in one piece, or most of the time would go into waiting for packets. Their path is
    // one without work behind it.
    let request = "GET /.well-known/openid-configuration HTTP/1.1\r\nhost: x\r\n\r\n".repeat(AT_ONCE);
    let mut callers = JoinSet::new();
    for _ in 0..CALLERS {
        let mut stream = TcpStream::connect(world.emulator.address()).await.expect("a connection");
        let request = request.clone();
        callers.spawn(async move {
            let mut bytes = Vec::new();
            for _ in 0..CALLS / CALLERS / AT_ONCE {
                stream.write_all(request.as_bytes()).await.expect("sent");
                let mut answers = 0;
                while answers < AT_ONCE {
                    assert!(stream.read_buf(&mut bytes).await.expect("an answer") > 0, "closed");
                    answers += take(&mut bytes, b"HTTP/1.1 200");
                }
            }
        });
    }
    callers.join_all().await;
}

/// How often that text comes; what may be the beginning of it is left for later.
fn take(bytes: &mut Vec<u8>, text: &[u8]) -> usize {
    let count = bytes.windows(text.len()).filter(|window| *window == text).count();
    bytes.drain(..bytes.len().saturating_sub(text.len() - 1));
    count
}

/// The client of this repository waits as it is told.
#[tokio::test]
async fn the_client_waits_and_succeeds() {
    let world = World::start().await;
    let limits = world.emulator.rate_limits();
    limits.add(RateLimit::new(1, Duration::from_secs(1)).on("list_roles_v1")).expect("a limit");
    for _ in 0..2 {
        world.frontegg.management().roles().list_roles_v1().await.expect("roles");
    }
    limits.add(RateLimit::new(0, MINUTE).on("list_roles_v1")).expect("a limit");
    let error = world.frontegg.management().roles().list_roles_v1().no_retry().await.expect_err("a limit");
    assert!(error.is_rate_limited(), "{error}");
    limits.clear();
    // That client goes on waiting, as it was told; another need not.
    assert_eq!(world.raw().await.call("list_roles_v1", &[], Value::Null).await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_control_plane_sets_and_clears_them() {
    let world = World::start().await;
    let limit = json!({ "on": { "path": JWKS }, "requests": 1, "seconds": 60 });
    assert_eq!(
        control(&world, Method::POST, "/rate-limits", limit.clone()).await,
        (StatusCode::CREATED, limit.clone())
    );
    world.emulator.reset().await.expect("a reset");
    assert_eq!(world.get(JWKS, "").await.status(), 200);
    assert_eq!(world.get(JWKS, "").await.status(), 429);
    let (_, list) = control(&world, Method::GET, "/rate-limits", Value::Null).await;
    assert_eq!(list, json!({ "rateLimits": [limit] }));
    for bad in [
        json!({}),
        json!({ "requests": 1, "seconds": 0 }),
        json!({ "requests": -1, "seconds": 1 }),
        json!({ "requests": 1, "seconds": 1, "on": { "tag": "x" } }),
    ] {
        let (status, body) = control(&world, Method::POST, "/rate-limits", bad.clone()).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{bad}");
        assert!(body["errors"][0].is_string(), "{bad}");
    }
    assert_eq!(control(&world, Method::DELETE, "/rate-limits", Value::Null).await.0, StatusCode::NO_CONTENT);
    assert_eq!(world.get(JWKS, "").await.status(), 200);
}
