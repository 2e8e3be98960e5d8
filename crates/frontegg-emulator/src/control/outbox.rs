//! The outbox over HTTP. Codes, tokens and links are shown only when asked for, so that a screen or
//! a log of the list gives nobody away.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, Query, State, rejection::QueryRejection},
    routing::get,
};
use frontegg_contract::{ApiFailure, ApiResult};
use http::StatusCode;

use super::Shared;
use crate::{
    domain::messages::outbox::{self, Filter},
    service::{Service, outbox as messages},
    store::entity::{self, outbox_message},
    wire::{Channel, Message, MessageBody, MessageList, OutboxQuery, Secrets, TotpCode, TotpQuery, patience},
};

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/outbox", get(list).delete(clear))
        .route("/outbox/wait", get(wait))
        .route("/outbox/totp", get(totp))
        .route("/outbox/{id}", get(find))
}

type Question = Result<Query<OutboxQuery>, QueryRejection>;

fn read(question: Question) -> ApiResult<(OutboxQuery, Filter)> {
    let Query(wanted) = question.map_err(|rejection| ApiFailure::bad_request(rejection.body_text()))?;
    let filter = Filter {
        recipient: wanted.to.clone(),
        template: wanted.template.clone(),
        channel: wanted.channel.map(|channel| match channel {
            Channel::Email => entity::Channel::Email,
            Channel::Sms => entity::Channel::Sms,
            Channel::Webhook => entity::Channel::Webhook,
        }),
        after: wanted.after.clone(),
    };
    Ok((wanted, filter))
}

async fn list(State(service): Shared, question: Question) -> ApiResult<Json<MessageList>> {
    let (wanted, filter) = read(question)?;
    let rows = messages::list(&service, &filter, wanted.limit).await?;
    Ok(Json(MessageList { messages: rows.into_iter().map(|row| show(row, wanted.secrets.into())).collect() }))
}

/// The newest message that fits, after waiting for it if need be; 404 when none came.
async fn wait(State(service): Shared, question: Question) -> ApiResult<Json<MessageBody>> {
    let (wanted, filter) = read(question)?;
    let time = patience(wanted.seconds).map_err(ApiFailure::bad_request)?;
    let row = messages::newest(&service, &filter, time).await?;
    let row = row.ok_or_else(|| ApiFailure::not_found("No such message"))?;
    Ok(Json(show(row, wanted.secrets.into())))
}

async fn find(State(service): Shared, Path(id): Path<String>, question: Question) -> ApiResult<Json<MessageBody>> {
    let (wanted, _) = read(question)?;
    let tx = service.store().read().await?;
    let row = outbox::find(&tx, &id).await?;
    Ok(Json(show(row, wanted.secrets.into())))
}

/// What the person would read off their app.
async fn totp(State(service): Shared, question: Result<Query<TotpQuery>, QueryRejection>) -> ApiResult<Json<TotpCode>> {
    let Query(wanted) = question.map_err(|rejection| ApiFailure::bad_request(rejection.body_text()))?;
    Ok(Json(TotpCode { code: service.totp(&wanted.user).await? }))
}

async fn clear(State(service): Shared) -> ApiResult<StatusCode> {
    messages::clear(&service).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn show(row: outbox_message::Model, secrets: Secrets) -> MessageBody {
    let message = Message::from(row).0;
    match secrets {
        Secrets::Included => message,
        Secrets::LeftOut => message.redacted(),
    }
}
