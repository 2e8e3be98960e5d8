//! Every published operation called through the facade: client and server agree on method,
//! address, token, scope and body, and the view's method reaches the handler of its own operation.

use std::pin::Pin;

use crate::support::{ENVIRONMENT, Server, USER, echo};
use axum::body::{Body, to_bytes};
use axum::extract::Request;
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use frontegg_identity::{Anonymous, Environment, Error, Frontegg, Retry, Scope, User};
use frontegg_model::OPERATIONS;

#[rustfmt::skip]
#[path = "../generated/calls.rs"]
mod calls;

/// Credentials that the server exchanges for the environment's token.
const CLIENT_ID: &str = "client";

/// Scopes by the token that they send.
struct Scopes {
    anonymous: Scope<Anonymous>,
    environment: Scope<Environment>,
    user: Scope<User>,
}

/// A call of one operation with sample values.
type Call = for<'a> fn(&'a Scopes) -> Pin<Box<dyn Future<Output = Result<(), Error>> + Send + 'a>>;

fn body<T: serde::de::DeserializeOwned>(sample: &str) -> T {
    serde_json::from_str(sample).unwrap_or_else(|error| panic!("{sample}: {error}"))
}

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
    for (id, call) in calls::CALLS {
        let error = call(&scopes).await.expect_err(id);
        assert_eq!((error.status(), error.messages()), (Some(418), &[(*id).to_owned()][..]), "{error}");
        assert_eq!(error.operation(), Some(*id));
        assert!(error.trace_id().is_some());
    }
}

#[test]
fn every_published_operation_is_called() {
    let called: Vec<&str> = calls::CALLS.iter().map(|(id, _)| *id).collect();
    let published: Vec<&str> = OPERATIONS.iter().filter(|row| row.published).map(|row| row.id).collect();
    assert_eq!(called, published);
}
