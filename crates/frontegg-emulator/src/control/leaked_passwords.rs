//! Telling which passwords count as known from a data leak.

use std::sync::Arc;

use axum::{Router, body::Bytes, extract::State, routing::put};
use frontegg_contract::ApiResult;
use http::StatusCode;
use serde::Deserialize;

use super::{Shared, parse};
use crate::service::Service;

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/leaked-passwords", put(set))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Leaked {
    passwords: Vec<String>,
}

async fn set(State(service): Shared, body: Bytes) -> ApiResult<StatusCode> {
    let leaked: Leaked = parse(&body)?;
    service.set_leaked_passwords(leaked.passwords.iter().map(String::as_str)).await?;
    Ok(StatusCode::NO_CONTENT)
}
