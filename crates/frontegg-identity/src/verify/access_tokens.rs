//! Look-up of machine access tokens: whether they are still valid, and what they grant.

use std::{collections::HashMap, fmt, sync::Arc, time::Duration};

use frontegg_client::BoxFuture;
use serde::{Deserialize, Serialize};

use super::{TokenKind, VerifyError, single_flight::SingleFlight};
use crate::{builder::Frontegg, error::Error, lock::Mutex, runtime::Instant};

/// How long answers are cached by default: a revoked token is rejected within this time.
const DEFAULT_TTL: Duration = Duration::from_secs(10);
/// The longest time that the cache's clock is asked to hold.
const MAX_TTL: Duration = Duration::from_secs(365 * 24 * 60 * 60);
/// Number of entries from which on the memory cache removes expired ones.
const PRUNE_AT: usize = 10_000;

/// What an access token grants.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grants {
    /// Keys of roles.
    pub roles: Vec<String>,
    /// Keys of permissions.
    pub permissions: Vec<String>,
}

/// A cache of what access tokens grant. A failure of the cache is a miss: the service is asked then.
///
/// ```
/// use std::{pin::Pin, time::Duration};
/// use frontegg_identity::verify::{Grants, GrantsCache};
///
/// /// Remembers nothing: the service is asked each time.
/// #[derive(Debug)]
/// struct Forgetful;
///
/// impl GrantsCache for Forgetful {
///     fn get<'a>(&'a self, _: &'a str) -> Pin<Box<dyn Future<Output = Option<Option<Grants>>> + Send + 'a>> {
///         Box::pin(async { None })
///     }
///
///     fn put<'a>(
///         &'a self,
///         _: &'a str,
///         _: &'a Option<Grants>,
///         _: Duration,
///     ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
///         Box::pin(async {})
///     }
/// }
/// ```
pub trait GrantsCache: fmt::Debug + Send + Sync {
    /// What is cached under `key`: `None` for nothing, `Some(None)` for a token that the service does not
    /// know, else what the token grants.
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Option<Option<Grants>>>;
    /// Caches an answer for `ttl`.
    fn put<'a>(&'a self, key: &'a str, grants: &'a Option<Grants>, ttl: Duration) -> BoxFuture<'a, ()>;
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
    ttl: Duration,
    /// The look-ups in progress.
    look_ups: Arc<SingleFlight<Result<Option<Grants>, VerifyError>>>,
}

impl AccessTokens {
    /// Looks up with the client's environment token and caches answers in memory for 10 s. Concurrent
    /// callers with the same token share one look-up.
    pub fn new(frontegg: &Frontegg) -> Self {
        let cache = Arc::new(MemoryCache::default());
        Self { frontegg: frontegg.clone(), cache, ttl: DEFAULT_TTL, look_ups: Arc::default() }
    }

    /// Uses another cache, e.g. one that several processes share.
    #[must_use]
    pub fn cache(mut self, cache: impl GrantsCache + 'static) -> Self {
        self.cache = Arc::new(cache);
        self
    }

    /// Caches answers for another time, after which a revoked token is rejected at the latest.
    ///
    /// ```no_run
    /// # fn example(frontegg: frontegg_identity::Frontegg) {
    /// use std::time::Duration;
    /// use frontegg_identity::verify::AccessTokens;
    ///
    /// let tokens = AccessTokens::new(&frontegg).ttl(Duration::from_secs(60)); // a revoked token passes that long
    /// # }
    /// ```
    #[must_use]
    pub fn ttl(mut self, ttl: Duration) -> Self {
        self.ttl = ttl.min(MAX_TTL);
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
            // Another look-up may have ended since.
            if let Some(known) = self.cache.get(&key).await {
                return Ok(known);
            }
            let grants = self.look_up(kind, id).await?;
            self.cache.put(&key, &grants, self.ttl).await;
            Ok(grants)
        };
        self.look_ups.join(&key, look_up).await
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
            // Only these answers of the service mean a revocation; everything else is a failure.
            Err(error) if error.is_not_found() || is_switched_off(&error) => Ok(None),
            Err(error) => Err(VerifyError::unavailable(error)),
        }
    }
}

/// Whether the environment allows no machine tokens at all.
fn is_switched_off(error: &Error) -> bool {
    error.is_forbidden() && error.messages().first().is_some_and(|message| message == "Api tokens are disabled")
}

impl fmt::Debug for AccessTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AccessTokens").field("cache", &self.cache).field("ttl", &self.ttl).finish_non_exhaustive()
    }
}

/// Caches answers in memory.
#[derive(Default)]
pub struct MemoryCache(Mutex<HashMap<String, Entry>>);

#[derive(Clone)]
struct Entry {
    grants: Option<Grants>,
    expires_at: Instant,
}

impl GrantsCache for MemoryCache {
    fn get<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Option<Option<Grants>>> {
        let entry = self.0.lock().get(key).cloned();
        let grants = entry.filter(|entry| Instant::now() < entry.expires_at).map(|entry| entry.grants);
        Box::pin(std::future::ready(grants))
    }

    fn put<'a>(&'a self, key: &'a str, grants: &'a Option<Grants>, ttl: Duration) -> BoxFuture<'a, ()> {
        let now = Instant::now();
        let mut entries = self.0.lock();
        if entries.len() >= PRUNE_AT {
            entries.retain(|_, entry| now < entry.expires_at);
        }
        entries.insert(key.to_owned(), Entry { grants: grants.clone(), expires_at: now + ttl });
        Box::pin(std::future::ready(()))
    }
}

impl fmt::Debug for MemoryCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MemoryCache")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::defaults::row;

    #[test]
    fn the_guide_has_these_figures() {
        row("Answers about machine access tokens are kept", DEFAULT_TTL);
    }
}
