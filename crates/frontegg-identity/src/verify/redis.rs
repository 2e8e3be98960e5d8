//! A cache that a fleet shares, in Redis.

use std::{fmt, time::Duration};

use frontegg_client::BoxFuture;
use redis::{AsyncCommands, aio::ConnectionManager};

use super::{Grants, GrantsCache};

/// Keeps answers in Redis, so that one process's look-up serves all.
///
/// Redis being out of reach is not a failure: the service is asked instead.
#[derive(Clone)]
pub struct RedisCache {
    connection: ConnectionManager,
}

impl RedisCache {
    /// Connects, e.g. to `redis://127.0.0.1/`; reconnects by itself later.
    pub async fn connect(url: &str) -> Result<Self, RedisError> {
        let client = redis::Client::open(url).map_err(RedisError)?;
        let connection = ConnectionManager::new(client).await.map_err(RedisError)?;
        Ok(Self { connection })
    }

    async fn read(&self, key: &str) -> redis::RedisResult<Option<String>> {
        self.connection.clone().get(key).await
    }

    async fn write(&self, key: &str, text: String, life: Duration) -> redis::RedisResult<()> {
        // Zero would be an error to Redis.
        let life = u64::try_from(life.as_millis()).unwrap_or(u64::MAX).max(1);
        self.connection.clone().pset_ex(key, text, life).await
    }
}

impl GrantsCache for RedisCache {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Option<Option<Grants>>> {
        Box::pin(async move {
            match self.read(key).await {
                Ok(text) => serde_json::from_str(&text?).ok(),
                Err(error) => {
                    tracing::warn!(%error, "Redis was not read");
                    None
                }
            }
        })
    }

    fn put<'a>(&'a self, key: &'a str, grants: &'a Option<Grants>, life: Duration) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            let Ok(text) = serde_json::to_string(grants) else { return };
            if let Err(error) = self.write(key, text, life).await {
                tracing::warn!(%error, "Redis was not written");
            }
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
