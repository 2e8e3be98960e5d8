//! The tokens of a session, for storage.

use std::time::Duration;

use chrono::{DateTime, Utc};
use frontegg_model::{Secret, types};
use serde::{Deserialize, Serialize};

use super::cookies::{self, Cookie, CookieIds, Cookies};
use crate::{error::Error, response::Response, saved::document};

/// Longer lifetimes are cut to this.
const MAX_LIFETIME_SECONDS: u64 = 366 * 24 * 60 * 60;

/// The tokens of a [`Session`](crate::Session), for storage.
///
/// `Debug` hides them. The serialised form holds them, so store it like a password. It says its version; one that
/// this crate does not know is refused: by [`SavedError`](crate::SavedError) where it is parsed (`text.parse()`),
/// by serde's error otherwise.
///
/// ```
/// use chrono::{TimeDelta, Utc};
/// use frontegg_identity::{SavedError, SavedSession};
///
/// // Tokens that another program, or the page of a hosted sign-in, has obtained.
/// let saved = SavedSession::new("access token", Utc::now() + TimeDelta::hours(1)).refresh_token("refresh-token")?;
///
/// let stored = serde_json::to_string(&saved).expect("JSON");
/// let same: SavedSession = stored.parse().expect("what was stored");
/// let newer = r#"{"version": 9, "kind": "session"}"#.parse::<SavedSession>();
/// assert!(matches!(newer, Err(SavedError::UnknownVersion { found: 9, .. })));
/// # Ok::<(), frontegg_identity::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SavedSession(State);

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct State {
    access_token: Secret,
    expires_at: DateTime<Utc>,
    cookies: Cookies,
}

document!([] SavedSession, "session");

impl SavedSession {
    /// A session by its access token alone, which serves until it expires; see
    /// [`refresh_token`](Self::refresh_token) for what goes on beyond that.
    pub fn new(access_token: impl Into<Secret>, expires_at: DateTime<Utc>) -> Self {
        Self(State { access_token: access_token.into(), expires_at, cookies: Cookies::default() })
    }

    /// Adds the refresh token, by which the session goes on when its access token has expired.
    ///
    /// Fails with [`InvalidRequest`](crate::ErrorKind::InvalidRequest) if the token is empty or has a character that
    /// no cookie carries: the service reads it from a cookie.
    pub fn refresh_token(mut self, token: impl Into<Secret>) -> Result<Self, Error> {
        let is_taken = self.0.cookies.take_refresh_token(&token.into(), CookieIds::default());
        if is_taken { Ok(self) } else { Err(cookies::unfit()) }
    }

    /// When the access token expires; the session goes on if it has a refresh token.
    ///
    /// ```no_run
    /// # fn example(saved: frontegg_identity::SavedSession) {
    /// let is_stale = saved.expires_at() < chrono::Utc::now(); // the first call will refresh
    /// # }
    /// ```
    pub fn expires_at(&self) -> DateTime<Utc> {
        self.0.expires_at
    }

    /// The cookie by which the service recognises a remembered device, for
    /// [`Authentication::login_on`](crate::views::Authentication::login_on).
    pub fn device(&self) -> Option<RememberedDevice> {
        self.0.cookies.device.clone().map(RememberedDevice)
    }

    /// One without an access token: the first call refreshes.
    pub(super) fn of_cookies(cookies: Cookies) -> Self {
        Self(State { access_token: "".into(), expires_at: DateTime::UNIX_EPOCH, cookies })
    }

    /// That of a session that was logged out.
    pub(super) fn ended() -> Self {
        Self::of_cookies(Cookies::default())
    }

    /// The state after an answer; `ids` name the cookie of a refresh token that came without one.
    pub(super) fn from_response(
        answer: &Response<types::AuthenticationResponseDto>,
        known: &Cookies,
        ids: CookieIds<'_>,
    ) -> Option<Self> {
        let access_token = answer.access_token.clone().filter(|token| !token.is_empty())?;
        let seconds = u64::try_from(answer.expires_in.unwrap_or_default()).unwrap_or_default();
        let mut cookies = known.clone().into_session();
        if !cookies.update(answer)
            && let Some(token) = &answer.refresh_token
        {
            cookies.take_refresh_token(token, ids);
        }
        let expires_at = Utc::now() + Duration::from_secs(seconds.min(MAX_LIFETIME_SECONDS));
        Some(Self(State { access_token, expires_at, cookies: cookies.into_session() }))
    }

    pub(super) fn access_token(&self) -> &Secret {
        &self.0.access_token
    }

    pub(super) fn cookies(&self) -> &Cookies {
        &self.0.cookies
    }

    /// Gives the cookie of a refresh token that came without one the name by a client's ids.
    pub(super) fn named(mut self, ids: CookieIds<'_>) -> Self {
        self.0.cookies.name(ids);
        self
    }
}

/// The cookie of a device that was remembered when a second factor was verified; a sign-in on it needs
/// no second factor.
///
/// ```no_run
/// # async fn example(frontegg: frontegg_identity::Frontegg, session: frontegg_identity::Session) -> Result<(), Box<dyn std::error::Error>> {
/// use frontegg_identity::{RememberedDevice, types::AuthenticateUserPasswordDto};
///
/// // Kept under a key that only this browser has.
/// let Some(device) = session.save().device() else { return Ok(()) };
/// let stored = serde_json::to_string(&device)?;
///
/// let device: RememberedDevice = serde_json::from_str(&stored)?;
/// let request = AuthenticateUserPasswordDto::new("correct horse").email("ada@acme.test");
/// let session = frontegg.authentication().login_on(&device, &request).await?.into_session()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RememberedDevice(Cookie);

impl RememberedDevice {
    pub(crate) fn cookies(&self) -> Cookies {
        Cookies::of_device(self.0.clone())
    }
}
