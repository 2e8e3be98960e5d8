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
//! The only accepted algorithm is RS256 (RFC 7518 §3.3), whatever a token's header says; the environment's
//! `jwtAlgorithm` has to be that, as it is by default. Keys come from its JSON Web Key Set (RFC 7517), which
//! is cached and fetched again when a token's `kid` is not in it.

mod access_tokens;
mod claims;
mod error;
mod jws;
mod keys;
mod numeric_date;
#[cfg(feature = "redis")]
mod redis;
mod refusal;
mod requirement;
#[cfg(feature = "tower")]
mod service;
mod single_flight;

use std::{fmt, sync::Arc, time::Duration};

use chrono::{DateTime, Utc};

#[cfg(feature = "redis")]
pub use self::redis::{RedisCache, RedisError};
#[cfg(feature = "axum")]
pub use self::service::Verified;
#[cfg(feature = "tower")]
pub use self::service::{Plain, Protect, Protected, Refuse};
pub use access_tokens::{AccessTokens, Grants, GrantsCache, MemoryCache};
pub use claims::{Claims, TokenKind};
pub use error::VerifyError;
pub use refusal::Refusal;
pub use requirement::Requirement;

use self::{error::Told, jws::UnverifiedJws, keys::Keys, numeric_date::NumericDate};
use crate::{
    connection::{Connection, with_connection},
    crypto, decode,
    error::ConfigError,
    input::trimmed,
};

/// The default leeway between two clocks.
const DEFAULT_LEEWAY: Duration = Duration::from_secs(10);
/// The largest leeway: more would let expired tokens pass for too long.
const MAX_LEEWAY: Duration = Duration::from_secs(60);

type Clock = Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>;

/// Verifies tokens. Cheap to clone; clones share the keys.
///
/// ```no_run
/// # async fn example(verifier: frontegg_identity::verify::Verifier, token: &str) -> Result<(), frontegg_identity::verify::VerifyError> {
/// use frontegg_identity::verify::VerifyError;
///
/// match verifier.verify(token).await {
///     Ok(claims) => println!("{} may {:?}", claims.subject(), claims.permissions()),
///     Err(VerifyError::Expired { .. }) => println!("sign in again"),
///     Err(error) if error.is_rejection() => println!("no"),
///     Err(error) => return Err(error), // the keys could not be fetched
/// }
/// # Ok(())
/// # }
/// ```
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
    told: Told,
}

impl Verifier {
    /// Starts to build a verifier for the tokens of an environment by its domain, e.g.
    /// `https://app-xyz.frontegg.com`: their issuer, and the host of the key set.
    ///
    /// ```
    /// # fn main() -> Result<(), frontegg_identity::ConfigError> {
    /// use frontegg_identity::verify::Verifier;
    ///
    /// let verifier = Verifier::builder("https://app-xyz.frontegg.com").audience("client id").build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder(domain: impl Into<String>) -> VerifierBuilder {
        VerifierBuilder {
            domain: domain.into(),
            issuers: Vec::new(),
            audiences: Some(Vec::new()),
            jwks_url: None,
            leeway: DEFAULT_LEEWAY,
            now: Arc::new(Utc::now),
            access_tokens: None,
            connection: Connection::default(),
        }
    }

    /// Verifies a bearer token: a user's, or one of an API token or personal token.
    ///
    /// A machine *access* token is rejected: it belongs in `x-api-key`, see
    /// [`verify_access_token`](Self::verify_access_token).
    ///
    /// Why a token is not accepted is a `tracing` event, a warning for the first of each reason and a debug event
    /// for the others.
    ///
    /// ```no_run
    /// # async fn example(verifier: frontegg_identity::verify::Verifier, header: &str) -> Result<(), frontegg_identity::verify::VerifyError> {
    /// let bearer = header.strip_prefix("Bearer ").unwrap_or_default();
    /// let claims = verifier.verify(bearer).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn verify(&self, token: &str) -> Result<Claims, VerifyError> {
        self.note(self.verify_bearer(token).await)
    }

    /// Verifies a machine access token, whose roles and permissions are looked up.
    ///
    /// Fails with [`VerifyError::Unavailable`] when the verifier was built without
    /// [`access_tokens`](VerifierBuilder::access_tokens).
    ///
    /// ```no_run
    /// # async fn example(verifier: frontegg_identity::verify::Verifier, key: &str) -> Result<(), frontegg_identity::verify::VerifyError> {
    /// let claims = verifier.verify_access_token(key).await?; // the value of x-api-key
    /// println!("{:?}", claims.roles());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn verify_access_token(&self, token: &str) -> Result<Claims, VerifyError> {
        self.note(self.look_up(token).await)
    }

    fn note(&self, outcome: Result<Claims, VerifyError>) -> Result<Claims, VerifyError> {
        match &outcome {
            Ok(_) => self.0.told.note_available(),
            Err(error) => self.0.told.note(error),
        }
        outcome
    }

    /// The time by this verifier's clock.
    #[cfg(feature = "tower")]
    fn now(&self) -> DateTime<Utc> {
        (self.0.now)()
    }

    async fn verify_bearer(&self, token: &str) -> Result<Claims, VerifyError> {
        let claims = self.verify_jwt(token).await?;
        if claims.kind().is_access_token() {
            return Err(VerifyError::Kind { found: claims.kind() });
        }
        Ok(claims)
    }

    async fn look_up(&self, token: &str) -> Result<Claims, VerifyError> {
        let claims = self.verify_jwt(token).await?;
        if !claims.kind().is_access_token() {
            return Err(VerifyError::Kind { found: claims.kind() });
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
        let claims: Claims =
            serde_json::from_str(&claims).map_err(|error| VerifyError::Claims(decode::without_values(&error)))?;
        self.check_issuer_and_audience(&claims)?;
        self.check_times(&claims)?;
        Ok(claims)
    }

    fn check_issuer_and_audience(&self, claims: &Claims) -> Result<(), VerifyError> {
        if !claims.issuer().is_some_and(|issuer| self.0.issuers.iter().any(|known| known == issuer)) {
            let found = claims.issuer().map(str::to_owned);
            return Err(VerifyError::Issuer { found, accepted: self.0.issuers.clone() });
        }
        match &self.0.audiences {
            Some(accepted) if !accepted.iter().any(|audience| claims.is_for(audience)) => {
                let found = claims.audiences().to_vec();
                Err(VerifyError::Audience { found, accepted: accepted.clone() })
            }
            _ => Ok(()),
        }
    }

    fn check_times(&self, claims: &Claims) -> Result<(), VerifyError> {
        let (now, leeway) = ((self.0.now)(), self.0.leeway);
        let current = NumericDate::from(now);
        match claims.expiry() {
            Some(expiry) if current >= expiry.plus(leeway) => {
                return Err(VerifyError::Expired { at: expiry.date(), now, leeway });
            }
            // Only an access token may have no expiry.
            None if !claims.kind().is_access_token() => return Err(VerifyError::Claims("missing `exp`".to_owned())),
            _ => {}
        }
        match claims.not_before() {
            Some((claim, first)) if current.plus(leeway) < first => {
                Err(VerifyError::NotYetValid { claim, from: first.date(), now, leeway })
            }
            _ => Ok(()),
        }
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
///
/// ```
/// # fn main() -> Result<(), frontegg_identity::ConfigError> {
/// use std::time::Duration;
/// use frontegg_identity::verify::Verifier;
///
/// let verifier = Verifier::builder("https://login.acme.test") // the custom domain of the environment
///     .issuer("https://app-xyz.frontegg.com")
///     .audience("client id")
///     .audience("application id")
///     .leeway(Duration::from_secs(5))
///     .build()?;
/// # Ok(())
/// # }
/// ```
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
    connection: Connection,
}

/// How long the fetch of a key set may take.
const KEYS_TIMEOUT: Duration = Duration::from_secs(10);

impl VerifierBuilder {
    /// Accepts tokens for `audience`: the environment's client id, or an application's id. Can be called
    /// several times.
    pub fn audience(mut self, audience: impl Into<String>) -> Self {
        self.audiences.get_or_insert_default().push(trimmed(&audience.into()).to_owned());
        self
    }

    /// Accepts tokens of the environment for any audience.
    ///
    /// ```
    /// # fn main() -> Result<(), frontegg_identity::ConfigError> {
    /// use frontegg_identity::{ConfigError, verify::Verifier};
    ///
    /// let any = Verifier::builder("https://app-xyz.frontegg.com").any_audience().build()?;
    /// let none = Verifier::builder("https://app-xyz.frontegg.com").build();
    /// assert!(matches!(none, Err(ConfigError::NoAudience)));
    /// # Ok(())
    /// # }
    /// ```
    pub fn any_audience(mut self) -> Self {
        self.audiences = None;
        self
    }

    /// Accepts tokens of a further issuer beside the domain, e.g. of a custom domain. Can be called several
    /// times.
    pub fn issuer(mut self, issuer: impl Into<String>) -> Self {
        self.issuers.push(trimmed(&issuer.into()).to_owned());
        self
    }

    /// Fetches the key set from another URL than `{domain}/.well-known/jwks.json`.
    ///
    /// ```
    /// # fn main() -> Result<(), frontegg_identity::ConfigError> {
    /// use frontegg_identity::verify::Verifier;
    ///
    /// let verifier = Verifier::builder("https://app-xyz.frontegg.com")
    ///     .audience("client id")
    ///     .jwks_url("https://keys.acme.test/jwks.json")
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn jwks_url(mut self, url: impl Into<String>) -> Self {
        self.jwks_url = Some(trimmed(&url.into()).to_owned());
        self
    }

    /// How far this machine's clock and the service's may differ. Default: 10 s; at most 60 s.
    pub fn leeway(mut self, leeway: Duration) -> Self {
        self.leeway = leeway.min(MAX_LEEWAY);
        self
    }

    with_connection!();

    /// Looks machine access tokens up.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
    /// use std::time::Duration;
    /// use frontegg_identity::verify::{AccessTokens, Verifier};
    ///
    /// let verifier = Verifier::builder("https://app-xyz.frontegg.com")
    ///     .audience("client id")
    ///     .access_tokens(AccessTokens::new(&frontegg).ttl(Duration::from_secs(60)))
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn access_tokens(mut self, access_tokens: AccessTokens) -> Self {
        self.access_tokens = Some(access_tokens);
        self
    }

    /// Uses `now` as the clock instead of the system's, for tests.
    ///
    /// ```
    /// # fn main() -> Result<(), frontegg_identity::ConfigError> {
    /// use chrono::{DateTime, Utc};
    /// use frontegg_identity::verify::Verifier;
    ///
    /// let noon: DateTime<Utc> = "2026-01-01T12:00:00Z".parse().expect("a moment");
    /// let verifier = Verifier::builder("http://127.0.0.1:8100").any_audience().clock(move || noon).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn clock(mut self, now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        self.now = Arc::new(now);
        self
    }

    /// Builds the verifier. Nothing is fetched until the first token.
    pub fn build(self) -> Result<Verifier, ConfigError> {
        crypto::check()?;
        let domain = crate::region::Host::Url(self.domain).base_url()?;
        let mut issuers = self.issuers;
        issuers.push(domain.clone());
        if self.audiences.as_ref().is_some_and(Vec::is_empty) {
            return Err(ConfigError::NoAudience);
        }
        let url = self.jwks_url.unwrap_or_else(|| format!("{domain}/.well-known/jwks.json"));
        let connected = self.connection.open(&url, reqwest::Client::builder(), KEYS_TIMEOUT)?;
        let keys = Keys::new(connected, url);
        Ok(Verifier(Arc::new(Inner {
            keys,
            issuers,
            audiences: self.audiences,
            leeway: self.leeway,
            now: self.now,
            access_tokens: self.access_tokens,
            told: Told::default(),
        })))
    }
}

#[cfg(any(fuzzing, test))]
impl VerifierBuilder {
    /// Builds the verifier with the keys of a set, which it never fetches.
    pub(crate) fn build_with(self, key_set: &[u8]) -> Option<Verifier> {
        let verifier = self.build().ok()?;
        verifier.0.keys.keep(key_set)?;
        Some(verifier)
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn verifier(now: &'static str) -> Verifier {
        let now: DateTime<Utc> = now.parse().unwrap();
        Verifier::builder("http://localhost:8100/").audience(" client\n").clock(move || now).build().unwrap()
    }

    fn claims(more: &Value) -> Claims {
        let mut all = json!({ "type": "userToken", "sub": "ada", "tenantId": "acme" });
        all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        serde_json::from_value(all).unwrap()
    }

    #[test]
    fn the_guide_has_these_figures() {
        crate::defaults::row("Leeway between two clocks", DEFAULT_LEEWAY);
        crate::defaults::row("Leeway, at most", MAX_LEEWAY);
        crate::defaults::row("A fetch of the key set, at most", KEYS_TIMEOUT);
    }

    /// RFC 7519 §2: a `NumericDate` may have a fraction.
    #[test]
    fn times_with_a_fraction_are_checked() {
        // 1000.5 s; the leeway is 10 s.
        let verifier = verifier("1970-01-01T00:16:40.5Z");
        let valid = |claims: &Value| verifier.check_times(&self::claims(claims)).is_ok();
        assert!(valid(&json!({ "exp": 1060.25, "nbf": 990.75, "iat": 990.125 })));
        assert!(valid(&json!({ "exp": 990.75 })) && !valid(&json!({ "exp": 990.5 })));
        assert!(valid(&json!({ "exp": 2e3, "nbf": 1010.5 })) && !valid(&json!({ "exp": 2e3, "nbf": 1010.75 })));
        assert!(valid(&json!({ "exp": 2e3, "iat": 1010.5 })) && !valid(&json!({ "exp": 2e3, "iat": 1010.75 })));
        let claims = claims(&json!({ "exp": 1060.25, "iat": 990.125 }));
        assert_eq!(claims.expires_at().unwrap().timestamp_millis(), 1_060_250);
        assert_eq!(claims.issued_at().unwrap().timestamp_millis(), 990_125);
    }

    /// Security case 38: the algorithm is RS256, and who set another is told.
    #[test]
    fn a_token_by_a_shared_secret_says_what_to_set() {
        use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
        let told = |algorithm: &str| {
            let header = URL_SAFE_NO_PAD.encode(json!({ "alg": algorithm, "typ": "JWT" }).to_string());
            let Err(error) = UnverifiedJws::parse(&format!("{header}.e30.AA")) else { panic!("{algorithm} is taken") };
            assert!(matches!(&error, VerifyError::Algorithm { found } if found == algorithm) && error.is_rejection());
            error.to_string()
        };
        for algorithm in ["HS384", "none", "hs256", ""] {
            assert_eq!(told(algorithm), format!("the token is signed with {algorithm:?}, accepted is RS256"));
        }
        let text = "the token is signed with \"HS256\", accepted is RS256: its key is a secret that no key set shows; set \
                    `jwtAlgorithm` of the environment's identity configuration to RS256";
        assert_eq!(told("HS256"), text);
    }

    #[test]
    fn another_issuer_or_audience_is_named_beside_ours() {
        let verifier = verifier("1970-01-01T00:16:40Z");
        let told = |claims: Value| {
            let error = verifier.check_issuer_and_audience(&self::claims(&claims)).unwrap_err();
            assert!(error.is_rejection());
            error.to_string()
        };
        let hint = "; `localhost` and `127.0.0.1` are two issuers: use one of them everywhere";
        for issuer in ["http://127.0.0.1:8100", "http://[::1]:8100"] {
            let text = format!("the token was issued by {issuer:?}, accepted is \"http://localhost:8100\"{hint}");
            assert_eq!(told(json!({ "iss": issuer })), text);
        }
        for issuer in ["http://127.0.0.1:8101", "https://127.0.0.1:8100", "http://acme.test:8100", "urn:x"] {
            let text = format!("the token was issued by {issuer:?}, accepted is \"http://localhost:8100\"");
            assert_eq!(told(json!({ "iss": issuer })), text);
        }
        assert_eq!(told(json!({})), "the token was issued by nobody, accepted is \"http://localhost:8100\"");
        let audience = json!({ "iss": "http://localhost:8100", "aud": ["a", "b"] });
        assert_eq!(told(audience), "the token is for \"a\" or \"b\", accepted is \"client\"");
        let ours = claims(&json!({ "iss": "http://localhost:8100", "aud": "client" }));
        verifier.check_issuer_and_audience(&ours).unwrap();
    }
}
