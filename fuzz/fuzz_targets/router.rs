//! Whole requests: each is answered by the operation that its path names or with a documented refusal, of
//! a bounded size, and a body that was understood is understood in the same way when it is sent again.
//!
//! Input: the request as on the wire, with lines that end in a line feed.

#![no_main]

#[rustfmt::skip]
#[path = "../../crates/frontegg-contract/tests/generated/echo.rs"]
mod echo;

use std::sync::{Arc, LazyLock};

use axum::{Router, body::Body};
use echo::Echo;
use frontegg_contract::{
    ApiFailure, ApiResult, Authenticate, EnvironmentToken, Principal, TokenKind, UserToken, route,
};
use frontegg_fuzz::{lines, memory::Limit};
use frontegg_model::operation;
use http::{Method, Request, Response, StatusCode, Uri, header};
use http_body_util::BodyExt;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;

/// Whatever a request looks like, it is one of these.
const STATUSES: [u16; 11] = [400, 401, 403, 404, 405, 413, 414, 415, 418, 431, 501];

/// Most bytes of the texts of a refusal.
const MOST_TEXT: usize = 128 * 1024;

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| Builder::new_current_thread().build().expect("a runtime"));
static ROUTER: LazyLock<Router> =
    LazyLock::new(|| route::finish(frontegg_contract::routes(Router::new()).with_state(Arc::new(Echo))));

impl Authenticate for Echo {
    async fn authenticate(&self, token: &str) -> ApiResult<Principal> {
        let user = |kind| {
            Principal::User(UserToken {
                user_id: "ada".to_owned(),
                tenant_id: "acme".to_owned(),
                kind,
                token_id: "session".to_owned(),
                roles: Vec::new(),
                permissions: vec!["fe.*".to_owned()],
            })
        };
        match token {
            "environment" => Ok(Principal::Environment(EnvironmentToken {
                vendor_id: "vendor".to_owned(),
                client_id: "client".to_owned(),
            })),
            "user" => Ok(user(TokenKind::User)),
            "tenant" => Ok(user(TokenKind::TenantApi)),
            _ => Err(ApiFailure::unauthorized("Invalid token")),
        }
    }
}

fn request(input: &[u8]) -> Option<Request<Vec<u8>>> {
    let (head, body) = lines::block(input);
    let (first, headers) = head.split_first()?;
    let mut words = first.split(|byte| *byte == b' ');
    let (method, uri) = (Method::from_bytes(words.next()?).ok()?, words.next()?);
    let mut request = Request::builder().method(method).uri(Uri::try_from(uri).ok()?);
    for line in headers {
        let colon = line.iter().position(|byte| *byte == b':')?;
        request = request.header(&line[..colon], line[colon + 1..].trim_ascii());
    }
    request.body(body.to_vec()).ok()
}

/// Sends a request; its answer is JSON but where nothing is said.
fn send(request: Request<Vec<u8>>) -> (Response<()>, Value) {
    let (parts, body) = request.into_parts();
    let request = Request::from_parts(parts, Body::from(body));
    let answer = RUNTIME.block_on(ROUTER.clone().oneshot(request)).expect("an answer");
    let (parts, body) = answer.into_parts();
    let body = RUNTIME.block_on(body.collect()).expect("a body").to_bytes();
    let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).expect("JSON") };
    (Response::from_parts(parts, ()), body)
}

/// Whether that path is one of the template's.
fn leads_to(uri: &Uri, template: &str) -> bool {
    let uri = route::normalized(uri).unwrap_or_else(|| uri.clone());
    let (given, wanted): (Vec<_>, Vec<_>) = (uri.path().split('/').collect(), template.split('/').collect());
    let fits = |(given, wanted): (&&str, &&str)| given == wanted || (wanted.starts_with('{') && !given.is_empty());
    given.len() == wanted.len() && given.iter().zip(&wanted).all(fits)
}

fuzz_target!(|input: &[u8]| {
    let Some(request) = request(input) else { return };
    LazyLock::force(&ROUTER);
    let limit = Limit { any: 4 * 1024 * 1024, byte: 2 * 1024 };
    let (answer, body) = limit.hold(input.len(), || send(request.clone()));
    assert!(STATUSES.contains(&answer.status().as_u16()), "{}", answer.status());
    assert!(answer.headers().contains_key("frontegg-trace-id"));
    if request.method() == Method::HEAD || body.is_null() {
        return;
    }
    let texts: Vec<&str> = body["errors"].as_array().expect("errors").iter().filter_map(Value::as_str).collect();
    assert!(!texts.is_empty());
    let size: usize = texts.iter().map(|text| text.len()).sum();
    assert!(size <= MOST_TEXT, "{size} bytes of errors");
    if answer.status() != StatusCode::IM_A_TEAPOT {
        return;
    }
    let reached = operation(texts[0]).expect("an operation");
    assert_eq!(reached.method.as_str(), request.method().as_str());
    assert!(leads_to(request.uri(), reached.path), "{} for {}", reached.path, request.uri());
    let understood = &body["context"]["body"];
    if understood.is_object() || understood.is_array() {
        let mut again = request;
        *again.body_mut() = understood.to_string().into_bytes();
        again.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("application/json"));
        let (answer, told) = send(again);
        assert_eq!(answer.status(), StatusCode::IM_A_TEAPOT, "{understood} {told}");
        assert_eq!(&told["context"]["body"], understood, "{}", reached.id);
    }
});
