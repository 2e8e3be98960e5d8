//! Rate limits over HTTP.

use std::sync::Arc;

use axum::{Json, Router, body::Bytes, extract::State, routing::get};
use frontegg_contract::{ApiFailure, ApiResult};
use http::StatusCode;

use super::{Shared, parse};
use crate::{gate::limits::RateLimit, service::Service, wire::RateLimitList};

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/rate-limits", get(list).post(add).delete(clear))
}

async fn list(State(service): Shared) -> Json<RateLimitList> {
    Json(RateLimitList { rate_limits: service.controls().limits.list() })
}

async fn add(State(service): Shared, body: Bytes) -> ApiResult<(StatusCode, Json<RateLimit>)> {
    let limit: RateLimit = parse(&body)?;
    service.controls().limits.add(limit.clone()).map_err(ApiFailure::bad_request)?;
    Ok((StatusCode::CREATED, Json(limit)))
}

async fn clear(State(service): Shared) -> StatusCode {
    service.controls().limits.clear();
    StatusCode::NO_CONTENT
}
