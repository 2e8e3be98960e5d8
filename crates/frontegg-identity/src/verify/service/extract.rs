//! The caller as an argument of `axum` handlers.

use std::{convert::Infallible, ops::Deref};

use axum_core::{
    body::Body,
    extract::{FromRef, FromRequestParts, OptionalFromRequestParts},
    response::IntoResponse,
};
use http::{Response, request::Parts};

use super::{Plain, Presented, Refuse};
use crate::verify::{Claims, Refusal, Verifier};

impl IntoResponse for Refusal {
    fn into_response(self) -> Response<Body> {
        Plain.refuse(&self)
    }
}

/// The caller that a [`Protect`](super::Protect) layer around the route has found, whatever the state is.
///
/// On a route without the layer every request is refused with 500, and the log says why; see [`Verified`] for an
/// extractor that verifies by itself.
impl<S: Send + Sync> FromRequestParts<S> for Claims {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            tracing::error!(
                method = %parts.method,
                "a handler takes `Claims`, and its route is behind no `Protect` layer"
            );
            Refusal::Unprotected
        })
    }
}

/// The caller, if the route is behind a [`Protect`](super::Protect) layer.
impl<S: Send + Sync> OptionalFromRequestParts<S> for Claims {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}

/// The verified caller of a route that needs no [`Protect`](super::Protect) layer: the [`Verifier`] of the state
/// verifies the token, from `Authorization` or `x-api-key`. It reads like the [`Claims`].
///
/// ```
/// use axum::{Router, routing::get};
/// use frontegg_identity::verify::{Verified, Verifier};
///
/// async fn who(caller: Verified) -> String {
///     caller.subject().to_owned()
/// }
///
/// fn app(verifier: Verifier) -> Router {
///     Router::new().route("/me", get(who)).with_state(verifier)
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Verified(pub Claims);

impl Deref for Verified {
    type Target = Claims;

    fn deref(&self) -> &Claims {
        &self.0
    }
}

impl<S> FromRequestParts<S> for Verified
where
    S: Send + Sync,
    Verifier: FromRef<S>,
{
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        // Not twice where there is a layer as well.
        if let Some(claims) = parts.extensions.get::<Claims>() {
            return Ok(Self(claims.clone()));
        }
        Presented::read(&parts.headers, None)?.verify(&Verifier::from_ref(state)).await.map(Self)
    }
}
