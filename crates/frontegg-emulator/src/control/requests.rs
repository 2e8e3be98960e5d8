//! Recorded requests over HTTP.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Query, State, rejection::QueryRejection},
    routing::get,
};
use frontegg_contract::{ApiFailure, ApiResult, redact::REDACTED};
use http::StatusCode;

use super::Shared;
use crate::{
    gate::requests::{Filter, RecordedRequest, Requests},
    service::Service,
    wire::{RequestCount, RequestList, RequestQuery, RequestRecord, patience},
};

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/requests", get(list).delete(clear))
        .route("/requests/count", get(count))
        .route("/requests/wait", get(wait))
}

type Question = Result<Query<RequestQuery>, QueryRejection>;

fn read(service: &Service, question: Question) -> ApiResult<(Requests, RequestQuery)> {
    let Query(wanted) = question.map_err(|rejection| ApiFailure::bad_request(rejection.body_text()))?;
    let selection = wanted.selection();
    selection.check().map_err(ApiFailure::bad_request)?;
    let filter = Filter { selection, status: wanted.status, after: wanted.after };
    Ok((Requests::filtered(Arc::clone(&service.controls().requests), filter), wanted))
}

fn show(requests: &[RecordedRequest]) -> Json<RequestList> {
    Json(RequestList { requests: requests.iter().map(describe).collect() })
}

async fn list(State(service): Shared, question: Question) -> ApiResult<Json<RequestList>> {
    let (requests, wanted) = read(&service, question)?;
    Ok(show(&requests.newest(wanted.limit.unwrap_or(usize::MAX))))
}

async fn count(State(service): Shared, question: Question) -> ApiResult<Json<RequestCount>> {
    let (requests, _) = read(&service, question)?;
    Ok(Json(RequestCount { count: requests.count() }))
}

/// The requests that fit, once there are enough of them; 404 when they do not come.
async fn wait(State(service): Shared, question: Question) -> ApiResult<Json<RequestList>> {
    let (requests, wanted) = read(&service, question)?;
    let time = patience(wanted.seconds).map_err(ApiFailure::bad_request)?;
    let found = requests.wait_for(wanted.count.unwrap_or(1), time).await;
    Ok(show(&found.map_err(|error| ApiFailure::not_found(error.to_string()))?))
}

async fn clear(State(service): Shared) -> StatusCode {
    service.controls().requests.clear();
    StatusCode::NO_CONTENT
}

fn describe(request: &RecordedRequest) -> RequestRecord {
    let header = |name: &str| (name.to_owned(), request.header(name).unwrap_or(REDACTED).to_owned());
    RequestRecord {
        number: request.number(),
        at: request.at(),
        milliseconds: request.took().as_secs_f64() * 1000.0,
        method: request.method().to_owned(),
        path: request.path(),
        query: request.query(),
        headers: request.header_names().map(header).collect(),
        operation: request.operation().map(str::to_owned),
        token: request.token().map(str::to_owned),
        tenant_id: request.tenant_id().map(str::to_owned),
        user_id: request.user_id().map(str::to_owned),
        body: request.body(),
        undeclared: request.undeclared().to_vec(),
        status: request.status(),
        answer: request.answer(),
        fault: request.fault(),
        trace_id: request.trace_id().map(str::to_owned),
    }
}
