//! Between the connection and the API: what is told and recorded of requests, rate limits, faults, and the time that a
//! request may take.

pub(crate) mod access;
pub(crate) mod faults;
#[cfg(feature = "metrics")]
pub(crate) mod figures;
pub(crate) mod limits;
pub(crate) mod requests;
pub(crate) mod selection;
mod undeclared;

use std::{sync::Arc, time::Duration};

use axum::{Router, body::Body, response::IntoResponse};
use frontegg_contract::{ApiFailure, receive::BODY_LIMIT};
use http::{HeaderValue, Request, Response, StatusCode, header, request::Parts};
use hyper::body::Body as _;
use tower::ServiceExt;

use self::{
    faults::{ConnectionClosed, Fault, Hit, too_many_requests},
    limits::RateLimit,
    requests::Log,
    selection::{Subject, is_transfer},
};
use crate::{clock::Clock, peer, store::trail};

/// What a test or an operator told the emulator itself to do. It survives a reset.
#[derive(Debug)]
pub(crate) struct Controls {
    pub(crate) faults: Arc<faults::ActiveFaults>,
    pub(crate) limits: Arc<limits::ActiveLimits>,
    pub(crate) requests: Arc<Log>,
    #[cfg(feature = "metrics")]
    pub(crate) figures: figures::Figures,
    undeclared: undeclared::Undeclared,
    clock: Clock,
    /// How long a request may take altogether.
    request_timeout: Duration,
}

impl Controls {
    /// As an emulator begins, with so many requests recorded; a fault or limit that cannot be is
    /// refused.
    pub(crate) fn new(
        faults: &[Fault],
        limits: &[RateLimit],
        recorded_requests: usize,
        clock: Clock,
        request_timeout: Duration,
    ) -> Result<Self, String> {
        let controls = Self {
            faults: Arc::default(),
            limits: Arc::default(),
            requests: Arc::new(Log::new(recorded_requests)),
            #[cfg(feature = "metrics")]
            figures: figures::Figures::default(),
            undeclared: undeclared::Undeclared::default(),
            clock,
            request_timeout,
        };
        for fault in faults {
            controls.faults.inject(fault.clone())?;
        }
        for limit in limits {
            controls.limits.add(limit.clone())?;
        }
        Ok(controls)
    }
}

/// What lies before the API on the way of a request.
enum Interception {
    None,
    /// A rate limit is used up.
    Wait(Duration),
    Fault(Hit),
}

/// Sends a request through to the API.
pub(crate) async fn pass(
    controls: Arc<Controls>,
    app: Router,
    request: Request<Body>,
) -> Result<Response<Body>, ConnectionClosed> {
    let (parts, mut body) = request.into_parts();
    let recording = controls.requests.begin(&parts, &controls.clock);
    let interception = interception(&controls, &parts);
    // What is as long as the state itself ends when nothing of it comes any more.
    let time = if is_transfer(&parts.uri) { Duration::MAX } else { controls.request_timeout };
    let Some(mut recording) = recording else {
        return answer(&controls.clock, interception, within(time, app, Request::from_parts(parts, body))).await;
    };
    if let Interception::Fault(hit) = &interception {
        recording.applied(hit);
    }
    // Never one that would be refused for its length.
    if interception.short_circuits() && body.size_hint().lower() <= BODY_LIMIT as u64 {
        let read = axum::body::to_bytes(std::mem::take(&mut body), BODY_LIMIT);
        if let Ok(Ok(bytes)) = tokio::time::timeout(time, read).await {
            recording.body(bytes);
        }
    }
    let answer = answer(&controls.clock, interception, within(time, app, Request::from_parts(parts, body))).await;
    recording.end(answer).await
}

async fn answer(
    clock: &Clock,
    interception: Interception,
    act: impl Future<Output = Response<Body>>,
) -> Result<Response<Body>, ConnectionClosed> {
    match interception {
        Interception::None => Ok(act.await),
        Interception::Wait(wait) => Ok(too_many_requests(clock.timestamp(), wait)),
        Interception::Fault(hit) => hit.apply(clock, act).await,
    }
}

impl Interception {
    /// Whether the API never gets to see the request.
    fn short_circuits(&self) -> bool {
        match self {
            Self::None => false,
            Self::Wait(_) => true,
            Self::Fault(hit) => hit.short_circuits(),
        }
    }
}

fn interception(controls: &Controls, parts: &Parts) -> Interception {
    let Controls { faults, limits, clock, .. } = controls;
    if !faults.is_active() && !limits.is_active() {
        return Interception::None;
    }
    let subject = Subject::of(parts);
    if subject.is_control() {
        return Interception::None;
    }
    if limits.is_active()
        && let Some(client) = peer::client_address(&parts.extensions)
        && let Some(wait) = limits.excess(&subject, client, clock.timestamp())
    {
        return Interception::Wait(wait);
    }
    faults.meet(&subject).map_or(Interception::None, Interception::Fault)
}

/// The answer of the API, or 408 and the end of the connection when it takes too long.
async fn within(time: Duration, app: Router, request: Request<Body>) -> Response<Body> {
    let answer = tokio::time::timeout(time, trail::within(app.oneshot(request))).await;
    answer.map_or_else(
        |_| {
            let close = HeaderValue::from_static("close");
            let failure = ApiFailure::new(StatusCode::REQUEST_TIMEOUT, "Request took too long");
            failure.header(header::CONNECTION, close).into_response()
        },
        IntoResponse::into_response,
    )
}
