//! The control plane under `/_emulator/`: what a test or an operator does to the emulator itself.
//!
//! The routes, bodies and answers are told in `CONTROL.md`, and `wire` has them as types for the
//! server and its `client`. It can empty the store, so it is guarded: whoever has the admin token reaches
//! it, where one is set, under whatever name; without one only this machine does, and then the `Host` must
//! be an address of ours, which stops names that were rebound to this machine, and a browser's `Origin` must
//! be the same. No CORS is granted.

pub(crate) mod client;
mod dns;
mod document;
mod faults;
mod identity_provider;
mod keys;
mod leaked_passwords;
#[cfg(feature = "metrics")]
mod metrics;
mod outbox;
mod people;
mod rate_limits;
mod requests;
mod seeds;
mod sso;
mod transfer;
mod user_pools;

use std::{net::IpAddr, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Query, Request, State, rejection::QueryRejection},
    middleware::{self, Next},
    response::Response,
    routing::{get, post},
};
use frontegg_contract::{ApiFailure, ApiResult, receive::bearer};
use frontegg_model::OPERATIONS;
use http::{HeaderMap, HeaderValue, StatusCode, Uri, header, uri::Authority};
use secrecy::ExposeSecret;
use serde::de::DeserializeOwned;

#[cfg(feature = "metrics")]
use crate::gate::selection::METRICS;
use crate::wire::{AdvanceClock, ClockState, Health, Info, Ready, ResetQuery, SetClock};
use crate::{domain::environment::same_secret, peer::Peer, service::Service};

type Shared = State<Arc<Service>>;

/// The routes.
pub(crate) fn routes(service: Arc<Service>) -> Router<Arc<Service>> {
    let guarded = Router::new()
        .route("/info", get(info))
        .route("/reset", post(reset))
        .route("/clock", get(clock).put(set_clock).delete(real_clock))
        .route("/clock/advance", post(advance_clock))
        .route("/clock/freeze", post(freeze_clock))
        .route("/clock/resume", post(resume_clock))
        .merge(dns::routes())
        .merge(keys::routes())
        .merge(faults::routes())
        .merge(identity_provider::guarded_routes())
        .merge(leaked_passwords::routes())
        .merge(outbox::routes())
        .merge(people::routes())
        .merge(rate_limits::routes())
        .merge(requests::routes())
        .merge(seeds::routes())
        .merge(sso::routes())
        .merge(transfer::routes())
        .merge(user_pools::routes());
    #[cfg(feature = "metrics")]
    let guarded = guarded.route(METRICS, get(metrics::metrics));
    let guard = middleware::from_fn_with_state(service, guard);
    let routes = Router::new()
        // For probes, which know neither token nor host; they tell nothing.
        .route("/health", get(health))
        .route("/ready", get(ready))
        // The same for everybody, and nothing of what is inside.
        .route("/openapi.json", get(document::document))
        // A provider for whoever signs in by it.
        .merge(identity_provider::routes())
        .merge(guarded.route_layer(guard.clone()));
    let routes = Router::new().nest("/_emulator", routes);
    #[cfg(feature = "metrics")]
    let routes = routes.merge(Router::new().route(METRICS, get(metrics::metrics)).route_layer(guard));
    routes
}

async fn guard(State(service): Shared, request: Request, next: Next) -> ApiResult<Response> {
    let peer = request.extensions().get::<Peer>().copied();
    admit(&service, peer, &request)?;
    Ok(next.run(request).await)
}

fn admit(service: &Service, peer: Option<Peer>, request: &Request) -> ApiResult<()> {
    let headers = request.headers();
    if let Some(token) = &service.config().admin_token {
        return match bearer(headers)? {
            Some(given) if same_secret(given, token.expose_secret()) => Ok(()),
            _ => Err(ApiFailure::unauthorized("The admin token is required")),
        };
    }
    if !peer.is_some_and(|Peer(address)| address.ip().to_canonical().is_loopback()) {
        return Err(ApiFailure::forbidden("Only this machine is served"));
    }
    let host = text(headers, header::HOST.as_str());
    // A target that names its host goes before the header (RFC 9112, 3.2.2).
    let named = [host, request.uri().authority().map(Authority::as_str)];
    if host.is_none() || !named.into_iter().flatten().all(|host| is_own_host(service, host)) {
        return Err(ApiFailure::forbidden("This host is not served"));
    }
    if headers.contains_key(header::ORIGIN) {
        let origin = text(headers, header::ORIGIN.as_str())
            .and_then(|origin| origin.split_once("://"))
            .map(|(_, authority)| authority);
        if origin != host {
            return Err(ApiFailure::forbidden("This origin is not served"));
        }
    }
    Ok(())
}

/// Whether a `Host` is this machine, the address we listen on, or the configured one.
fn is_own_host(service: &Service, host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    let name = authority.host();
    if name.eq_ignore_ascii_case("localhost") {
        return true;
    }
    let address = name.trim_start_matches('[').trim_end_matches(']');
    if let Ok(address) = address.parse::<IpAddr>() {
        return address.to_canonical().is_loopback() || address == service.config().listen.ip();
    }
    let own = |url: &str| url.parse::<Uri>().ok()?.host().map(str::to_ascii_lowercase);
    own(service.base_url()).is_some_and(|own| own == name.to_ascii_lowercase())
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

async fn health(State(service): Shared) -> Json<Health> {
    Json(Health { status: "ok".to_owned(), password_hashing: service.passwords().mode().to_owned() })
}

async fn ready(State(service): Shared) -> ApiResult<Json<Ready>> {
    service.store().check().await.map_err(|error| {
        tracing::warn!(%error, "not ready");
        let failure = ApiFailure::new(StatusCode::SERVICE_UNAVAILABLE, "The store is not available");
        failure.header(header::RETRY_AFTER, HeaderValue::from_static("1"))
    })?;
    Ok(Json(Ready { status: "ok".to_owned() }))
}

async fn info(State(service): Shared) -> ApiResult<Json<Info>> {
    Ok(Json(Info {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        url: service.url().to_owned(),
        base_url: service.base_url().to_owned(),
        vendor_id: service.vendor_id().to_owned(),
        client_id: service.client_id().to_owned(),
        application_id: service.default_application_id().await?,
        store: service.config().store.to_string(),
        clock: show_clock(&service),
        operations: OPERATIONS.len(),
    }))
}

async fn reset(State(service): Shared, question: Result<Query<ResetQuery>, QueryRejection>) -> ApiResult<StatusCode> {
    let Query(wanted) = question.map_err(|rejection| ApiFailure::bad_request(rejection.body_text()))?;
    if wanted.seed {
        service.reset_to_seed().await?;
    } else {
        service.reset().await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// Shows the clock as it was set, once all processes of the store can know.
async fn clock_was_set(service: &Service) -> ApiResult<Json<ClockState>> {
    service.store().follow().await?;
    Ok(Json(show_clock(service)))
}

fn show_clock(service: &Service) -> ClockState {
    let clock = service.clock();
    ClockState { now: clock.now(), frozen: clock.is_frozen() }
}

async fn clock(State(service): Shared) -> Json<ClockState> {
    Json(show_clock(&service))
}

async fn set_clock(State(service): Shared, body: Bytes) -> ApiResult<Json<ClockState>> {
    let wanted: SetClock = parse(&body)?;
    service.clock().set(wanted.now);
    clock_was_set(&service).await
}

async fn advance_clock(State(service): Shared, body: Bytes) -> ApiResult<Json<ClockState>> {
    let wanted: AdvanceClock = parse(&body)?;
    let duration = Duration::try_from_secs_f64(wanted.seconds)
        .map_err(|_| ApiFailure::bad_request("seconds must be a number from 0"))?;
    service.clock().advance(duration);
    clock_was_set(&service).await
}

async fn freeze_clock(State(service): Shared) -> ApiResult<Json<ClockState>> {
    service.clock().freeze();
    clock_was_set(&service).await
}

async fn resume_clock(State(service): Shared) -> ApiResult<Json<ClockState>> {
    service.clock().resume();
    clock_was_set(&service).await
}

async fn real_clock(State(service): Shared) -> ApiResult<Json<ClockState>> {
    service.clock().real();
    clock_was_set(&service).await
}

/// Reads a body as JSON, whatever type it claims to be, as `curl -d` sends it.
fn parse<T: DeserializeOwned>(body: &[u8]) -> ApiResult<T> {
    serde_json::from_slice(body).map_err(|error| ApiFailure::bad_request(error.to_string()))
}
