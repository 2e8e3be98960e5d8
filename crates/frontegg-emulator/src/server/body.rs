//! Bodies of requests: how long they may be, and what becomes of one that nobody has read.
//!
//! Many requests are answered by their head alone. What then still comes of the body would stand where
//! the next head is looked for, so the connection could not be used again; a client that was not told
//! so sends its next request into the void. So a short body is read to its end before the answer goes
//! out, and where that is too much the answer says that the connection ends.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    body::Body,
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use frontegg_contract::{ApiFailure, receive::BODY_LIMIT};
use http::StatusCode;
use hyper::body::{Body as HttpBody, Frame, Incoming, SizeHint};
use parking_lot::Mutex;

use crate::gate::selection::is_control;

/// How long an answer is held back for the rest of a body.
const PATIENCE: Duration = Duration::from_secs(1);

/// Refuses at once what says that it is longer than anybody would read.
pub(super) async fn limit(request: Request, next: Next) -> Response {
    let length = request.body().size_hint().lower();
    if length <= BODY_LIMIT as u64 || is_control(request.uri()) {
        return next.run(request).await;
    }
    let message = format!("Request body of {length} bytes is larger than {BODY_LIMIT} bytes");
    ApiFailure::new(StatusCode::PAYLOAD_TOO_LARGE, message).into_response()
}

/// The body of a request as it is lent to whoever answers.
struct Lent {
    body: Option<Incoming>,
    home: Arc<Mutex<Home>>,
}

/// Where a body comes back to.
#[derive(Default)]
struct Home {
    body: Option<Incoming>,
    /// Whether anybody asked for it.
    asked: bool,
}

/// What may be left of a body that was lent.
pub(super) struct Rest(Option<Arc<Mutex<Home>>>);

/// Lends a body.
pub(super) fn lend(body: Incoming) -> (Body, Rest) {
    if body.is_end_stream() {
        return (Body::empty(), Rest(None));
    }
    let home = Arc::new(Mutex::new(Home::default()));
    (Body::new(Lent { body: Some(body), home: Arc::clone(&home) }), Rest(Some(home)))
}

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.home.lock().asked = true;
        self.body.as_mut().map_or(Poll::Ready(None), |body| Pin::new(body).poll_frame(context))
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map(HttpBody::size_hint).unwrap_or_default()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.home.lock().body = self.body.take();
    }
}

impl Rest {
    /// Reads and drops it. False where it is not read to its end: then nothing may follow it. Who waits to
    /// be told to send it (`Expect: 100-continue`) and was not is better told the answer.
    pub(super) async fn drain(self, expects: Expects) -> bool {
        let Some(home) = self.0 else { return true };
        let Home { body: Some(mut body), asked } = std::mem::take(&mut *home.lock()) else {
            return false;
        };
        if body.is_end_stream() {
            return true;
        }
        let is_short = body.size_hint().upper().is_some_and(|left| left <= BODY_LIMIT as u64);
        if !is_short || (expects == Expects::Continue && !asked) {
            return false;
        }
        let to_the_end = async {
            while let Some(frame) = std::future::poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
                if frame.is_err() {
                    return false;
                }
            }
            true
        };
        tokio::time::timeout(PATIENCE, to_the_end).await.unwrap_or(false)
    }
}

/// What a client waits for before it sends the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expects {
    Nothing,
    Continue,
}
