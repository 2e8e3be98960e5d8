//! The cache in Redis, against a real one: that of `FRONTEGG_TEST_REDIS`, else a `redis-server` of the
//! path, started here. Where there is neither, these tests say so and pass.

use std::{
    io::ErrorKind,
    net::TcpListener,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use frontegg_identity::verify::{AccessTokens, GrantsCache, RedisCache, Verifier, VerifyError};
use redis::{AsyncCommands, aio::MultiplexedConnection};

use crate::{World, client, proxy::Proxy};

const LOOK_UP: &str = "/vendor-only/tenants/access-tokens/v1/";

/// A Redis; one that was started here ends with this.
struct Redis {
    url: String,
    own: Option<Child>,
}

impl Redis {
    /// The one that was given, else one of our own.
    async fn any() -> Option<Self> {
        match std::env::var("FRONTEGG_TEST_REDIS") {
            Ok(url) => Some(Self { url, own: None }),
            Err(_) => Self::own(free_port()).await,
        }
    }

    async fn own(port: u16) -> Option<Self> {
        let port_text = port.to_string();
        let options = ["--port", &port_text, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"];
        let started = Command::new("redis-server")
            .args(options)
            .current_dir(std::env::temp_dir())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let own = match started {
            Ok(child) => Some(child),
            Err(error) if error.kind() == ErrorKind::NotFound => {
                eprintln!("skipped: no FRONTEGG_TEST_REDIS and no redis-server");
                return None;
            }
            Err(error) => panic!("redis-server did not start: {error}"),
        };
        let redis = Self { url: format!("redis://127.0.0.1:{port}/"), own };
        let deadline = Instant::now() + Duration::from_secs(10);
        while tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_err() {
            assert!(Instant::now() < deadline, "redis-server does not listen");
            tokio::task::yield_now().await;
        }
        Some(redis)
    }

    async fn connection(&self) -> MultiplexedConnection {
        let client = redis::Client::open(self.url.as_str()).unwrap();
        client.get_multiplexed_async_connection().await.unwrap()
    }

    /// Sends a signal to our own server.
    fn signal(&self, name: &str) {
        let id = self.own.as_ref().expect("a server of our own").id().to_string();
        assert!(Command::new("kill").args([name, &id]).status().unwrap().success());
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        if let Some(own) = &mut self.own {
            // It may have ended already.
            let _ = own.kill();
            let _ = own.wait();
        }
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Verifiers that share a Redis and look up through one proxy.
async fn fleet<const N: usize>(world: &World, redis: &Redis, ttl: Duration) -> ([Verifier; N], Proxy) {
    let proxy = Proxy::before(world.emulator.url()).await;
    let mut verifiers = Vec::new();
    for _ in 0..N {
        let cache = RedisCache::connect(&redis.url).await.unwrap();
        let access_tokens = AccessTokens::new(&client(&world.emulator, &proxy.url)).cache(cache).ttl(ttl);
        verifiers.push(world.verifier().access_tokens(access_tokens).build().unwrap());
    }
    (verifiers.try_into().map_err(|_| "a verifier each").unwrap(), proxy)
}

fn key(id: &str) -> String {
    format!("frontegg_identity_access_token_tenant_{id}")
}

#[tokio::test]
async fn one_look_up_serves_a_fleet() {
    let Some(redis) = Redis::any().await else { return };
    let world = World::start().await;
    let ([first, second], proxy) = fleet(&world, &redis, Duration::from_secs(60)).await;
    let role = world.role("ReadOnly").await;
    let (id, token) = world.access_token(&[&role]).await;
    assert!(first.verify_access_token(&token).await.unwrap().has_role("ReadOnly"));
    assert!(second.verify_access_token(&token).await.unwrap().has_role("ReadOnly"));
    assert_eq!(proxy.count(LOOK_UP), 1);

    let mut redis = redis.connection().await;
    let left: i64 = redis.pttl(key(&id)).await.unwrap();
    assert!((50_000..=60_000).contains(&left), "{left} ms");
    let entry: String = redis.get(key(&id)).await.unwrap();
    assert!(entry.contains("ReadOnly") && !entry.contains(&token), "{entry}");
}

#[tokio::test]
async fn a_revocation_is_seen_after_the_ttl_of_an_entry() {
    let Some(redis) = Redis::any().await else { return };
    let world = World::start().await;
    let ([first, second], proxy) = fleet(&world, &redis, Duration::from_millis(1_500)).await;
    let (id, token) = world.access_token(&[]).await;
    first.verify_access_token(&token).await.unwrap();
    world.revoke(&id).await;
    second.verify_access_token(&token).await.expect("known for a second and a half");
    let mut connection = redis.connection().await;
    let deadline = Instant::now() + Duration::from_secs(10);
    while connection.exists::<_, bool>(key(&id)).await.unwrap() {
        assert!(Instant::now() < deadline, "the entry outlives its ttl");
    }
    for verifier in [&first, &second] {
        let outcome = verifier.verify_access_token(&token).await;
        assert!(matches!(outcome, Err(VerifyError::Revoked)), "{outcome:?}");
    }
    assert_eq!(proxy.count(LOOK_UP), 2, "that it is revoked is shared as well");
    assert_eq!(connection.get::<_, String>(key(&id)).await.unwrap(), "null");
}

#[tokio::test]
async fn entries_of_another_form_are_none() {
    let Some(redis) = Redis::any().await else { return };
    let world = World::start().await;
    let ([verifier], proxy) = fleet(&world, &redis, Duration::from_secs(60)).await;
    let mut connection = redis.connection().await;
    let texts: [&[u8]; 7] = [
        b"garbage",
        b"",
        b"true",
        br#"{"roles":["Admin"]}"#,
        br#"{"roles":"Admin","permissions":"*"}"#,
        br#"["Admin"]"#,
        b"\xff\xfe\x00",
    ];
    for (index, text) in texts.into_iter().enumerate() {
        let (id, token) = world.access_token(&[]).await;
        let _: () = connection.set(key(&id), text).await.unwrap();
        let claims = verifier.verify_access_token(&token).await.unwrap();
        assert!(!claims.has_role("Admin") && !claims.has_permission("anything"));
        assert_eq!(proxy.count(LOOK_UP), 2 * index + 1, "the service is asked");
        let entry: String = connection.get(key(&id)).await.unwrap();
        assert!(entry.starts_with('{'), "and its answer takes the place: {entry}");
        // What is to be refused is so, whatever Redis says.
        world.revoke(&id).await;
        let _: () = connection.set(key(&id), text).await.unwrap();
        let outcome = verifier.verify_access_token(&token).await;
        assert!(matches!(outcome, Err(VerifyError::Revoked)), "{outcome:?}");
        let _: () = connection.del(key(&id)).await.unwrap();
    }
    // Something that is no text at all.
    let before = proxy.count(LOOK_UP);
    let (id, token) = world.access_token(&[]).await;
    let _: () = connection.lpush(key(&id), "Admin").await.unwrap();
    verifier.verify_access_token(&token).await.unwrap();
    verifier.verify_access_token(&token).await.unwrap();
    assert_eq!(proxy.count(LOOK_UP), before + 1, "an entry took its place");
}

#[tokio::test]
async fn a_redis_that_goes_and_comes_back_is_no_fault() {
    let port = free_port();
    let Some(mut redis) = Redis::own(port).await else { return };
    let world = World::start().await;
    let ([verifier], proxy) = fleet(&world, &redis, Duration::from_secs(60)).await;
    let (id, token) = world.access_token(&[]).await;
    verifier.verify_access_token(&token).await.unwrap();
    assert_eq!(proxy.count(LOOK_UP), 1);

    // Stopped, it takes connections and answers nothing.
    redis.signal("-STOP");
    let begin = Instant::now();
    for _ in 0..20 {
        verifier.verify_access_token(&token).await.unwrap();
    }
    assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
    assert_eq!(proxy.count(LOOK_UP), 21, "the service is asked");
    redis.signal("-CONT");

    // Gone, it refuses connections.
    let own = redis.own.as_mut().unwrap();
    own.kill().unwrap();
    own.wait().unwrap();
    let (asked, begin) = (proxy.count(LOOK_UP), Instant::now());
    for _ in 0..20 {
        verifier.verify_access_token(&token).await.unwrap();
    }
    assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
    assert_eq!(proxy.count(LOOK_UP), asked + 20);
    assert!(RedisCache::connect(&redis.url).await.is_err(), "said where it is set up");
    world.revoke(&id).await;
    assert!(matches!(verifier.verify_access_token(&token).await, Err(VerifyError::Revoked)));

    // Back again, it is used again.
    let redis = Redis::own(port).await.unwrap();
    let (id, token) = world.access_token(&[]).await;
    let deadline = Instant::now() + Duration::from_secs(30);
    let mut connection = redis.connection().await;
    while !connection.exists::<_, bool>(key(&id)).await.unwrap() {
        assert!(Instant::now() < deadline, "it is not used any more");
        verifier.verify_access_token(&token).await.unwrap();
    }
}

#[tokio::test]
async fn an_address_shows_in_no_debug() {
    let Some(redis) = Redis::any().await else { return };
    let cache = RedisCache::connect(&redis.url).await.unwrap();
    assert_eq!(format!("{cache:?}"), "RedisCache");
    assert_eq!(cache.get("frontegg_identity_test_of_nothing").await, None);
    let error = RedisCache::connect("nonsense").await.unwrap_err();
    assert!(error.to_string().starts_with("Redis: "), "{error}");
}
