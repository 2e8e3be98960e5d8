//! Answers in the form of the standard.

use axum::response::{IntoResponse, Response};
use frontegg_contract::ApiFailure;
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::Value;

use crate::{
    domain::{
        self, DomainError,
        scim::{Failure, Shown},
    },
    scim::{
        Fault,
        message::{self, Listed, Window},
        version::tag,
    },
    store::StoreError,
};

const SCIM: HeaderValue = HeaderValue::from_static("application/scim+json");

/// A document, or another body without a version.
pub(super) fn plain(body: &Value) -> Response {
    ([(header::CONTENT_TYPE, SCIM)], body.to_string()).into_response()
}

/// Part of a list.
pub(super) fn listed(window: Window, found: &Listed) -> Response {
    plain(&message::list(window, found))
}

/// A resource.
pub(super) fn found(shown: &Shown) -> Response {
    let body = serde_json::to_string(&shown.resource).map_err(DomainError::internal);
    match body {
        Ok(body) => with_headers(([(header::CONTENT_TYPE, SCIM)], body).into_response(), shown),
        Err(error) => Refusal::from(Failure::from(error)).into_response(),
    }
}

/// A resource that is new.
pub(super) fn created(shown: &Shown) -> Response {
    let mut response = found(shown);
    *response.status_mut() = StatusCode::CREATED;
    response
}

/// Said of a resource whose version the client has.
pub(super) fn not_modified(shown: &Shown) -> Response {
    with_headers(StatusCode::NOT_MODIFIED.into_response(), shown)
}

/// Done, with nothing to say.
pub(super) fn empty() -> Response {
    StatusCode::NO_CONTENT.into_response()
}

fn with_headers(mut response: Response, shown: &Shown) -> Response {
    for (name, value) in [(header::LOCATION, shown.location.as_str()), (header::ETAG, &tag(shown.version))] {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// Why a request is not done.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    fault: Option<Fault>,
    detail: String,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, fault: None, detail: detail.into(), headers: Vec::new() }
    }

    /// The same with a header.
    pub(super) fn header(mut self, name: HeaderName, value: &str) -> Self {
        self.headers.extend(HeaderValue::from_str(value).ok().map(|value| (name, value)));
        self
    }

    pub(super) fn into_response(self) -> Response {
        let body = message::error(self.status.as_u16(), self.fault, &self.detail);
        let mut response = (self.status, plain(&body)).into_response();
        response.headers_mut().extend(self.headers);
        response
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unauthorized => {
                Self::new(StatusCode::UNAUTHORIZED, "Unauthorized").header(header::WWW_AUTHENTICATE, "Bearer")
            }
            Failure::Request(error) => {
                let status = match error.fault {
                    Fault::Uniqueness => StatusCode::CONFLICT,
                    _ => StatusCode::BAD_REQUEST,
                };
                Self { fault: Some(error.fault), ..Self::new(status, error.detail) }
            }
            Failure::NotFound => Self::new(StatusCode::NOT_FOUND, "Resource not found"),
            Failure::OtherVersion => Self::new(StatusCode::PRECONDITION_FAILED, "The resource has another version"),
            Failure::Domain(error) => error.into(),
        }
    }
}

/// What the tenant's people and groups do not allow.
impl From<DomainError> for Refusal {
    fn from(error: DomainError) -> Self {
        let fault = match error.refusal() {
            domain::Refusal::Conflict => Some(Fault::Uniqueness),
            domain::Refusal::BadRequest => Some(Fault::InvalidValue),
            _ => None,
        };
        let detail = error.messages().join("; ");
        // Which logs what has failed.
        let failure = ApiFailure::from(error);
        Self { status: failure.status, fault, detail, headers: failure.headers }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        DomainError::from(error).into()
    }
}

/// For operations that have the same consequences.
impl From<Failure> for ApiFailure {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Domain(error) => error.into(),
            failure => {
                let Refusal { status, detail, .. } = failure.into();
                Self::new(status, detail)
            }
        }
    }
}
