//! Protecting routes: a `tower` layer, and with `axum` an extractor.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use tower_layer::Layer;
use tower_service::Service;

use super::{Claims, Verifier, VerifyError, claims::STEPPED_UP};

/// Header in which machine access tokens travel.
const API_KEY: &str = "x-api-key";

/// What a caller must have beyond a valid token.
///
/// ```
/// use std::time::Duration;
/// use frontegg_identity::verify::Requirement;
///
/// let requirement = Requirement::new()
///     .any_role(["admin", "accountant"])
///     .all_permissions(["invoices.read", "invoices.pay"])
///     .stepped_up(Some(Duration::from_secs(300)));
/// ```
#[derive(Debug, Clone, Default)]
#[must_use]
pub struct Requirement {
    any_role: Vec<String>,
    any_permission: Vec<String>,
    all_permissions: Vec<String>,
    step_up: Option<StepUp>,
}

/// A step-up by a second factor, at most this long ago.
#[derive(Debug, Clone, Copy)]
struct StepUp {
    max_age: Option<Duration>,
}

impl Requirement {
    /// Nothing beyond a valid token.
    pub fn new() -> Self {
        Self::default()
    }

    /// At least one of these roles.
    pub fn any_role(mut self, keys: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.any_role = keys.into_iter().map(Into::into).collect();
        self
    }

    /// At least one of these permissions.
    pub fn any_permission(mut self, keys: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.any_permission = keys.into_iter().map(Into::into).collect();
        self
    }

    /// All of these permissions.
    pub fn all_permissions(mut self, keys: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.all_permissions = keys.into_iter().map(Into::into).collect();
        self
    }

    /// A session that was stepped up by a second factor, at most `max_age` ago.
    pub fn stepped_up(mut self, max_age: Option<Duration>) -> Self {
        self.step_up = Some(StepUp { max_age });
        self
    }

    fn check(&self, claims: &Claims, verifier: &Verifier) -> Result<(), Rejection> {
        let keys = |list: &[String], holds: &dyn Fn(&str) -> bool| list.iter().any(|key| holds(key));
        let suffices = (self.any_role.is_empty() || keys(&self.any_role, &|key| claims.has_role(key)))
            && (self.any_permission.is_empty() || keys(&self.any_permission, &|key| claims.has_permission(key)))
            && self.all_permissions.iter().all(|key| claims.has_permission(key));
        if !suffices {
            return Err(Rejection::Insufficient);
        }
        match self.step_up {
            Some(StepUp { max_age }) if !claims.stepped_up_at(max_age, (verifier.0.now)()) => {
                Err(Rejection::StepUp(max_age))
            }
            _ => Ok(()),
        }
    }
}

/// A layer that passes on requests with a valid token only, with its [`Claims`] in the request's extensions.
///
/// Bearer tokens are sent in `Authorization` (RFC 6750), machine access tokens in `x-api-key`. Without a
/// valid one the answer is 401, without a required role or permission 403, both with
/// `WWW-Authenticate`; when the token could not be verified it is 503.
#[derive(Clone, Debug)]
pub struct Protect {
    verifier: Verifier,
    requirement: Arc<Requirement>,
}

impl Protect {
    /// Requires a valid token.
    pub fn new(verifier: Verifier) -> Self {
        Self { verifier, requirement: Arc::default() }
    }

    /// Requires more than a valid token.
    #[must_use]
    pub fn require(mut self, requirement: Requirement) -> Self {
        self.requirement = Arc::new(requirement);
        self
    }
}

impl<S> Layer<S> for Protect {
    type Service = Protected<S>;

    fn layer(&self, inner: S) -> Protected<S> {
        Protected { inner, protect: self.clone() }
    }
}

/// A service that is protected by [`Protect`].
#[derive(Clone, Debug)]
pub struct Protected<S> {
    inner: S,
    protect: Protect,
}

impl<S, B, R> Service<Request<B>> for Protected<S>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: Send + 'static,
    R: Default,
{
    type Response = Response<R>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        // The service that was polled ready must be the one that is called.
        let next = self.inner.clone();
        let (mut inner, protect) = (std::mem::replace(&mut self.inner, next), self.protect.clone());
        Box::pin(async move {
            let presented = PresentedToken::read(request.headers());
            let verified = match presented {
                Ok(presented) => presented.verify(&protect.verifier).await,
                Err(rejection) => Err(rejection),
            };
            let checked = verified.and_then(|claims| {
                protect.requirement.check(&claims, &protect.verifier)?;
                Ok(claims)
            });
            match checked {
                Ok(claims) => {
                    request.extensions_mut().insert(claims);
                    inner.call(request).await
                }
                Err(rejection) => Ok(rejection.response()),
            }
        })
    }
}

/// A token as it was presented.
enum PresentedToken {
    Bearer(String),
    ApiKey(String),
}

impl PresentedToken {
    fn read(headers: &HeaderMap) -> Result<Self, Rejection> {
        let text = |value: &HeaderValue| value.to_str().ok().map(str::to_owned);
        if let Some(value) = headers.get(header::AUTHORIZATION) {
            let value = text(value).ok_or(Rejection::Invalid)?;
            // The scheme is case-insensitive (RFC 9110 §11.1).
            return match value.split_once(' ') {
                Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => {
                    Ok(Self::Bearer(token.trim().to_owned()))
                }
                _ => Err(Rejection::Missing),
            };
        }
        match headers.get(API_KEY) {
            Some(value) => text(value).map(Self::ApiKey).ok_or(Rejection::Invalid),
            None => Err(Rejection::Missing),
        }
    }

    async fn verify(self, verifier: &Verifier) -> Result<Claims, Rejection> {
        let outcome = match self {
            Self::Bearer(token) => verifier.verify(&token).await,
            Self::ApiKey(token) => verifier.verify_access_token(&token).await,
        };
        outcome.map_err(|error| match error {
            VerifyError::Unavailable(cause) => {
                tracing::error!(%cause, "a token could not be verified");
                Rejection::Unavailable
            }
            error => {
                tracing::debug!(%error, "a token was rejected");
                Rejection::Invalid
            }
        })
    }
}

/// Why a request was rejected. It reveals no more than the caller may know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rejection {
    /// No token was presented: 401.
    Missing,
    /// The token is invalid: 401.
    Invalid,
    /// The caller lacks a role or permission: 403.
    Insufficient,
    /// The session must be stepped up by a second factor, at most this long ago: 401 (RFC 9470).
    StepUp(Option<Duration>),
    /// The token could not be verified: 503.
    Unavailable,
}

impl Rejection {
    fn status(self) -> StatusCode {
        match self {
            Self::Missing | Self::Invalid | Self::StepUp(_) => StatusCode::UNAUTHORIZED,
            Self::Insufficient => StatusCode::FORBIDDEN,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The challenge (RFC 6750 §3, RFC 9470 §3).
    fn challenge(self) -> Option<HeaderValue> {
        let plain = HeaderValue::from_static;
        match self {
            Self::Missing => Some(plain("Bearer")),
            Self::Invalid => Some(plain(r#"Bearer error="invalid_token""#)),
            Self::Insufficient => Some(plain(r#"Bearer error="insufficient_scope""#)),
            Self::StepUp(age) => {
                let age = age.map(|age| format!(", max_age=\"{}\"", age.as_secs())).unwrap_or_default();
                let text =
                    format!("Bearer error=\"insufficient_user_authentication\", acr_values=\"{STEPPED_UP}\"{age}");
                HeaderValue::try_from(text).ok()
            }
            Self::Unavailable => None,
        }
    }

    fn response<R: Default>(self) -> Response<R> {
        let mut response = Response::new(R::default());
        *response.status_mut() = self.status();
        if let Some(challenge) = self.challenge() {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "no token was presented",
            Self::Invalid => "the token is invalid",
            Self::Insufficient => "a role or permission is missing",
            Self::StepUp(_) => "a second factor is needed",
            Self::Unavailable => "the token could not be verified",
        })
    }
}

impl std::error::Error for Rejection {}

#[cfg(feature = "axum")]
mod axum {
    use axum_core::{
        body::Body,
        extract::{FromRef, FromRequestParts},
        response::IntoResponse,
    };
    use http::request::Parts;

    use super::{Claims, PresentedToken, Rejection, Response, Verifier};

    impl IntoResponse for Rejection {
        fn into_response(self) -> Response<Body> {
            self.response()
        }
    }

    /// The verified caller: those that a [`Protect`](super::Protect) layer has found, or else found
    /// here, by the [`Verifier`] of the state.
    impl<S> FromRequestParts<S> for Claims
    where
        S: Send + Sync,
        Verifier: FromRef<S>,
    {
        type Rejection = Rejection;

        async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Rejection> {
            if let Some(claims) = parts.extensions.get::<Claims>() {
                return Ok(claims.clone());
            }
            PresentedToken::read(&parts.headers)?.verify(&Verifier::from_ref(state)).await
        }
    }
}
