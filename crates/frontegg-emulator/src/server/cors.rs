//! Cross-origin requests (CORS): pages of any origin may use the API, as front ends of an application run
//! on another port. The control plane grants nothing.

use axum::body::Body;
use frontegg_contract::trace::TRACE_HEADER;
use http::{HeaderMap, HeaderValue, Method, Response, StatusCode, header, request::Parts};

use crate::gate::selection::is_control;

const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PUT, PATCH, DELETE");

/// How long a browser may go on with the answer to a preflight request, in seconds.
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");

/// What scripts may read beside the few headers that they always may.
const EXPOSED: [&str; 4] = [TRACE_HEADER, "retry-after", "x-rate-limit-remaining", "x-rate-limit-reset"];

/// What a request's page is granted.
#[derive(Debug)]
pub(super) enum Cors {
    /// Nothing, wherever it is.
    Refused,
    /// It did not say where it is.
    SameOrigin,
    /// To read the answer, with cookies.
    Granted(HeaderValue),
}

impl Cors {
    pub(super) fn of(head: &Parts) -> Self {
        if is_control(&head.uri) {
            return Self::Refused;
        }
        // Never a wildcard, with which browsers send no cookies.
        head.headers.get(header::ORIGIN).map_or(Self::SameOrigin, |origin| Self::Granted(origin.clone()))
    }

    /// The answer to a browser that asks beforehand whether a page may send something. It says so for
    /// every path, that a page may read a 404 as well.
    pub(super) fn preflight(&self, head: &Parts) -> Option<Response<Body>> {
        if head.method != Method::OPTIONS || !matches!(self, Self::Granted(_)) {
            return None;
        }
        let mut answer = Response::new(Body::empty());
        *answer.status_mut() = StatusCode::NO_CONTENT;
        let headers = answer.headers_mut();
        headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        headers.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
        for wanted in head.headers.get_all(header::ACCESS_CONTROL_REQUEST_HEADERS) {
            headers.append(header::ACCESS_CONTROL_ALLOW_HEADERS, wanted.clone());
        }
        Some(answer)
    }

    /// Says so to the browser, whatever the answer is.
    pub(super) fn add_to(self, headers: &mut HeaderMap) {
        if matches!(self, Self::Refused) {
            return;
        }
        headers.append(header::VARY, HeaderValue::from_static("Origin"));
        if let Self::Granted(origin) = self {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
            if let Ok(exposed) = HeaderValue::try_from(EXPOSED.join(", ")) {
                headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, exposed);
            }
        }
    }
}
