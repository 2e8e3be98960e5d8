//! What stood in the way of programs that took up this crate, as they do it now.

mod connection;
#[cfg(feature = "test-util")]
mod doubles;
mod errors;
#[cfg(all(feature = "tower", feature = "test-util"))]
mod layers;
mod many_calls;
mod proxy;
mod replicas;
mod shape;
mod step_up;
#[allow(dead_code, reason = "shared between test programs")]
#[path = "../support/service.rs"]
mod support;
#[cfg(feature = "otel")]
mod telemetry;
mod tls;
mod tokens;
#[cfg(feature = "axum")]
mod web_service;
mod world;

use frontegg_emulator::Emulator;
use frontegg_identity::{Frontegg, types::CreateTenantRequest};

/// An emulator, and a client of it.
async fn start() -> (Emulator, Frontegg) {
    let emulator = Emulator::builder().start().await.unwrap();
    let frontegg = Frontegg::builder().base_url(emulator.url());
    let frontegg = frontegg.credentials(emulator.client_id(), emulator.api_key()).build().unwrap();
    (emulator, frontegg)
}

/// Creates a tenant with that id.
async fn create_tenant(frontegg: &Frontegg, id: &str) {
    let new = CreateTenantRequest::new().tenant_id(id).name(id);
    frontegg.tenants().create_tenant(new).await.unwrap();
}
