//! What a connection has received: the head of an answer, and a body that comes in pieces.

use std::mem;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, StatusCode};
use progenitor_client::{ByteStream, Error, ResponseValue};
use reqwest::{Response, ResponseBuilderExt as _, Url};

/// What has come as an answer, before its body is read.
pub struct Received(Response);

impl From<Response> for Received {
    fn from(response: Response) -> Self {
        Self(response)
    }
}

impl Received {
    /// An answer that nobody has sent.
    ///
    /// # Errors
    ///
    /// When its status or its headers are none.
    pub fn given(head: http::response::Builder, url: Url, body: Vec<u8>) -> http::Result<Self> {
        head.url(url).body(body).map(|response| Self(response.into()))
    }

    /// Reads the body to its end. Most bodies come in one piece, which is not copied.
    pub(super) async fn body(&mut self) -> reqwest::Result<Bytes> {
        let Some(first) = self.0.chunk().await? else { return Ok(Bytes::new()) };
        let Some(second) = self.0.chunk().await? else { return Ok(first) };
        let mut whole = BytesMut::from(first);
        whole.extend_from_slice(&second);
        while let Some(more) = self.0.chunk().await? {
            whole.extend_from_slice(&more);
        }
        Ok(whole.freeze())
    }

    /// It as the HTTP client would have it.
    pub fn into_response(self) -> Response {
        self.0
    }

    pub(super) fn status(&self) -> StatusCode {
        self.0.status()
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        self.0.headers()
    }

    pub(super) fn into_headers(mut self) -> HeaderMap {
        mem::take(self.0.headers_mut())
    }

    pub(super) fn url(&self) -> &Url {
        self.0.url()
    }

    pub(super) fn into_stream(self) -> ResponseValue<ByteStream> {
        ResponseValue::stream(self.0)
    }

    pub(super) fn unexpected<E>(self) -> Error<E> {
        Error::UnexpectedResponse(self.0)
    }
}
