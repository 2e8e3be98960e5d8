//! Pages of other origins: what they may read, with what, and where they may not.

use frontegg_emulator::{Fault, RateLimit, Selection};
use serde_json::json;

use crate::support::World;

const PAGE: &str = "http://localhost:5173";
const SIGN_IN: &str = "/identity/resources/auth/v1/user";
const ROLES: &str = "/identity/resources/roles/v1";

fn request(method: &str, path: &str, headers: &str) -> String {
    format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}\r\n")
}

/// The headers of CORS that an answer has, but for what is granted to read.
fn granted(answer: &crate::support::socket::Bytes) -> [Option<&str>; 3] {
    ["access-control-allow-origin", "access-control-allow-credentials", "vary"].map(|name| answer.header(name))
}

const GRANTED: [Option<&str>; 3] = [Some(PAGE), Some("true"), Some("Origin")];

#[tokio::test]
async fn a_browser_may_ask_beforehand_whatever_it_is_about() {
    let world = World::start().await;
    let wanted = "content-type,frontegg-source,x-frontegg-sdk";
    for path in [SIGN_IN, "/frontegg/identity/resources/auth/v1/user/", ROLES, "/vendors", "/nowhere/at/all", "/"] {
        for method in ["GET", "POST", "PUT", "PATCH", "DELETE"] {
            let headers = format!(
                "origin: {PAGE}\r\naccess-control-request-method: {method}\r\naccess-control-request-headers: {wanted}\r\n"
            );
            let answer = world.exchange(&request("OPTIONS", path, &headers)).await;
            assert_eq!((answer.status(), answer.body()), (204, ""), "{path}: {}", answer.0);
            assert_eq!(granted(&answer), GRANTED, "{path}");
            assert_eq!(answer.header("access-control-allow-headers"), Some(wanted), "{path}");
            let methods = answer.header("access-control-allow-methods").expect("methods");
            assert!(methods.split(", ").any(|allowed| allowed == method), "{methods}");
        }
    }
    // It is no request to the API: no limit counts it, no fault meets it, and nobody sees it listed.
    world.emulator.rate_limits().add(RateLimit::new(0, std::time::Duration::from_mins(1))).expect("a limit");
    let fault = world.emulator.faults().inject(Fault::drop()).expect("a fault");
    let headers = format!("origin: {PAGE}\r\naccess-control-request-method: POST\r\n");
    assert_eq!(world.exchange(&request("OPTIONS", SIGN_IN, &headers)).await.status(), 204);
    assert_eq!((fault.calls(), world.emulator.requests().count()), (0, 0));
}

#[tokio::test]
async fn every_answer_may_be_read() {
    let world = World::start().await;
    let origin = format!("origin: {PAGE}\r\n");
    let malformed = format!("{origin}content-type: application/json\r\ncontent-length: 1\r\n");
    let long = format!("{origin}content-length: 1099511627776\r\n");
    let many = format!("{origin}x: {}\r\n", "a".repeat(40_000));
    for (method, path, headers, status) in [
        ("GET", "/.well-known/jwks.json", &origin, 200),
        ("GET", ROLES, &origin, 401),
        ("GET", "/nowhere", &origin, 404),
        ("GET", "/vendors", &origin, 501),
        ("PUT", ROLES, &origin, 405),
        ("POST", SIGN_IN, &malformed, 400),
        ("POST", SIGN_IN, &long, 413),
        ("GET", ROLES, &many, 431),
        ("GET", ROLES, &format!("{origin}host: other\r\n"), 400),
        ("POST", SIGN_IN, &format!("{origin}transfer-encoding: gzip, chunked\r\n"), 501),
    ] {
        let body = if status == 400 && method == "POST" { "{" } else { "" };
        let answer = world.exchange(&format!("{}{body}", request(method, path, headers))).await;
        assert_eq!(answer.status(), status, "{path}: {}", answer.0);
        assert_eq!(granted(&answer), GRANTED, "{path} {status}");
        let exposed = answer.header("access-control-expose-headers").expect("names");
        assert!(exposed.split(", ").any(|name| name == "frontegg-trace-id"), "{exposed}");
    }
    // What comes in place of the API's answers as well.
    let fault = world.emulator.faults().inject(Fault::status(503)).expect("a fault");
    assert_eq!(granted(&world.exchange(&request("GET", ROLES, &origin)).await), GRANTED);
    fault.remove();
    let limit = RateLimit::new(0, std::time::Duration::from_mins(1)).on(Selection::path(ROLES));
    world.emulator.rate_limits().add(limit).expect("a limit");
    let answer = world.exchange(&request("GET", ROLES, &origin)).await;
    assert_eq!((answer.status(), granted(&answer)), (429, GRANTED));
    let exposed = answer.header("access-control-expose-headers").expect("names");
    assert!(exposed.contains("retry-after") && exposed.contains("x-rate-limit-reset"), "{exposed}");
}

#[tokio::test]
async fn what_was_granted_to_one_page_is_not_kept_for_another() {
    let world = World::start().await;
    let answer = world.exchange(&request("GET", "/.well-known/jwks.json", "")).await;
    assert_eq!(granted(&answer), [None, None, Some("Origin")], "{}", answer.0);
    // Without an origin it is no question of a browser.
    assert_eq!(world.exchange(&request("OPTIONS", ROLES, "")).await.status(), 405);
}

/// Security case 55.
#[tokio::test]
async fn case_55_the_control_plane_grants_nothing() {
    let world = World::start().await;
    let own = format!("http://{}", world.emulator.address());
    let headers = |origin: &str| format!("origin: {origin}\r\naccess-control-request-method: POST\r\n");
    for path in
        ["/_emulator/reset", "/frontegg/_emulator/reset", "/_emulator/reset/", "/_emulator", "/_emulator/health"]
    {
        for origin in [PAGE, own.as_str(), "null"] {
            for method in ["OPTIONS", "POST", "GET"] {
                let answer = world.exchange(&request(method, path, &headers(origin))).await;
                assert!(!answer.0.to_lowercase().contains("access-control"), "{method} {path}: {}", answer.0);
                assert_ne!(answer.status(), 204, "{method} {path}");
            }
        }
    }
}

/// A page of another port signs in and goes on with its cookie, as browsers do it.
#[tokio::test]
async fn a_page_of_another_port_signs_in() {
    let world = World::start().await;
    world.tenant("acme").await;
    world.member("acme", "ada@acme.test").await;
    let mut page = world.browser().with("origin", PAGE);
    page.sign_in("ada@acme.test").await.token();
    page.refresh().await.token();
    let body = json!({ "email": "ada@acme.test", "password": "wrong" });
    let refused = page.call("authenticate_user_with_password", &[], body).await;
    assert!(refused.headers.iter().any(|name| name == "access-control-allow-origin"), "{:?}", refused.headers);
}
