//! Sessions and lockouts over HTTP.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, Query, State, rejection::QueryRejection},
    routing::{delete, get},
};
use frontegg_contract::{ApiFailure, ApiResult};
use http::StatusCode;

use super::Shared;
use crate::{
    service::Service,
    wire::{LockoutList, SessionList, SessionQuery},
};

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/sessions", get(sessions).delete(end_sessions))
        .route("/sessions/{id}", delete(end_session))
        .route("/lockouts", get(lockouts).delete(clear_lockouts))
        .route("/lockouts/{id}", delete(clear_lockout))
}

async fn sessions(
    State(service): Shared,
    question: Result<Query<SessionQuery>, QueryRejection>,
) -> ApiResult<Json<SessionList>> {
    let Query(wanted) = question.map_err(|rejection| ApiFailure::bad_request(rejection.body_text()))?;
    Ok(Json(SessionList { sessions: service.sessions(&wanted).await? }))
}

async fn end_session(State(service): Shared, Path(id): Path<String>) -> ApiResult<StatusCode> {
    service.end_session(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn end_sessions(State(service): Shared) -> ApiResult<StatusCode> {
    service.end_sessions().await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn lockouts(State(service): Shared) -> ApiResult<Json<LockoutList>> {
    Ok(Json(LockoutList { lockouts: service.lockouts().await? }))
}

async fn clear_lockout(State(service): Shared, Path(id): Path<String>) -> ApiResult<StatusCode> {
    service.clear_lockout(&id).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn clear_lockouts(State(service): Shared) -> ApiResult<StatusCode> {
    service.clear_lockouts().await?;
    Ok(StatusCode::NO_CONTENT)
}
