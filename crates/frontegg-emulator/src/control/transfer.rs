//! The whole state over HTTP, as streams: neither memory nor a limit of a request bounds its size. A request ends when
//! the other side sends or takes nothing for as long as another request may last.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, HttpBody},
    extract::{Query, State, rejection::QueryRejection},
    response::IntoResponse,
    routing::{get, post},
};
use bytes::Bytes;
use frontegg_contract::{ApiFailure, ApiResult};
use http::{HeaderValue, StatusCode, header};
use hyper::body::Frame;
use tokio::{time::timeout, try_join};

use super::Shared;
use crate::{
    service::{
        Service,
        transfer::{Export, Feed},
    },
    wire::ExportQuery,
};

pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new().route("/export", get(export)).route("/import", post(import))
}

async fn export(
    State(service): Shared,
    question: Result<Query<ExportQuery>, QueryRejection>,
) -> ApiResult<impl IntoResponse> {
    let Query(wanted) = question.map_err(|rejection| ApiFailure::bad_request(rejection.body_text()))?;
    let patience = service.config().request_timeout;
    let export = service.export(wanted.secrets.into(), patience).await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], Body::new(Sent(export))))
}

async fn import(State(service): Shared, body: Body) -> ApiResult<StatusCode> {
    let (feed, incoming) = Feed::new();
    let import = async { Ok::<_, ApiFailure>(service.import(incoming).await?) };
    try_join!(receive(body, feed, service.config().request_timeout), import)?;
    Ok(StatusCode::NO_CONTENT)
}

/// Hands in a body as it comes, to its end or for as long as anybody reads it.
async fn receive(mut body: Body, feed: Feed, patience: Duration) -> ApiResult<()> {
    loop {
        let frame = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context));
        let Some(frame) = timeout(patience, frame).await.map_err(|_| too_slow())? else { return Ok(()) };
        // Nobody may be there to be told.
        let frame = frame.map_err(|error| ApiFailure::bad_request(format!("the document broke off: {error}")))?;
        if let Ok(piece) = frame.into_data()
            && !feed.hand_in(piece).await
        {
            return Ok(());
        }
    }
}

fn too_slow() -> ApiFailure {
    let failure = ApiFailure::new(StatusCode::REQUEST_TIMEOUT, "The document comes too slowly");
    failure.header(header::CONNECTION, HeaderValue::from_static("close"))
}

/// A document as the body of an answer. Where it fails in its middle the connection breaks.
struct Sent(Export);

impl HttpBody for Sent {
    type Data = Bytes;
    type Error = anyhow::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.0.poll_next(context).map(|next| {
            next.map(|chunk| {
                chunk.map(Frame::data).map_err(|error| {
                    let cause = error.into_cause();
                    tracing::error!(error = %cause, "an export has failed");
                    cause
                })
            })
        })
    }
}
