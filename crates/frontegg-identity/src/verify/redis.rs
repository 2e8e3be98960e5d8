//! A cache that a fleet shares, in Redis.

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
use crate::lock::Mutex;

/// How long Redis may take; the service would have answered by then.
const PATIENCE: Duration = Duration::from_millis(250);
/// How long Redis is left alone when it was out of reach or late.
const REST: Duration = Duration::from_secs(1);

/// Keeps answers in Redis, so that one process's look-up serves all.
///
/// Redis being out of reach or slow is not a failure, and an entry that is not one of ours is none:
/// the service is asked instead. Whoever can write to this Redis can say what tokens grant, so let
/// nobody else.
#[derive(Clone)]
pub struct RedisCache {
    connection: ConnectionManager,
    /// Until when Redis is left alone.
    rest: Arc<Mutex<Option<Instant>>>,
}

impl RedisCache {
    /// Connects, e.g. to `redis://127.0.0.1/`; reconnects by itself later.
    pub async fn connect(url: &str) -> Result<Self, RedisError> {
        let client = redis::Client::open(url).map_err(RedisError)?;
        // It looks at least once a second whether Redis is there again.
        let config = ConnectionManagerConfig::new().set_max_delay(REST).set_connection_timeout(Some(REST));
        let connection = ConnectionManager::new_with_config(client, config).await.map_err(RedisError)?;
        Ok(Self { connection, rest: Arc::default() })
    }

    /// What Redis answers, if it does so in time.
    async fn ask<T>(&self, work: impl Future<Output = RedisResult<T>>) -> Option<T> {
        if self.rest().is_some_and(|end| Instant::now() < end) {
            return None;
        }
        let out_of_reach = match tokio::time::timeout(PATIENCE, work).await {
            Ok(Ok(answer)) => return Some(answer),
            Ok(Err(error)) => {
                tracing::warn!(%error, "Redis was of no use");
                error.is_io_error() || error.is_timeout() || error.is_connection_dropped()
            }
            Err(_) => {
                tracing::warn!("Redis did not answer in time");
                true
            }
        };
        if out_of_reach {
            *self.rest() = Some(Instant::now() + REST);
        }
        None
    }

    fn rest(&self) -> MutexGuard<'_, Option<Instant>> {
        self.rest.lock()
    }
}

impl GrantsCache for RedisCache {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Option<Option<Grants>>> {
        Box::pin(async move {
            let mut connection = self.connection.clone();
            let entry: Option<Vec<u8>> = self.ask(async { connection.get(key).await }).await?;
            serde_json::from_slice(&entry?).ok()
        })
    }

    fn put<'a>(&'a self, key: &'a str, grants: &'a Option<Grants>, life: Duration) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let Ok(text) = serde_json::to_string(grants) else { return };
            // Zero would be an error to Redis.
            let life = u64::try_from(life.as_millis()).unwrap_or(u64::MAX).max(1);
            let mut connection = self.connection.clone();
            let _: Option<()> = self.ask(async { connection.pset_ex(key, text, life).await }).await;
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
