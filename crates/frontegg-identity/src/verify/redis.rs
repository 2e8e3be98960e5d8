//! A cache in Redis, which several processes share.

use std::{
    fmt,
    future::Future,
    sync::{Arc, MutexGuard},
    time::Duration,
};

use frontegg_client::BoxFuture;
use redis::{
    AsyncCommands, RedisResult,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use tokio::time::Instant;

use super::{Grants, GrantsCache};
use crate::{input::trimmed, lock::Mutex};

/// How long a command may take; the service itself would have answered by then.
const TIMEOUT: Duration = Duration::from_millis(250);
/// How long Redis is not asked after it was unreachable or too slow.
const BACKOFF: Duration = Duration::from_secs(1);

/// Caches answers in Redis, so that the look-up of one process serves all.
///
/// If Redis is unreachable or slow, or an entry is not of this cache, the service is asked instead.
/// Whoever can write to this Redis decides what tokens grant, so restrict access to it.
#[derive(Clone)]
pub struct RedisCache {
    connection: ConnectionManager,
    /// Until when Redis is not asked.
    paused_until: Arc<Mutex<Option<Instant>>>,
}

impl RedisCache {
    /// Connects, e.g. to `redis://127.0.0.1/`; reconnects by itself later.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), Box<dyn std::error::Error>> {
    /// use frontegg_identity::verify::{AccessTokens, RedisCache};
    ///
    /// let cache = RedisCache::connect("redis://127.0.0.1:6379").await?;
    /// let tokens = AccessTokens::new(&frontegg).cache(cache);
    /// # Ok(())
    /// # }
    /// ```
    pub async fn connect(url: &str) -> Result<Self, RedisError> {
        let client = redis::Client::open(trimmed(url)).map_err(RedisError)?;
        // At least one attempt to reconnect a second.
        let config = ConnectionManagerConfig::new().set_max_delay(BACKOFF).set_connection_timeout(Some(BACKOFF));
        let connection = ConnectionManager::new_with_config(client, config).await.map_err(RedisError)?;
        Ok(Self { connection, paused_until: Arc::default() })
    }

    /// The answer of Redis, if there is one in time.
    async fn query<T>(&self, work: impl Future<Output = RedisResult<T>>) -> Option<T> {
        if self.paused_until().is_some_and(|end| Instant::now() < end) {
            return None;
        }
        let is_unreachable = match tokio::time::timeout(TIMEOUT, work).await {
            Ok(Ok(answer)) => return Some(answer),
            Ok(Err(error)) => {
                tracing::warn!(%error, "Redis failed");
                error.is_io_error() || error.is_timeout() || error.is_connection_dropped()
            }
            Err(_) => {
                tracing::warn!("Redis did not answer in time");
                true
            }
        };
        if is_unreachable {
            *self.paused_until() = Some(Instant::now() + BACKOFF);
        }
        None
    }

    fn paused_until(&self) -> MutexGuard<'_, Option<Instant>> {
        self.paused_until.lock()
    }
}

impl GrantsCache for RedisCache {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Option<Option<Grants>>> {
        Box::pin(async move {
            let mut connection = self.connection.clone();
            let entry: Option<Vec<u8>> = self.query(async { connection.get(key).await }).await?;
            serde_json::from_slice(&entry?).ok()
        })
    }

    fn put<'a>(&'a self, key: &'a str, grants: &'a Option<Grants>, ttl: Duration) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let Ok(text) = serde_json::to_string(grants) else { return };
            // Redis rejects zero.
            let ttl = u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX).max(1);
            let mut connection = self.connection.clone();
            let _: Option<()> = self.query(async { connection.pset_ex(key, text, ttl).await }).await;
        })
    }
}

impl fmt::Debug for RedisCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The address may hold a password.
        f.write_str("RedisCache")
    }
}

/// Redis could not be reached, or its address cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("Redis: {0}")]
pub struct RedisError(redis::RedisError);
