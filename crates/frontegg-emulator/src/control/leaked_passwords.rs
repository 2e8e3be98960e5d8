//! Telling which passwords count as known from a data leak.

use std::sync::Arc;

use axum::{Router, body::Bytes, extract::State, routing::put};
use frontegg_contract::ApiResult;
use http::StatusCode;

use super::{Shared, parse};
use crate::{service::Service, wire::LeakedPasswords};

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/leaked-passwords", put(set))
}

async fn set(State(service): Shared, body: Bytes) -> ApiResult<StatusCode> {
    let leaked: LeakedPasswords = parse(&body)?;
    service.set_leaked_passwords(leaked.passwords.iter().map(String::as_str)).await?;
    Ok(StatusCode::NO_CONTENT)
}
