//! A server over real HTTP whose operations answer with their own names, and requests to it.

use std::sync::Arc;

use axum::Router;
use frontegg_contract::{
    ApiFailure, ApiResult, Authenticate, EnvironmentToken, Principal, TokenKind, UserToken, route,
};
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use tokio::net::TcpListener;

#[rustfmt::skip]
#[path = "../generated/echo.rs"]
mod echo;

pub(crate) use echo::Echo;

/// Tokens that the server knows.
pub(crate) const ENVIRONMENT: &str = "environment-token";
pub(crate) const USER: &str = "user-token";
/// Of somebody without any permission.
pub(crate) const POWERLESS: &str = "powerless-token";
/// Of API credentials of the user and of the tenant, which may do everything.
pub(crate) const USER_API: &str = "user-api-token";
pub(crate) const TENANT_API: &str = "tenant-api-token";
/// Before the permission that somebody has.
pub(crate) const WITH: &str = "with-";

impl Authenticate for Echo {
    async fn authenticate(&self, token: &str) -> ApiResult<Principal> {
        match token {
            ENVIRONMENT => {
                Ok(Principal::Environment(EnvironmentToken { vendor_id: "vendor".into(), client_id: "client".into() }))
            }
            USER => Ok(user(TokenKind::User, &["fe.*"])),
            POWERLESS => Ok(user(TokenKind::User, &[])),
            USER_API => Ok(user(TokenKind::UserApi, &["*"])),
            TENANT_API => Ok(user(TokenKind::TenantApi, &["*"])),
            token => match token.strip_prefix(WITH) {
                Some(permission) => Ok(user(TokenKind::User, &[permission])),
                None => Err(ApiFailure::unauthorized("Invalid token")),
            },
        }
    }
}

fn user(kind: TokenKind, permissions: &[&str]) -> Principal {
    Principal::User(UserToken {
        user_id: if kind == TokenKind::TenantApi { String::new() } else { "ada".into() },
        tenant_id: "acme".into(),
        kind,
        token_id: "session".into(),
        roles: Vec::new(),
        permissions: permissions.iter().map(ToString::to_string).collect(),
    })
}

/// All operations.
pub(crate) fn echo() -> Router {
    route::finish(frontegg_contract::routes(Router::new()).with_state(Arc::new(Echo)))
}

/// A running server; it ends with the test.
pub(crate) struct Server {
    pub(crate) base: String,
    http: Client,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::of(echo()).await
    }

    pub(crate) async fn of(router: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { base, http: Client::new() }
    }

    /// A request without a token.
    pub(crate) fn request(&self, method: &str, path: &str) -> RequestBuilder {
        let method = method.parse().unwrap();
        self.http.request(method, format!("{}{path}", self.base))
    }
}

/// Status and error texts of an answer.
pub(crate) async fn outcome(request: RequestBuilder) -> (StatusCode, Vec<String>) {
    told(request.send().await.unwrap()).await
}

/// Status and error texts of an answer that has come.
pub(crate) async fn told(response: Response) -> (StatusCode, Vec<String>) {
    let status = response.status();
    assert!(response.headers().contains_key("frontegg-trace-id"));
    let body: Value = response.json().await.unwrap_or_default();
    let texts = body["errors"].as_array().cloned().unwrap_or_default();
    let texts = texts.iter().map(|text| text.as_str().unwrap().to_owned());
    (status, texts.collect())
}

/// Sends JSON.
pub(crate) fn with_json(request: RequestBuilder, body: impl Into<reqwest::Body>) -> RequestBuilder {
    request.header("content-type", "application/json").body(body)
}
