//! Layers of a program's own around every exchange with the service (feature `tower`).
//!
//! [`Builder::layer`](crate::Builder::layer) takes any [`tower_layer::Layer`] over HTTP requests, such as those of `tower`
//! and `tower-http`. Every attempt of every call passes through it, those for tokens included, with all its headers and
//! with the token; in front of it are retries, rate limits and the renewal of tokens, behind it is the HTTP client or a
//! double of the service. The time limit of an attempt holds for its layers as well.
//!
//! A layer that counts attempts and says who asks:
//!
//! ```
//! # fn main() -> Result<(), frontegg_identity::Error> {
//! use std::{sync::{Arc, atomic::{AtomicU32, Ordering}}, task::{Context, Poll}};
//! use frontegg_identity::{Frontegg, layer::{Next, Request}};
//! use http::HeaderValue;
//! use tower_layer::layer_fn;
//! use tower_service::Service;
//!
//! #[derive(Clone)]
//! struct Counted {
//!     next: Next,
//!     attempts: Arc<AtomicU32>,
//! }
//!
//! impl Service<Request> for Counted {
//!     type Response = <Next as Service<Request>>::Response;
//!     type Error = <Next as Service<Request>>::Error;
//!     type Future = <Next as Service<Request>>::Future;
//!
//!     fn poll_ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
//!         self.next.poll_ready(task)
//!     }
//!
//!     fn call(&mut self, mut request: Request) -> Self::Future {
//!         self.attempts.fetch_add(1, Ordering::Relaxed);
//!         request.headers_mut().insert("x-acme-service", HeaderValue::from_static("portal"));
//!         self.next.call(request)
//!     }
//! }
//!
//! let attempts = Arc::new(AtomicU32::new(0));
//! let counter = attempts.clone();
//! let counted = layer_fn(move |next| Counted { next, attempts: counter.clone() });
//! let frontegg = Frontegg::builder().base_url("http://127.0.0.1:8100").layer(counted).build()?;
//! # Ok(())
//! # }
//! ```
//!
//! The operation is among the request's extensions, as a `&'static` [`Operation`](crate::model::Operation). A layer that
//! logs must leave out `authorization`, `cookie`, and bodies: tokens and passwords are there.

mod body;

use std::{
    error::Error as StdError,
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
#[cfg(feature = "test-util")]
use frontegg_model::Operation;
use tower_layer::Layer;
use tower_service::Service;

pub use body::Body;
pub(crate) use body::{from_request, from_response};

use crate::error::Error;
#[cfg(feature = "test-util")]
use crate::{
    error::ErrorKind,
    testing::{self, Double},
};

/// A request on its way to the service.
pub type Request = http::Request<Body>;
/// An answer of the service.
pub type Response = http::Response<Body>;
/// An error of any type, as layers have them.
pub type BoxError = Box<dyn StdError + Send + Sync>;

type Exchanged = Pin<Box<dyn Future<Output = Result<Response, Error>> + Send>>;

/// What a layer is put around: the layers behind it, and at last the HTTP client or a double.
///
/// It is always ready. Its error says as much as that of a call without layers; a layer that hands it on changes neither
/// what the caller is told nor whether the request is sent again.
#[derive(Clone)]
pub struct Next(Arc<dyn Exchange>);

impl Service<Request> for Next {
    type Response = Response;
    type Error = Error;
    type Future = Exchanged;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request) -> Exchanged {
        self.0.exchange(request)
    }
}

impl Next {
    /// The HTTP client, and the proxy through which it reaches the service.
    pub(crate) fn http(client: reqwest::Client, proxy: Option<Arc<str>>) -> Self {
        Self(Arc::new(Http { client, proxy }))
    }

    /// A double of the service.
    #[cfg(feature = "test-util")]
    pub(crate) fn double(double: Double) -> Self {
        Self(Arc::new(Doubled(double)))
    }

    pub(crate) fn exchange(&self, request: Request) -> Exchanged {
        self.0.exchange(request)
    }
}

impl fmt::Debug for Next {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Next")
    }
}

/// A service as layers share it: asked by many at once.
trait Exchange: Send + Sync {
    fn exchange(&self, request: Request) -> Exchanged;
}

struct Http {
    client: reqwest::Client,
    proxy: Option<Arc<str>>,
}

impl Exchange for Http {
    fn exchange(&self, request: Request) -> Exchanged {
        let sent = body::into_request(request).map(|request| self.client.execute(request));
        let proxy = self.proxy.clone();
        Box::pin(async move {
            let answer = sent?.await.map_err(|error| Error::of_exchange(&error, proxy.as_deref()))?;
            Ok(body::into_response(answer))
        })
    }
}

#[cfg(feature = "test-util")]
struct Doubled(Double);

#[cfg(feature = "test-util")]
impl Exchange for Doubled {
    fn exchange(&self, request: Request) -> Exchanged {
        let operation = request.extensions().get::<&'static Operation>().copied();
        let answer = operation.ok_or_else(no_operation).and_then(|operation| {
            let request = body::into_request(request)?;
            testing::answer(&*self.0.0, &request, operation)
        });
        Box::pin(async move { answer.map(|received| body::into_response(received.into_response())) })
    }
}

/// A double answers operations.
#[cfg(feature = "test-util")]
fn no_operation() -> Error {
    Error::new(ErrorKind::InvalidRequest, "a layer has dropped the operation from the request's extensions")
}

/// The service of a layer.
struct Layered<S>(S);

impl<S, B> Exchange for Layered<S>
where
    S: Service<Request, Response = http::Response<B>> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send + 'static,
    B: http_body::Body<Data = Bytes> + Send + Sync + 'static,
    B::Error: Into<BoxError>,
{
    fn exchange(&self, request: Request) -> Exchanged {
        // A service that was polled ready is for one request.
        let mut service = self.0.clone();
        Box::pin(async move {
            poll_fn(|task| service.poll_ready(task)).await.map_err(failure)?;
            let response = service.call(request).await.map_err(failure)?;
            Ok(response.map(Body::new))
        })
    }
}

/// The error of a layer, or that of the exchange if the layer has handed it on.
fn failure(error: impl Into<BoxError>) -> Error {
    match error.into().downcast::<Error>() {
        Ok(handed_on) => *handed_on,
        Err(error) => Error::of_layer(error),
    }
}

type Wrap = Arc<dyn Fn(Next) -> Next + Send + Sync>;

/// The layers of a client, from the outermost to the innermost.
#[derive(Clone, Default)]
pub(crate) struct Layers(Vec<Wrap>);

impl Layers {
    pub(crate) fn push<L, B>(&mut self, layer: L)
    where
        L: Layer<Next> + Send + Sync + 'static,
        L::Service: Service<Request, Response = http::Response<B>> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Error: Into<BoxError>,
        <L::Service as Service<Request>>::Future: Send + 'static,
        B: http_body::Body<Data = Bytes> + Send + Sync + 'static,
        B::Error: Into<BoxError>,
    {
        self.0.push(Arc::new(move |next| Next(Arc::new(Layered(layer.layer(next))))));
    }

    /// The layers around what sends requests; none where there are none.
    pub(crate) fn around(&self, innermost: impl FnOnce() -> Next) -> Option<Next> {
        let (last, others) = self.0.split_last()?;
        Some(others.iter().rev().fold(last(innermost()), |next, layer| layer(next)))
    }
}

impl fmt::Debug for Layers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} layers", self.0.len())
    }
}
