//! From the domain's refusals to answers.

use frontegg_contract::ApiFailure;
use http::{HeaderValue, StatusCode, header};

use crate::{
    domain::{DomainError, Refusal},
    store::StoreError,
};

impl From<DomainError> for ApiFailure {
    fn from(error: DomainError) -> Self {
        if let Some(cause) = error.cause() {
            tracing::error!("request failed: {cause:#}");
        }
        let status = match error.refusal() {
            Refusal::BadRequest => StatusCode::BAD_REQUEST,
            Refusal::Unauthorized => StatusCode::UNAUTHORIZED,
            Refusal::Forbidden => StatusCode::FORBIDDEN,
            Refusal::NotFound => StatusCode::NOT_FOUND,
            Refusal::Conflict => StatusCode::CONFLICT,
            Refusal::Gone => StatusCode::GONE,
            Refusal::BadGateway => StatusCode::BAD_GATEWAY,
            Refusal::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Refusal::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Refusal::NoRoom => StatusCode::INSUFFICIENT_STORAGE,
            Refusal::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        };
        let mut failure = Self::new(status, "");
        failure.error.errors = Some(error.messages().to_vec());
        if let Some(code) = error.error_code() {
            failure = failure.code(code);
        }
        if matches!(status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::INSUFFICIENT_STORAGE) {
            failure = failure.header(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        failure
    }
}

impl From<StoreError> for ApiFailure {
    fn from(error: StoreError) -> Self {
        DomainError::from(error).into()
    }
}
