//! Bodies of requests and answers, and what becomes of both at the HTTP client.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use reqwest::ResponseBuilderExt as _;

use super::{BoxError, Request, Response};
use crate::error::{Error, ErrorKind};

/// The body of a request or an answer.
///
/// ```
/// use frontegg_identity::layer::Body;
///
/// let body = Body::from(r#"{"key":"admin"}"#);
/// assert_eq!(body.as_bytes(), Some(&br#"{"key":"admin"}"#[..]));
/// ```
#[derive(Default)]
pub struct Body(reqwest::Body);

impl Body {
    /// One that reads another, e.g. that of a layer which changes what it passes on.
    ///
    /// ```
    /// use frontegg_identity::layer::{Body, Response};
    ///
    /// /// An answer of a layer's own, with the body of another library.
    /// fn answer<B>(other: http::Response<B>) -> Response
    /// where
    ///     B: http_body::Body<Data = bytes::Bytes, Error = std::io::Error> + Send + Sync + 'static,
    /// {
    ///     other.map(Body::new)
    /// }
    /// ```
    pub fn new<B>(body: B) -> Self
    where
        B: HttpBody<Data = Bytes> + Send + Sync + 'static,
        B::Error: Into<BoxError>,
    {
        Self(reqwest::Body::wrap(body))
    }

    /// The bytes, if they are all there: those of requests are, those of answers come one after another.
    pub fn as_bytes(&self) -> Option<&[u8]> {
        self.0.as_bytes()
    }
}

impl From<Bytes> for Body {
    fn from(bytes: Bytes) -> Self {
        Self(bytes.into())
    }
}

impl From<String> for Body {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl From<&'static str> for Body {
    fn from(text: &'static str) -> Self {
        Self(text.into())
    }
}

impl HttpBody for Body {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        Pin::new(&mut self.0).poll_frame(task).map_err(Into::into)
    }

    fn is_end_stream(&self) -> bool {
        self.0.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.size_hint()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Passwords and tokens are in bodies.
        f.write_str("Body")
    }
}

/// A request as layers take it.
pub(crate) fn from_request(request: reqwest::Request) -> Result<Request, Error> {
    let request = http::Request::<reqwest::Body>::try_from(request).map_err(|_| unfit())?;
    Ok(request.map(Body))
}

/// A request as the HTTP client takes it.
pub(super) fn into_request(request: Request) -> Result<reqwest::Request, Error> {
    reqwest::Request::try_from(request.map(|Body(body)| body)).map_err(|_| unfit())
}

/// An answer as layers take it.
pub(super) fn into_response(response: reqwest::Response) -> Response {
    http::Response::from(response).map(Body)
}

/// An answer of the layers to a request that was sent to that address: one that a layer has made has none.
pub(crate) fn from_response(response: Response, url: reqwest::Url) -> Result<reqwest::Response, Error> {
    let (parts, Body(body)) = response.into_parts();
    let response = http::Response::builder().url(url).status(parts.status).version(parts.version).body(body);
    let mut response = response.map_err(|_| unfit())?;
    *response.headers_mut() = parts.headers;
    Ok(response.into())
}

/// Not quoted: a value of its address may be a secret.
fn unfit() -> Error {
    Error::new(ErrorKind::InvalidRequest, "a layer has given the request an address to which nothing can be sent")
}
