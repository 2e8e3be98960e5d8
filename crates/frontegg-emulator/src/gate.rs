//! Between the connection and the API: the record of requests, rate limits, faults, and the time that
//! a request may take.

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body, response::IntoResponse};
use frontegg_contract::{ApiFailure, receive::BODY_LIMIT};
use http::{HeaderValue, Request, Response, StatusCode, header, request::Parts};
use tower::ServiceExt;

use crate::{
    config::Config,
    faults::{self, Hit, Lost, too_many_requests},
    limits,
    requests::Log,
    selection::Subject,
    server::Peer,
    service::Service,
};

/// What a test or an operator told the emulator itself to do. It survives a reset.
#[derive(Debug)]
pub(crate) struct Controls {
    pub(crate) faults: faults::Board,
    pub(crate) limits: limits::Board,
    pub(crate) requests: Arc<Log>,
}

impl Controls {
    /// As an emulator begins; what it cannot do was refused before.
    pub(crate) fn new(config: &Config) -> Result<Self, String> {
        let controls = Self {
            faults: faults::Board::default(),
            limits: limits::Board::default(),
            requests: Arc::new(Log::new(config.recorded_requests)),
        };
        for fault in &config.faults {
            controls.faults.inject(fault.clone())?;
        }
        for limit in &config.rate_limits {
            controls.limits.add(limit.clone())?;
        }
        Ok(controls)
    }
}

/// What lies before the API on the way of a request.
enum Obstacle {
    None,
    /// A rate limit is used up.
    Wait(Duration),
    Fault(Hit),
}

/// Sends a request through to the API.
pub(crate) async fn pass(service: Arc<Service>, app: Router, request: Request<Body>) -> Result<Response<Body>, Lost> {
    let (mut parts, mut body) = request.into_parts();
    let recording = service.controls().requests.begin(&mut parts, service.clock());
    let obstacle = obstacle(&service, &parts);
    let time = service.config().request_timeout;
    let Some(mut recording) = recording else {
        return overcome(&service, obstacle, within(time, app, Request::from_parts(parts, body))).await;
    };
    if let Obstacle::Fault(hit) = &obstacle {
        recording.befallen(hit);
    }
    if obstacle.keeps_it_back() {
        let read = axum::body::to_bytes(std::mem::take(&mut body), BODY_LIMIT);
        if let Ok(Ok(bytes)) = tokio::time::timeout(time, read).await {
            recording.brought(bytes);
        }
    }
    let answer = overcome(&service, obstacle, within(time, app, Request::from_parts(parts, body))).await;
    recording.end(answer).await
}

async fn overcome(
    service: &Service,
    obstacle: Obstacle,
    act: impl Future<Output = Response<Body>>,
) -> Result<Response<Body>, Lost> {
    match obstacle {
        Obstacle::None => Ok(act.await),
        Obstacle::Wait(wait) => Ok(too_many_requests(service.clock().timestamp(), wait)),
        Obstacle::Fault(hit) => hit.befall(service.clock(), act).await,
    }
}

impl Obstacle {
    /// Whether the API never gets to see the request.
    fn keeps_it_back(&self) -> bool {
        match self {
            Self::None => false,
            Self::Wait(_) => true,
            Self::Fault(hit) => hit.keeps_it_back(),
        }
    }
}

fn obstacle(service: &Service, parts: &Parts) -> Obstacle {
    let Controls { faults, limits, .. } = service.controls();
    if !faults.is_active() && !limits.is_active() {
        return Obstacle::None;
    }
    let subject = Subject::of(parts);
    if subject.is_control() {
        return Obstacle::None;
    }
    if limits.is_active()
        && let Some(client) = client(parts)
        && let Some(wait) = limits.excess(&subject, client, service.clock().timestamp())
    {
        return Obstacle::Wait(wait);
    }
    faults.meet(&subject).map_or(Obstacle::None, Obstacle::Fault)
}

/// The address that a request comes from: the first that a proxy names, else that of the connection.
fn client(parts: &Parts) -> Option<IpAddr> {
    let named = || parts.headers.get("x-forwarded-for")?.to_str().ok()?.split(',').next()?.trim().parse().ok();
    named().or_else(|| parts.extensions.get::<Peer>().map(|peer| peer.0.ip()))
}

/// The answer of the API, or 408 and the end of the connection when it takes too long.
async fn within(time: Duration, app: Router, request: Request<Body>) -> Response<Body> {
    let answer = tokio::time::timeout(time, app.oneshot(request)).await;
    answer.map_or_else(
        |_| {
            let close = HeaderValue::from_static("close");
            let failure = ApiFailure::new(StatusCode::REQUEST_TIMEOUT, "Request took too long");
            failure.header(header::CONNECTION, close).into_response()
        },
        IntoResponse::into_response,
    )
}
