//! What a fault does to an answer.

use std::{
    collections::VecDeque,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use axum::{body::Body, response::IntoResponse};
use bytes::Bytes;
use frontegg_contract::ApiFailure;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use hyper::body::{Frame, SizeHint};
use tokio::time::Sleep;

use super::{Effect, Fault, Hit, When, seconds, whole_seconds};
use crate::clock::{Clock, Timestamp, http_date};

/// The moment between a part of an answer and its violent end, in which the part gets on its way.
const BREATH: Duration = Duration::from_millis(20);

/// There is no answer: the connection is to be closed.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a fault closed the connection")]
pub(crate) struct ConnectionClosed;

impl Hit {
    /// What happens to a request that `act` answers.
    pub(crate) async fn apply(
        &self,
        clock: &Clock,
        act: impl Future<Output = Response<Body>>,
    ) -> Result<Response<Body>, ConnectionClosed> {
        let fault = self.0.fault();
        let (delay, effect) = (fault.lasts(), fault.effect());
        if fault.when() == When::After {
            let answer = act.await;
            pause(delay).await;
            return fault.done_to(effect, answer, clock.timestamp()).await;
        }
        pause(delay).await;
        match effect {
            Effect::Status => Ok(fault.answer(clock.timestamp())),
            Effect::Drop => Err(ConnectionClosed),
            _ => Ok(act.await),
        }
    }
}

async fn pause(time: Duration) {
    if !time.is_zero() {
        tokio::time::sleep(time).await;
    }
}

impl Fault {
    /// The answer in place of the API's.
    fn answer(&self, now: Timestamp) -> Response<Body> {
        let status = self.status.and_then(|status| StatusCode::from_u16(status).ok());
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let reason = status.canonical_reason().unwrap_or("Injected fault");
        let mut response = ApiFailure::new(status, reason).into_response();
        let body = match (&self.text, &self.body) {
            (Some(text), _) => Some(text.clone()),
            (None, Some(body)) if body.is_null() => Some(String::new()),
            (None, Some(body)) => Some(body.to_string()),
            (None, None) => None,
        };
        if let Some(body) = body {
            if body.is_empty() {
                response.headers_mut().remove(header::CONTENT_TYPE);
            }
            *response.body_mut() = body.into();
        }
        self.dress(&mut response, now);
        response
    }

    fn dress(&self, response: &mut Response<Body>, now: Timestamp) {
        let mut put = |name: HeaderName, value: String| {
            // Whatever cannot be sent was refused when it was injected.
            if let Ok(value) = HeaderValue::try_from(value) {
                response.headers_mut().insert(name, value);
            }
        };
        if let Some(content_type) = &self.content_type {
            put(header::CONTENT_TYPE, content_type.clone());
        }
        if let Some(wait) = self.retry_after_seconds {
            put(header::RETRY_AFTER, wait.to_string());
        }
        if let Some(wait) = self.rate_limit_reset_seconds {
            put(RATE_LIMIT_RESET, now.after(Duration::from_secs(wait)).to_string());
            put(header::DATE, http_date(now.utc()));
        }
        for (name, value) in &self.headers {
            if let Ok(name) = HeaderName::try_from(name) {
                put(name, value.clone());
            }
        }
    }

    /// What becomes of the API's answer.
    async fn done_to(
        &self,
        effect: Effect,
        mut response: Response<Body>,
        now: Timestamp,
    ) -> Result<Response<Body>, ConnectionClosed> {
        match effect {
            Effect::Delay => return Ok(response),
            Effect::Status => return Ok(self.answer(now)),
            Effect::Drop => return Err(ConnectionClosed),
            Effect::ContentType => {
                self.dress(&mut response, now);
                return Ok(response);
            }
            _ => {}
        }
        let (mut head, body) = response.into_parts();
        // Answers are short and at hand.
        let body = axum::body::to_bytes(body, usize::MAX).await.map_err(|_| ConnectionClosed)?;
        head.headers.remove(header::CONTENT_LENGTH);
        let body = match effect {
            Effect::Malformed | Effect::Reshape => {
                head.status = StatusCode::OK;
                Body::from(if effect == Effect::Malformed { broken(&body) } else { reshaped(&body) })
            }
            Effect::Drip => {
                let pieces = body.chunks(self.piece_bytes.unwrap_or(1)).map(Bytes::copy_from_slice).collect();
                let length = Some(body.len() as u64);
                Body::new(Told { pieces, length, pause: seconds(self.pause_seconds), resting: None, breaks: false })
            }
            _ => {
                if body.is_empty() {
                    return Err(ConnectionClosed);
                }
                let length = (effect == Effect::Truncate).then_some(body.len() as u64);
                let pieces = VecDeque::from([body.slice(..body.len() / 2)]);
                Body::new(Told { pieces, length, pause: BREATH, resting: None, breaks: true })
            }
        };
        let mut response = Response::from_parts(head, body);
        if !matches!(effect, Effect::Malformed | Effect::Reshape) {
            response.extensions_mut().insert(DrawnOut);
        }
        Ok(response)
    }
}

/// A 429 by a rate limit.
pub(crate) fn too_many_requests(now: Timestamp, wait: Duration) -> Response<Body> {
    // What is told has to be true for a client that counts in whole seconds.
    let wait = Duration::from_secs(whole_seconds(wait).max(1));
    let fault = Fault::rate_limited(wait).header("x-rate-limit-remaining", "0");
    fault.answer(now)
}

const RATE_LIMIT_RESET: HeaderName = HeaderName::from_static("x-rate-limit-reset");

/// A mark on answers whose body is sent in a way of its own and must not be touched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DrawnOut;

/// JSON that breaks off.
fn broken(body: &Bytes) -> Bytes {
    if body.len() < 2 { Bytes::from_static(b"{\"") } else { body.slice(..body.len() / 2) }
}

/// JSON of another shape.
fn reshaped(body: &Bytes) -> Bytes {
    let is_object = body.trim_ascii_start().first() == Some(&b'{');
    Bytes::from_static(if is_object { br#"["unexpected"]"# } else { br#"{"unexpected":true}"# })
}

/// A body whose pieces, pauses and end are told beforehand.
struct Told {
    pieces: VecDeque<Bytes>,
    /// How long it claims to be.
    length: Option<u64>,
    pause: Duration,
    /// The pause under way.
    resting: Option<Pin<Box<Sleep>>>,
    /// Whether it ends with an error, which closes the connection.
    breaks: bool,
}

impl hyper::body::Body for Told {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        if let Some(resting) = &mut self.resting {
            if resting.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            self.resting = None;
        }
        let Some(piece) = self.pieces.pop_front() else {
            let end = self.breaks.then(|| Err(io::Error::other(ConnectionClosed)));
            return Poll::Ready(end);
        };
        if self.breaks || !self.pieces.is_empty() {
            self.resting = Some(Box::pin(tokio::time::sleep(self.pause)));
        }
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map(SizeHint::with_exact).unwrap_or_default()
    }
}
