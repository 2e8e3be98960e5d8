//! Verification of the tokens that callers of *your* service present: JWTs by the environment's public
//! keys, machine access tokens by look-up.
//!
//! ```no_run
//! # async fn example(token: &str) -> Result<(), Box<dyn std::error::Error>> {
//! use std::time::Duration;
//! use frontegg_identity::verify::Verifier;
//!
//! // Issuer and audience: the environment's own domain, and its client id.
//! let verifier = Verifier::builder("https://app-xyz.frontegg.com").audience("client id").build()?;
//!
//! let claims = verifier.verify(token).await?;
//! if claims.has_permission("invoices.read") && claims.stepped_up(Some(Duration::from_secs(300))) {
//!     println!("{} of {}", claims.subject(), claims.tenant_id());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! The only accepted algorithm is RS256 (RFC 7518 §3.3), whatever a token's header says. Keys come from
//! the environment's JSON Web Key Set (RFC 7517), which is cached and fetched again when a token's `kid`
//! is not in it.

mod access_tokens;
mod claims;
mod jws;
mod keys;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "tower")]
mod service;
mod single_flight;

use std::{fmt, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};

#[cfg(feature = "redis")]
pub use self::redis::{RedisCache, RedisError};
#[cfg(feature = "tower")]
pub use self::service::{Protect, Protected, Rejection, Requirement};
pub use access_tokens::{AccessTokens, Grants, GrantsCache, MemoryCache};
pub use claims::{Claims, TokenKind};

use self::{jws::UnverifiedJws, keys::Keys};
use crate::error::ConfigError;

/// The default leeway between two clocks.
const DEFAULT_LEEWAY: Duration = Duration::from_secs(10);
/// The largest leeway: more would let expired tokens pass for too long.
const MAX_LEEWAY: Duration = Duration::from_secs(60);

/// Why a token was rejected, or could not be verified.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// It is not a JWT of the accepted form, or of another kind than expected.
    #[error("the token is malformed: {0}")]
    Malformed(&'static str),
    /// Its algorithm is not RS256.
    #[error("the token is not signed with RS256")]
    Algorithm,
    /// Its `kid` is not in the environment's key set.
    #[error("the token names no key of the environment")]
    UnknownKey,
    /// Its signature is invalid.
    #[error("the token's signature is invalid")]
    Signature,
    /// Its issuer is not accepted.
    #[error("the token has another issuer")]
    Issuer,
    /// Its audience is not accepted.
    #[error("the token has another audience")]
    Audience,
    /// It has expired.
    #[error("the token has expired")]
    Expired,
    /// It is not valid yet.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// It was revoked, or the service does not know it.
    #[error("the token was revoked")]
    Revoked,
    /// It could not be verified, e.g. because the service was not reached. Says nothing about the token.
    #[error("the token could not be verified")]
    Unavailable(#[source] Arc<dyn std::error::Error + Send + Sync>),
}

impl VerifyError {
    /// Whether the token was rejected; otherwise the same token may be accepted later.
    pub fn is_rejection(&self) -> bool {
        !matches!(self, Self::Unavailable(_))
    }

    fn unavailable(error: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self::Unavailable(Arc::new(error))
    }
}

type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// Verifies tokens. Cheap to clone; clones share the keys.
#[derive(Clone)]
pub struct Verifier(Arc<Inner>);

struct Inner {
    keys: Keys,
    issuers: Vec<String>,
    /// None: any.
    audiences: Option<Vec<String>>,
    leeway: Duration,
    now: Clock,
    access_tokens: Option<AccessTokens>,
}

impl Verifier {
    /// Starts to build a verifier for the tokens of an environment by its domain, e.g.
    /// `https://app-xyz.frontegg.com`: their issuer, and the host of the key set.
    pub fn builder(domain: impl Into<String>) -> VerifierBuilder {
        VerifierBuilder {
            domain: domain.into(),
            issuers: Vec::new(),
            audiences: Some(Vec::new()),
            jwks_url: None,
            leeway: DEFAULT_LEEWAY,
            now: Arc::new(Utc::now),
            access_tokens: None,
        }
    }

    /// Verifies a bearer token: a user's, or one of an API token or personal token.
    ///
    /// A machine *access* token is rejected: it belongs in `x-api-key`, see
    /// [`verify_access_token`](Self::verify_access_token).
    pub async fn verify(&self, token: &str) -> Result<Claims, VerifyError> {
        let claims = self.verify_jwt(token).await?;
        if claims.kind().is_access_token() {
            return Err(VerifyError::Malformed("an access token is no bearer token"));
        }
        Ok(claims)
    }

    /// Verifies a machine access token, whose roles and permissions are looked up.
    ///
    /// Fails with [`VerifyError::Unavailable`] when the verifier was built without
    /// [`access_tokens`](VerifierBuilder::access_tokens).
    pub async fn verify_access_token(&self, token: &str) -> Result<Claims, VerifyError> {
        let claims = self.verify_jwt(token).await?;
        if !claims.kind().is_access_token() {
            return Err(VerifyError::Malformed("a bearer token is no access token"));
        }
        let Some(access_tokens) = &self.0.access_tokens else {
            return Err(VerifyError::unavailable(ConfigError::NoAccessTokens));
        };
        match access_tokens.grants(claims.kind(), claims.subject()).await? {
            Some(grants) => Ok(claims.with_grants(grants)),
            None => Err(VerifyError::Revoked),
        }
    }

    /// Verifies signature, issuer, audience and times of a token of any kind.
    async fn verify_jwt(&self, token: &str) -> Result<Claims, VerifyError> {
        let unverified = UnverifiedJws::parse(token)?;
        let key = self.0.keys.get(&unverified.kid).await?;
        let claims = unverified.verify(&key)?;
        let claims: Claims = serde_json::from_slice(&claims).map_err(|error| {
            tracing::debug!(error = %crate::decode::explain(&claims, &error), "claims of another form");
            VerifyError::Malformed("its claims are not those of the environment's tokens")
        })?;
        self.check_issuer_and_audience(&claims)?;
        self.check_times(&claims)?;
        Ok(claims)
    }

    fn check_issuer_and_audience(&self, claims: &Claims) -> Result<(), VerifyError> {
        if !claims.issuer().is_some_and(|issuer| self.0.issuers.iter().any(|known| known == issuer)) {
            return Err(VerifyError::Issuer);
        }
        match &self.0.audiences {
            Some(audiences) if !audiences.iter().any(|audience| claims.is_for(audience)) => Err(VerifyError::Audience),
            _ => Ok(()),
        }
    }

    fn check_times(&self, claims: &Claims) -> Result<(), VerifyError> {
        // As numbers: claims may be beyond the range of dates.
        let now = (self.0.now)().timestamp();
        let leeway = i64::try_from(self.0.leeway.as_secs()).unwrap_or_default();
        match claims.expiry() {
            Some(expiry) if now >= expiry.saturating_add(leeway) => return Err(VerifyError::Expired),
            // Only an access token may have no expiry.
            None if !claims.kind().is_access_token() => return Err(VerifyError::Malformed("it has no expiry")),
            _ => {}
        }
        if claims.not_before().is_some_and(|first| now.saturating_add(leeway) < first) {
            return Err(VerifyError::NotYetValid);
        }
        Ok(())
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("keys", &self.0.keys)
            .field("issuers", &self.0.issuers)
            .field("audiences", &self.0.audiences)
            .finish_non_exhaustive()
    }
}

/// Configures a [`Verifier`].
#[must_use]
pub struct VerifierBuilder {
    domain: String,
    issuers: Vec<String>,
    /// None: any.
    audiences: Option<Vec<String>>,
    jwks_url: Option<String>,
    leeway: Duration,
    now: Clock,
    access_tokens: Option<AccessTokens>,
}

impl VerifierBuilder {
    /// Accepts tokens for `audience`: the environment's client id, or an application's id. Can be called
    /// several times.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audiences.get_or_insert_default().push(audience.into());
        self
    }

    /// Accepts tokens of the environment for any audience.
    pub fn any_audience(mut self) -> Self {
        self.audiences = None;
        self
    }

    /// Accepts tokens of a further issuer beside the domain, e.g. of a custom domain. Can be called several
    /// times.
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuers.push(issuer.into());
        self
    }

    /// Fetches the key set from another URL than `{domain}/.well-known/jwks.json`.
    pub fn jwks_url(mut self, url: impl Into<String>) -> Self {
        self.jwks_url = Some(url.into());
        self
    }

    /// How far this machine's clock and the service's may differ. Default: 10 s; at most 60 s.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway.min(MAX_LEEWAY);
        self
    }

    /// Looks machine access tokens up.
    pub fn access_tokens(mut self, access_tokens: AccessTokens) -> Self {
        self.access_tokens = Some(access_tokens);
        self
    }

    /// Uses `now` as the clock instead of the system's, for tests.
    pub fn clock(mut self, now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        self.now = Arc::new(now);
        self
    }

    /// Builds the verifier. Nothing is fetched until the first token.
    pub fn build(self) -> Result<Verifier, ConfigError> {
        let domain = crate::region::Host::Url(self.domain).base_url()?;
        let mut issuers = self.issuers;
        issuers.push(domain.clone());
        if self.audiences.as_ref().is_some_and(Vec::is_empty) {
            return Err(ConfigError::NoAudience);
        }
        let url = self.jwks_url.unwrap_or_else(|| format!("{domain}/.well-known/jwks.json"));
        let keys = Keys::new(crate::builder::plain_http(&url)?, url);
        Ok(Verifier(Arc::new(Inner {
            keys,
            issuers,
            audiences: self.audiences,
            leeway: self.leeway,
            now: self.now,
            access_tokens: self.access_tokens,
        })))
    }
}

impl fmt::Debug for VerifierBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerifierBuilder")
            .field("domain", &crate::region::redacted_url(&self.domain))
            .field("audiences", &self.audiences)
            .finish_non_exhaustive()
    }
}
