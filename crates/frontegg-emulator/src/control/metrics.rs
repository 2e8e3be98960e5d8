//! Figures for Prometheus, in the form of OpenMetrics.

use std::{fmt::Error, sync::Arc};

use axum::{extract::State, response::IntoResponse};
use frontegg_contract::{ApiFailure, ApiResult};
use http::header;
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric, text},
    metrics::{MetricType, counter::ConstCounter, gauge::ConstGauge, info::Info},
    registry::Registry,
};

use super::Shared;
use crate::{gate::Controls, service::outbox};

/// What comes before every name.
const PREFIX: &str = "frontegg_emulator";

const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

pub(super) async fn metrics(State(service): Shared) -> ApiResult<impl IntoResponse> {
    let (store, version) = (service.config().store.to_string(), env!("CARGO_PKG_VERSION"));
    let scrape = Scrape {
        controls: Arc::clone(service.controls()),
        open_transactions: service.store().open_transactions(),
        statements: service.store().statements(),
        commits: service.store().commits(),
        password_hashes: service.passwords().computed(),
        outbox_messages: outbox::count(&service).await?,
    };
    let mut registry = Registry::with_prefix(PREFIX);
    registry.register(
        "build",
        "Which emulator it is",
        Info::new(vec![("version", version.to_owned()), ("store", store)]),
    );
    registry.register_collector(Box::new(scrape));
    let mut body = String::new();
    text::encode(&mut body, &registry).map_err(ApiFailure::internal)?;
    Ok(([(header::CONTENT_TYPE, OPEN_METRICS)], body))
}

/// The state of things as somebody asks.
#[derive(Debug)]
struct Scrape {
    controls: Arc<Controls>,
    open_transactions: usize,
    statements: u64,
    commits: u64,
    password_hashes: u64,
    outbox_messages: u64,
}

impl Collector for Scrape {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), Error> {
        self.controls.figures.encode(&mut encoder)?;
        for (name, help, value) in [
            ("store_statements", "Statements that the store was asked", self.statements),
            ("store_commits", "Transactions that wrote and were committed", self.commits),
            ("password_hashes", "Password hashes that were computed", self.password_hashes),
        ] {
            let metric = ConstCounter::new(value);
            metric.encode(encoder.encode_descriptor(name, help, None, MetricType::Counter)?)?;
        }
        let open_transactions = u64::try_from(self.open_transactions).unwrap_or(u64::MAX);
        for (name, help, value) in [
            ("store_open_transactions", "Transactions that have begun and not ended", open_transactions),
            ("outbox_messages", "Messages in the outbox", self.outbox_messages),
        ] {
            let metric = ConstGauge::new(value);
            metric.encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)?;
        }
        Ok(())
    }
}
