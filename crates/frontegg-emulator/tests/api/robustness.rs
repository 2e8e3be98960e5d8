//! What strangers send: too much, too slowly, in two senses, with other methods.

use std::{
    fmt::Write,
    time::{Duration, Instant},
};

use frontegg_emulator::Emulator;
use reqwest::{Client, header};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::World;

const JWKS: &str = "/.well-known/jwks.json";
const ROLES: &str = "/identity/resources/roles/v1";

/// An environment token.
async fn token(world: &World) -> String {
    let body = json!({ "clientId": world.emulator.client_id(), "secret": world.emulator.api_key() });
    let mut browser = world.browser();
    browser.done("authenticate_environment", &[], body).await["token"].as_str().expect("a token").to_owned()
}

/// Security case 50.
#[tokio::test]
async fn case_50_what_is_too_much_is_refused() {
    let world = World::start().await;
    let token = token(&world).await;
    let http = Client::new();
    let post = async |body: Vec<u8>, encoding: &str| {
        let request = http.post(format!("{}{ROLES}", world.emulator.url())).bearer_auth(&token);
        let request =
            request.header(header::CONTENT_TYPE, "application/json").header(header::CONTENT_ENCODING, encoding);
        request.body(body).send().await.expect("an answer").status().as_u16()
    };
    let mut long = b"[]".to_vec();
    long.resize(1024 * 1024 + 1, b' ');
    assert_eq!(post(long, "identity").await, 413);
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(post(deep.into_bytes(), "identity").await, 400);
    let many = format!("[0{}]", ",0".repeat(500_000));
    assert_eq!(post(many.into_bytes(), "identity").await, 400);
    assert_eq!(post(vec![0x1f, 0x8b, 8, 0], "gzip").await, 415);

    let headers = |size: usize| {
        let mut lines = String::new();
        for number in 0..size / 1024 {
            let _ = write!(lines, "x-{number}: {}\r\n", "a".repeat(1016));
        }
        lines
    };
    assert_eq!(world.get(JWKS, &headers(16 * 1024)).await.status(), 200);
    assert_eq!(world.get(JWKS, &headers(48 * 1024)).await.status(), 431);
    assert_eq!(world.get(&format!("{JWKS}?{}", "a".repeat(16 * 1024)), "").await.status(), 414);
}

/// Security case 51: whatever may be read in two ways is answered once, with 400, and the connection
/// is closed.
#[tokio::test]
async fn case_51_no_request_is_taken_for_two() {
    let world = World::start().await;
    let smuggled = format!("GET {JWKS} HTTP/1.1\r\nhost: x\r\n\r\n");
    let chunks = "0\r\n\r\n";
    let length = chunks.len() + smuggled.len();
    for lines in [
        format!("content-length: {length}\r\ntransfer-encoding: chunked\r\n"),
        format!("transfer-encoding: chunked\r\ncontent-length: {length}\r\n"),
        format!("content-length: {length}\r\ncontent-length: {length}\r\n"),
        format!("content-length: {length}\r\ncontent-length: 5\r\n"),
        format!("content-length: {length}, {length}\r\n"),
        "content-length: -1\r\n".to_owned(),
        format!("content-length : {length}\r\n"),
        "transfer-encoding: chunked\r\ntransfer-encoding: identity\r\n".to_owned(),
        "x: y\r\n z: a\r\n".to_owned(),
        "x: y\n".to_owned(),
    ] {
        let request = format!("POST {ROLES} HTTP/1.1\r\nhost: x\r\n{lines}\r\n{chunks}{smuggled}");
        let answer = world.exchange(&request).await;
        assert_eq!((answer.status(), answer.answers()), (400, 1), "{lines}: {}", answer.0);
    }
    // In small pieces as well.
    let mut stream = TcpStream::connect(world.emulator.address()).await.expect("a connection");
    stream.set_nodelay(true).expect("a setting");
    let head = format!("POST {ROLES} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n");
    for piece in head.as_bytes().chunks(3) {
        stream.write_all(piece).await.expect("sent");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");

    // Nothing follows a body of which only the library knows the end.
    let chunked = format!("POST {ROLES} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n{chunks}{smuggled}");
    let answer = world.exchange(&chunked).await;
    assert_eq!((answer.status(), answer.answers()), (401, 1), "{}", answer.0);
    assert_eq!(answer.header("connection"), Some("close"));
    // What is clear may follow at once.
    let last = format!("GET {JWKS} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
    let body = format!("POST {ROLES} HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n[]");
    let answer = world.exchange(&format!("{smuggled}{body}{smuggled}{last}")).await;
    assert_eq!((answer.status(), answer.answers()), (200, 4), "{}", answer.0);
    // Whoever leaves in the middle harms nobody.
    for part in ["GET", &smuggled[..30], &body[..body.len() - 1]] {
        let mut stream = TcpStream::connect(world.emulator.address()).await.expect("a connection");
        stream.write_all(part.as_bytes()).await.expect("sent");
    }
    assert_eq!(world.get(JWKS, "").await.status(), 200);
}

/// Security case 52.
#[tokio::test]
async fn case_52_methods_and_content_types() {
    let world = World::start().await;
    let token = token(&world).await;
    for method in ["TRACE", "QUERY", "PUT", "OPTIONS"] {
        let request = format!("{method} {ROLES} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        let answer = world.exchange(&request).await;
        assert_eq!(answer.status(), 405, "{method}");
        let allowed = answer.header("allow").unwrap_or_else(|| panic!("{method}: {}", answer.0));
        assert!(allowed.contains("GET") && allowed.contains("POST"), "{allowed}");
    }
    let head = world.exchange(&format!("HEAD {JWKS} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")).await;
    let get = world.get(JWKS, "").await;
    assert_eq!((head.status(), head.body()), (200, ""));
    assert_eq!(head.header("content-length"), get.header("content-length"));
    assert!(get.header("content-type").expect("a type").starts_with("application/json"));
    let list = world.get(ROLES, &format!("authorization: Bearer {token}\r\n")).await;
    assert_eq!(list.header("content-type"), Some("application/json; charset=utf-8"));
    for line in ["content-type: text/plain\r\n", "content-type: application/json; charset=latin1\r\n", ""] {
        let request = format!(
            "POST {ROLES} HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: Bearer {token}\r\n{line}content-length: 2\r\n\r\n[]"
        );
        assert_eq!(world.exchange(&request).await.status(), 415, "{line}");
    }
}

/// Security case 53, with shorter times and fewer connections.
#[tokio::test]
async fn case_53_the_slow_are_closed_and_the_rest_is_served() {
    let (head, request) = (Duration::from_millis(500), Duration::from_secs(1));
    let world = World::of(Emulator::builder().timeouts(head, request)).await;
    let token = token(&world).await;
    let begin = Instant::now();
    let mut slow = Vec::new();
    for number in 0..150 {
        let mut stream = TcpStream::connect(world.emulator.address()).await.expect("a connection");
        let text = if number < 100 {
            "GET / HTTP/1.1\r\nhost: x".to_owned()
        } else {
            format!(
                "POST {ROLES} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
                 content-type: application/json\r\ncontent-length: 10\r\n\r\n["
            )
        };
        stream.write_all(text.as_bytes()).await.expect("sent");
        slow.push(stream);
    }
    let mut worst = Duration::ZERO;
    for _ in 0..20 {
        let begin = Instant::now();
        assert_eq!(world.get(JWKS, "").await.status(), 200);
        worst = worst.max(begin.elapsed());
    }
    eprintln!("beside 150 slow connections: {worst:?}");
    assert!(worst < Duration::from_secs(1), "{worst:?}");
    for (number, stream) in slow.iter_mut().enumerate() {
        let mut text = Vec::new();
        let end = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut text)).await;
        end.expect("closed").expect("an end");
        let text = String::from_utf8(text).expect("text");
        assert!(number < 100 || text.starts_with("HTTP/1.1 408"), "{text}");
        assert!(number >= 100 || !text.starts_with("HTTP/1.1 2"), "{text}");
    }
    assert!(begin.elapsed() >= head);
    // And nobody is waited for at the end.
    let mut stream = TcpStream::connect(world.emulator.address()).await.expect("a connection");
    stream.write_all(b"GET / HTTP/1.1\r\n").await.expect("sent");
    let begin = Instant::now();
    world.emulator.stop().await;
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
}
