//! Seeds over HTTP, and tokens without a sign-in.

use std::sync::Arc;

use axum::{Json, Router, body::Bytes, extract::State, routing::post};
use frontegg_contract::{ApiFailure, ApiResult};

use super::{Shared, parse};
use crate::{
    seed::{Seed, Written, is_state},
    service::Service,
    wire::{SeedReport, TokenRequest, UserTokens},
};

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/seed", post(seed)).route("/tokens", post(tokens))
}

/// YAML or JSON, whatever type it claims to be.
async fn seed(State(service): Shared, body: Bytes) -> ApiResult<Json<SeedReport>> {
    if is_state(&*body) {
        return Err(ApiFailure::bad_request(
            "an exported state takes the place of what is there: POST /_emulator/import",
        ));
    }
    let text = str::from_utf8(&body).map_err(|_| ApiFailure::bad_request("a seed must be UTF-8"))?;
    let seed = Seed::read(text, None).map_err(|error| ApiFailure::bad_request(error.to_string()))?;
    Ok(Json(service.seed(vec![Written { file: None, seed }]).await?))
}

async fn tokens(State(service): Shared, body: Bytes) -> ApiResult<Json<UserTokens>> {
    let wanted: TokenRequest = parse(&body)?;
    Ok(Json(service.user_tokens(&wanted).await?))
}
