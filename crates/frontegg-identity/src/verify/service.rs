//! Protecting routes: a `tower` layer, and with `axum` extractors.

#[cfg(feature = "axum")]
mod extract;
mod presented;

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{Request, Response, header};
use tower_layer::Layer;
use tower_service::Service;

#[cfg(feature = "axum")]
pub use extract::Verified;

use self::presented::Presented;
use super::{Claims, Refusal, Requirement, Verifier};

/// A layer that passes on requests with a valid token only, with its [`Claims`] in the request's extensions.
///
/// Bearer tokens are sent in `Authorization` (RFC 6750), machine access tokens in `x-api-key`, and if the layer is
/// [told](Self::cookie) a user's token in a cookie. Without a valid one the answer is 401, without a required role
/// or permission 403, both with `WWW-Authenticate`; when the token could not be verified it is 503. The bodies are
/// empty unless the program [shapes](Self::on_refusal) the answers.
///
/// ```no_run
/// # fn example(verifier: frontegg_identity::verify::Verifier) {
/// use frontegg_identity::verify::{Protect, Requirement};
/// use tower::ServiceBuilder;
///
/// let admins = ServiceBuilder::new().layer(Protect::new(verifier.clone()).require(Requirement::role("admin")));
/// let everybody = ServiceBuilder::new().layer(Protect::new(verifier));
/// # }
/// ```
#[derive(Clone)]
pub struct Protect<F = Plain> {
    verifier: Verifier,
    requirement: Arc<Requirement>,
    cookie: Option<Arc<str>>,
    refuse: F,
}

/// Makes the answer of a request that is not let in: [`Plain`], or a closure of [`Protect::on_refusal`].
pub trait Refuse<R> {
    /// The answer.
    fn refuse(&self, refusal: &Refusal) -> Response<R>;
}

/// Answers with status and challenge, and an empty body.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Plain;

impl<R: Default> Refuse<R> for Plain {
    fn refuse(&self, refusal: &Refusal) -> Response<R> {
        let mut response = Response::new(R::default());
        *response.status_mut() = refusal.status();
        challenged(response, refusal)
    }
}

impl<F: Fn(&Refusal) -> Response<R>, R> Refuse<R> for F {
    fn refuse(&self, refusal: &Refusal) -> Response<R> {
        challenged(self(refusal), refusal)
    }
}

/// The answer with the challenge that 401 and 403 need (RFC 9110 §15.5.2), unless it has one.
fn challenged<R>(mut response: Response<R>, refusal: &Refusal) -> Response<R> {
    if response.status() == refusal.status()
        && let Some(challenge) = refusal.challenge()
    {
        response.headers_mut().entry(header::WWW_AUTHENTICATE).or_insert(challenge);
    }
    response
}

impl Protect {
    /// Requires a valid token.
    pub fn new(verifier: Verifier) -> Self {
        Self { verifier, requirement: Arc::default(), cookie: None, refuse: Plain }
    }
}

impl<F> Protect<F> {
    /// Requires more than a valid token.
    ///
    /// ```no_run
    /// # fn example(verifier: frontegg_identity::verify::Verifier) {
    /// use frontegg_identity::verify::{Protect, Requirement};
    ///
    /// let protect = Protect::new(verifier).require(Requirement::permission("invoices.read"));
    /// # }
    /// ```
    #[must_use]
    pub fn require(mut self, requirement: Requirement) -> Self {
        self.requirement = Arc::new(requirement);
        self
    }

    /// Reads a user's token from that cookie where no header has one (RFC 6265 §5.4).
    ///
    /// Browsers send cookies by themselves, also with requests that another page has made: set it `HttpOnly`, `Secure`
    /// and `SameSite`, and let nothing change by GET.
    ///
    /// ```no_run
    /// # fn example(verifier: frontegg_identity::verify::Verifier) {
    /// let protect = frontegg_identity::verify::Protect::new(verifier).cookie("acme_session");
    /// # }
    /// ```
    #[must_use]
    pub fn cookie(mut self, name: impl Into<String>) -> Self {
        self.cookie = Some(name.into().into());
        self
    }

    /// Answers requests that are not let in as `answer` says, e.g. with a body. `WWW-Authenticate` is added to the
    /// status of the refusal if it is missing.
    ///
    /// ```
    /// # fn example(verifier: frontegg_identity::verify::Verifier) {
    /// use frontegg_identity::verify::{Protect, Refusal};
    /// use http::{Response, header};
    ///
    /// // Problem details (RFC 9457).
    /// let protect = Protect::new(verifier).on_refusal(|refusal: &Refusal| {
    ///     let status = refusal.status();
    ///     let problem = serde_json::json!({
    ///         "title": status.canonical_reason(),
    ///         "status": status.as_u16(),
    ///         "detail": refusal.to_string(),
    ///     });
    ///     let mut response = Response::new(problem.to_string());
    ///     *response.status_mut() = status;
    ///     let json = header::HeaderValue::from_static("application/problem+json");
    ///     response.headers_mut().insert(header::CONTENT_TYPE, json);
    ///     response
    /// });
    /// # }
    /// ```
    pub fn on_refusal<G, R>(self, answer: G) -> Protect<G>
    where
        G: Fn(&Refusal) -> Response<R> + Clone,
    {
        let Self { verifier, requirement, cookie, .. } = self;
        Protect { verifier, requirement, cookie, refuse: answer }
    }

    /// Who calls, if they may.
    async fn admit(&self, presented: Result<Presented, Refusal>) -> Result<Claims, Refusal> {
        let claims = presented?.verify(&self.verifier).await?;
        self.requirement.check_at(&claims, self.verifier.now())?;
        Ok(claims)
    }
}

impl<F> fmt::Debug for Protect<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Protect")
            .field("verifier", &self.verifier)
            .field("requirement", &self.requirement)
            .field("cookie", &self.cookie)
            .finish_non_exhaustive()
    }
}

impl<S, F: Clone> Layer<S> for Protect<F> {
    type Service = Protected<S, F>;

    fn layer(&self, inner: S) -> Protected<S, F> {
        Protected { inner, protect: self.clone() }
    }
}

/// A service that is protected by [`Protect`].
#[derive(Clone, Debug)]
pub struct Protected<S, F = Plain> {
    inner: S,
    protect: Protect<F>,
}

impl<S, F, B, R> Service<Request<B>> for Protected<S, F>
where
    S: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    F: Refuse<R> + Clone + Send + Sync + 'static,
    B: Send + 'static,
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
            let presented = Presented::read(request.headers(), protect.cookie.as_deref());
            match protect.admit(presented).await {
                Ok(claims) => {
                    request.extensions_mut().insert(claims);
                    inner.call(request).await
                }
                Err(refusal) => Ok(protect.refuse.refuse(&refusal)),
            }
        })
    }
}
