//! Rotating the signing key.

use std::sync::Arc;

use axum::{Json, Router, extract::State, routing::post};
use frontegg_contract::ApiResult;

use super::Shared;
use crate::{service::Service, wire::KeyId};

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/keys/rotate", post(rotate))
}

async fn rotate(State(service): Shared) -> ApiResult<Json<KeyId>> {
    let kid = service.rotate_keys().await?;
    Ok(Json(KeyId { kid }))
}
