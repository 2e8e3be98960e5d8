//! The environment's public keys: fetched once, kept, fetched again when a token names another.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use jsonwebtoken::{
    DecodingKey,
    jwk::{AlgorithmParameters, JwkSet, PublicKeyUse},
};
use tokio::{sync::Mutex, time::Instant};

use super::VerifyError;

/// How long a failed or fruitless fetch keeps the next one away: a flood of tokens with made-up key
/// ids must not become a flood of fetches.
const REST: Duration = Duration::from_secs(10);
/// A key set is taken for stale after this time, so that a withdrawn key goes.
const LIFE: Duration = Duration::from_secs(60 * 60);
/// No answer of this size is a key set.
const LARGEST: usize = 256 * 1024;

type Set = BTreeMap<String, Arc<DecodingKey>>;

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
    fetched: Option<Instant>,
    /// Not before this, unless nothing is held.
    next: Option<Instant>,
}

impl Held {
    fn is_fresh(&self) -> bool {
        self.fetched.is_some_and(|fetched| fetched.elapsed() < LIFE)
    }

    fn may_fetch(&self) -> bool {
        self.next.is_none_or(|next| Instant::now() >= next)
    }
}

impl Keys {
    pub(super) fn new(http: reqwest::Client, url: String) -> Self {
        Self { http, url, held: RwLock::default(), flight: Mutex::default() }
    }

    /// The key of that id.
    pub(super) async fn get(&self, kid: &str) -> Result<Arc<DecodingKey>, VerifyError> {
        let held = self.held();
        let found = held.keys.get(kid).cloned();
        match found {
            Some(key) if held.is_fresh() || !held.may_fetch() => Ok(key),
            // A set that cannot be renewed serves on; a key that is not in it does not appear.
            Some(key) => {
                Ok(self.fetched(kid, held.fetched).await.unwrap_or(Some(key)).ok_or(VerifyError::UnknownKey)?)
            }
            None if held.fetched.is_some() && !held.may_fetch() => Err(VerifyError::UnknownKey),
            None => self.fetched(kid, held.fetched).await?.ok_or(VerifyError::UnknownKey),
        }
    }

    /// The key after a fetch, unless somebody else has fetched since `seen`.
    async fn fetched(&self, kid: &str, seen: Option<Instant>) -> Result<Option<Arc<DecodingKey>>, VerifyError> {
        let _flight = self.flight.lock().await;
        let held = self.held();
        if held.fetched == seen && (held.may_fetch() || held.fetched.is_none()) {
            match self.fetch().await {
                Ok(keys) => {
                    let now = Instant::now();
                    self.hold(Held { keys: Arc::new(keys), fetched: Some(now), next: Some(now + REST) });
                }
                Err(error) => {
                    tracing::warn!(%error, "the key set could not be fetched");
                    self.hold(Held { next: Some(Instant::now() + REST), ..held });
                    return Err(error);
                }
            }
        }
        Ok(self.held().keys.get(kid).cloned())
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
        Ok(set.keys.iter().filter_map(usable).collect())
    }

    fn held(&self) -> Held {
        self.held.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn hold(&self, held: Held) {
        *self.held.write().unwrap_or_else(PoisonError::into_inner) = held;
    }
}

/// RSA keys for signatures that have an id; others are of no use here.
fn usable(key: &jsonwebtoken::jwk::Jwk) -> Option<(String, Arc<DecodingKey>)> {
    let AlgorithmParameters::RSA(_) = key.algorithm else { return None };
    if key.common.public_key_use.as_ref().is_some_and(|purpose| *purpose != PublicKeyUse::Signature) {
        return None;
    }
    Some((key.common.key_id.clone()?, Arc::new(DecodingKey::from_jwk(key).ok()?)))
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("url", &self.url).field("kids", &self.held().keys.keys()).finish_non_exhaustive()
    }
}
