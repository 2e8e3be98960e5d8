//! Recorded requests over HTTP.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::{Query, State, rejection::QueryRejection},
    routing::get,
};
use frontegg_contract::{ApiFailure, ApiResult};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Shared;
use crate::{RecordedRequest, Requests, Selection, requests::Filter, service::Service};

/// The longest time to wait: requests end after half a minute.
const LONGEST_WAIT: f64 = 25.0;

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/requests", get(list).delete(clear))
        .route("/requests/count", get(count))
        .route("/requests/wait", get(wait))
}

/// Which requests.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    operation: Option<String>,
    tag: Option<String>,
    tenant: Option<String>,
    path: Option<String>,
    method: Option<String>,
    status: Option<u16>,
    after: Option<u64>,
    /// The number of requests at most, the newest.
    limit: Option<usize>,
    /// How many to wait for.
    count: Option<usize>,
    /// How long to wait, in seconds.
    seconds: Option<f64>,
}

type Question = Result<Query<Wanted>, QueryRejection>;

fn read(service: Arc<Service>, question: Question) -> ApiResult<(Requests, Wanted)> {
    let Query(mut wanted) = question.map_err(|rejection| ApiFailure::bad_request(rejection.body_text()))?;
    let selection = Selection {
        operation: wanted.operation.take(),
        tag: wanted.tag.take(),
        tenant: wanted.tenant.take(),
        path: wanted.path.take(),
        method: wanted.method.take(),
    };
    selection.check().map_err(ApiFailure::bad_request)?;
    let filter = Filter { selection, status: wanted.status, after: wanted.after };
    Ok((Requests::filtered(service, filter), wanted))
}

fn show(requests: &[RecordedRequest]) -> Json<Value> {
    let requests: Vec<_> = requests.iter().map(RecordedRequest::describe).collect();
    Json(json!({ "requests": requests }))
}

async fn list(State(service): Shared, question: Question) -> ApiResult<Json<Value>> {
    let (requests, wanted) = read(service, question)?;
    Ok(show(&requests.newest(wanted.limit.unwrap_or(usize::MAX))))
}

async fn count(State(service): Shared, question: Question) -> ApiResult<Json<Value>> {
    let (requests, _) = read(service, question)?;
    Ok(Json(json!({ "count": requests.count() })))
}

/// The requests that fit, once there are enough of them; 404 when they do not come.
async fn wait(State(service): Shared, question: Question) -> ApiResult<Json<Value>> {
    let (requests, wanted) = read(service, question)?;
    let seconds = wanted.seconds.unwrap_or(0.0);
    if !(0.0..=LONGEST_WAIT).contains(&seconds) {
        return Err(ApiFailure::bad_request("seconds must be a number from 0 to 25"));
    }
    let found = requests.wait_for(wanted.count.unwrap_or(1), Duration::from_secs_f64(seconds)).await;
    Ok(show(&found.map_err(|error| ApiFailure::not_found(error.to_string()))?))
}

async fn clear(State(service): Shared) -> StatusCode {
    service.controls().requests.clear();
    StatusCode::NO_CONTENT
}
