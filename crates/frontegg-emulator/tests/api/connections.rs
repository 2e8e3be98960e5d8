//! Connections: kept open where that is safe, ended where it is not, and said so beforehand.

use std::time::Duration;

use frontegg_emulator::Emulator;
use frontegg_test_harness::{clock::Clock, place::Place};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::Instant,
};

use crate::support::World;

const JWKS: &str = "/.well-known/jwks.json";
const ROLES: &str = "/identity/resources/roles/v1";

/// A connection that is used again and again.
struct Kept(TcpStream);

impl Kept {
    async fn to(world: &World) -> Self {
        let stream = TcpStream::connect(world.emulator.address()).await.expect("a connection");
        stream.set_nodelay(true).expect("a setting");
        Self(stream)
    }

    async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.expect("sent");
    }

    /// The head of the next answer, whose body is read as well.
    async fn answer(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.0.read_u8().await.expect("an answer"));
        }
        let head = String::from_utf8(head).expect("text").to_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().expect("a number"))];
        self.0.read_exact(&mut body).await.expect("a body");
        head
    }

    /// Everything until the other side closes.
    async fn rest(mut self) -> String {
        let mut rest = String::new();
        self.0.read_to_string(&mut rest).await.expect("an end without a reset");
        rest
    }
}

fn closes(head: &str) -> bool {
    head.contains("\r\nconnection: close\r\n")
}

/// Requests that are answered without a look at their body.
const BY_THEIR_HEAD: [(&str, &str, u16); 7] = [
    ("POST", ROLES, 401),
    ("DELETE", ROLES, 405),
    ("POST", "/nowhere", 404),
    ("POST", "/vendors", 501),
    ("GET", JWKS, 200),
    ("POST", "/identity/resources/auth/v1/logout", 201),
    ("OPTIONS", ROLES, 204),
];

/// A body that comes after all else has been said belongs to its request: the next one on the connection
/// is answered as well.
#[tokio::test]
async fn a_late_body_does_not_end_the_connection() {
    let world = World::at(&Place::memory(), Emulator::builder()).await;
    // Nobody's patience is over, whatever the machine is busy with.
    let _clock = Clock::stop();
    let mut kept = Kept::to(&world).await;
    for (method, path, status) in BY_THEIR_HEAD {
        let body = "x".repeat(40_000);
        let head =
            format!("{method} {path} HTTP/1.1\r\nhost: x\r\norigin: http://a.test\r\ncontent-length: 40000\r\n\r\n");
        kept.send(&head).await;
        // Whoever was sent something later has been answered: the head has been seen.
        assert_eq!(world.get(JWKS, "").await.status(), 200);
        kept.send(&body[..1]).await;
        assert_eq!(world.get(JWKS, "").await.status(), 200);
        kept.send(&body[1..]).await;
        let answer = kept.answer().await;
        assert!(answer.starts_with(&format!("http/1.1 {status}")) && !closes(&answer), "{method} {path}: {answer}");
        kept.send(&format!("GET {JWKS} HTTP/1.1\r\nhost: x\r\n\r\n")).await;
        let answer = kept.answer().await;
        assert!(answer.starts_with("http/1.1 200"), "{method} {path}: {answer}");
    }
}

/// Where the body is not waited for, the answer says that it is the last, and arrives.
#[tokio::test]
async fn an_answer_says_so_where_it_is_the_last() {
    let world = World::at(&Place::memory(), Emulator::builder()).await;
    let _clock = Clock::stop();
    let large = 20 * 1024 * 1024;
    for (lines, status) in [
        (format!("content-length: {large}\r\n"), 413),
        ("content-length: 1099511627776\r\n".to_owned(), 413),
        ("content-length: 10\r\nexpect: 100-continue\r\n".to_owned(), 401),
        ("transfer-encoding: chunked\r\n".to_owned(), 401),
    ] {
        let mut kept = Kept::to(&world).await;
        kept.send(&format!("POST {ROLES} HTTP/1.1\r\nhost: x\r\n{lines}\r\n")).await;
        let answer = kept.answer().await;
        assert!(answer.starts_with(&format!("http/1.1 {status}")) && closes(&answer), "{lines}: {answer}");
        assert!(!answer.contains("keep-alive"), "{answer}");
        assert_eq!(kept.rest().await, "", "{lines}");
    }
    // Whoever sends all of it before they read gets the answer nevertheless.
    let mut kept = Kept::to(&world).await;
    kept.send(&format!("POST {ROLES} HTTP/1.1\r\nhost: x\r\ncontent-length: {large}\r\n\r\n")).await;
    let chunk = "x".repeat(64 * 1024);
    for _ in 0..32 {
        kept.send(&chunk).await;
    }
    assert!(kept.answer().await.starts_with("http/1.1 413"));
}

/// Nobody is kept waiting for a body that does not come.
#[tokio::test]
async fn a_body_that_never_comes_is_not_waited_for() {
    let world = World::at(&Place::memory(), Emulator::builder()).await;
    let clock = Clock::stop();
    let mut kept = Kept::to(&world).await;
    kept.send(&format!("POST {ROLES} HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n")).await;
    let begin = Instant::now();
    let answer = clock.run(kept.answer()).await;
    assert!(answer.starts_with("http/1.1 401") && closes(&answer), "{answer}");
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
}

#[tokio::test]
async fn a_request_is_for_one_host() {
    let world = World::start().await;
    for (hosts, status) in [
        ("", 400),
        ("host: a\r\nhost: a\r\n", 400),
        ("host: a\r\nhost: b\r\n", 400),
        ("host: a, b\r\n", 400),
        ("host: a b\r\n", 400),
        ("host: ada@a\r\n", 400),
        ("host: http://a\r\n", 400),
        ("host: a\r\n", 200),
        ("host: a_b:8100\r\n", 200),
        ("host: [::1]:8100\r\n", 200),
    ] {
        let answer = world.exchange(&format!("GET {JWKS} HTTP/1.1\r\nconnection: close\r\n{hosts}\r\n")).await;
        assert_eq!((answer.status(), answer.answers()), (status, 1), "{hosts}: {}", answer.0);
        if status == 400 {
            assert_eq!(answer.header("connection"), Some("close"), "{hosts}");
            assert!(answer.body().contains("Host"), "{}", answer.0);
        }
    }
    // Before HTTP/1.1 nobody had to say so.
    let old = world.exchange(&format!("GET {JWKS} HTTP/1.0\r\n\r\n")).await;
    assert!(old.0.starts_with("HTTP/1.0 200"), "{}", old.0);
}

#[tokio::test]
async fn a_body_comes_as_it_is_or_in_chunks() {
    let world = World::start().await;
    for (coding, status) in [
        ("chunked", 401),
        ("Chunked", 401),
        ("gzip, chunked", 501),
        ("identity, chunked", 501),
        ("chunked, chunked", 400),
        ("chunked,gzip", 400),
        ("gzip", 400),
    ] {
        let request =
            format!("POST {ROLES} HTTP/1.1\r\nhost: x\r\ntransfer-encoding: {coding}\r\n\r\n2\r\n[]\r\n0\r\n\r\n");
        let answer = world.exchange(&request).await;
        assert_eq!((answer.status(), answer.answers()), (status, 1), "{coding}: {}", answer.0);
    }
}

#[tokio::test]
async fn idle_connections_are_kept_and_told_how_long() {
    let world = World::at(&Place::memory(), Emulator::builder()).await;
    let clock = Clock::stop();
    let mut kept = Kept::to(&world).await;
    let request = format!("GET {JWKS} HTTP/1.1\r\nhost: x\r\n\r\n");
    for _ in 0..3 {
        kept.send(&request).await;
        let answer = kept.answer().await;
        assert!(answer.contains("\r\nkeep-alive: timeout=75\r\n"), "{answer}");
        clock.advance(Duration::from_millis(74_900)).await;
        assert_eq!(world.get(JWKS, "").await.status(), 200);
    }
    kept.send(&request).await;
    kept.answer().await;
    let begin = Instant::now();
    assert_eq!(clock.run(kept.rest()).await, "");
    let time = begin.elapsed();
    assert!((Duration::from_secs(75)..Duration::from_secs(80)).contains(&time), "{time:?}");
    // A head that has begun has to go on, however long nothing was said before.
    let mut slow = Kept::to(&world).await;
    clock.advance(Duration::from_mins(1)).await;
    slow.send(&request[..20]).await;
    let begin = Instant::now();
    assert_eq!(clock.run(slow.rest()).await, "");
    let time = begin.elapsed();
    assert!((Duration::from_secs(10)..Duration::from_secs(12)).contains(&time), "{time:?}");

    let world = World::at(&Place::memory(), Emulator::builder().idle_timeout(Duration::from_secs(5))).await;
    let mut kept = Kept::to(&world).await;
    kept.send(&request).await;
    assert!(kept.answer().await.contains("\r\nkeep-alive: timeout=5\r\n"));
}
