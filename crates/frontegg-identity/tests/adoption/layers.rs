//! Layers of a program's own around the exchange with the service.

use std::{
    convert::Infallible,
    error::Error as _,
    fmt,
    future::{self, Pending},
    sync::{Arc, Mutex},
    task::{Context, Poll},
    time::Duration,
};

use frontegg_identity::{
    ErrorKind, Frontegg, Retry,
    layer::{Body, Next, Request, Response},
    model::Operation,
    testing::{Recording, Scripted, respond},
};
use http::{HeaderName, HeaderValue, StatusCode};
use tower::{
    ServiceBuilder,
    layer::layer_fn,
    load_shed::{LoadShedLayer, error::Overloaded},
    util::{MapRequestLayer, MapResponseLayer},
};
use tower_http::set_header::SetRequestHeaderLayer;
use tower_service::Service as TowerService;

use crate::support::{Reply, Service, ok, token};

/// What has passed a layer.
type Passed = Arc<Mutex<Vec<String>>>;

/// A layer that notes which operations pass it.
fn noting(name: &'static str, passed: &Passed) -> MapRequestLayer<impl Fn(Request) -> Request + Clone + use<>> {
    let passed = passed.clone();
    MapRequestLayer::new(move |request: Request| {
        let operation = request.extensions().get::<&'static Operation>().unwrap();
        passed.lock().unwrap().push(format!("{name} {}", operation.id));
        request
    })
}

#[tokio::test]
async fn every_attempt_passes_the_layers_from_the_first_to_the_last() {
    let service = Service::start(token(), vec![Reply::new(503, ""), ok()]).await;
    let passed = Passed::default();
    let agent = SetRequestHeaderLayer::overriding(
        HeaderName::from_static("x-acme-service"),
        HeaderValue::from_static("portal"),
    );
    let builder = service.builder().layer(noting("outer", &passed)).layer(agent).layer(noting("inner", &passed));
    let response = builder.build().unwrap().tenant("acme").roles().list_roles_v1().with_response().await.unwrap();
    assert_eq!(response.attempts(), 2);
    let expected = ["authenticate_environment", "list_roles_v1", "list_roles_v1"];
    let expected: Vec<_> = expected.iter().flat_map(|id| [format!("outer {id}"), format!("inner {id}")]).collect();
    assert_eq!(*passed.lock().unwrap(), expected);
    let asked = service.asked();
    assert!(asked.iter().all(|asked| asked.header("x-acme-service") == Some("portal")), "{asked:?}");
    assert_eq!(asked[2].header("authorization"), Some("Bearer t-1"));
    assert_eq!(asked[0].body, r#"{"clientId":"id","secret":"the-api-key"}"#);
    assert_eq!(asked[1].header("content-length"), None, "a GET has no body with layers, either");
}

/// A service that is never ready, or never answers.
#[derive(Clone)]
struct Stuck {
    is_ready: bool,
}

impl TowerService<Request> for Stuck {
    type Response = Response;
    type Error = Infallible;
    type Future = Pending<Result<Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        if self.is_ready { Poll::Ready(Ok(())) } else { Poll::Pending }
    }

    fn call(&mut self, _: Request) -> Self::Future {
        future::pending()
    }
}

#[tokio::test]
async fn an_error_of_a_layer_keeps_its_type() {
    let service = Service::start(token(), vec![ok()]).await;
    let busy = ServiceBuilder::new().layer(LoadShedLayer::new()).layer(layer_fn(|_: Next| Stuck { is_ready: false }));
    let frontegg = service.builder().layer(busy).build().unwrap();
    let error = frontegg.session("t").roles().list_roles_v1().await.unwrap_err();
    assert_eq!((error.kind(), error.attempts(), error.http_status()), (ErrorKind::Layer, 1, 500));
    assert_eq!(error.to_string(), "list_roles_v1: a layer of the client failed: service overloaded");
    assert!(error.source().unwrap().is::<Overloaded>() && !error.is_retryable());
    assert_eq!(error.history()[0].kind, ErrorKind::Layer);
    assert_eq!(service.counts(), (0, 0));
}

/// An error of the program.
#[derive(Debug)]
struct Refused(&'static str);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Refused {}

#[tokio::test]
async fn a_layer_behind_another_is_told_apart_from_the_exchange() {
    let service = Service::start(token(), vec![ok()]).await;
    let refuse = layer_fn(|_: Next| tower::service_fn(|_: Request| future::ready(Err::<Response, _>(Refused("no")))));
    let builder = service.builder().layer(noting("outer", &Passed::default())).layer(refuse);
    let error = builder.build().unwrap().session("t").roles().list_roles_v1().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Layer);
    assert!(error.source().unwrap().is::<Refused>(), "{error:?}");
}

/// What the exchange itself fails with is the same with layers, and sent again like without them.
#[tokio::test]
async fn failures_of_the_exchange_pass_unchanged() {
    let service = Service::start(token(), vec![Reply::new(200, "[]").cut(1), Reply::new(200, "").cut(0), ok()]).await;
    let layered = service.builder().layer(noting("any", &Passed::default())).build().unwrap();
    let response = layered.session("t").roles().list_roles_v1().with_response().await.unwrap();
    assert_eq!(response.attempts(), 3, "a body and a connection that break off are tried again");

    let nobody = |builder: frontegg_identity::Builder| builder.base_url("http://127.0.0.1:1").build().unwrap();
    let (plain, layered) =
        (nobody(service.builder()), nobody(service.builder().layer(noting("any", &Passed::default()))));
    // A connection that did not come about is tried again also for what writes.
    let call = async |frontegg: Frontegg| frontegg.session("t").roles().delete_role("r").await.map(drop).unwrap_err();
    let (plain, layered) = (call(plain).await, call(layered).await);
    assert_eq!(layered.to_string(), plain.to_string());
    assert_eq!((layered.kind(), layered.attempts()), (ErrorKind::Transport, 4));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_is_limited_with_its_layers() {
    let stuck = layer_fn(|_: Next| Stuck { is_ready: true });
    let frontegg = Frontegg::builder().transport(Scripted::default()).layer(stuck).retry(Retry::none());
    let call = frontegg.build().unwrap();
    let error = call.roles().list_roles_v1().attempt_timeout(Duration::from_secs(3)).await.unwrap_err();
    assert_eq!((error.kind(), error.history()[0].took), (ErrorKind::Timeout, Duration::from_secs(3)));
}

#[tokio::test]
async fn layers_see_and_change_what_a_double_answers() {
    let service = Recording::of(Scripted::new([respond::delete_role(), respond::list_roles_v1([])]));
    let seen = Arc::new(Mutex::new(Vec::new()));
    let seeing = seen.clone();
    let change = MapResponseLayer::new(move |mut response: Response| {
        seeing.lock().unwrap().push(response.status());
        if seeing.lock().unwrap().len() == 2 {
            *response.status_mut() = StatusCode::IM_A_TEAPOT;
        }
        response.map(|_| Body::from(r#"{"errors":["short and stout"]}"#.to_owned()))
    });
    let frontegg = Frontegg::builder().transport(service.clone()).layer(change).build().unwrap();
    frontegg.tenant("acme").roles().delete_role("r").await.unwrap();
    let error = frontegg.roles().list_roles_v1().await.unwrap_err();
    assert_eq!((error.status(), error.messages()), (Some(418), &["short and stout".to_owned()][..]));
    assert_eq!(*seen.lock().unwrap(), [StatusCode::OK; 2]);
    assert_eq!(service.requests()[0].tenant(), Some("acme"));
}

#[tokio::test]
async fn a_request_without_an_address_is_refused() {
    let service = Service::start(token(), vec![ok()]).await;
    let astray = MapRequestLayer::new(|mut request: Request| {
        *request.uri_mut() = http::Uri::from_static("/hunter2");
        request
    });
    let error = service.builder().layer(astray).build().unwrap().roles().list_roles_v1().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidRequest);
    assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
    assert_eq!(service.counts(), (0, 0));
}
