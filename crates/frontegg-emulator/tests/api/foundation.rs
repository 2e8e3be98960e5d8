//! The emulator over HTTP: starting and ending, its own credentials, tokens, control plane.

use std::time::{Duration, Instant};

use frontegg_emulator::{Emulator, Error};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::{HANG, World, http, place::lasting, until};

async fn send(emulator: &Emulator, method: Method, path: &str, body: Value) -> Response {
    let request = http().request(method, format!("{}{path}", emulator.url()));
    let request = if body.is_null() { request } else { request.json(&body) };
    request.send().await.expect("an answer")
}

async fn json(response: Response) -> Value {
    response.json().await.expect("JSON")
}

async fn login(emulator: &Emulator) -> Value {
    let body = json!({ "clientId": emulator.client_id(), "secret": emulator.api_key() });
    let response = send(emulator, Method::POST, "/auth/vendor", body).await;
    assert_eq!(response.status(), StatusCode::OK);
    json(response).await
}

/// An operation that takes the environment token; served or not, it answers 401 without a good one.
async fn guarded(emulator: &Emulator, token: &str) -> StatusCode {
    let url = format!("{}/identity/resources/permissions/v1", emulator.url());
    let response = http().get(url).bearer_auth(token).send().await;
    response.expect("an answer").status()
}

#[tokio::test]
async fn the_environment_authenticates() {
    let world = World::start().await;
    let emulator = &world.emulator;
    let answer = login(emulator).await;
    assert_eq!(answer["expiresIn"], 3600);
    let token = answer["token"].as_str().expect("a token");
    assert_eq!(token.split('.').count(), 3);
    for (path, body) in [
        ("/auth/vendor/", json!({ "clientId": emulator.client_id(), "secret": emulator.api_key() })),
        ("/frontegg/auth/vendor", json!({ "clientId": emulator.client_id(), "secret": emulator.api_key() })),
    ] {
        assert_eq!(send(emulator, Method::POST, path, body).await.status(), StatusCode::OK, "{path}");
    }
}

#[tokio::test]
async fn wrong_credentials_are_refused_alike() {
    let world = World::start().await;
    let emulator = &world.emulator;
    let mut answers = Vec::new();
    for (client_id, secret) in [(emulator.client_id(), "wrong"), ("wrong", emulator.api_key()), ("", "")] {
        let body = json!({ "clientId": client_id, "secret": secret });
        let response = send(emulator, Method::POST, "/auth/vendor", body).await;
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
        assert!(response.headers().contains_key("frontegg-trace-id"));
        answers.push(json(response).await);
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
    for body in [json!({}), json!({ "clientId": 1, "secret": "x" }), json!([])] {
        let response = send(emulator, Method::POST, "/auth/vendor", body).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    }
}

#[tokio::test]
async fn a_token_ends_with_its_time_its_epoch_and_its_emulator() {
    let world = World::start().await;
    let emulator = &world.emulator;
    emulator.clock().freeze();
    let token = login(emulator).await["token"].as_str().expect("a token").to_owned();
    assert_ne!(guarded(emulator, &token).await, StatusCode::UNAUTHORIZED);
    assert_eq!(guarded(emulator, &token[1..]).await, StatusCode::UNAUTHORIZED);

    // They share the key of the process, nothing else.
    let other = World::start().await;
    assert_eq!(guarded(&other.emulator, &token).await, StatusCode::UNAUTHORIZED);

    emulator.clock().advance(Duration::from_secs(3599));
    assert_ne!(guarded(emulator, &token).await, StatusCode::UNAUTHORIZED);
    emulator.clock().advance(Duration::from_secs(2));
    assert_eq!(guarded(emulator, &token).await, StatusCode::UNAUTHORIZED);

    let token = login(emulator).await["token"].as_str().expect("a token").to_owned();
    emulator.reset().await.expect("a reset");
    assert_eq!(guarded(emulator, &token).await, StatusCode::UNAUTHORIZED);
    let token = login(emulator).await["token"].as_str().expect("a token").to_owned();
    assert_ne!(guarded(emulator, &token).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn keys_are_published() {
    let world = World::start().await;
    let emulator = &world.emulator;
    let jwks = json(send(emulator, Method::GET, "/.well-known/jwks.json", Value::Null).await).await;
    assert_eq!(jwks["keys"][0]["alg"], "RS256");
    assert!(jwks["keys"][0]["d"].is_null());
    let path = "/.well-known/openid-configuration";
    let document = json(send(emulator, Method::GET, path, Value::Null).await).await;
    assert_eq!(document["issuer"], emulator.url());
    // What is named is served.
    let named = document.as_object().expect("an object").iter().filter(|(name, _)| *name != "issuer");
    let addresses = named.filter_map(|(_, value)| value.as_str().filter(|value| value.starts_with("http")));
    let mut count = 0;
    for address in addresses {
        assert_eq!(http().get(address).send().await.expect("an answer").status(), StatusCode::OK, "{address}");
        count += 1;
    }
    assert_eq!(count, 1, "{document}");
}

#[tokio::test]
async fn services_that_are_not_served_say_so() {
    let world = World::start().await;
    for (path, service) in [
        ("/vendors", "vendors"),
        ("/frontegg/vendors", "vendors"),
        ("/oauth/authorize?client_id=x", "oauth"),
        ("/security-center/resources/insights/v1", "security-center"),
        ("/entitlements/api/v2/user-entitlements", "entitlements"),
        ("/flags/", "flags"),
    ] {
        for method in [Method::GET, Method::POST, Method::DELETE] {
            let response = send(&world.emulator, method, path, Value::Null).await;
            assert_eq!(response.status(), StatusCode::NOT_IMPLEMENTED, "{path}");
            assert_eq!(json(response).await["errors"][0], format!("Service {service} is not served"));
        }
    }
    for path in ["/", "/teams", "/identity", "/identity/resources/team", "/vendor", "/_emulator/vendors"] {
        let response = send(&world.emulator, Method::GET, path, Value::Null).await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
    }
}

#[tokio::test]
async fn the_control_plane_serves_this_machine() {
    let world = World::start().await;
    let emulator = &world.emulator;
    for path in ["health", "ready", "info", "clock"] {
        let path = format!("/_emulator/{path}");
        let response = send(emulator, Method::GET, &path, Value::Null).await;
        assert_eq!(response.status(), StatusCode::OK, "{path}");
    }
    let info = json(send(emulator, Method::GET, "/_emulator/info", Value::Null).await).await;
    assert_eq!(info["vendorId"], emulator.vendor_id());
    assert_eq!(info["store"], world.store().to_string());
    let response = send(emulator, Method::POST, "/_emulator/reset", Value::Null).await;
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    let response = send(emulator, Method::GET, "/_emulator/reset", Value::Null).await;
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn the_clock_is_set_over_http() {
    let world = World::start().await;
    let emulator = &world.emulator;
    let now = json!({ "now": "2031-02-03T04:05:06Z" });
    let send = async |method, path: &str, body| {
        let response = send(emulator, method, &format!("/_emulator/clock{path}"), body).await;
        assert_eq!(response.status(), StatusCode::OK);
        json(response).await
    };
    let shown = send(Method::POST, "/freeze", Value::Null).await;
    assert_eq!(shown["frozen"], true);
    assert_eq!(send(Method::PUT, "", now).await["now"], "2031-02-03T04:05:06.000Z");
    let shown = send(Method::POST, "/advance", json!({ "seconds": 1.5 })).await;
    assert_eq!(shown["now"], "2031-02-03T04:05:07.500Z");
    assert_eq!(send(Method::POST, "/resume", Value::Null).await["frozen"], false);
    let shown = send(Method::DELETE, "", Value::Null).await;
    assert!(!shown["now"].as_str().expect("a time").starts_with("2031"));

    for body in [json!({}), json!({ "seconds": -1 }), json!({ "seconds": 1e300 })] {
        let response = self::send(emulator, Method::POST, "/_emulator/clock/advance", body).await;
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    }
}

/// Security case 55.
#[tokio::test]
async fn case_55_the_control_plane_refuses_foreign_hosts_and_origins() {
    let world = World::start().await;
    let emulator = &world.emulator;
    let authority = emulator.address().to_string();
    let reset = async |headers: &[(&str, &str)]| {
        let url = format!("{}/_emulator/reset", emulator.url());
        let request = headers.iter().fold(http().post(url), |request, (name, value)| request.header(*name, *value));
        let response = request.send().await.expect("an answer");
        let granted = response.headers().contains_key("access-control-allow-origin");
        assert!(!granted, "no CORS");
        response.status()
    };
    for host in ["evil.test", "127.0.0.1.evil.test", "localhost.evil.test", "10.1.2.3", "[::2]"] {
        assert_eq!(reset(&[("host", host)]).await, StatusCode::FORBIDDEN, "{host}");
    }
    for host in ["localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:80", authority.as_str()] {
        assert_eq!(reset(&[("host", host)]).await, StatusCode::NO_CONTENT, "{host}");
    }
    for origin in ["http://evil.test", "null", "http://127.0.0.1:1", "https://localhost"] {
        let status = reset(&[("origin", origin)]).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{origin}");
    }
    let own = format!("http://{authority}");
    assert_eq!(reset(&[("origin", &own)]).await, StatusCode::NO_CONTENT);
    // The target goes before the header, and there is one header.
    for (target, hosts, status) in [
        ("http://localhost/_emulator/reset", "host: localhost\r\n", 204),
        ("http://evil.test/_emulator/reset", "host: localhost\r\n", 403),
        ("http://localhost/_emulator/reset", "host: evil.test\r\n", 403),
        ("/_emulator/reset", "host: localhost\r\nhost: localhost\r\n", 400),
        ("/_emulator/reset", "", 400),
    ] {
        let request = format!("POST {target} HTTP/1.1\r\n{hosts}connection: close\r\n\r\n");
        let answer = world.exchange(&request).await;
        assert_eq!(answer.status(), status, "{target} {hosts}: {}", answer.0);
    }
}

/// Whoever has the token needs no name of ours: in a network of containers each has its own.
#[tokio::test]
async fn the_admin_token_suffices_under_any_name() {
    let world = World::of(Emulator::builder().admin_token("hush")).await;
    for (headers, status) in [
        ("host: emulator:8100\r\nauthorization: Bearer hush\r\n", 204),
        ("host: emulator:8100\r\norigin: http://console.test\r\nauthorization: Bearer hush\r\n", 204),
        ("host: localhost\r\n", 401),
        ("host: emulator:8100\r\n", 401),
        ("host: emulator:8100\r\nauthorization: Bearer hus\r\n", 401),
    ] {
        let request = format!("POST /_emulator/reset HTTP/1.1\r\n{headers}connection: close\r\n\r\n");
        assert_eq!(world.exchange(&request).await.status(), status, "{headers}");
    }
}

/// Processes that share a store share its clock, whichever of them sets it.
#[tokio::test]
async fn two_emulators_share_a_clock() {
    let place = lasting().await;
    let start = async || World::at(&place, Emulator::builder().api_key("key")).await.emulator;
    let (first, second) = tokio::join!(start(), start());
    let clock = async |emulator: &Emulator, method, path: &str, body| {
        json(send(emulator, method, &format!("/_emulator/clock{path}"), body).await).await
    };
    let token = login(&second).await["token"].as_str().expect("a token").to_owned();
    let frozen = clock(&first, Method::POST, "/freeze", Value::Null).await;
    assert_eq!(clock(&second, Method::GET, "", Value::Null).await, frozen);
    let later = clock(&second, Method::POST, "/advance", json!({ "seconds": 3601 })).await;
    assert_eq!(clock(&first, Method::GET, "", Value::Null).await, later);
    assert_eq!(guarded(&first, &token).await, StatusCode::UNAUTHORIZED, "it has expired everywhere");
    let fresh = login(&first).await["token"].as_str().expect("a token").to_owned();
    assert_ne!(guarded(&second, &fresh).await, StatusCode::UNAUTHORIZED);
    // Set by the program that one of them runs in.
    first.clock().advance(Duration::from_secs(3601));
    let begin = Instant::now();
    while guarded(&second, &fresh).await != StatusCode::UNAUTHORIZED {
        assert!(begin.elapsed() < HANG, "the other does not notice");
    }
    // It stays as it is set, over a reset and a restart.
    first.reset().await.expect("a reset");
    let set = clock(&second, Method::GET, "", Value::Null).await;
    first.stop().await;
    second.stop().await;
    let third = start().await;
    assert_eq!(clock(&third, Method::GET, "", Value::Null).await, set);
    assert_eq!(clock(&third, Method::DELETE, "", Value::Null).await["frozen"], false);
}

/// Security case 55: what changes something is no GET, which a browser sends without asking.
#[tokio::test]
async fn case_55_no_get_of_the_control_plane_changes_anything() {
    let world = World::start().await;
    let emulator = &world.emulator;
    let (mut reads, mut writes) = (0, 0);
    // The routes as they are documented.
    let rows = include_str!("../../CONTROL.md").lines().filter_map(|line| line.strip_prefix("| `"));
    for (method, path) in rows.filter_map(|row| row.split('`').next()?.split_once(' ')) {
        let url = format!("/_emulator/{}", path.replace("{id}", "1"));
        let response = send(emulator, Method::OPTIONS, &url, Value::Null).await;
        assert!(!response.headers().contains_key("access-control-allow-origin"), "{path}: no CORS");
        let before = emulator.export_with_secrets().await.expect("a document");
        let status = send(emulator, Method::GET, &url, Value::Null).await.status();
        let after = emulator.export_with_secrets().await.expect("a document");
        assert_eq!((&after["tables"], &after["keys"]), (&before["tables"], &before["keys"]), "{path}");
        if method == "GET" {
            assert_ne!(status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
            reads += 1;
        } else {
            writes += usize::from(status == StatusCode::METHOD_NOT_ALLOWED);
        }
    }
    assert!(reads >= 15 && writes >= 6, "{reads} {writes}");
}

#[tokio::test]
async fn case_55_an_admin_token_is_asked_for_where_one_is_set() {
    let exposed = Emulator::builder().listen("0.0.0.0:0".parse().expect("an address"));
    let refused = exposed.clone().start().await;
    assert!(matches!(refused, Err(Error::Exposed(_))));

    let emulator = exposed.admin_token("hush").start().await.expect("an emulator");
    assert!(emulator.url().starts_with("http://127.0.0.1:"));
    let status = async |path: &str, token: Option<&str>| {
        let request = http().get(format!("{}/_emulator/{path}", emulator.url()));
        let request = token.map_or(request.try_clone().expect("a copy"), |token| request.bearer_auth(token));
        request.send().await.expect("an answer").status()
    };
    assert_eq!(status("info", None).await, StatusCode::UNAUTHORIZED);
    for wrong in ["hus", "hushh", "HUSH", " "] {
        assert_eq!(status("info", Some(wrong)).await, StatusCode::UNAUTHORIZED, "{wrong}");
    }
    for path in ["clock", "outbox", "faults", "rate-limits", "requests", "export?secrets=true"] {
        assert_eq!(status(path, None).await, StatusCode::UNAUTHORIZED, "{path}");
    }
    assert_eq!(status("info", Some("hush")).await, StatusCode::OK);
    assert_eq!(status("health", None).await, StatusCode::OK);
    assert!(!format!("{emulator:?}").contains("hush"));
}

/// Security case 41, and what a restart must keep.
#[tokio::test]
async fn the_state_survives_a_restart() {
    let place = lasting().await;
    let start = async || World::at(&place, Emulator::builder().api_key("key")).await.emulator;

    let emulator = start().await;
    let (vendor_id, client_id) = (emulator.vendor_id().to_owned(), emulator.client_id().to_owned());
    let token = login(&emulator).await["token"].as_str().expect("a token").to_owned();
    emulator.stop().await;

    // On another port, so issued under another address.
    let emulator = start().await;
    assert_eq!(emulator.vendor_id(), vendor_id);
    assert_eq!(emulator.client_id(), client_id);
    assert_ne!(guarded(&emulator, &token).await, StatusCode::UNAUTHORIZED);

    emulator.reset().await.expect("a reset");
    assert_eq!(guarded(&emulator, &token).await, StatusCode::UNAUTHORIZED);
}

/// Security case 58, in part: two emulators over one store are one environment.
#[tokio::test]
async fn two_emulators_share_a_store() {
    let place = lasting().await;
    let start = async || World::at(&place, Emulator::builder().api_key("key")).await.emulator;
    let (first, second) = tokio::join!(start(), start());
    assert_eq!(first.vendor_id(), second.vendor_id());
    let keys = async |emulator| {
        let response = send(emulator, Method::GET, "/.well-known/jwks.json", Value::Null).await;
        json(response).await
    };
    assert_eq!(keys(&first).await, keys(&second).await);

    let token = login(&first).await["token"].as_str().expect("a token").to_owned();
    assert_ne!(guarded(&second, &token).await, StatusCode::UNAUTHORIZED);
    first.reset().await.expect("a reset");
    let begin = Instant::now();
    while guarded(&second, &token).await != StatusCode::UNAUTHORIZED {
        assert!(begin.elapsed() < HANG, "the other does not notice");
    }
}

#[tokio::test]
async fn stopping_and_dropping_free_the_port() {
    let world = World::start().await;
    let address = world.emulator.address();
    world.emulator.stop().await;
    let again = Emulator::builder().listen(address).start().await.expect("the same port");
    drop(again);
    until("its port is free", || std::net::TcpListener::bind(address).is_ok()).await;
}

#[tokio::test]
async fn a_taken_port_is_an_error() {
    let world = World::start().await;
    let emulator = &world.emulator;
    let second = Emulator::builder().listen(emulator.address()).start().await;
    assert!(matches!(second, Err(Error::Listen { .. })));
}

/// Security case 60, in small: however often an emulator is reset, it is the same work. How long it takes
/// to start and to reset one is measured by the benchmark `server`.
#[tokio::test]
async fn resetting_is_the_same_work_each_time() {
    let world = World::start().await;
    let reset = async || {
        let before = world.emulator.work().statements;
        world.emulator.reset().await.expect("a reset");
        world.emulator.work().statements - before
    };
    let first = reset().await;
    for _ in 0..100 {
        assert_eq!(reset().await, first);
    }
}
