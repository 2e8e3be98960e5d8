//! The answer of a call, with status and headers.

use std::{fmt, ops::Deref};

use frontegg_client::ResponseValue;
use http::{HeaderMap, HeaderValue, StatusCode};

use crate::header;

/// An answer with its status and headers. It reads like the answer itself.
///
/// ```no_run
/// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
/// let roles = frontegg.roles().list_roles_v1().with_response().await?;
/// println!("{}: {} roles after {} attempts", roles.status(), roles.len(), roles.attempts());
/// let roles = roles.into_inner();
/// # Ok(())
/// # }
/// ```
pub struct Response<T> {
    answer: ResponseValue<T>,
    attempts: u32,
}

impl<T> Response<T> {
    pub(crate) fn new(answer: ResponseValue<T>, attempts: u32) -> Self {
        Self { answer, attempts }
    }

    /// The answer.
    pub fn into_inner(self) -> T {
        self.answer.into_inner()
    }

    /// Another value with the same status and headers.
    pub(crate) fn with<U>(&self, value: U) -> Response<U> {
        let (status, headers) = (self.answer.status(), self.answer.headers().clone());
        Response { answer: ResponseValue::new(value, status, headers), attempts: self.attempts }
    }

    /// The HTTP status, e.g. 201.
    pub fn status(&self) -> u16 {
        self.answer.status().as_u16()
    }

    /// A header of the answer, if it is there and readable as text.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
    /// let roles = frontegg.roles().list_roles_v1().with_response().await?;
    /// println!("{} calls are left", roles.header("x-rate-limit-remaining").unwrap_or("all"));
    /// # Ok(())
    /// # }
    /// ```
    pub fn header(&self, name: &str) -> Option<&str> {
        self.answer.headers().get(name)?.to_str().ok()
    }

    /// All values of a header, e.g. of `set-cookie`.
    ///
    /// ```no_run
    /// # fn example(response: frontegg_identity::Response<()>) {
    /// for cookie in response.header_values("set-cookie") {
    ///     println!("{} bytes", cookie.len());
    /// }
    /// # }
    /// ```
    pub fn header_values<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        self.answer.headers().get_all(name).iter().filter_map(|value| value.to_str().ok())
    }

    /// The id by which the vendor's support finds the exchange.
    pub fn trace_id(&self) -> Option<&str> {
        trace_id(self.answer.headers())
    }

    /// How often the request was sent.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }
}

/// What is known of an answer before its body is read.
#[derive(Debug, Clone)]
pub(crate) struct Head {
    pub(crate) status: StatusCode,
    pub(crate) trace_id: Option<HeaderValue>,
}

impl Head {
    pub(crate) fn trace_id(&self) -> Option<&str> {
        self.trace_id.as_ref()?.to_str().ok()
    }
}

impl<T: Clone> Clone for Response<T> {
    fn clone(&self) -> Self {
        self.with(T::clone(self))
    }
}

/// The id by which the vendor's support finds an exchange.
pub(crate) fn trace_id(headers: &HeaderMap) -> Option<&str> {
    headers.get(&header::TRACE)?.to_str().ok()
}

impl<T> Deref for Response<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.answer
    }
}

impl<T: fmt::Debug> fmt::Debug for Response<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Headers are left out: cookies are among them.
        f.debug_struct("Response")
            .field("value", &**self)
            .field("status", &self.status())
            .field("trace_id", &self.trace_id())
            .field("attempts", &self.attempts)
            .finish_non_exhaustive()
    }
}
