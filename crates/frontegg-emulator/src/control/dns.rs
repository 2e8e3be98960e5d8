//! Telling what name servers say of mail domains.

use std::sync::Arc;

use axum::{Json, Router, body::Bytes, extract::State, routing::get};
use frontegg_contract::ApiResult;
use http::StatusCode;

use super::{Shared, parse};
use crate::{service::Service, wire::DnsRecords};

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/dns", get(list).put(set))
}

async fn list(State(service): Shared) -> ApiResult<Json<DnsRecords>> {
    Ok(Json(DnsRecords { records: service.dns_records().await? }))
}

async fn set(State(service): Shared, body: Bytes) -> ApiResult<StatusCode> {
    let DnsRecords { records } = parse(&body)?;
    service.set_dns_records(records).await?;
    Ok(StatusCode::NO_CONTENT)
}
