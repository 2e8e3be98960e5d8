//! Faults over HTTP.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    routing::get,
};
use frontegg_contract::{ApiFailure, ApiResult};
use http::StatusCode;

use super::{Shared, parse};
use crate::{
    gate::faults::Entry,
    service::Service,
    wire::{FaultList, FaultState},
};

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/faults", get(list).post(inject).delete(clear)).route("/faults/{id}", get(show).delete(remove))
}

async fn list(State(service): Shared) -> Json<FaultList> {
    let entries = service.controls().faults.list();
    Json(FaultList { faults: entries.iter().map(|entry| describe(entry)).collect() })
}

async fn inject(State(service): Shared, body: Bytes) -> ApiResult<(StatusCode, Json<FaultState>)> {
    let entry = service.controls().faults.inject(parse(&body)?).map_err(ApiFailure::bad_request)?;
    Ok((StatusCode::CREATED, Json(describe(&entry))))
}

async fn show(State(service): Shared, Path(id): Path<String>) -> ApiResult<Json<FaultState>> {
    let entry = id.parse().ok().and_then(|id| service.controls().faults.find(id)).ok_or_else(unknown)?;
    Ok(Json(describe(&entry)))
}

async fn remove(State(service): Shared, Path(id): Path<String>) -> ApiResult<StatusCode> {
    let removed = id.parse().is_ok_and(|id| service.controls().faults.remove(id));
    if removed { Ok(StatusCode::NO_CONTENT) } else { Err(unknown()) }
}

async fn clear(State(service): Shared) -> StatusCode {
    service.controls().faults.clear();
    StatusCode::NO_CONTENT
}

fn unknown() -> ApiFailure {
    ApiFailure::not_found("No such fault")
}

fn describe(entry: &Entry) -> FaultState {
    let (calls, hits) = entry.counts();
    FaultState { id: entry.id(), fault: entry.fault().clone(), calls, hits, spent: entry.is_spent() }
}
