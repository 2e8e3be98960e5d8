//! What strangers send: too much, too slowly, in two senses, with other methods.

use std::{fmt::Write, time::Duration};

use frontegg_emulator::Emulator;
use frontegg_identity::model::{Method, OPERATIONS, Operation};
use frontegg_test_harness::{clock::Clock, place::Place};
use reqwest::header;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::Instant,
};

use crate::support::{World, http, is_alone};

const JWKS: &str = "/.well-known/jwks.json";
const ROLES: &str = "/identity/resources/roles/v1";

/// An environment token.
async fn token(world: &World) -> String {
    let body = json!({ "clientId": world.emulator.client_id(), "secret": world.emulator.api_key() });
    let mut browser = world.browser();
    browser.done("authenticate_environment", &[], body).await["token"].as_str().expect("a token").to_owned()
}

/// How much memory this process has in use, in bytes.
#[cfg(target_os = "linux")]
fn memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("a text");
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).expect("a line");
    let kilobytes: usize = line.split_whitespace().nth(1).and_then(|word| word.parse().ok()).expect("a number");
    kilobytes * 1024
}

/// Security case 50, in one process with whoever sends: memory is measured where that is alone.
#[tokio::test]
async fn case_50_what_is_too_much_is_refused() {
    for world in World::each().await {
        too_much(&world).await;
    }
}

/// Security case 50: the peak of memory grows by less than 32 MiB over that of a first round, in which
/// as much as ever is in use.
#[cfg(target_os = "linux")]
#[test]
fn case_50_what_is_too_much_takes_no_memory() {
    if !is_alone("robustness::case_50_what_is_too_much_takes_no_memory") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let world = World::start().await;
        // What is fine: as long as the others, and the same sender.
        let http = http();
        let fine = format!("[{}]", " ".repeat(1024 * 1024 - 2));
        let request = http.post(format!("{}{ROLES}", world.emulator.url())).bearer_auth(token(&world).await);
        request.header(header::CONTENT_TYPE, "application/json").body(fine).send().await.expect("an answer");
        let before = memory();
        for _ in 0..20 {
            too_much(&world).await;
        }
        let grown = memory() - before;
        eprintln!("{} KiB more after 20 rounds of too much", grown / 1024);
        assert!(grown < 32 * 1024 * 1024, "{grown}");
    });
}

/// Whatever is too long, too deep, too many or packed.
async fn too_much(world: &World) {
    let token = token(world).await;
    let http = http();
    let post = async |body: Vec<u8>, encoding: &str| {
        let request = http.post(format!("{}{ROLES}", world.emulator.url())).bearer_auth(&token);
        let request =
            request.header(header::CONTENT_TYPE, "application/json").header(header::CONTENT_ENCODING, encoding);
        request.body(body).send().await.expect("an answer").status().as_u16()
    };
    let mut long = b"[]".to_vec();
    long.resize(1024 * 1024 + 1, b' ');
    assert_eq!(post(long, "identity").await, 413);
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        let deep = format!("{}0{}", open.repeat(10_000), close.repeat(10_000));
        assert_eq!(post(deep.into_bytes(), "identity").await, 400);
    }
    // A million items are longer than a body may be; of those that fit there are still too many.
    let items = |count: usize| format!("[0{}]", ",0".repeat(count - 1)).into_bytes();
    assert_eq!(post(items(1_000_000), "identity").await, 413);
    assert_eq!(post(items(500_000), "identity").await, 400);
    // Ten megabytes of zeros, packed; nobody unpacks them.
    assert_eq!(post(vec![0x1f, 0x8b, 8, 0], "gzip").await, 415);
    for encoding in ["deflate", "br", "gzip, gzip"] {
        assert_eq!(post(vec![0; 10_000], encoding).await, 415, "{encoding}");
    }

    let headers = |size: usize| {
        let mut lines = String::new();
        for number in 0..size / 1024 {
            let _ = write!(lines, "x-{number}: {}\r\n", "a".repeat(1016));
        }
        lines
    };
    assert_eq!(world.get(JWKS, &headers(16 * 1024)).await.status(), 200);
    assert_eq!(world.get(JWKS, &headers(48 * 1024)).await.status(), 431);
    assert_eq!(world.get(JWKS, &headers(64 * 1024)).await.status(), 431);
    assert_eq!(world.get(&format!("{JWKS}?{}", "a".repeat(16 * 1024)), "").await.status(), 414);
}

/// Security case 51: whatever may be read in two ways is answered once, with 400, and the connection
/// is closed.
#[tokio::test]
async fn case_51_no_request_is_taken_for_two() {
    for world in World::each().await {
        doubtful(&world).await;
    }
}

async fn doubtful(world: &World) {
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
        // What was sent before somebody else was answered has been read by then.
        assert_eq!(world.get(JWKS, "").await.status(), 200);
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
    for world in World::each().await {
        methods_and_types(&world).await;
        deletions_with_bodies(&world).await;
    }
}

/// Deletions that take a body read it: without one they say so, if they need it, and with one they go on to whom it is
/// about.
async fn deletions_with_bodies(world: &World) {
    let mut back_end = world.back_end(Some("acme")).await;
    let with_body = |operation: &&Operation| operation.method == Method::Delete && operation.request.is_some();
    let mut found = 0;
    for operation in OPERATIONS.iter().filter(with_body) {
        let sample = frontegg_samples::request(operation.id).and_then(|request| request.body);
        let sample = serde_json::from_str(sample.expect("a sample")).expect("JSON");
        let places: Vec<_> = operation.path.split('/').filter(|place| place.starts_with('{')).collect();
        let without = back_end.call(operation.id, &places, json!({})).await;
        // It may be left out of one.
        let refused = if operation.id == "delete_scim_configuration" { 404 } else { 400 };
        assert_eq!(without.status, refused, "{}: {}", operation.id, without.body);
        let with = back_end.call(operation.id, &places, sample).await;
        assert!(matches!(with.status, 200..300 | 403 | 404), "{}: {} {}", operation.id, with.status, with.body);
        found += 1;
    }
    assert!(found >= 5, "{found}");
    // And one whole.
    let (acme, admin) = (world.tenant("acme").await, world.role("Admin").await);
    let ada = world.user("acme", "ada@acme.test", &[&admin]).await;
    drop(acme);
    back_end.done("unassign_roles_from_user", &[&ada], json!({ "roleIds": [admin] })).await;
    assert!(!world.roles_of(&ada, "acme").await.contains(&"Admin".to_owned()));
}

async fn methods_and_types(world: &World) {
    let token = token(world).await;
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

/// Connections that stop in the middle of a head or of a body, and when each must be closed.
async fn slow_ones(world: &World, token: &str, heads: (usize, Duration), bodies: (usize, Duration)) -> JoinSet<()> {
    let head = "GET / HTTP/1.1\r\nhost: x".to_owned();
    let body = format!(
        "POST {ROLES} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: 10\r\n\r\n["
    );
    let mut slow = JoinSet::new();
    for (text, (number, limit)) in [(head, heads), (body, bodies)] {
        for _ in 0..number {
            let mut stream = TcpStream::connect(world.emulator.address()).await.expect("a connection");
            stream.write_all(text.as_bytes()).await.expect("sent");
            slow.spawn(closed_after(stream, limit));
        }
    }
    slow
}

/// Waits until the other side closes, which it must do when the time is over, and not before.
async fn closed_after(mut stream: TcpStream, limit: Duration) {
    let begin = Instant::now();
    let mut text = Vec::new();
    stream.read_to_end(&mut text).await.expect("an end");
    let time = begin.elapsed();
    assert!((limit..limit + Duration::from_secs(5)).contains(&time), "closed after {time:?} instead of {limit:?}");
    let text = String::from_utf8(text).expect("text");
    assert!(text.is_empty() || text.starts_with("HTTP/1.1 408"), "{text}");
}

/// Security case 53 with its own numbers and times, which pass when they are told to; in a process of
/// its own, since memory is measured.
#[cfg(target_os = "linux")]
#[test]
fn case_53_the_slow_are_closed_and_the_rest_is_served() {
    if !is_alone("robustness::case_53_the_slow_are_closed_and_the_rest_is_served") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let world = World::at(&Place::memory(), Emulator::builder()).await;
        let token = token(&world).await;
        assert_eq!(world.get(JWKS, "").await.status(), 200);
        let (before, clock) = (memory(), Clock::stop());
        let (heads, bodies) = ((500, Duration::from_secs(10)), (200, Duration::from_secs(30)));
        let mut slow = slow_ones(&world, &token, heads, bodies).await;
        // A healthy client goes on as ever meanwhile.
        for _ in 0..100 {
            assert_eq!(world.get(JWKS, "").await.status(), 200);
        }
        assert!(slow.try_join_next().is_none(), "nobody has been closed yet");
        let grown = memory() - before;
        eprintln!("700 slow connections: {} KiB", grown / 1024);
        assert!(grown < 50 * 1024 * 1024, "{grown}");
        clock.run(slow.join_all()).await;
        assert_eq!(world.get(JWKS, "").await.status(), 200);

        // And nobody is waited for at the end.
        let begin = Instant::now();
        let slow = slow_ones(&world, &token, (0, Duration::ZERO), (50, Duration::ZERO)).await;
        clock.run(world.emulator.stop()).await;
        assert!(begin.elapsed() < Duration::from_secs(10), "{:?}", begin.elapsed());
        drop(slow);
    });
}

/// Security case 53: the times are settings; beside a file.
#[tokio::test]
async fn case_53_times_are_settings() {
    let (head, request) = (Duration::from_secs(20), Duration::from_secs(40));
    let world = World::at(&Place::file(), Emulator::builder().timeouts(head, request)).await;
    let token = token(&world).await;
    let clock = Clock::stop();
    let slow = slow_ones(&world, &token, (40, head), (20, request)).await;
    assert_eq!(world.get(JWKS, "").await.status(), 200);
    clock.run(slow.join_all()).await;
    assert_eq!(world.get(JWKS, "").await.status(), 200);
}
