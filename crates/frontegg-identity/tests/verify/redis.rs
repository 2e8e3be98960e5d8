//! The cache in Redis, against a real one: that of `FRONTEGG_TEST_REDIS`, else one of our own. Where
//! redis-server is not installed either, that is said and these tests pass.

use std::{
    env,
    sync::OnceLock,
    time::{Duration, Instant},
};

use frontegg_identity::verify::{AccessTokens, GrantsCache, RedisCache, Verifier, VerifyError};
use frontegg_test_harness::{clock::Clock, redis::Server};
use redis::{AsyncCommands, aio::MultiplexedConnection};

use crate::{World, client, proxy::Proxy};

const LOOK_UP: &str = "/vendor-only/tenants/access-tokens/v1/";
const HOUR: Duration = Duration::from_secs(60 * 60);
/// Only that a test ends, whatever the machine is busy with.
const HANG: Duration = Duration::from_secs(120);

/// The address of a Redis for all tests of this process.
fn any() -> Option<String> {
    static OWN: OnceLock<Option<Server>> = OnceLock::new();
    let own = || OWN.get_or_init(Server::start).as_ref().map(Server::url);
    env::var("FRONTEGG_TEST_REDIS").ok().or_else(own)
}

async fn connection(url: &str) -> MultiplexedConnection {
    let client = redis::Client::open(url).unwrap();
    client.get_multiplexed_async_connection().await.unwrap()
}

/// Verifiers that share a Redis and look up through one proxy.
async fn fleet<const N: usize>(world: &World, redis: &str, ttl: Duration) -> ([Verifier; N], Proxy) {
    let proxy = Proxy::before(world.emulator.url()).await;
    let mut verifiers = Vec::new();
    for _ in 0..N {
        let cache = RedisCache::connect(redis).await.unwrap();
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
    let Some(redis) = any() else { return };
    // Redis is waited for, however long it takes.
    let (world, _clock) = (World::start().await, Clock::stop());
    let ([first, second], proxy) = fleet(&world, &redis, HOUR).await;
    let role = world.role("ReadOnly").await;
    let (id, token) = world.access_token(&[&role]).await;
    assert!(first.verify_access_token(&token).await.unwrap().has_role("ReadOnly"));
    assert!(second.verify_access_token(&token).await.unwrap().has_role("ReadOnly"));
    assert_eq!(proxy.count(LOOK_UP), 1);

    let mut redis = connection(&redis).await;
    let left: i64 = redis.ttl(key(&id)).await.unwrap();
    assert!((1_800..=3_600).contains(&left), "{left} s");
    let entry: String = redis.get(key(&id)).await.unwrap();
    assert!(entry.contains("ReadOnly") && !entry.contains(&token), "{entry}");
}

#[tokio::test]
async fn a_revocation_is_seen_after_the_ttl_of_an_entry() {
    let Some(redis) = any() else { return };
    // Redis is waited for, however long it takes.
    let (world, _clock) = (World::start().await, Clock::stop());
    let ([first, second], proxy) = fleet(&world, &redis, HOUR).await;
    let (id, token) = world.access_token(&[]).await;
    first.verify_access_token(&token).await.unwrap();
    world.revoke(&id).await;
    second.verify_access_token(&token).await.expect("known for an hour");
    // The hour is over at once.
    let mut connection = connection(&redis).await;
    assert!(connection.pexpire::<_, bool>(key(&id), 0).await.unwrap());
    for verifier in [&first, &second] {
        let outcome = verifier.verify_access_token(&token).await;
        assert!(matches!(outcome, Err(VerifyError::Revoked)), "{outcome:?}");
    }
    assert_eq!(proxy.count(LOOK_UP), 2, "that it is revoked is shared as well");
    assert_eq!(connection.get::<_, String>(key(&id)).await.unwrap(), "null");
}

#[tokio::test]
async fn entries_of_another_form_are_none() {
    let Some(redis) = any() else { return };
    // Redis is waited for, however long it takes.
    let (world, _clock) = (World::start().await, Clock::stop());
    let ([verifier], proxy) = fleet(&world, &redis, HOUR).await;
    let mut connection = connection(&redis).await;
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
    let Some(redis) = Server::start() else { return };
    let (url, port) = (redis.url(), redis.port());
    let (world, clock) = (World::start().await, Clock::stop());
    let ([verifier], proxy) = fleet(&world, &url, HOUR).await;
    let (id, token) = world.access_token(&[]).await;
    verifier.verify_access_token(&token).await.unwrap();
    assert_eq!(proxy.count(LOOK_UP), 1);

    // Stopped, it takes connections and answers nothing. Nobody waits for it long, nor each anew.
    redis.signal("STOP");
    let begin = tokio::time::Instant::now();
    for _ in 0..20 {
        clock.run(verifier.verify_access_token(&token)).await.unwrap();
    }
    assert!(begin.elapsed() < Duration::from_secs(20), "{:?}", begin.elapsed());
    assert_eq!(proxy.count(LOOK_UP), 21, "the service is asked");
    redis.signal("CONT");

    // Gone, it refuses connections.
    drop(redis);
    let asked = proxy.count(LOOK_UP);
    for _ in 0..20 {
        clock.run(verifier.verify_access_token(&token)).await.unwrap();
    }
    assert_eq!(proxy.count(LOOK_UP), asked + 20);
    assert!(clock.run(RedisCache::connect(&url)).await.is_err(), "said where it is set up");
    world.revoke(&id).await;
    assert!(matches!(clock.run(verifier.verify_access_token(&token)).await, Err(VerifyError::Revoked)));

    // Back again, it is used again.
    let Some(redis) = Server::start_on(port) else { return };
    let (id, token) = world.access_token(&[]).await;
    let mut connection = connection(&redis.url()).await;
    let begin = Instant::now();
    while !connection.exists::<_, bool>(key(&id)).await.unwrap() {
        assert!(begin.elapsed() < HANG, "it is not used any more");
        clock.run(verifier.verify_access_token(&token)).await.unwrap();
        clock.advance(Duration::from_secs(1)).await;
    }
}

#[tokio::test]
async fn an_address_shows_in_no_debug() {
    let Some(redis) = any() else { return };
    let cache = RedisCache::connect(&redis).await.unwrap();
    assert_eq!(format!("{cache:?}"), "RedisCache");
    assert_eq!(cache.get("frontegg_identity_test_of_nothing").await, None);
    let error = RedisCache::connect("nonsense").await.unwrap_err();
    assert!(error.to_string().starts_with("Redis: "), "{error}");
}
