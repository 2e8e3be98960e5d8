//! The environment's public keys: fetched once, kept, fetched again when a token names another.

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use serde::Deserialize;
use serde_json::Value;
use tokio::{sync::Mutex, time::Instant};

use super::{VerifyError, jws::Key};
use crate::lock::RwLock;

/// How long a failed or fruitless fetch keeps the next one away: a flood of tokens with made-up key
/// ids must not become a flood of fetches.
const REST: Duration = Duration::from_secs(10);
/// The same while there is no key at all, and no token can be judged.
const SHORT_REST: Duration = Duration::from_secs(1);
/// A key set is taken for stale after this time, so that a withdrawn key goes.
const LIFE: Duration = Duration::from_secs(60 * 60);
/// No answer of this size is a key set.
const LARGEST: usize = 256 * 1024;

type Set = BTreeMap<String, Arc<Key>>;

pub(super) struct Keys {
    http: reqwest::Client,
    url: String,
    held: RwLock<Held>,
    /// Held by the one who fetches.
    flight: Mutex<()>,
}

#[derive(Clone, Default)]
struct Held {
    keys: Arc<Set>,
    /// When they came.
    fetched: Option<Instant>,
    /// Number of fetches that came to an end.
    landed: u64,
    /// Not before this.
    next: Option<Instant>,
    /// Why the last fetch brought nothing.
    failure: Option<VerifyError>,
}

impl Held {
    fn is_fresh(&self) -> bool {
        self.fetched.is_some_and(|fetched| fetched.elapsed() < LIFE)
    }

    fn may_fetch(&self) -> bool {
        self.next.is_none_or(|next| Instant::now() >= next)
    }

    /// The key of that id. One that is not there while the set cannot be fetched may still be good.
    fn find(&self, kid: &str) -> Result<Arc<Key>, VerifyError> {
        self.keys.get(kid).cloned().ok_or_else(|| self.failure.clone().unwrap_or(VerifyError::UnknownKey))
    }
}

impl Keys {
    pub(super) fn new(http: reqwest::Client, url: String) -> Self {
        Self { http, url, held: RwLock::default(), flight: Mutex::default() }
    }

    /// The key of that id.
    pub(super) async fn get(&self, kid: &str) -> Result<Arc<Key>, VerifyError> {
        let held = self.held();
        let found = held.find(kid);
        match found {
            Ok(key) if held.is_fresh() => Ok(key),
            found if !held.may_fetch() => found,
            // A set that cannot be renewed serves on.
            Ok(key) => match self.fetched(kid, held.landed).await {
                Err(VerifyError::Unavailable(_)) => Ok(key),
                found => found,
            },
            Err(_) => self.fetched(kid, held.landed).await,
        }
    }

    /// The key after a fetch, be it one that somebody else has made since `seen`.
    async fn fetched(&self, kid: &str, seen: u64) -> Result<Arc<Key>, VerifyError> {
        let _flight = self.flight.lock().await;
        let before = self.held();
        if before.landed != seen || !before.may_fetch() {
            return before.find(kid);
        }
        let fetched = self.fetch().await;
        let now = Instant::now();
        let landed = before.landed + 1;
        let held = match fetched {
            Ok(keys) => {
                // A key that was found may be followed by another at once; a made-up one may not.
                let next = (!keys.contains_key(kid)).then(|| now + REST);
                Held { keys: Arc::new(keys), fetched: Some(now), landed, next, failure: None }
            }
            Err(error) => {
                tracing::warn!(%error, "the key set could not be fetched");
                let rest = if before.keys.is_empty() { SHORT_REST } else { REST };
                Held { landed, next: Some(now + rest), failure: Some(error), ..before }
            }
        };
        let found = held.find(kid);
        *self.held.write() = held;
        found
    }

    async fn fetch(&self) -> Result<Set, VerifyError> {
        let unavailable = VerifyError::unavailable;
        let answer = self.http.get(&self.url).send().await.map_err(unavailable)?;
        let mut answer = answer.error_for_status().map_err(VerifyError::unavailable)?;
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(VerifyError::unavailable)? {
            if body.len() + chunk.len() > LARGEST {
                return Err(VerifyError::unavailable(std::io::Error::other("the key set is too large")));
            }
            body.extend_from_slice(&chunk);
        }
        let set: JwkSet = serde_json::from_slice(&body).map_err(VerifyError::unavailable)?;
        Ok(set.keys.into_iter().filter_map(usable).collect())
    }

    fn held(&self) -> Held {
        self.held.read().clone()
    }
}

/// A JSON Web Key Set (RFC 7517 §5).
#[derive(Deserialize)]
struct JwkSet {
    keys: Vec<Value>,
}

/// What is needed of a key in it.
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

/// RSA keys for signatures that have an id; others are of no use here and do no harm (RFC 7517 §5).
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
        f.debug_struct("Keys").field("url", &self.url).field("kids", &self.held().keys.keys()).finish_non_exhaustive()
    }
}
