//! Sign-ins by identity providers of tenants: what came of them, and who may begin them.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::State,
    routing::{get, put},
};
use frontegg_contract::ApiResult;
use http::StatusCode;

use super::{Shared, parse};
use crate::{
    service::Service,
    wire::{ProvidersBegin, SsoAttemptList},
};

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/sso/attempts", get(list)).route("/sso/providers-begin", put(let_providers_begin))
}

async fn let_providers_begin(State(service): Shared, body: Bytes) -> ApiResult<StatusCode> {
    let ProvidersBegin { allowed } = parse(&body)?;
    service.let_providers_begin(allowed).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn list(State(service): Shared) -> ApiResult<Json<SsoAttemptList>> {
    Ok(Json(SsoAttemptList { attempts: service.sso_attempts().await? }))
}
