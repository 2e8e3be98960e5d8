//! Error responses of operations.

use std::fmt;

use axum::response::{IntoResponse, Response};
use frontegg_model::types::ApiError;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::{Map, Value};

use crate::trace::{TRACE_HEADER, TraceId};

/// The result of an operation: its answer, or an error response.
pub type ApiResult<T> = Result<T, ApiFailure>;

/// An error response.
#[derive(Debug, Clone)]
pub struct ApiFailure {
    /// The status.
    pub status: StatusCode,
    /// The body.
    pub error: Box<ApiError>,
    /// Headers beyond the usual ones.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// A body instead of `error`; see [`ApiFailure::undocumented`].
    undocumented: Option<Box<Value>>,
}

impl ApiFailure {
    /// An error with one message.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self::with_messages(status, vec![message.into()])
    }

    fn with_messages(status: StatusCode, messages: Vec<String>) -> Self {
        let error = ApiError { errors: Some(messages), ..ApiError::default() };
        Self { status, error: Box::new(error), headers: Vec::new(), undocumented: None }
    }

    /// A response that its operation's schema does not describe, as the service has where a second form is
    /// documented in prose only. It is not validated.
    pub fn undocumented(status: StatusCode, answer: Value) -> Self {
        Self { undocumented: Some(Box::new(answer)), ..Self::with_messages(status, Vec::new()) }
    }

    /// 400 with one message.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// 400 with a message for each error.
    pub fn invalid(messages: Vec<String>) -> Self {
        Self::with_messages(StatusCode::BAD_REQUEST, messages)
    }

    /// 401.
    pub fn unauthorized(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, message)
    }

    /// 403.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    /// 404.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// 409.
    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, message)
    }

    /// 501 for a service of the vendor that the server does not offer.
    pub fn service_not_served(name: &str) -> Self {
        Self::new(StatusCode::NOT_IMPLEMENTED, format!("Service {name} is not served"))
    }

    /// 500. The cause is logged and not sent.
    pub fn internal(cause: impl fmt::Display) -> Self {
        tracing::error!(%cause, "request failed");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal server error")
    }

    /// Adds an error code, e.g. `ER-00008`.
    #[must_use]
    pub fn code(mut self, code: impl Into<String>) -> Self {
        self.error.error_code = Some(code.into());
        self
    }

    /// Adds details.
    #[must_use]
    pub fn context(mut self, context: Map<String, Value>) -> Self {
        self.error.context = Some(context);
        self
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The messages.
    pub fn messages(&self) -> &[String] {
        self.error.errors.as_deref().unwrap_or_default()
    }
}

/// A response with a body that is JSON already.
pub(crate) fn json_response(status: StatusCode, body: Vec<u8>) -> Response {
    let mut response = (status, body).into_response();
    let json = HeaderValue::from_static("application/json; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

impl fmt::Display for ApiFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status, self.messages().join("; "))
    }
}

impl std::error::Error for ApiFailure {}

impl IntoResponse for ApiFailure {
    fn into_response(self) -> Response {
        let body = match &self.undocumented {
            Some(undocumented) => serde_json::to_vec(undocumented),
            None => serde_json::to_vec(&self.error),
        };
        let mut response = json_response(self.status, body.unwrap_or_default());
        let headers = response.headers_mut();
        for (name, value) in self.headers {
            headers.append(name, value);
        }
        // Without `route::finish`, which sets the request's own id.
        if !headers.contains_key(TRACE_HEADER) {
            headers.insert(TRACE_HEADER, TraceId::new().header());
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn becomes_an_error_response() {
        let failure = ApiFailure::forbidden("Application ID is not specified").code("ER-00008");
        assert_eq!(failure.to_string(), "403 Forbidden: Application ID is not specified");
        let response = failure.into_response();
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
        assert!(response.headers().contains_key("frontegg-trace-id"));
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let body: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body, serde_json::json!({"errors": ["Application ID is not specified"], "errorCode": "ER-00008"}));
    }

    #[tokio::test]
    async fn another_form_goes_as_it_is() {
        let response = ApiFailure::undocumented(StatusCode::OK, serde_json::json!([])).into_response();
        assert_eq!(response.status(), StatusCode::OK);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(&body[..], b"[]");
    }

    #[test]
    fn an_internal_cause_stays_inside() {
        let failure = ApiFailure::internal("password=canary");
        assert!(!format!("{failure:?} {failure}").contains("canary"));
    }

    #[test]
    fn is_small_enough_to_return() {
        assert!(size_of::<ApiFailure>() <= 64);
    }
}
