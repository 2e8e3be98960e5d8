//! The environment's public keys (JWKS): cached, and fetched again when a token has an unknown `kid`.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use frontegg_model::read;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;

use super::{VerifyError, jws::Key};
use crate::{connection::Connected, error::Error, lock::RwLock, runtime::Instant};

/// The least time between fetches after one that failed or did not find the key: a flood of tokens with
/// made-up key ids must not become a flood of requests.
const REFETCH_DELAY: Duration = Duration::from_secs(10);
/// The same while there is no key at all, so that no token can be verified.
const EMPTY_REFETCH_DELAY: Duration = Duration::from_secs(1);
/// The age at which a key set is fetched again, so that a withdrawn key is dropped.
const MAX_AGE: Duration = Duration::from_secs(60 * 60);
/// The most bytes of a key set.
const MAX_SIZE: usize = 256 * 1024;

type Set = BTreeMap<String, Arc<Key>>;

pub(super) struct Keys {
    http: reqwest::Client,
    /// On the way there, as errors tell it.
    proxy: Option<Arc<str>>,
    url: String,
    cached: RwLock<Cached>,
    /// Locked by the caller that fetches.
    fetch_lock: Mutex<()>,
}

#[derive(Clone, Default)]
struct Cached {
    keys: Arc<Set>,
    /// When they were fetched.
    fetched: Option<Instant>,
    /// Number of finished fetches.
    fetch_count: u64,
    /// The earliest time of the next fetch.
    next_fetch: Option<Instant>,
    /// Why the last fetch failed.
    failure: Option<VerifyError>,
}

impl Cached {
    fn is_fresh(&self) -> bool {
        self.fetched.is_some_and(|fetched| fetched.elapsed() < MAX_AGE)
    }

    fn may_fetch(&self) -> bool {
        self.next_fetch.is_none_or(|next_fetch| Instant::now() >= next_fetch)
    }

    /// The key with that id. While the set cannot be fetched, a missing key is no reason to reject a token.
    fn find(&self, kid: &str) -> Result<Arc<Key>, VerifyError> {
        let unknown =
            || VerifyError::UnknownKey { found: Some(kid.to_owned()), known: self.keys.keys().cloned().collect() };
        self.keys.get(kid).cloned().ok_or_else(|| self.failure.clone().unwrap_or_else(unknown))
    }
}

impl Keys {
    pub(super) fn new(Connected { http, proxy, .. }: Connected, url: String) -> Self {
        Self { http, proxy, url, cached: RwLock::default(), fetch_lock: Mutex::default() }
    }

    /// The key with that id, fetched if need be.
    pub(super) async fn get(&self, kid: &str) -> Result<Arc<Key>, VerifyError> {
        let cached = self.cached();
        let found = cached.find(kid);
        match found {
            Ok(key) if cached.is_fresh() => Ok(key),
            found if !cached.may_fetch() => found,
            // A stale set is used until it can be fetched again.
            Ok(key) => match self.find_fetched(kid, cached.fetch_count).await {
                Err(VerifyError::Unavailable(_)) => Ok(key),
                found => found,
            },
            Err(_) => self.find_fetched(kid, cached.fetch_count).await,
        }
    }

    /// The key after a fetch: this caller's, or that of another since the number of fetches was `seen`.
    async fn find_fetched(&self, kid: &str, seen: u64) -> Result<Arc<Key>, VerifyError> {
        let _guard = self.fetch_lock.lock().await;
        let before = self.cached();
        if before.fetch_count != seen || !before.may_fetch() {
            return before.find(kid);
        }
        let fetched = self.fetch().await;
        let now = Instant::now();
        let fetch_count = before.fetch_count + 1;
        let cached = match fetched {
            Ok(keys) => {
                // Only a fetch that did not find the key delays the next one.
                let next_fetch = (!keys.contains_key(kid)).then(|| now + REFETCH_DELAY);
                Cached { keys: Arc::new(keys), fetched: Some(now), fetch_count, next_fetch, failure: None }
            }
            Err(error) => {
                tracing::warn!(%error, "the key set could not be fetched");
                let delay = if before.keys.is_empty() { EMPTY_REFETCH_DELAY } else { REFETCH_DELAY };
                Cached { fetch_count, next_fetch: Some(now + delay), failure: Some(error), ..before }
            }
        };
        let found = cached.find(kid);
        *self.cached.write() = cached;
        found
    }

    async fn fetch(&self) -> Result<Set, VerifyError> {
        let proxy = self.proxy.as_deref();
        let broken = |error: reqwest::Error| VerifyError::unavailable(Error::of_exchange(&error, proxy));
        let mut answer = self.http.get(&self.url).send().await.map_err(broken)?;
        if !answer.status().is_success() {
            return Err(VerifyError::unavailable(Error::from_unexpected(&answer)));
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(broken)? {
            if body.len() + chunk.len() > MAX_SIZE {
                return Err(VerifyError::unavailable(std::io::Error::other("the key set is too large")));
            }
            body.extend_from_slice(&chunk);
        }
        parse(&body).map_err(VerifyError::unavailable)
    }

    /// Goes on with the keys of that set and fetches none.
    #[cfg(any(fuzzing, test))]
    pub(super) fn keep(&self, key_set: &[u8]) -> Option<()> {
        const NEVER: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);
        let now = Instant::now();
        let keys = Arc::new(parse(key_set).ok()?);
        *self.cached.write() = Cached { keys, fetched: Some(now), next_fetch: Some(now + NEVER), ..Cached::default() };
        Some(())
    }

    fn cached(&self) -> Cached {
        self.cached.read().clone()
    }
}

/// A JSON Web Key Set (RFC 7517 §5).
#[derive(Deserialize)]
struct JwkSet {
    keys: Vec<Value>,
}

/// The keys of a set that are of use here.
fn parse(key_set: &[u8]) -> serde_json::Result<Set> {
    let set: JwkSet = serde_json::from_slice(read::without_byte_order_mark(key_set))?;
    Ok(set.keys.into_iter().filter_map(usable).collect())
}

/// The members of an RSA key in it that are used (RFC 7517 §4, RFC 7518 §6.3).
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: String,
    n: String,
    e: String,
    #[serde(rename = "use")]
    purpose: Option<String>,
    alg: Option<String>,
}

/// The key and its id if it is an RSA key for RS256 signatures; others are ignored (RFC 7517 §5).
fn usable(key: Value) -> Option<(String, Arc<Key>)> {
    let key: Jwk = serde_json::from_value(key).ok()?;
    let fits = key.kty == "RSA"
        && key.purpose.is_none_or(|purpose| purpose == "sig")
        && key.alg.is_none_or(|algorithm| algorithm == "RS256");
    if !fits {
        return None;
    }
    Some((key.kid, Arc::new(Key::new(&key.n, &key.e)?)))
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("url", &self.url).field("kids", &self.cached().keys.keys()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::defaults::row;

    #[test]
    fn the_guide_has_these_figures() {
        row("Age at which the key set is fetched again", MAX_AGE);
        row("Pause between fetches for unknown keys", REFETCH_DELAY);
        row("The same while there is no key at all", EMPTY_REFETCH_DELAY);
    }
}
