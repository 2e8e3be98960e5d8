//! Sessions of signed-in users: access tokens that are refreshed, and a serialised form.

use std::{
    fmt,
    ops::Deref,
    sync::{Arc, MutexGuard},
    time::Duration,
};

use chrono::{DateTime, Utc};
use frontegg_client::BoxFuture;
use frontegg_model::{Secret, types};
use http::HeaderValue;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::{
    builder::Frontegg,
    context::Context,
    error::{Error, ErrorKind},
    generated::params,
    generated::views::General,
    lock::Mutex,
    options::Options,
    response::Response,
    scope::{Access, Anonymous, Core, Scope, User},
    token::{Token, TokenSource, Tokens},
};

/// Prefix of the cookie that carries the refresh token; the rest names the environment.
const REFRESH_COOKIE: &str = "fe_refresh_";
/// Prefix of the cookie of a device that needs no second factor.
const DEVICE_COOKIE: &str = "fe_device_";

/// The session of a signed-in user, with the operations of their [`Scope`].
///
/// Cheap to clone; all clones share the tokens. The access token is refreshed shortly before it expires
/// and after a 401, once for all callers. Refresh tokens rotate: each can be used once.
///
/// ```no_run
/// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
/// let session = frontegg.authentication().login("ada@acme.test", "correct horse").await?.into_session()?;
/// for device in session.user_sessions().list_my_sessions().await? {
///     println!("{}", device.id);
/// }
///
/// // To restore the session after a restart; store it like a password.
/// let saved = serde_json::to_string(&session.save()).expect("JSON");
/// let session = frontegg.restore(serde_json::from_str(&saved).expect("a session"));
/// session.log_out().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Session {
    scope: Scope<User>,
    tokens: Arc<Tokens<SessionSource>>,
}

impl Deref for Session {
    type Target = Scope<User>;

    fn deref(&self) -> &Scope<User> {
        &self.scope
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Session").field(&self.scope).finish()
    }
}

impl Session {
    fn new<A: Access>(core: &Core<A>, saved: SavedSession) -> Self {
        let left = (saved.expires_at - Utc::now()).num_seconds();
        // Without a token that can be sent, the first call refreshes.
        let token = Token::new("restore", &saved.access_token, Instant::now(), left).ok();
        let source = SessionSource { core: core.anonymous(), saved: Mutex::new(Some(saved)), sink: Mutex::default() };
        let tokens = Arc::new(Tokens::new(source, token, core.options()));
        Self { scope: Scope { core: core.renewed(tokens.clone()) }, tokens }
    }

    /// The session of a successful sign-in; `cookies` are those that were sent with its request.
    pub(crate) fn from_login<A: Access>(
        core: &Core<A>,
        answer: &Response<types::AuthenticationResponseDto>,
        cookies: &Cookies,
    ) -> Option<Self> {
        Some(Self::new(core, SavedSession::from_response(answer, cookies, core.cookie_id())?))
    }

    /// The access token, refreshed first if it is about to expire.
    pub async fn access_token(&self) -> Result<Secret, Error> {
        let bearer = self.tokens.bearer().await?;
        let token = bearer.to_str().ok().and_then(|bearer| bearer.strip_prefix("Bearer "));
        Ok(token.unwrap_or_default().into())
    }

    /// Refreshes now, e.g. to get changed roles into the token.
    pub async fn refresh(&self) -> Result<(), Error> {
        self.tokens.renew().await.map(drop)
    }

    /// Switches to another tenant of the user and refreshes.
    pub async fn switch_tenant(&self, tenant: impl Into<String>) -> Result<(), Error> {
        let tenant = types::UpdateUserTenantDto::new(tenant);
        self.user_management().set_my_active_tenant(&tenant).await?;
        self.refresh().await
    }

    /// Ends the session, here and at the service, and with it all clones.
    pub async fn log_out(self) -> Result<(), Error> {
        let Some(saved) = self.tokens.source().saved().take() else { return Ok(()) };
        self.tokens.store(None);
        let core = self.tokens.source().core.with_cookie(saved.cookies.header());
        General { core }.log_out_user(params::LogOutUser::new()).await
    }

    /// Calls `sink` with the new state after each refresh, so that it can be stored: the refresh token
    /// that was used is invalid from then on.
    pub fn on_refresh(&self, sink: impl Fn(&SavedSession) + Send + Sync + 'static) {
        *self.tokens.source().sink.lock() = Some(Arc::new(sink));
    }

    /// The state of the session. That of a session that was logged out holds no valid token.
    pub fn save(&self) -> SavedSession {
        self.tokens.source().saved().clone().unwrap_or_else(SavedSession::ended)
    }
}

impl Frontegg {
    /// Restores a saved session. Nothing is sent until it is used.
    pub fn restore(&self, saved: SavedSession) -> Session {
        Session::new(&self.core, saved)
    }
}

/// The tokens of a [`Session`], for storage.
///
/// `Debug` hides them. The serialised form holds them, so store it like a password.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SavedSession {
    access_token: Secret,
    expires_at: DateTime<Utc>,
    #[serde(flatten)]
    cookies: Cookies,
}

impl SavedSession {
    /// When the access token expires; the session goes on if it has a refresh token.
    pub fn expires_at(&self) -> DateTime<Utc> {
        self.expires_at
    }

    /// The cookie by which the service recognises a remembered device, for
    /// [`Authentication::login_on`](crate::views::Authentication::login_on).
    pub fn device(&self) -> Option<RememberedDevice> {
        self.cookies.device.clone().map(RememberedDevice)
    }

    /// The state after an answer; `cookie_id` names the cookie of a refresh token that came without one.
    fn from_response(
        answer: &Response<types::AuthenticationResponseDto>,
        known: &Cookies,
        cookie_id: Option<&str>,
    ) -> Option<Self> {
        let access_token = answer.access_token.clone().filter(|token| !token.is_empty())?;
        let seconds = u64::try_from(answer.expires_in.unwrap_or_default()).unwrap_or_default();
        let mut cookies = known.clone();
        if !cookies.update(answer)
            && let Some(token) = &answer.refresh_token
        {
            cookies.take_refresh_token(token, cookie_id);
        }
        Some(Self {
            access_token,
            expires_at: Utc::now() + Duration::from_secs(seconds.min(MAX_LIFETIME_SECONDS)),
            cookies,
        })
    }

    fn ended() -> Self {
        Self { access_token: "".into(), expires_at: DateTime::UNIX_EPOCH, cookies: Cookies::default() }
    }
}

/// Longer lifetimes are cut to this.
const MAX_LIFETIME_SECONDS: u64 = 366 * 24 * 60 * 60;

/// The cookie of a device that was remembered when a second factor was verified; a sign-in on it needs
/// no second factor.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RememberedDevice(Cookie);

impl RememberedDevice {
    pub(crate) fn cookies(&self) -> Cookies {
        Cookies { refresh: None, device: Some(self.0.clone()) }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Cookie {
    name: String,
    value: Secret,
}

/// The cookies of a sign-in.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Cookies {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh: Option<Cookie>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    device: Option<Cookie>,
}

impl Cookies {
    /// Applies the `Set-Cookie` headers of an answer (RFC 6265). Tells whether a refresh token is among them.
    pub(crate) fn update<T>(&mut self, answer: &Response<T>) -> bool {
        let mut refreshed = false;
        for cookie in answer.header_values("set-cookie") {
            let Some((name, value)) = cookie.split(';').next().and_then(|pair| pair.split_once('=')) else { continue };
            let (name, value) = (name.trim(), value.trim().trim_matches('"'));
            let cookie = (!value.is_empty()).then(|| Cookie { name: name.to_owned(), value: value.into() });
            if name.starts_with(REFRESH_COOKIE) {
                refreshed = cookie.is_some();
                self.refresh = cookie;
            } else if name.starts_with(DEVICE_COOKIE) {
                self.device = cookie;
            }
        }
        refreshed
    }

    /// Takes a refresh token that came in the body alone, as through a proxy that drops cookies. The service
    /// reads it from its cookie all the same, whose name is the one known before or ends in the id.
    fn take_refresh_token(&mut self, token: &Secret, id: Option<&str>) {
        // What may stand in a cookie (RFC 6265 §4.1.1).
        let is_fit = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'"' | b',' | b';' | b'\\');
        if token.is_empty() || !token.expose().bytes().all(is_fit) {
            return;
        }
        let known = self.refresh.as_ref().map(|cookie| cookie.name.clone());
        // The service's clients leave the first dash out.
        let name = known.or_else(|| Some(format!("{REFRESH_COOKIE}{}", id?.replacen('-', "", 1))));
        self.refresh = name.map(|name| Cookie { name, value: token.clone() });
    }

    /// The `Cookie` header; none without cookies.
    pub(crate) fn header(&self) -> Option<HeaderValue> {
        let pair = |cookie: &Cookie| format!("{}={}", cookie.name, cookie.value.expose());
        let pairs: Vec<String> = [&self.refresh, &self.device].into_iter().flatten().map(pair).collect();
        let mut header = HeaderValue::try_from(pairs.join("; ")).ok().filter(|_| !pairs.is_empty())?;
        header.set_sensitive(true);
        Some(header)
    }
}

type Sink = Arc<dyn Fn(&SavedSession) + Send + Sync>;

/// Refreshes a session.
struct SessionSource {
    core: Core<Anonymous>,
    /// None once the session was logged out.
    saved: Mutex<Option<SavedSession>>,
    sink: Mutex<Option<Sink>>,
}

impl SessionSource {
    fn saved(&self) -> MutexGuard<'_, Option<SavedSession>> {
        self.saved.lock()
    }

    async fn refresh(&self, options: Options) -> Result<Token, Error> {
        const OPERATION: &str = "refresh_user_token";
        let ended = |message| Error::new(ErrorKind::Unauthenticated, message).in_call(OPERATION, 0, None);
        let cookies = match &*self.saved() {
            Some(saved) if saved.cookies.refresh.is_some() => saved.cookies.clone(),
            Some(_) => return Err(ended("the session has expired and has no refresh token")),
            None => return Err(ended("the session was logged out")),
        };
        let core = self.core.with_cookie(cookies.header());
        let body = types::RefreshTokenDto::new();
        let requested_at = Instant::now();
        let send = Box::pin(core.raw().refresh_user_token(None, &body));
        // Not idempotent: the refresh token may have been used up.
        let answer = Context::new(options).run(OPERATION, send).await?;
        let Some(new) = SavedSession::from_response(&answer, &cookies, self.core.cookie_id()) else {
            return Err(ended("the service asks for another factor; sign in again"));
        };
        let token = Token::new(OPERATION, &new.access_token, requested_at, answer.expires_in.unwrap_or_default())?;
        if let Some(saved) = &mut *self.saved() {
            *saved = new.clone();
        }
        let sink = self.sink.lock().clone();
        if let Some(sink) = sink {
            sink(&new);
        }
        Ok(token)
    }
}

impl TokenSource for SessionSource {
    fn fetch(&self, options: Options) -> BoxFuture<'_, Result<Token, Error>> {
        Box::pin(self.refresh(options))
    }
}

impl fmt::Debug for SessionSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionSource").field("saved", &*self.saved()).finish_non_exhaustive()
    }
}
