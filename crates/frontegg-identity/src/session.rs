//! Sessions of signed-in users: access tokens that are refreshed, and a serialised form.

pub(crate) mod cookies;
pub(crate) mod raising;
mod saved;

use std::{
    fmt,
    ops::Deref,
    sync::{Arc, MutexGuard},
};

use chrono::Utc;
use cookies::{CookieIds, Cookies};
use frontegg_client::BoxFuture;
use frontegg_model::{Secret, types};

pub use saved::{RememberedDevice, SavedSession};

use crate::{
    builder::Frontegg,
    context::Context,
    error::{Error, ErrorKind},
    generated::params,
    generated::views::General,
    lock::Mutex,
    options::Options,
    response::Response,
    runtime::Instant,
    scope::{Access, Anonymous, Core, Scope, User},
    token::{Token, TokenSource, Tokens},
};

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
/// let session = frontegg.restore(saved.parse()?);
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
        let saved = saved.named(CookieIds::of(core));
        let left = (saved.expires_at() - Utc::now()).num_seconds();
        // Without a token that can be sent, the first call refreshes.
        let token = Token::new("restore", saved.access_token(), Instant::now(), left).ok();
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
        Some(Self::new(core, SavedSession::from_response(answer, cookies, CookieIds::of(core))?))
    }

    /// The session of a refresh token that the program has already, e.g. one that another program has obtained.
    /// Nothing is sent until it is used; the first call refreshes.
    ///
    /// The service reads the token from a cookie, whose name bears the client id of the environment or, where the
    /// client has no credentials, the id of its application. Fails with
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) if the client knows neither, or if no cookie carries the token.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg, token: &str) -> Result<(), frontegg_identity::Error> {
    /// use frontegg_identity::Session;
    ///
    /// let session = Session::from_refresh_token(&frontegg, token)?;
    /// println!("{}", session.user_management().get_my_profile_v3().await?.id);
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_refresh_token(frontegg: &Frontegg, token: impl Into<Secret>) -> Result<Self, Error> {
        let mut cookies = Cookies::default();
        if !cookies.take_refresh_token(&token.into(), CookieIds::of(&frontegg.core)) {
            return Err(cookies::unfit());
        }
        if cookies.is_nameless() {
            return Err(Error::new(ErrorKind::InvalidRequest, NAMELESS));
        }
        Ok(Self::new(&frontegg.core, SavedSession::of_cookies(cookies)))
    }

    /// The session of a browser that was signed in by a login page, by the `Cookie` header of its request (RFC 6265
    /// §5.4); several such headers are joined with `"; "`. Nothing is sent until it is used; the first call refreshes.
    ///
    /// The refresh token is that of the environment or the application of the client (`fe_refresh_…`); a remembered
    /// device comes along (`fe_device_…`). As a refresh token is good once, hand the new one to the browser
    /// ([`on_refresh`](Self::on_refresh)), or keep the session here and give the browser a cookie of your own.
    ///
    /// Fails with [`Unauthenticated`](ErrorKind::Unauthenticated) if there is no such cookie, and with
    /// [`InvalidRequest`](ErrorKind::InvalidRequest) if it cannot be used, or if there are several and the client has
    /// neither credentials nor an application to choose by.
    ///
    /// ```no_run
    /// # fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
    /// use frontegg_identity::Session;
    ///
    /// let session = Session::from_cookies(&frontegg, "theme=dark; fe_refresh_0c5a…=8d3f…")?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn from_cookies(frontegg: &Frontegg, header: &str) -> Result<Self, Error> {
        let cookies = Cookies::from_header(header, CookieIds::of(&frontegg.core))?;
        Ok(Self::new(&frontegg.core, SavedSession::of_cookies(cookies)))
    }

    /// The access token, refreshed first if it is about to expire.
    ///
    /// ```no_run
    /// # async fn example(session: frontegg_identity::Session) -> Result<(), frontegg_identity::Error> {
    /// // For another service that takes the user's token.
    /// let bearer = format!("Bearer {}", session.access_token().await?.expose());
    /// # Ok(())
    /// # }
    /// ```
    pub async fn access_token(&self) -> Result<Secret, Error> {
        let bearer = self.tokens.bearer().await?;
        let token = bearer.to_str().ok().and_then(|bearer| bearer.strip_prefix("Bearer "));
        Ok(token.unwrap_or_default().into())
    }

    /// Refreshes now, e.g. to get changed roles into the token.
    ///
    /// ```no_run
    /// # async fn example(session: frontegg_identity::Session) -> Result<(), frontegg_identity::Error> {
    /// // Somebody has just given the user a role.
    /// session.refresh().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn refresh(&self) -> Result<(), Error> {
        self.tokens.renew().await.map(drop)
    }

    /// Switches to another tenant of the user and refreshes.
    ///
    /// ```no_run
    /// # async fn example(session: frontegg_identity::Session) -> Result<(), frontegg_identity::Error> {
    /// session.switch_tenant("acme").await?;
    /// assert_eq!(session.users().get_my_profile().await?.tenant_id, "acme");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn switch_tenant(&self, tenant: impl Into<String>) -> Result<(), Error> {
        let tenant = types::UpdateUserTenantDto::new(tenant);
        self.users().set_my_active_tenant(&tenant).await?;
        self.refresh().await
    }

    /// Ends the session, here and at the service, and with it all clones.
    ///
    /// ```no_run
    /// # async fn example(session: frontegg_identity::Session) -> Result<(), frontegg_identity::Error> {
    /// session.log_out().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn log_out(self) -> Result<(), Error> {
        let Some(saved) = self.tokens.source().saved().take() else { return Ok(()) };
        self.tokens.store(None);
        let core = self.tokens.source().core.with_cookie(saved.cookies().header());
        General { core }.log_out_user(params::LogOutUser::new()).await
    }

    /// Calls `sink` with the new state after each refresh, so that it can be stored: the refresh token
    /// that was used is invalid from then on.
    ///
    /// ```no_run
    /// # async fn example(session: frontegg_identity::Session) -> Result<(), Box<dyn std::error::Error>> {
    /// use std::sync::mpsc;
    ///
    /// let (sender, states) = mpsc::channel();
    /// session.on_refresh(move |saved| drop(sender.send(saved.clone())));
    /// session.refresh().await?;
    /// for saved in states.try_iter() {
    ///     std::fs::write("/var/lib/acme/session.json", serde_json::to_string(&saved)?)?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_refresh(&self, sink: impl Fn(&SavedSession) + Send + Sync + 'static) {
        *self.tokens.source().sink.lock() = Some(Arc::new(sink));
    }

    /// The state of the session. That of a session that was logged out holds no valid token.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg, session: frontegg_identity::Session) -> Result<(), Box<dyn std::error::Error>> {
    /// let stored = serde_json::to_string(&session.save())?; // like a password
    /// let same = frontegg.restore(stored.parse()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn save(&self) -> SavedSession {
        self.tokens.source().saved().clone().unwrap_or_else(SavedSession::ended)
    }
}

impl Frontegg {
    /// Restores a saved session. Nothing is sent until it is used.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), Box<dyn std::error::Error>> {
    /// use frontegg_identity::SavedSession;
    ///
    /// let saved: SavedSession = std::fs::read_to_string("/var/lib/acme/session.json")?.parse()?;
    /// let session = frontegg.restore(saved);
    /// # Ok(())
    /// # }
    /// ```
    pub fn restore(&self, saved: SavedSession) -> Session {
        Session::new(&self.core, saved)
    }
}

/// Why a session cannot be refreshed whose refresh token came without a cookie.
const NAMELESS: &str = "the cookie of a refresh token bears the client id or an application's in its name, and the \
                        client knows neither";

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
            Some(saved) if saved.cookies().is_nameless() => {
                return Err(Error::new(ErrorKind::InvalidRequest, NAMELESS).in_call(OPERATION, 0, None));
            }
            Some(saved) if saved.cookies().has_refresh_token() => saved.cookies().clone(),
            Some(_) => return Err(ended("the session has expired and has no refresh token")),
            None => return Err(ended("the session was logged out")),
        };
        let core = self.core.with_cookie(cookies.header());
        let body = types::RefreshTokenDto::new();
        let requested_at = Instant::now();
        let send = Box::pin(core.raw().refresh_user_token(None, &body));
        // Not idempotent: the refresh token may have been used up.
        let answer = Context::new(options).run(OPERATION, send).await?;
        let Some(new) = SavedSession::from_response(&answer, &cookies, CookieIds::of(&self.core)) else {
            return Err(ended("the service asks for another factor; sign in again"));
        };
        let token = Token::new(OPERATION, new.access_token(), requested_at, answer.expires_in.unwrap_or_default())?;
        self.keep(&new);
        Ok(token)
    }

    /// Goes on with new tokens, unless the session was logged out meanwhile, and hands them to the program.
    fn keep(&self, new: &SavedSession) {
        if let Some(saved) = &mut *self.saved() {
            *saved = new.clone();
        }
        let sink = self.sink.lock().clone();
        if let Some(sink) = sink {
            sink(new);
        }
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
