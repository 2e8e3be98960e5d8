//! What came of sign-ins by identity providers of tenants.

use std::sync::Arc;

use axum::{Json, Router, extract::State, routing::get};
use frontegg_contract::ApiResult;

use super::Shared;
use crate::{service::Service, wire::SsoAttemptList};

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/sso/attempts", get(list))
}

async fn list(State(service): Shared) -> ApiResult<Json<SsoAttemptList>> {
    Ok(Json(SsoAttemptList { attempts: service.sso_attempts().await? }))
}
