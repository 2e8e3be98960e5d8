//! The whole state over HTTP.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Query, State, rejection::QueryRejection},
    routing::{get, post},
};
use frontegg_contract::{ApiFailure, ApiResult};
use http::StatusCode;
use serde_json::Value;

use super::{BODY_LIMIT, Shared, parse};
use crate::{service::Service, wire::ExportQuery};

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/export", get(export)).route("/import", post(import).layer(DefaultBodyLimit::max(BODY_LIMIT)))
}

async fn export(
    State(service): Shared,
    question: Result<Query<ExportQuery>, QueryRejection>,
) -> ApiResult<Json<Value>> {
    let Query(wanted) = question.map_err(|rejection| ApiFailure::bad_request(rejection.body_text()))?;
    Ok(Json(service.export(wanted.secrets.into()).await?))
}

async fn import(State(service): Shared, body: Bytes) -> ApiResult<StatusCode> {
    let document: Value = parse(&body)?;
    service.import(&document).await?;
    Ok(StatusCode::NO_CONTENT)
}
