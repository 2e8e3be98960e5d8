//! The outbox over HTTP. Codes, tokens and links are shown only when asked for, so that a screen or
//! a log of the list gives nobody away.

use std::time::Duration;

use axum::{
    Json, Router,
    extract::{Path, Query, State, rejection::QueryRejection},
    routing::get,
};
use frontegg_contract::{ApiFailure, ApiResult};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::Shared;
use crate::{
    domain::outbox::{self, Filter},
    outbox as messages,
    service::Service,
    store::entity::{Channel, outbox_message},
};

/// What stands in the place of a secret.
const REDACTED: &str = "[redacted]";

/// The longest time to wait: requests end after half a minute.
const LONGEST_WAIT: f64 = 25.0;

pub(super) fn routes() -> Router<std::sync::Arc<Service>> {
    Router::new()
        .route("/outbox", get(list).delete(clear))
        .route("/outbox/wait", get(wait))
        .route("/outbox/{id}", get(show))
}

/// Which messages, and how much of them.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    to: Option<String>,
    template: Option<String>,
    channel: Option<String>,
    after: Option<String>,
    /// The number of messages at most, the newest; all when absent.
    limit: Option<u64>,
    /// How long to wait, in seconds.
    seconds: Option<f64>,
    #[serde(default)]
    secrets: bool,
}

impl Wanted {
    fn filter(&self) -> ApiResult<Filter> {
        let channel = match self.channel.as_deref() {
            None => None,
            Some("email") => Some(Channel::Email),
            Some("sms") => Some(Channel::Sms),
            Some(_) => return Err(ApiFailure::bad_request("channel must be email or sms")),
        };
        Ok(Filter { recipient: self.to.clone(), template: self.template.clone(), channel, after: self.after.clone() })
    }

    fn patience(&self) -> ApiResult<Duration> {
        match self.seconds {
            None => Ok(Duration::ZERO),
            Some(seconds) if (0.0..=LONGEST_WAIT).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
            Some(_) => Err(ApiFailure::bad_request("seconds must be a number from 0 to 25")),
        }
    }
}

type Question = Result<Query<Wanted>, QueryRejection>;

fn read(question: Question) -> ApiResult<Wanted> {
    let Query(wanted) = question.map_err(|rejection| ApiFailure::bad_request(rejection.body_text()))?;
    Ok(wanted)
}

async fn list(State(service): Shared, question: Question) -> ApiResult<Json<Value>> {
    let wanted = read(question)?;
    let rows = messages::list(&service, &wanted.filter()?, wanted.limit).await?;
    let rows: Vec<_> = rows.iter().map(|row| message(row, wanted.secrets)).collect();
    Ok(Json(json!({ "messages": rows })))
}

/// The newest message that fits, after waiting for it if need be; 404 when none came.
async fn wait(State(service): Shared, question: Question) -> ApiResult<Json<Value>> {
    let wanted = read(question)?;
    let row = messages::newest(&service, &wanted.filter()?, wanted.patience()?).await?;
    let row = row.ok_or_else(|| ApiFailure::not_found("No such message"))?;
    Ok(Json(message(&row, wanted.secrets)))
}

async fn show(State(service): Shared, Path(id): Path<String>, question: Question) -> ApiResult<Json<Value>> {
    let wanted = read(question)?;
    let tx = service.store().read().await?;
    let row = outbox::find(&tx, &id).await?;
    Ok(Json(message(&row, wanted.secrets)))
}

async fn clear(State(service): Shared) -> ApiResult<StatusCode> {
    messages::clear(&service).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn message(row: &outbox_message::Model, secrets: bool) -> Value {
    let safe = |text: &Option<String>| {
        let text = text.as_deref()?;
        Some(if secrets { text.to_owned() } else { redact(text, [&row.code, &row.token]) })
    };
    let channel = match row.channel {
        Channel::Email => "email",
        Channel::Sms => "sms",
    };
    json!({
        "id": row.id,
        "channel": channel,
        "template": row.template,
        "to": row.recipient,
        "from": row.sender,
        "userId": row.user_id,
        "tenantId": row.tenant_id,
        "subject": safe(&row.subject),
        "body": safe(&row.body),
        "link": safe(&row.link),
        "code": safe(&row.code),
        "token": safe(&row.token),
        "sentAt": row.created_at.to_string(),
    })
}

fn redact(text: &str, secrets: [&Option<String>; 2]) -> String {
    let secrets = secrets.into_iter().flatten().filter(|secret| !secret.is_empty());
    secrets.fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), REDACTED))
}
