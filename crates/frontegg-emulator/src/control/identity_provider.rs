//! The identity provider for tests: what it is told, behind the guard, and the provider itself, which browsers and the
//! services that sign people in by it reach as they would any other.

mod pages;

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Query, State, rejection::QueryRejection},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use frontegg_contract::{ApiFailure, ApiResult, receive::bearer};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use super::{Shared, parse};
use crate::{
    identity_provider::{AuthorizationRequest, IdentityProvider, SamlRequest, SignedIn, TokenError, TokenRequest},
    saml::service_provider::MEDIA_TYPE,
    service::Service,
    wire::{IdentityProviderState, ProviderSignIn, UnsolicitedSignIn},
};

/// What it is told, and people's sign-ins without its pages.
pub(super) fn guarded_routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/idp", get(state).put(set_state))
        .route("/idp/sign-ins", post(sign_in))
        .route("/idp/unsolicited", post(unsolicited))
}

/// The provider itself.
pub(super) fn routes() -> Router<Arc<Service>> {
    Router::new()
        .route("/idp/metadata", get(metadata))
        .route("/idp/saml", get(choose_for_saml).post(answer_saml))
        .route("/idp/.well-known/openid-configuration", get(discovery))
        .route("/idp/authorize", get(choose_for_openid).post(authorize))
        .route("/idp/token", post(token))
        .route("/idp/jwks", get(key_set))
        .route("/idp/userinfo", get(user_info).post(user_info))
}

fn shown(provider: &IdentityProvider) -> Json<IdentityProviderState> {
    Json(IdentityProviderState { people: provider.people(), defect: provider.defect() })
}

async fn state(State(service): Shared) -> Json<IdentityProviderState> {
    shown(service.identity_provider())
}

async fn set_state(State(service): Shared, body: Bytes) -> ApiResult<Json<IdentityProviderState>> {
    let IdentityProviderState { people, defect } = parse(&body)?;
    let provider = service.identity_provider();
    provider.set_people(people);
    provider.set_defect(defect);
    Ok(shown(provider))
}

async fn sign_in(State(service): Shared, body: Bytes) -> ApiResult<Json<SignedIn>> {
    let ProviderSignIn { address, email } = parse(&body)?;
    Ok(Json(service.identity_provider().signed_in(&address, &email).await?))
}

async fn unsolicited(State(service): Shared, body: Bytes) -> ApiResult<Json<SignedIn>> {
    let UnsolicitedSignIn { acs_url, sp_entity_id, email } = parse(&body)?;
    Ok(Json(service.identity_provider().began(&acs_url, &sp_entity_id, &email).await?))
}

async fn metadata(State(service): Shared) -> ApiResult<Response> {
    let metadata = service.identity_provider().metadata().await?;
    Ok(([(header::CONTENT_TYPE, MEDIA_TYPE)], metadata).into_response())
}

type Asked<T> = Result<Query<T>, QueryRejection>;

fn query<T>(asked: Asked<T>) -> ApiResult<T> {
    asked.map(|Query(asked)| asked).map_err(|rejection| ApiFailure::bad_request(rejection.body_text()))
}

/// Reads a body as a form, whatever type it claims to be.
fn form<T: DeserializeOwned>(body: &[u8]) -> ApiResult<T> {
    serde_urlencoded::from_bytes(body).map_err(|error| ApiFailure::bad_request(error.to_string()))
}

/// A page that no other page may hold, with nothing in it but itself, and that tells nobody where it was.
fn page(text: String) -> Response {
    let headers = [
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; base-uri 'none'; frame-ancestors 'none'"),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, Html(text)).into_response()
}

async fn choose_for_saml(State(service): Shared, asked: Asked<SamlRequest>) -> ApiResult<Response> {
    let (provider, request) = (service.identity_provider(), query(asked)?);
    request.check()?;
    Ok(page(pages::people(&provider.people(), &request)?))
}

/// The person who was chosen, with the request as it came.
#[derive(Deserialize)]
struct Chosen<T> {
    email: String,
    #[serde(flatten)]
    request: T,
}

async fn answer_saml(State(service): Shared, body: Bytes) -> ApiResult<Response> {
    let Chosen::<SamlRequest> { email, request } = form(&body)?;
    let answer = service.identity_provider().answer_saml(&request, &email).await?;
    Ok(page(pages::answer(&answer)))
}

async fn discovery(State(service): Shared) -> Json<Value> {
    Json(service.identity_provider().discovery())
}

async fn key_set(State(service): Shared) -> ApiResult<Json<Value>> {
    Ok(Json(service.identity_provider().key_set().await?))
}

async fn choose_for_openid(State(service): Shared, asked: Asked<AuthorizationRequest>) -> ApiResult<Response> {
    let (provider, request) = (service.identity_provider(), query(asked)?);
    request.check()?;
    Ok(page(pages::people(&provider.people(), &request)?))
}

async fn authorize(State(service): Shared, body: Bytes) -> ApiResult<Response> {
    let Chosen::<AuthorizationRequest> { email, request } = form(&body)?;
    let location = service.identity_provider().authorize(&request, &email)?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
}

async fn token(State(service): Shared, headers: HeaderMap, body: Bytes) -> ApiResult<Response> {
    let request: TokenRequest = form(&body)?;
    let client_id = headers.get(header::AUTHORIZATION).map(basic_client_id).transpose()?;
    let redeemed = service.identity_provider().redeem(&request, client_id.as_deref()).await?;
    let no_store = [(header::CACHE_CONTROL, "no-store")];
    Ok(match redeemed {
        Ok(tokens) => (no_store, Json(tokens)).into_response(),
        Err(error) => refused(error),
    })
}

fn refused(error: TokenError) -> Response {
    (StatusCode::BAD_REQUEST, [(header::CACHE_CONTROL, "no-store")], Json(error)).into_response()
}

/// RFC 6749 §2.3.1, RFC 7617. Any secret is taken.
fn basic_client_id(value: &HeaderValue) -> ApiResult<String> {
    let read = || {
        let encoded = value.to_str().ok()?.strip_prefix("Basic ")?;
        let pair = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
        let (id, _) = pair.split_once(':')?;
        let mut names: Vec<(String, String)> = serde_urlencoded::from_str(id).ok()?;
        names.pop().map(|(id, _)| id)
    };
    read().ok_or_else(|| ApiFailure::unauthorized("The client is not named as HTTP Basic does"))
}

async fn user_info(State(service): Shared, headers: HeaderMap) -> ApiResult<Json<Value>> {
    let claims = bearer(&headers)?.and_then(|token| service.identity_provider().user_info(token));
    claims.map(Json).ok_or_else(|| ApiFailure::unauthorized("The access token is not one of this identity provider"))
}
