//! What OpenTelemetry is told of calls, and what the service is told of the trace.

use std::{collections::BTreeMap, sync::Once};

use frontegg_identity::{ErrorKind, Retry};
use opentelemetry::{
    Context, KeyValue, Value, global,
    trace::{FutureExt, TraceContextExt, Tracer, TracerProvider as _},
};
use opentelemetry_sdk::{
    metrics::{
        InMemoryMetricExporter, SdkMeterProvider,
        data::{AggregatedMetrics, Metric, MetricData, ResourceMetrics, ScopeMetrics},
    },
    propagation::TraceContextPropagator,
    trace::{InMemorySpanExporter, SdkTracerProvider},
};
use tracing_subscriber::layer::SubscriberExt;

use crate::support::{Reply, Service, ok, token};

/// A program's provider, and what it has exported.
fn provider() -> (SdkMeterProvider, InMemoryMetricExporter) {
    let exporter = InMemoryMetricExporter::default();
    (SdkMeterProvider::builder().with_periodic_exporter(exporter.clone()).build(), exporter)
}

/// A metric's points: attributes, and how often something was noted.
type Points = Vec<(BTreeMap<String, String>, u64)>;

fn attributes<'a>(attributes: impl Iterator<Item = &'a KeyValue>) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().into_owned();
    attributes.map(|pair| (pair.key.to_string(), text(&pair.value))).collect()
}

/// The points of a metric, and its unit.
fn exported((provider, exporter): &(SdkMeterProvider, InMemoryMetricExporter), name: &str) -> (Points, String) {
    exporter.reset();
    provider.force_flush().unwrap();
    let finished = exporter.get_finished_metrics().unwrap();
    let scopes = finished.iter().flat_map(ResourceMetrics::scope_metrics);
    let own = scopes.filter(|scope| scope.scope().name() == "frontegg-identity");
    let metric: &Metric = own.flat_map(ScopeMetrics::metrics).find(|metric| metric.name() == name).unwrap();
    let mut points: Points = match metric.data() {
        AggregatedMetrics::F64(MetricData::Histogram(durations)) => {
            durations.data_points().map(|point| (attributes(point.attributes()), point.count())).collect()
        }
        AggregatedMetrics::U64(MetricData::Sum(sum)) => {
            sum.data_points().map(|point| (attributes(point.attributes()), point.value())).collect()
        }
        other => panic!("{other:?}"),
    };
    points.sort();
    (points, metric.unit().to_owned())
}

fn named<const N: usize>(pairs: [(&str, &str); N]) -> BTreeMap<String, String> {
    pairs.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

#[tokio::test]
async fn attempts_are_measured_by_the_semantic_conventions() {
    let told = provider();
    let service = Service::start(token(), vec![Reply::new(503, ""), ok(), Reply::new(404, "{}")]).await;
    let roles = service.builder().meter_provider(&told.0).build().unwrap().tenant("acme").roles();
    roles.list_roles_v1().await.unwrap();
    roles.list_roles_v1().await.unwrap_err();

    let port = service.url.rsplit_once(':').unwrap().1;
    let of = |method, template, status| {
        let mut attributes = named([
            ("server.address", "127.0.0.1"),
            ("server.port", port),
            ("http.request.method", method),
            ("url.template", template),
            ("http.response.status_code", status),
        ]);
        if status != "200" {
            attributes.insert("error.type".to_owned(), status.to_owned());
        }
        attributes
    };
    let list = "/identity/resources/roles/v1";
    let (points, unit) = exported(&told, "http.client.request.duration");
    assert_eq!(unit, "s");
    let mut expected: Points = ["200", "404", "503"].map(|status| (of("GET", list, status), 1)).into();
    expected.push((of("POST", "/auth/vendor", "200"), 1));
    expected.sort();
    assert_eq!(points, expected);

    let (retries, unit) = exported(&told, "frontegg.client.retries");
    assert_eq!(unit, "{retry}");
    assert_eq!(retries, [(named([("frontegg.operation", "list_roles_v1"), ("error.type", "503")]), 1)]);
}

#[tokio::test]
async fn attempts_without_an_answer_and_with_another_token_are_among_them() {
    let told = provider();
    let service = Service::start(token(), vec![Reply::new(401, "{}"), ok()]).await;
    let builder = service.builder().meter_provider(&told.0);
    builder.clone().build().unwrap().roles().list_roles_v1().await.unwrap();
    let nobody = builder.base_url("http://[::1]:1").retry(Retry::none()).build().unwrap();
    let error = nobody.session("t").roles().list_roles_v1().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Transport);

    let (points, _) = exported(&told, "http.client.request.duration");
    let unanswered: Vec<_> = points.iter().filter(|(of, _)| !of.contains_key("http.response.status_code")).collect();
    let [(of, 1)] = unanswered[..] else { panic!("{points:?}") };
    assert_eq!((of["server.address"].as_str(), of["error.type"].as_str()), ("::1", "Transport"));
    let (retries, _) = exported(&told, "frontegg.client.retries");
    assert_eq!(retries, [(named([("frontegg.operation", "list_roles_v1"), ("error.type", "401")]), 1)]);
}

/// The propagator is the process's.
fn with_propagator() {
    static SET: Once = Once::new();
    SET.call_once(|| global::set_text_map_propagator(TraceContextPropagator::new()));
}

fn tracer_provider() -> (SdkTracerProvider, InMemorySpanExporter) {
    let spans = InMemorySpanExporter::default();
    (SdkTracerProvider::builder().with_simple_exporter(spans.clone()).build(), spans)
}

#[tokio::test]
async fn every_attempt_carries_the_current_context() {
    with_propagator();
    let service = Service::start(token(), vec![Reply::new(503, ""), ok()]).await;
    let (provider, _) = tracer_provider();
    let span = provider.tracer("test").start("sync");
    let context = Context::current_with_span(span);
    let (trace, span) = {
        let span = context.span().span_context().clone();
        (span.trace_id(), span.span_id())
    };
    let roles = service.frontegg().tenant("acme").roles();
    roles.list_roles_v1().with_context(context.clone()).await.unwrap();
    roles.list_roles_v1().header("traceparent", "00-own").with_context(context).await.unwrap();
    roles.list_roles_v1().await.unwrap();
    let asked = service.asked();
    let sent: Vec<_> = asked.iter().map(|asked| asked.header("traceparent")).collect();
    let expected = format!("00-{trace}-{span}-01");
    let expected = Some(expected.as_str());
    assert_eq!(sent, [expected, expected, expected, Some("00-own"), None]);
    assert!(asked.iter().all(|asked| asked.header("tracestate").is_none()), "an empty one is none");
}

#[tokio::test]
async fn the_span_of_a_call_is_the_parent_of_what_the_service_does() {
    with_propagator();
    let service = Service::start(token(), vec![ok()]).await;
    let (provider, spans) = tracer_provider();
    let layer = tracing_opentelemetry::layer().with_tracer(provider.tracer("test"));
    let guard = tracing::subscriber::set_default(tracing_subscriber::registry().with(layer));
    service.frontegg().session("t").roles().list_roles_v1().await.unwrap();
    drop(guard);
    let spans = spans.get_finished_spans().unwrap();
    let call = spans.iter().find(|span| span.name == "frontegg.call").unwrap();
    let context = &call.span_context;
    let expected = format!("00-{}-{}-01", context.trace_id(), context.span_id());
    assert_eq!(service.asked()[0].header("traceparent"), Some(expected.as_str()));
}
