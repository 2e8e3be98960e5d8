//! Answers of the service, as a transport hands them over.

#[cfg_attr(target_family = "wasm", path = "answer/fetched.rs")]
mod received;

use std::fmt;

use bytes::Bytes;
use frontegg_model::{Operation, read::without_byte_order_mark};
use http::{HeaderMap, StatusCode};
use progenitor_client::{ByteStream, Error, ResponseValue};
use reqwest::Url;

pub use self::received::Received;
use crate::threads::MaybeSend;

/// An answer with its body, which is read once.
pub struct Answer {
    received: Received,
    body: Bytes,
}

impl Answer {
    /// Reads a response to the end.
    ///
    /// # Errors
    ///
    /// When the connection breaks within a body on which the result of the operation depends.
    pub fn read(
        received: impl Into<Received>,
        operation: &Operation,
    ) -> impl Future<Output = reqwest::Result<Self>> + MaybeSend {
        let mut answer = Self { received: received.into(), body: Bytes::new() };
        async move {
            answer.read_body(operation).await?;
            Ok(answer)
        }
    }

    /// Reads the body, without the byte order mark that may stand before it.
    async fn read_body(&mut self, operation: &Operation) -> reqwest::Result<()> {
        if self.is_refusal() {
            // The status is reported even if the body cannot be read.
            self.body = self.received.body().await.unwrap_or_default();
        } else if self.status().is_success()
            && operation.file.is_none()
            && (operation.answer.is_some() || operation.idempotent)
        {
            self.body = self.received.body().await.map_err(|error| error.with_url(self.url().clone()))?;
        }
        let mark = self.body.len() - without_byte_order_mark(&self.body).len();
        if mark > 0 {
            self.body = self.body.slice(mark..);
        }
        Ok(())
    }

    /// Whether the service, or a proxy before it, refuses the request or fails at it.
    pub fn is_refusal(&self) -> bool {
        let status = self.status();
        status.is_client_error() || status.is_server_error()
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.received.status()
    }

    /// The headers.
    pub fn headers(&self) -> &HeaderMap {
        self.received.headers()
    }

    /// Where it comes from.
    pub fn url(&self) -> &Url {
        self.received.url()
    }

    /// The body, as far as it was read.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body of a file, read as it comes, with the status and headers of this answer.
    pub(crate) fn into_stream(self) -> ResponseValue<ByteStream> {
        self.received.into_stream()
    }

    pub(crate) fn replace_body(&mut self, body: &'static str) {
        self.body = Bytes::from_static(body.as_bytes());
    }

    pub(crate) fn into_body(self) -> Bytes {
        self.body
    }

    /// The error of an answer whose status is neither success nor failure.
    pub(crate) fn unexpected<E>(self) -> Error<E> {
        self.received.unexpected()
    }

    /// A value with the status and headers of this answer.
    pub(crate) fn with<T>(self, value: T) -> ResponseValue<T> {
        let status = self.status();
        self.with_status(status, value)
    }

    /// A value with another status and the headers of this answer.
    pub(crate) fn with_status<T>(self, status: StatusCode, value: T) -> ResponseValue<T> {
        ResponseValue::new(value, status, self.received.into_headers())
    }
}

impl fmt::Debug for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Headers and body are left out: cookies and tokens are among them.
        f.debug_struct("Answer").field("status", &self.status()).finish_non_exhaustive()
    }
}
