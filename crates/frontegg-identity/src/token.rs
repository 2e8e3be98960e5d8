//! Tokens that are fetched once for all callers and renewed before they expire.

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
use tokio::{
    sync::{Mutex, OwnedMutexGuard},
    time::Instant,
};
use tracing::Instrument;

use crate::{
    context::Context,
    credentials::Credentials,
    error::{Error, ErrorKind},
    lock::RwLock,
    options::Options,
    retry::Retry,
};

/// Lifetimes beyond this are not believed.
const LONGEST_LIFE: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// How long an early renewal may hold up the one caller that makes it; the old token serves.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long to leave it after an early renewal has failed.
const REST: Duration = Duration::from_secs(10);

/// How long it is left after the service has refused the credentials. Whoever asks meanwhile is told the
/// same: of a key that was revoked not every call should ask again.
const REFUSED: Duration = Duration::from_secs(1);

/// Where new tokens come from.
pub(crate) trait Source: fmt::Debug + Send + Sync {
    /// Fetches a token. Called by one caller at a time.
    fn fetch(&self, options: Options) -> BoxFuture<'_, Result<Token, Error>>;
}

/// A token and the way to a new one.
pub(crate) struct Tokens<S: ?Sized = dyn Source> {
    options: Options,
    token: RwLock<Option<Token>>,
    /// Held by the one who fetches. Keeps the last failure and its time, for those who waited meanwhile.
    flight: Arc<Mutex<LastFailure>>,
    /// Number of fetches that came to an end.
    landed: AtomicU64,
    source: S,
}

type LastFailure = Option<(Error, Instant)>;

/// A token with its life.
#[derive(Clone)]
pub(crate) struct Token {
    bearer: HeaderValue,
    renew_at: Instant,
    expires_at: Instant,
}

impl Token {
    /// A token that an operation has answered with, and the seconds that it lives from `asked` on.
    pub(crate) fn new(operation: &'static str, token: &Secret, asked: Instant, seconds: i64) -> Result<Self, Error> {
        let bearer = bearer(token.expose()).ok_or_else(|| {
            Error::new(ErrorKind::Decode, "the answer has no token that fits a header").in_call(operation, 1, None)
        })?;
        let life = Duration::from_secs(seconds.max(0).unsigned_abs()).min(LONGEST_LIFE);
        // Counted from before the request, so that a slow answer does not make the token look younger.
        Ok(Self { bearer, renew_at: asked + life * 4 / 5, expires_at: asked + life })
    }
}

impl<S: Source> Tokens<S> {
    pub(crate) fn new(source: S, token: Option<Token>, options: Options) -> Self {
        Self { options, token: RwLock::new(token), flight: Arc::default(), landed: AtomicU64::default(), source }
    }
}

impl<S: Source + ?Sized + 'static> Tokens<S> {
    pub(crate) fn source(&self) -> &S {
        &self.source
    }

    /// The value of the authorization header.
    pub(crate) async fn bearer(self: &Arc<Self>) -> Result<HeaderValue, Error> {
        let now = Instant::now();
        if let Some(token) = self.held()
            && now < token.expires_at
        {
            if now >= token.renew_at {
                return Ok(self.renew_early(token).await);
            }
            return Ok(token.bearer);
        }
        self.fetch_unless(|token| Instant::now() < token.expires_at).await
    }

    /// A token other than `refused`, which the service did not take.
    pub(crate) async fn replace(self: &Arc<Self>, refused: &HeaderValue) -> Result<HeaderValue, Error> {
        // Whoever comes first fetches; the others find that the token is another one already.
        self.fetch_unless(|token| token.bearer != refused).await
    }

    /// Fetches a token unless the one that is held by then will do.
    async fn fetch_unless(self: &Arc<Self>, will_do: impl Fn(&Token) -> bool) -> Result<HeaderValue, Error> {
        let landed = self.landed.load(Ordering::Acquire);
        let flight = self.flight.clone().lock_owned().await;
        if let Some(token) = self.held().filter(|token| will_do(token)) {
            return Ok(token.bearer);
        }
        // A fetch for which we waited and that failed has failed for us too.
        if let Some((error, at)) = &*flight
            && (self.landed.load(Ordering::Acquire) != landed || (error.is_unauthenticated() && at.elapsed() < REFUSED))
        {
            return Err(error.clone());
        }
        self.hold(None);
        self.fetch(flight, self.options).await
    }

    /// Renews a token that still lives; when that fails, the old one serves on.
    async fn renew_early(self: &Arc<Self>, old: Token) -> HeaderValue {
        // One caller is enough; the others go on with the old token.
        let Ok(flight) = self.flight.clone().try_lock_owned() else { return old.bearer };
        match self.held() {
            Some(token) if token.bearer != old.bearer => return token.bearer,
            _ => {}
        }
        let options = Options { retry: Retry::none(), timeout: PATIENCE.min(self.options.timeout), ..self.options };
        match self.fetch(flight, options).await {
            Ok(bearer) => bearer,
            Err(error) => {
                tracing::warn!(kind = ?error.kind(), status = error.status(), "a token could not be renewed early");
                self.hold(Some(Token { renew_at: Instant::now() + REST, ..old.clone() }));
                old.bearer
            }
        }
    }

    /// Fetches on a task of its own: whoever asked may give up, by its own time limit or by being dropped,
    /// and those who wait as well must not begin anew for that, nor a refresh token that is good once be
    /// spent for nothing.
    async fn fetch(
        self: &Arc<Self>,
        mut flight: OwnedMutexGuard<LastFailure>,
        options: Options,
    ) -> Result<HeaderValue, Error> {
        let tokens = self.clone();
        let fetch = async move {
            let fetched = tokens.source.fetch(options).await;
            *flight = fetched.as_ref().err().map(|error| (error.clone(), Instant::now()));
            tokens.landed.fetch_add(1, Ordering::Release);
            let token = fetched?;
            let bearer = token.bearer.clone();
            tokens.hold(Some(token));
            Ok(bearer)
        };
        match tokio::spawn(fetch.in_current_span()).await {
            Ok(outcome) => outcome,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                Err(_) => Err(Error::new(ErrorKind::Transport, "the runtime ends before a token was fetched")),
            },
        }
    }

    /// The token that is held, expired or not.
    pub(crate) fn held(&self) -> Option<Token> {
        self.token.read().clone()
    }

    pub(crate) fn hold(&self, token: Option<Token>) {
        *self.token.write() = token;
    }
}

impl<S: Source + ?Sized> fmt::Debug for Tokens<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tokens").field(&&self.source).finish()
    }
}

/// Gives environment tokens for client id and API key.
pub(crate) struct EnvironmentSource {
    /// Sends without a token.
    pub(crate) client: Client,
    pub(crate) credentials: Credentials,
}

impl Source for EnvironmentSource {
    fn fetch(&self, options: Options) -> BoxFuture<'_, Result<Token, Error>> {
        const OPERATION: &str = "authenticate_environment";
        Box::pin(async move {
            let Credentials { client_id, api_key } = &self.credentials;
            let body = types::VendorAuthenticationRequest::new(client_id.clone(), api_key.clone());
            let asked = Instant::now();
            // Asking twice does no harm: earlier tokens stay good.
            let context = Context::new(options).idempotent();
            let send = Box::pin(self.client.authenticate_environment(&body));
            let answer = context.run(OPERATION, send).await?;
            Token::new(OPERATION, &answer.token, asked, answer.expires_in)
        })
    }
}

impl fmt::Debug for EnvironmentSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EnvironmentSource").field("credentials", &self.credentials).finish_non_exhaustive()
    }
}

/// Gives tokens for the client credentials of a tenant or user (an API token or personal token).
pub(crate) struct ApiTokenSource {
    /// Sends without a token.
    pub(crate) client: Client,
    pub(crate) credentials: Credentials,
    /// Of the last answer; good once.
    pub(crate) refresh: Mutex<Option<Secret>>,
}

impl ApiTokenSource {
    async fn exchange(&self, options: Options) -> Result<Token, Error> {
        const OPERATION: &str = "authenticate_api_token";
        let Credentials { client_id, api_key } = &self.credentials;
        let body = types::AuthApiTokenDto::new(client_id.clone(), api_key.clone());
        let asked = Instant::now();
        let context = Context::new(options).idempotent();
        let answer = context.run(OPERATION, Box::pin(self.client.authenticate_api_token(&body))).await?.into_inner();
        *self.refresh.lock().await = Some(answer.refresh_token);
        Token::new(OPERATION, &answer.access_token, asked, answer.expires_in)
    }

    async fn refresh(&self, token: Secret, options: Options) -> Result<Token, Error> {
        const OPERATION: &str = "refresh_api_token";
        let body = types::RefreshApiTokenDto::new(token);
        let asked = Instant::now();
        let send = Box::pin(self.client.refresh_api_token(&body));
        let answer = Context::new(options).run(OPERATION, send).await?.into_inner();
        *self.refresh.lock().await = Some(answer.refresh_token);
        Token::new(OPERATION, &answer.access_token, asked, answer.expires_in)
    }
}

impl Source for ApiTokenSource {
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

/// The authorization header for a token, or none when the token does not fit one.
pub(crate) fn bearer(token: &str) -> Option<HeaderValue> {
    if token.is_empty() {
        return None;
    }
    let mut value = HeaderValue::try_from(format!("Bearer {token}")).ok()?;
    // Keeps it out of every `Debug` of headers, and out of HTTP/2's compression tables.
    value.set_sensitive(true);
    Some(value)
}
