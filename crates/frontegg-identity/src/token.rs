//! Access tokens: fetched once for all callers and renewed before they expire.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use frontegg_client::{BoxFuture, Client};
use frontegg_model::{Secret, types};
use http::HeaderValue;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tracing::Instrument;

use crate::{
    context::Context,
    credentials::Credentials,
    error::{Error, ErrorKind},
    input::trimmed,
    lock::RwLock,
    options::Options,
    retry::Retry,
    runtime::{self, Instant},
};

/// The part of its life, in percent, after which a token is renewed.
const RENEWAL_PERCENT: u32 = 80;
/// Longer lifetimes are cut to this.
const MAX_LIFETIME: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// How long the caller that renews a token early waits for it before going on with the old one.
const EARLY_RENEWAL_TIMEOUT: Duration = Duration::from_secs(5);
/// How long after a failed early renewal the next one is tried.
const RENEWAL_BACKOFF: Duration = Duration::from_secs(10);
/// How long the service's refusal of the credentials is the answer to all callers, so that not every call
/// with a revoked key asks again.
const REFUSAL_BACKOFF: Duration = Duration::from_secs(1);

/// How long after the service has refused a token in whose place it had refused another it is not replaced:
/// an operation may answer 401 whatever the token, and each of its calls would cost a fetch.
const REPLACEMENT_INTERVAL: Duration = Duration::from_secs(10);

/// Where new tokens come from.
pub(crate) trait TokenSource: fmt::Debug + Send + Sync {
    /// Fetches a token. Called by one caller at a time.
    fn fetch(&self, options: Options) -> BoxFuture<'_, Result<Token, Error>>;
}

/// A cached token and its source.
pub(crate) struct Tokens<S: ?Sized = dyn TokenSource> {
    options: Options,
    token: RwLock<Option<Token>>,
    /// Locked by the caller that fetches.
    fetch_lock: Arc<Mutex<Fetched>>,
    /// Number of finished fetches.
    fetch_count: AtomicU64,
    source: S,
}

/// What earlier fetches tell the next one.
#[derive(Default)]
struct Fetched {
    /// How the last one failed, for the callers that waited for it.
    failure: Option<Failure>,
    /// When the service last refused a token that had taken the place of one that it refused.
    refused_anew_at: Option<Instant>,
}

/// Why and when a fetch has failed.
struct Failure {
    error: Error,
    at: Instant,
}

/// Why a token is fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// There is none, it expires, or a caller wants another.
    Due,
    /// The service has refused the one there is.
    Refused,
}

/// What a caller finds when it may fetch.
enum Turn {
    /// The token of another caller's fetch.
    Usable(HeaderValue),
    /// That it is to fetch.
    Fetch(OwnedMutexGuard<Fetched>),
}

/// Nobody fetches while this lives.
pub(crate) struct Held {
    _fetched: OwnedMutexGuard<Fetched>,
}

/// A token with its expiry.
#[derive(Clone)]
pub(crate) struct Token {
    bearer: HeaderValue,
    renew_at: Instant,
    expires_at: Instant,
}

impl Token {
    /// The token of an operation's answer, valid for `seconds` from `requested_at` on.
    pub(crate) fn new(
        operation: &'static str,
        token: &Secret,
        requested_at: Instant,
        seconds: i64,
    ) -> Result<Self, Error> {
        let bearer = bearer(token.expose()).ok_or_else(|| {
            Error::new(ErrorKind::Decode, "the answer has no token that fits a header").in_call(operation, 1, None)
        })?;
        let lifetime = Duration::from_secs(seconds.max(0).unsigned_abs()).min(MAX_LIFETIME);
        // Counted from before the request, so that a slow answer does not add to the lifetime.
        Ok(Self {
            bearer,
            renew_at: requested_at + lifetime * RENEWAL_PERCENT / 100,
            expires_at: requested_at + lifetime,
        })
    }
}

impl<S: TokenSource> Tokens<S> {
    pub(crate) fn new(source: S, token: Option<Token>, options: Options) -> Self {
        Self {
            options,
            token: RwLock::new(token),
            fetch_lock: Arc::default(),
            fetch_count: AtomicU64::default(),
            source,
        }
    }
}

impl<S: TokenSource + ?Sized + 'static> Tokens<S> {
    pub(crate) fn source(&self) -> &S {
        &self.source
    }

    /// The `Authorization` header, if there is a valid token that is not yet to be renewed.
    pub(crate) fn ready(&self) -> Option<HeaderValue> {
        let now = Instant::now();
        // After a renewal that failed the next one may be due only when the token has expired.
        let is_ready = |token: &&Token| now < token.renew_at && now < token.expires_at;
        self.token.read().as_ref().filter(is_ready).map(|token| token.bearer.clone())
    }

    /// The `Authorization` header with a valid token.
    pub(crate) async fn bearer(self: &Arc<Self>) -> Result<HeaderValue, Error> {
        let now = Instant::now();
        if let Some(token) = self.current()
            && now < token.expires_at
        {
            if now >= token.renew_at {
                return Ok(self.renew_early(token).await);
            }
            return Ok(token.bearer);
        }
        self.fetch_unless(|token| Instant::now() < token.expires_at).await
    }

    /// The `Authorization` header with a token that is fetched now, unless another caller does so meanwhile.
    pub(crate) async fn renew(self: &Arc<Self>) -> Result<HeaderValue, Error> {
        let old = self.current();
        self.fetch_unless(|token| old.as_ref().is_none_or(|old| token.bearer != old.bearer)).await
    }

    /// The `Authorization` header with another token than `refused`, which the service has rejected; none if
    /// another was rejected in its place a moment ago: then it is not the token that the service rejects.
    pub(crate) async fn replace(self: &Arc<Self>, refused: &HeaderValue) -> Result<Option<HeaderValue>, Error> {
        match self.turn(|token| token.bearer != refused).await? {
            // The first caller fetches; the others find the new token.
            Turn::Usable(bearer) => Ok(Some(bearer)),
            Turn::Fetch(fetched) if fetched.refused_anew_at.is_some_and(|at| at.elapsed() < REPLACEMENT_INTERVAL) => {
                Ok(None)
            }
            Turn::Fetch(fetched) => self.fetch_anew(fetched, Cause::Refused).await.map(Some),
        }
    }

    /// Notes that the service has rejected the token of [`replace`](Self::replace) as well.
    pub(crate) async fn note_refused_anew(&self) {
        self.fetch_lock.lock().await.refused_anew_at = Some(Instant::now());
    }

    /// Fetches a token, unless the current one is usable by the time that it is this caller's turn.
    async fn fetch_unless(self: &Arc<Self>, is_usable: impl Fn(&Token) -> bool) -> Result<HeaderValue, Error> {
        match self.turn(is_usable).await? {
            Turn::Usable(bearer) => Ok(bearer),
            Turn::Fetch(fetched) => self.fetch_anew(fetched, Cause::Due).await,
        }
    }

    /// Keeps others from fetching as long as the result lives.
    pub(crate) async fn hold(&self) -> Held {
        Held { _fetched: self.fetch_lock.clone().lock_owned().await }
    }

    /// Waits for this caller's turn to fetch. Fails with the failure of the fetch that it has waited for.
    async fn turn(&self, is_usable: impl Fn(&Token) -> bool) -> Result<Turn, Error> {
        let fetch_count = self.fetch_count.load(Ordering::Acquire);
        let fetched = self.fetch_lock.clone().lock_owned().await;
        if let Some(token) = self.current().filter(|token| is_usable(token)) {
            return Ok(Turn::Usable(token.bearer));
        }
        if let Some(Failure { error, at }) = &fetched.failure
            && (self.fetch_count.load(Ordering::Acquire) != fetch_count
                || (error.is_unauthenticated() && at.elapsed() < REFUSAL_BACKOFF))
        {
            return Err(error.clone());
        }
        Ok(Turn::Fetch(fetched))
    }

    /// Fetches; those who call meanwhile wait for it.
    async fn fetch_anew(
        self: &Arc<Self>,
        fetched: OwnedMutexGuard<Fetched>,
        cause: Cause,
    ) -> Result<HeaderValue, Error> {
        // A token that one operation refuses may serve the others while no new one is to be had.
        let old = self.current().filter(|token| cause == Cause::Refused && Instant::now() < token.expires_at);
        self.store(None);
        self.fetch(fetched, self.options, old).await
    }

    /// Renews a token before it expires; when that fails, the old one stays.
    async fn renew_early(self: &Arc<Self>, old: Token) -> HeaderValue {
        // One caller renews; the others go on with the old token.
        let Ok(fetched) = self.fetch_lock.clone().try_lock_owned() else { return old.bearer };
        match self.current() {
            Some(token) if token.bearer != old.bearer => return token.bearer,
            _ => {}
        }
        let options =
            Options { retry: Retry::none(), timeout: EARLY_RENEWAL_TIMEOUT.min(self.options.timeout), ..self.options };
        match self.fetch(fetched, options, None).await {
            Ok(bearer) => bearer,
            Err(error) => {
                tracing::warn!(kind = ?error.kind(), status = error.status(), "a token could not be renewed early");
                self.store(Some(Token { renew_at: Instant::now() + RENEWAL_BACKOFF, ..old.clone() }));
                old.bearer
            }
        }
    }

    /// Fetches on a task of its own. The caller may give up, by a timeout or by being dropped; the fetch
    /// goes on for the callers that wait, and the answer to a single-use refresh token is not lost.
    ///
    /// `old` is the token that stays when the fetch fails, unless the service refuses the credentials.
    async fn fetch(
        self: &Arc<Self>,
        mut fetched: OwnedMutexGuard<Fetched>,
        options: Options,
        old: Option<Token>,
    ) -> Result<HeaderValue, Error> {
        let tokens = self.clone();
        let fetch = async move {
            let outcome = tokens.source.fetch(options).await;
            let now = Instant::now();
            fetched.failure = outcome.as_ref().err().map(|error| Failure { error: error.clone(), at: now });
            tokens.fetch_count.fetch_add(1, Ordering::Release);
            match outcome {
                Ok(token) => {
                    let bearer = token.bearer.clone();
                    tokens.store(Some(token));
                    Ok(bearer)
                }
                Err(error) => {
                    if old.is_some() && !error.is_unauthenticated() {
                        tokens.store(old);
                    }
                    Err(error)
                }
            }
        };
        let fetch = fetch.in_current_span();
        #[cfg(feature = "otel")]
        let fetch = opentelemetry::trace::FutureExt::with_current_context(fetch);
        let ended = |_| Error::new(ErrorKind::Transport, "the runtime ends before a token was fetched");
        runtime::spawn(fetch).await.map_err(ended)?
    }

    /// The current token, expired or not.
    pub(crate) fn current(&self) -> Option<Token> {
        self.token.read().clone()
    }

    pub(crate) fn store(&self, token: Option<Token>) {
        *self.token.write() = token;
    }
}

impl<S: TokenSource + ?Sized> fmt::Debug for Tokens<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tokens").field(&&self.source).finish()
    }
}

/// Exchanges client id and API key for environment tokens.
pub(crate) struct EnvironmentSource {
    /// Sends without a token.
    pub(crate) client: Client,
    pub(crate) credentials: Credentials,
}

impl TokenSource for EnvironmentSource {
    fn fetch(&self, options: Options) -> BoxFuture<'_, Result<Token, Error>> {
        const OPERATION: &str = "authenticate_environment";
        Box::pin(async move {
            let Credentials { client_id, api_key } = &self.credentials;
            let body = types::VendorAuthenticationRequest::new(client_id.clone(), api_key.clone());
            let requested_at = Instant::now();
            // Idempotent in effect: earlier tokens stay valid.
            let context = Context::new(options).idempotent();
            let send = Box::pin(self.client.authenticate_environment(&body));
            let answer = context.run(OPERATION, send).await?;
            Token::new(OPERATION, &answer.token, requested_at, answer.expires_in)
        })
    }
}

impl fmt::Debug for EnvironmentSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnvironmentSource").field("credentials", &self.credentials).finish_non_exhaustive()
    }
}

/// Exchanges the client credentials of a tenant or user (an API token or personal token) for tokens.
pub(crate) struct ApiTokenSource {
    /// Sends without a token.
    pub(crate) client: Client,
    pub(crate) credentials: Credentials,
    /// The single-use refresh token of the last answer.
    pub(crate) refresh: Mutex<Option<Secret>>,
}

impl ApiTokenSource {
    async fn exchange(&self, options: Options) -> Result<Token, Error> {
        const OPERATION: &str = "authenticate_api_token";
        let Credentials { client_id, api_key } = &self.credentials;
        let body = types::AuthApiTokenDto::new(client_id.clone(), api_key.clone());
        let requested_at = Instant::now();
        let context = Context::new(options).idempotent();
        let answer = context.run(OPERATION, Box::pin(self.client.authenticate_api_token(&body))).await?.into_inner();
        *self.refresh.lock().await = Some(answer.refresh_token);
        Token::new(OPERATION, &answer.access_token, requested_at, answer.expires_in)
    }

    async fn refresh(&self, token: Secret, options: Options) -> Result<Token, Error> {
        const OPERATION: &str = "refresh_api_token";
        let body = types::RefreshApiTokenDto::new(token);
        let requested_at = Instant::now();
        let send = Box::pin(self.client.refresh_api_token(&body));
        let answer = Context::new(options).run(OPERATION, send).await?.into_inner();
        *self.refresh.lock().await = Some(answer.refresh_token);
        Token::new(OPERATION, &answer.access_token, requested_at, answer.expires_in)
    }
}

impl TokenSource for ApiTokenSource {
    /// Refreshes if possible: the number of refresh tokens that one credential may have is limited.
    fn fetch(&self, options: Options) -> BoxFuture<'_, Result<Token, Error>> {
        Box::pin(async move {
            let refresh = self.refresh.lock().await.take();
            if let Some(token) = refresh {
                match self.refresh(token, options).await {
                    Err(error) if error.is_unauthenticated() => {}
                    outcome => return outcome,
                }
            }
            self.exchange(options).await
        })
    }
}

impl fmt::Debug for ApiTokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiTokenSource").field("credentials", &self.credentials).finish_non_exhaustive()
    }
}

/// The `Authorization` header for a token; none if the token is empty or not valid in a header.
pub(crate) fn bearer(token: &str) -> Option<HeaderValue> {
    let token = trimmed(token);
    if token.is_empty() {
        return None;
    }
    let mut value = HeaderValue::try_from(format!("Bearer {token}")).ok()?;
    // `Debug` hides it, and HTTP/2 keeps it out of its compression tables.
    value.set_sensitive(true);
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::defaults::row;

    #[test]
    fn the_guide_has_these_figures() {
        row("Part of its life after which a token is renewed", &*format!("{RENEWAL_PERCENT} %"));
        row("Longest life of a token that is believed", MAX_LIFETIME);
        row("Waiting for an early renewal, at most", EARLY_RENEWAL_TIMEOUT);
        row("Pause after an early renewal that failed", RENEWAL_BACKOFF);
        row("Pause after credentials were refused", REFUSAL_BACKOFF);
        row("Pause after a new token was refused like the old one", REPLACEMENT_INTERVAL);
    }
}
