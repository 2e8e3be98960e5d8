//! Every published operation called through the facade: client and server agree on method,
//! address, token, scope and body, and the view's method reaches the handler of its own operation.

use crate::support::{ENVIRONMENT, Server, USER, echo};
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use frontegg_identity::{Frontegg, Retry};
use frontegg_model::OPERATIONS;
use frontegg_samples::facade::{CALLS, Call, Scopes};

/// Credentials that the server exchanges for the environment's token.
const CLIENT_ID: &str = "client";

/// Lets the facade have its token; whatever else is asked goes on to the operations.
async fn exchange(request: Request, next: Next) -> Response {
    if request.uri().path() != "/auth/vendor" {
        return next.run(request).await;
    }
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let asked: serde_json::Value = serde_json::from_slice(&body).unwrap();
    if asked["clientId"] != CLIENT_ID {
        return next.run(Request::from_parts(parts, Body::from(body))).await;
    }
    let token = serde_json::json!({ "token": ENVIRONMENT, "expiresIn": 3600 });
    ([("content-type", "application/json")], token.to_string()).into_response()
}

#[tokio::test]
async fn every_operation_reaches_its_own_handler() {
    let server = Server::of(echo().layer(middleware::from_fn(exchange))).await;
    let builder = Frontegg::builder().base_url(&server.base).credentials(CLIENT_ID, "key").retry(Retry::none());
    let frontegg = builder.build().unwrap();
    let scopes = Scopes {
        anonymous: frontegg.anonymous(),
        environment: frontegg.tenant("acme").user("ada"),
        user: frontegg.session(USER),
    };
    for Call { operation: id, send } in CALLS {
        let error = send(&scopes).await.expect_err(id);
        assert_eq!((error.status(), error.messages()), (Some(418), &[(*id).to_owned()][..]), "{error}");
        assert_eq!(error.operation(), Some(*id));
        assert!(error.trace_id().is_some());
    }
}

#[test]
fn every_published_operation_is_called() {
    let called: Vec<&str> = CALLS.iter().map(|call| call.operation).collect();
    let published: Vec<&str> = OPERATIONS.iter().filter(|row| row.published).map(|row| row.id).collect();
    assert_eq!(called, published);
}
