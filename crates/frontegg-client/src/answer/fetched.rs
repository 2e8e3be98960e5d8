//! What `fetch` of a browser or of Node has received: the head of an answer, and a body that comes as a whole and takes
//! the response with it.

use std::mem;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use progenitor_client::{ByteStream, Error, ResponseValue};
use reqwest::{Response, Url};

/// What has come as an answer, before its body is read.
pub struct Received {
    status: StatusCode,
    headers: HeaderMap,
    url: Url,
    body: Body,
}

/// A body until it is read.
enum Body {
    Fetched(Response),
    /// Of an answer that nobody has sent.
    Given(Bytes),
}

impl From<Response> for Received {
    fn from(mut response: Response) -> Self {
        let headers = mem::take(response.headers_mut());
        Self { status: response.status(), headers, url: response.url().clone(), body: Body::Fetched(response) }
    }
}

impl Received {
    /// An answer that nobody has sent.
    ///
    /// # Errors
    ///
    /// When its status or its headers are none.
    pub fn given(head: http::response::Builder, url: Url, body: Vec<u8>) -> http::Result<Self> {
        let (head, body) = head.body(Bytes::from(body))?.into_parts();
        Ok(Self { status: head.status, headers: head.headers, url, body: Body::Given(body) })
    }

    /// Reads the body to its end.
    pub(super) async fn body(&mut self) -> reqwest::Result<Bytes> {
        match mem::replace(&mut self.body, Body::Given(Bytes::new())) {
            Body::Fetched(response) => response.bytes().await,
            Body::Given(body) => Ok(body),
        }
    }

    pub(super) fn status(&self) -> StatusCode {
        self.status
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    pub(super) fn into_headers(self) -> HeaderMap {
        self.headers
    }

    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    pub(super) fn into_stream(self) -> ResponseValue<ByteStream> {
        let pieces: ByteStream = match self.body {
            Body::Fetched(response) => ByteStream::new(Box::pin(response.bytes_stream())),
            Body::Given(body) => ByteStream::new(Box::pin(futures_util::stream::iter([Ok(body)]))),
        };
        ResponseValue::new(pieces, self.status, self.headers)
    }

    pub(super) fn unexpected<E>(self) -> Error<E> {
        match self.body {
            Body::Fetched(mut response) => {
                *response.headers_mut() = self.headers;
                Error::UnexpectedResponse(response)
            }
            Body::Given(_) => Error::Custom(format!("the answer has the unexpected status {}", self.status)),
        }
    }
}
