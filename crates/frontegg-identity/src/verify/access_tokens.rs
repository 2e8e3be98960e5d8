//! Looking machine access tokens up: whether they still hold, and what they may do.

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use frontegg_client::BoxFuture;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::{TokenKind, VerifyError, flights::Flights};
use crate::{builder::Frontegg, error::Error, lock::Mutex};

/// How long an answer is believed: a revoked token is refused within this time.
const LIFE: Duration = Duration::from_secs(10);
/// Longer than that is for ever.
const LONGEST_LIFE: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// Entries after which the memory cache looks for expired ones.
const MANY: usize = 10_000;

/// What an access token grants.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grants {
    /// Keys of roles.
    pub roles: Vec<String>,
    /// Keys of permissions.
    pub permissions: Vec<String>,
}

/// Keeps answers for a while. Failing to answer is not an error: the service is asked then.
pub trait GrantsCache: fmt::Debug + Send + Sync {
    /// What is kept under `key`: nothing, that the token is unknown, or what it grants.
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Option<Option<Grants>>>;
    /// Keeps an answer for `life`.
    fn put<'a>(&'a self, key: &'a str, grants: &'a Option<Grants>, life: Duration) -> BoxFuture<'a, ()>;
}

/// Looks machine access tokens up at the service, with a cache.
///
/// ```no_run
/// # async fn example(frontegg: frontegg_identity::Frontegg, key: &str) -> Result<(), Box<dyn std::error::Error>> {
/// use frontegg_identity::verify::{AccessTokens, Verifier};
///
/// let verifier = Verifier::builder("https://app-xyz.frontegg.com")
///     .audience("client id")
///     .access_tokens(AccessTokens::new(&frontegg))
///     .build()?;
/// let claims = verifier.verify_access_token(key).await?; // the value of x-api-key
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct AccessTokens {
    frontegg: Frontegg,
    cache: Arc<dyn GrantsCache>,
    life: Duration,
    /// The look-ups that are under way.
    flights: Arc<Flights<Result<Option<Grants>, VerifyError>>>,
}

impl AccessTokens {
    /// Looks up with the client's environment token; answers are kept in memory for 10 s. Whoever asks
    /// for a token that is being looked up waits for that one answer.
    pub fn new(frontegg: &Frontegg) -> Self {
        let cache = Arc::new(MemoryCache::default());
        Self { frontegg: frontegg.clone(), cache, life: LIFE, flights: Arc::default() }
    }

    /// Keeps answers elsewhere, e.g. where a fleet shares them.
    #[must_use]
    pub fn cache(mut self, cache: impl GrantsCache + 'static) -> Self {
        self.cache = Arc::new(cache);
        self
    }

    /// Keeps answers for another time: a revoked token is refused after it at the latest.
    #[must_use]
    pub fn life(mut self, life: Duration) -> Self {
        self.life = life.min(LONGEST_LIFE);
        self
    }

    /// What a token grants; none if it was revoked.
    pub(super) async fn grants(&self, kind: TokenKind, id: &str) -> Result<Option<Grants>, VerifyError> {
        let owner = if kind == TokenKind::UserAccessToken { "user" } else { "tenant" };
        let key = format!("frontegg_identity_access_token_{owner}_{id}");
        if let Some(known) = self.cache.get(&key).await {
            return Ok(known);
        }
        let look_up = async {
            // Another flight may have landed since.
            if let Some(known) = self.cache.get(&key).await {
                return Ok(known);
            }
            let grants = self.look_up(kind, id).await?;
            self.cache.put(&key, &grants, self.life).await;
            Ok(grants)
        };
        self.flights.join(&key, look_up).await
    }

    async fn look_up(&self, kind: TokenKind, id: &str) -> Result<Option<Grants>, VerifyError> {
        let tokens = self.frontegg.management().m2m_tokens();
        let found = if kind == TokenKind::UserAccessToken {
            tokens.get_user_access_token(id).await.map(|token| (token.roles, token.permissions))
        } else {
            tokens.get_tenant_access_token(id).await.map(|token| (token.roles, token.permissions))
        };
        match found {
            Ok((roles, permissions)) => Ok(Some(Grants { roles, permissions })),
            // Only the service's own word counts as a revocation; everything else is a fault.
            Err(error) if error.is_not_found() || is_switched_off(&error) => Ok(None),
            Err(error) => Err(VerifyError::unavailable(error)),
        }
    }
}

/// The environment allows no machine tokens at all.
fn is_switched_off(error: &Error) -> bool {
    error.is_forbidden() && error.messages().first().is_some_and(|message| message == "Api tokens are disabled")
}

impl fmt::Debug for AccessTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessTokens").field("cache", &self.cache).field("life", &self.life).finish_non_exhaustive()
    }
}

/// Keeps answers in this process.
#[derive(Default)]
pub struct MemoryCache(Mutex<HashMap<String, (Instant, Option<Grants>)>>);

impl GrantsCache for MemoryCache {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Option<Option<Grants>>> {
        let kept = self.0.lock().get(key).cloned();
        let kept = kept.filter(|(end, _)| Instant::now() < *end).map(|(_, grants)| grants);
        Box::pin(std::future::ready(kept))
    }

    fn put<'a>(&'a self, key: &'a str, grants: &'a Option<Grants>, life: Duration) -> BoxFuture<'a, ()> {
        let now = Instant::now();
        let mut kept = self.0.lock();
        if kept.len() >= MANY {
            kept.retain(|_, (end, _)| now < *end);
        }
        kept.insert(key.to_owned(), (now + life, grants.clone()));
        Box::pin(std::future::ready(()))
    }
}

impl fmt::Debug for MemoryCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryCache")
    }
}
