//! Telling what the providers of user pools would answer at a sign-in.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    routing::get,
};
use frontegg_contract::ApiResult;
use http::StatusCode;

use super::{Shared, parse};
use crate::{service::Service, wire::UserPoolPeople};

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/user-pools/{id}/people", get(list).put(replace))
}

async fn list(State(service): Shared, Path(id): Path<String>) -> ApiResult<Json<UserPoolPeople>> {
    Ok(Json(UserPoolPeople { people: service.user_pool_people(&id).await? }))
}

async fn replace(State(service): Shared, Path(id): Path<String>, body: Bytes) -> ApiResult<StatusCode> {
    let UserPoolPeople { people } = parse(&body)?;
    service.set_user_pool_people(&id, people).await?;
    Ok(StatusCode::NO_CONTENT)
}
