//! The SDK's verifier judges the tokens that the emulator issues.

use std::time::Duration;

use axum::{Router, extract::FromRef, routing::get};
use frontegg_identity::{
    types::{CreateTenantAccessTokenRequest, CreateTenantApiTokenDto},
    verify::{AccessTokens, Claims, Protect, Requirement, TokenKind, Verified, Verifier, VerifyError},
};
use reqwest::{StatusCode, header};
use serde_json::Value;

use crate::support::{self, World, http};

/// A verifier that goes by the emulator's clock.
fn verifier(world: &World) -> Verifier {
    let clock = world.emulator.clock();
    Verifier::builder(world.emulator.url())
        .audience(world.emulator.client_id())
        .access_tokens(AccessTokens::new(&world.frontegg).ttl(Duration::ZERO))
        .clock(move || clock.now())
        .build()
        .expect("a verifier")
}

async fn ada() -> (World, String) {
    let world = World::start().await;
    world.tenant("acme").await;
    let ada = world.user("acme", "ada@acme.test", &[]).await;
    let token = world.token(&ada, "acme").await;
    (world, token)
}

#[tokio::test]
async fn a_users_token_holds_until_it_expires() {
    let (world, token) = ada().await;
    let verifier = verifier(&world);
    let claims = verifier.verify(&token).await.expect("a good token");
    assert_eq!((claims.kind(), claims.tenant_id()), (TokenKind::UserToken, "acme"));
    assert_eq!(claims.user_id(), Some(claims.subject()));
    assert!(claims.has_role("Admin") && claims.has_permission("fe.secure.write.users"));
    assert!(!claims.stepped_up_at(None, world.emulator.clock().now()));
    world.emulator.clock().advance(Duration::from_hours(31 * 24));
    assert!(matches!(verifier.verify(&token).await, Err(VerifyError::Expired { .. })));
}

#[tokio::test]
async fn tokens_for_others_and_by_others_are_refused() {
    let (world, token) = ada().await;
    let builder = || Verifier::builder(world.emulator.url());
    let elsewhere = builder().audience("another application").build().expect("a verifier");
    assert!(matches!(elsewhere.verify(&token).await, Err(VerifyError::Audience { .. })));
    let keys = format!("{}/.well-known/jwks.json", world.emulator.url());
    let other = Verifier::builder("https://other.test").any_audience().jwks_url(keys).build().expect("a verifier");
    assert!(matches!(other.verify(&token).await, Err(VerifyError::Issuer { .. })));
    let unreached = builder().any_audience().jwks_url("http://127.0.0.1:9/").build().expect("a verifier");
    let error = unreached.verify(&token).await.expect_err("no keys");
    assert!(!error.is_rejection(), "a fault says nothing about the token: {error}");
}

/// Security cases 37 to 39: what does not bear a signature of the environment's key does not pass.
#[tokio::test]
async fn case_37_forged_tokens_are_refused() {
    let (world, token) = ada().await;
    let verifier = verifier(&world);
    let [header, claims, signature]: [&str; 3] = token.split('.').collect::<Vec<_>>().try_into().expect("three parts");
    let encode = |text: &str| {
        use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
        URL_SAFE_NO_PAD.encode(text)
    };
    for forged in [
        format!("{}.{claims}.", encode(r#"{"alg":"none"}"#)),
        format!("{}.{claims}.{signature}", encode(r#"{"alg":"HS256","typ":"JWT","kid":"x"}"#)),
        format!("{}.{claims}.{signature}", encode(r#"{"alg":"RS256","typ":"JWT","kid":"../../etc/passwd"}"#)),
        format!("{}.{claims}.{signature}", encode(r#"{"alg":"RS256","typ":"JWT"}"#)),
        format!("{header}.{}.{signature}", encode(r#"{"type":"userToken","sub":"eve","tenantId":"acme"}"#)),
        format!("{header}.{claims}"),
        format!("{token}.{claims}"),
        "x".repeat(20_000),
        String::new(),
    ] {
        let error = verifier.verify(&forged).await.expect_err("a forgery");
        assert!(error.is_rejection(), "{error}");
    }
    verifier.verify(&token).await.expect("the real one still holds");
}

#[tokio::test]
async fn machines_are_told_apart_and_looked_up() {
    let (world, _) = ada().await;
    let verifier = verifier(&world);
    let acme = world.frontegg.tenant("acme");
    let role = world.role("ReadOnly").await;

    let credentials = CreateTenantApiTokenDto::new().role_ids([role.as_str()]);
    let made = acme.api_tokens().create_tenant_api_token_v2(&credentials).await.expect("credentials");
    let request = frontegg_identity::types::AuthApiTokenDto::new(made.client_id, made.secret);
    let login = world.frontegg.authentication().api_token().authenticate_api_token(&request).await.expect("a token");
    let claims = verifier.verify(login.access_token.expose()).await.expect("a good token");
    assert_eq!(claims.kind(), TokenKind::TenantApiToken);
    assert!(claims.has_role("ReadOnly"));

    let request = CreateTenantAccessTokenRequest::new().role_ids([role.as_str()]);
    let made = acme.api_tokens().create_tenant_access_token(&request).await.expect("an access token");
    let token = made.secret.expect("shown once");
    assert!(verifier.verify(token.expose()).await.is_err(), "no bearer token");
    let claims = verifier.verify_access_token(token.expose()).await.expect("a good token");
    assert_eq!(claims.kind(), TokenKind::TenantAccessToken);
    assert!(claims.has_role("ReadOnly"), "looked up");
    acme.api_tokens().delete_tenant_access_token(&made.id).await.expect("deleted");
    assert!(matches!(verifier.verify_access_token(token.expose()).await, Err(VerifyError::Revoked)));
}

#[tokio::test]
async fn the_keys_are_where_the_discovery_document_says() {
    let (world, token) = ada().await;
    let anybody = world.raw_with("");
    let discovery = anybody.call("get_openid_configuration", &[], Value::Null).await.body;
    assert_eq!(discovery["issuer"], world.emulator.url());
    assert_eq!(discovery["jwks_uri"], format!("{}/.well-known/jwks.json", world.emulator.url()));
    let set = anybody.call("get_json_web_key_set", &[], Value::Null).await.body;
    assert_eq!(set["keys"][0]["kid"], support::header(&token)["kid"], "the key in use comes first");
    for private in ["d", "p", "q", "dp", "dq", "qi"] {
        assert!(set["keys"][0].get(private).is_none(), "{private} must not be shown");
    }
}

#[derive(Clone)]
struct App(Verifier);

impl FromRef<App> for Verifier {
    fn from_ref(app: &App) -> Self {
        app.0.clone()
    }
}

#[tokio::test]
async fn a_service_protects_its_routes() {
    let (world, token) = ada().await;
    let verifier = verifier(&world);
    let whoami = |claims: Claims| async move { claims.subject().to_owned() };
    let layer = |requirement| Protect::new(verifier.clone()).require(requirement);
    let app = Router::new()
        .route("/extracted", get(|caller: Verified| async move { caller.subject().to_owned() }))
        .route("/admins", get(whoami).layer(layer(Requirement::role("Admin"))))
        .route("/auditors", get(whoami).layer(layer(Requirement::role("Auditor"))))
        .route("/raised", get(whoami).layer(layer(Requirement::stepped_up(Duration::from_mins(1)))))
        .with_state(App(verifier.clone()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, app).await });

    let http = http();
    let ask = async |path: &str, token: Option<&str>| {
        let mut request = http.get(format!("{url}{path}"));
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await.expect("an answer");
        let challenge = answer.headers().get(header::WWW_AUTHENTICATE).map(|value| value.to_str().unwrap().to_owned());
        (answer.status(), challenge.unwrap_or_default())
    };
    assert_eq!(ask("/extracted", Some(&token)).await.0, StatusCode::OK);
    assert_eq!(ask("/admins", Some(&token)).await.0, StatusCode::OK);
    for (path, token, status, challenge) in [
        ("/extracted", None, 401, "Bearer"),
        ("/admins", None, 401, "Bearer"),
        ("/admins", Some("forged"), 401, r#"Bearer error="invalid_token""#),
        ("/auditors", Some(token.as_str()), 403, r#"Bearer error="insufficient_scope""#),
        (
            "/raised",
            Some(token.as_str()),
            401,
            concat!(
                r#"Bearer error="insufficient_user_authentication", "#,
                r#"acr_values="http://schemas.openid.net/pape/policies/2007/06/multi-factor", max_age="60""#,
            ),
        ),
    ] {
        let (found, said) = ask(path, token).await;
        assert_eq!((found.as_u16(), said.as_str()), (status, challenge), "{path}");
    }
}
