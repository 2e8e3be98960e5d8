//! Metrics of requests and the propagation of traces, by OpenTelemetry's API (feature `otel`).
//!
//! Names and attributes are those of the semantic conventions for HTTP clients,
//! <https://opentelemetry.io/docs/specs/semconv/http/http-metrics/>.

use std::{fmt, sync::Arc, time::Duration};

use frontegg_model::Operation;
use http::HeaderMap;
use opentelemetry::{
    Context, InstrumentationScope, KeyValue, StringValue, global,
    metrics::{Counter, Histogram, Meter, MeterProvider},
    propagation::Injector,
};
use reqwest::Url;

use crate::{
    custom_headers,
    error::{Attempt, ErrorKind},
};

/// The version of the conventions that are followed.
const SCHEMA: &str = "https://opentelemetry.io/schemas/1.38.0";
/// In seconds, as the conventions advise.
const BOUNDARIES: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

fn scope() -> InstrumentationScope {
    let scope = InstrumentationScope::builder(env!("CARGO_PKG_NAME"));
    scope.with_version(env!("CARGO_PKG_VERSION")).with_schema_url(SCHEMA).build()
}

/// The meter of a program's own provider.
pub(crate) fn meter(provider: &dyn MeterProvider) -> Meter {
    provider.meter_with_scope(scope())
}

/// The meter of the provider that the process has.
pub(crate) fn global_meter() -> Meter {
    global::meter_with_scope(scope())
}

/// What is counted of the requests of a client.
pub(crate) struct Metrics {
    /// Of each attempt.
    request_duration: Histogram<f64>,
    /// Attempts after the first of a call.
    retries: Counter<u64>,
    /// Where the service is: host and port.
    server: [KeyValue; 2],
}

/// How an attempt has ended.
pub(crate) struct Ended<'a> {
    pub(crate) operation: &'static Operation,
    pub(crate) took: Duration,
    /// None where there was no answer.
    pub(crate) status: Option<u16>,
    pub(crate) failure: Option<&'a Attempt>,
}

impl Metrics {
    pub(crate) fn new(meter: &Meter, base_url: &str) -> Self {
        let url = Url::parse(base_url).ok();
        let host = url.as_ref().and_then(Url::host_str).unwrap_or_default().trim_matches(['[', ']']);
        let port = url.as_ref().and_then(Url::port_or_known_default).unwrap_or_default();
        // Shared, so that an attempt copies no text.
        let host = StringValue::from(Arc::<str>::from(host));
        let duration = meter.f64_histogram("http.client.request.duration").with_unit("s");
        let duration = duration.with_description("Duration of HTTP client requests.");
        let retries = meter.u64_counter("frontegg.client.retries").with_unit("{retry}");
        let retries = retries.with_description("Requests that were sent again, by what they followed.");
        Self {
            request_duration: duration.with_boundaries(BOUNDARIES.to_vec()).build(),
            retries: retries.build(),
            server: [KeyValue::new("server.address", host), KeyValue::new("server.port", i64::from(port))],
        }
    }

    pub(crate) fn note_attempt(&self, ended: &Ended<'_>) {
        let Ended { operation, took, status, failure } = ended;
        let [address, port] = self.server.clone();
        let method = KeyValue::new("http.request.method", operation.method.as_str());
        let template = KeyValue::new("url.template", operation.path);
        let status = status.map(|status| KeyValue::new("http.response.status_code", i64::from(status)));
        let error = failure.map(|failure| error_type(failure.status, failure.kind));
        let seconds = took.as_secs_f64();
        match (status, error) {
            (Some(status), None) => self.request_duration.record(seconds, &[address, port, method, template, status]),
            (Some(status), Some(error)) => {
                self.request_duration.record(seconds, &[address, port, method, template, status, error]);
            }
            (None, error) => {
                let error = error.unwrap_or_else(|| KeyValue::new("error.type", "_OTHER"));
                self.request_duration.record(seconds, &[address, port, method, template, error]);
            }
        }
    }

    /// Notes that a request is sent again after an attempt that has failed so.
    pub(crate) fn note_retry(&self, operation: &'static Operation, status: Option<u16>, kind: ErrorKind) {
        self.retries.add(1, &[KeyValue::new("frontegg.operation", operation.id), error_type(status, kind)]);
    }
}

/// The status, or the kind of the error where there is none.
fn error_type(status: Option<u16>, kind: ErrorKind) -> KeyValue {
    let text = status.map_or_else(|| format!("{kind:?}"), |status| status.to_string());
    KeyValue::new("error.type", text)
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

/// Adds to a request what the process's propagator says of the current context, e.g. `traceparent`.
///
/// A header that the request has already, or that is the client's own, stays as it is.
pub(crate) fn propagate(headers: &mut HeaderMap) {
    global::get_text_map_propagator(|propagator| {
        propagator.inject_context(&Context::current(), &mut Carrier(&mut *headers));
    });
}

struct Carrier<'a>(&'a mut HeaderMap);

impl Injector for Carrier<'_> {
    fn set(&mut self, key: &str, value: String) {
        // One that says nothing, such as an empty `tracestate`, is none.
        if let Ok((name, value)) = custom_headers::read(key, &value) {
            self.0.entry(name).or_insert(value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_propagator_sets_no_header_of_the_client_and_none_anew() {
        let mut headers = HeaderMap::new();
        headers.insert("traceparent", "the call's own".parse().unwrap());
        let mut carrier = Carrier(&mut headers);
        for (name, value) in [("traceparent", "other"), ("Authorization", "other"), ("tracestate", ""), ("b3", "0")] {
            carrier.set(name, value.to_owned());
        }
        assert_eq!(headers.len(), 2);
        assert_eq!(
            (headers["traceparent"].to_str().unwrap(), headers["b3"].to_str().unwrap()),
            ("the call's own", "0")
        );
    }
}
