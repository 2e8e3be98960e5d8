//! A web service that lets callers in by their tokens: cookies, answers of its own, requirements in code, and what the
//! log tells those who run it.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use frontegg_identity::verify::{Claims, Protect, Refusal, Requirement, Verified, Verifier, VerifyError};
use serde_json::{Value, json};

use crate::world::{ADA, World};

/// What the handlers share; the verifier is not among it.
#[derive(Clone)]
struct Shop;

fn verifier(world: &World) -> Verifier {
    let clock = world.emulator.clock();
    let builder = Verifier::builder(world.emulator.url()).audience(world.emulator.client_id());
    builder.audience(world.emulator.application_id()).clock(move || clock.now()).build().unwrap()
}

/// Serves an application; its address.
async fn serve(app: Router) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

async fn get_with(url: &str, headers: &[(&str, &str)]) -> reqwest::Response {
    let mut request = reqwest::Client::builder().no_proxy().build().unwrap().get(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.send().await.unwrap()
}

async fn who(claims: Claims) -> String {
    claims.email().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn the_claims_of_the_layer_reach_handlers_whatever_the_state_is() {
    let world = World::start().await;
    let verifier = verifier(&world);
    let state = Router::new()
        .route("/verified", get(async |caller: Verified| caller.email().unwrap_or_default().to_owned()))
        .with_state(verifier.clone());
    let app = Router::new()
        .route("/claims", get(who))
        .route("/maybe", get(async |claims: Option<Claims>| claims.is_some().to_string()))
        .layer(Protect::new(verifier))
        .route("/forgotten", get(who))
        .route("/public", get(async |claims: Option<Claims>| claims.is_some().to_string()))
        .with_state(Shop)
        .merge(state);
    let url = serve(app).await;
    let token = world.session().await.access_token().await.unwrap();
    let bearer = format!("Bearer {}", token.expose());
    for (path, headers, status, body) in [
        ("/claims", &[("authorization", bearer.as_str())][..], 200, ADA),
        ("/maybe", &[("authorization", &bearer)], 200, "true"),
        ("/verified", &[("authorization", &bearer)], 200, ADA),
        ("/claims", &[], 401, ""),
        ("/verified", &[], 401, ""),
        ("/public", &[("authorization", &bearer)], 200, "false"),
        // A mistake of the service lets nobody in.
        ("/forgotten", &[("authorization", &bearer)], 500, ""),
    ] {
        let answer = get_with(&format!("{url}{path}"), headers).await;
        assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (status, body), "{path}");
    }
}

#[tokio::test]
async fn a_cookie_carries_the_token_if_the_layer_is_told_so() {
    let world = World::start().await;
    let protect = Protect::new(verifier(&world));
    let app = Router::new()
        .route("/page", get(who).layer(protect.clone().cookie("access")))
        .route("/api", get(who).layer(protect));
    let url = serve(app).await;
    let token = world.session().await.access_token().await.unwrap();
    let cookies = format!("theme=dark; access={}", token.expose());
    let status =
        async |path: &str, headers: &[(&str, &str)]| get_with(&format!("{url}{path}"), headers).await.status().as_u16();
    assert_eq!(status("/page", &[("cookie", &cookies)]).await, 200);
    assert_eq!(status("/api", &[("cookie", &cookies)]).await, 401);
    assert_eq!(status("/page", &[("cookie", "access=x")]).await, 401);
    assert_eq!(status("/page", &[("cookie", &cookies), ("authorization", "Bearer x")]).await, 401, "the header counts");
}

/// Problem details (RFC 9457).
fn problem(refusal: &Refusal) -> Response {
    let status = refusal.status();
    let body = json!({
        "type": "about:blank",
        "title": status.canonical_reason(),
        "status": status.as_u16(),
        "detail": refusal.to_string(),
    });
    (status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
}

#[tokio::test]
async fn refusals_are_shaped_as_the_service_shapes_its_errors() {
    let world = World::start().await;
    let protect = Protect::new(verifier(&world)).on_refusal(problem);
    let with = |requirement| get(who).layer(protect.clone().require(requirement));
    let app = Router::new()
        .route("/any", get(who).layer(protect.clone()))
        .route("/admins", with(Requirement::role("nobody")))
        .route("/payouts", with(Requirement::stepped_up(Duration::from_secs(300))))
        .route(
            "/moved",
            get(who).layer(Protect::new(verifier(&world)).on_refusal(|_: &Refusal| StatusCode::FOUND.into_response())),
        );
    let url = serve(app).await;
    let token = world.session().await.access_token().await.unwrap();
    let valid = format!("Bearer {}", token.expose());
    let step_up = "Bearer error=\"insufficient_user_authentication\", \
                   acr_values=\"http://schemas.openid.net/pape/policies/2007/06/multi-factor\", max_age=\"300\"";
    for (path, token, status, challenge, detail) in [
        ("/any", "", 401, "Bearer", "no token was presented"),
        ("/any", "Bearer hunter2", 401, r#"Bearer error="invalid_token""#, "the token is invalid"),
        ("/admins", &valid, 403, r#"Bearer error="insufficient_scope""#, "a role or permission is missing"),
        ("/payouts", &valid, 401, step_up, "a second factor is needed"),
    ] {
        let answer = get_with(&format!("{url}{path}"), &[("authorization", token)]).await;
        assert_eq!(answer.status().as_u16(), status, "{path}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json");
        assert_eq!(answer.headers()["www-authenticate"], challenge, "{path}");
        let body: Value = answer.json().await.unwrap();
        assert_eq!((&body["status"], &body["detail"]), (&json!(status), &json!(detail)), "{path}");
    }
    let moved = get_with(&format!("{url}/moved"), &[]).await;
    assert!(moved.headers().get("www-authenticate").is_none(), "another status is the program's own");
}

#[tokio::test]
async fn one_requirement_serves_a_route_and_code() {
    async fn pay(claims: Claims) -> Result<String, Refusal> {
        Requirement::permission("invoices.pay").and(Requirement::role("Admin")).check(&claims)?;
        Ok("paid".to_owned())
    }
    let world = World::start().await;
    let app = Router::new().route("/pay", post(pay)).layer(Protect::new(verifier(&world)));
    let url = serve(app).await;
    let token = world.session().await.access_token().await.unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let answer = http.post(format!("{url}/pay")).bearer_auth(token.expose()).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 403);
    assert_eq!(answer.headers()["www-authenticate"], r#"Bearer error="insufficient_scope""#);
}

/// What is traced on this thread.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_is_told_once_aloud_why_tokens_are_not_accepted() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let world = World::start().await;
    let token = world.session().await.access_token().await.unwrap();
    let token = token.expose();
    let clock = world.emulator.clock();
    let strict =
        Verifier::builder(world.emulator.url()).audience("another").clock(move || clock.now()).build().unwrap();
    for _ in 0..3 {
        let error = strict.verify(token).await.unwrap_err();
        let VerifyError::Audience { found, accepted, .. } = &error else { panic!("{error:?}") };
        assert_eq!((found.len(), accepted.as_slice()), (1, &["another".to_owned()][..]));
        assert_eq!((error.claim(), error.reason()), (Some("aud"), "audience"));
    }
    world.emulator.clock().advance(Duration::from_secs(365 * 24 * 60 * 60));
    let verifier = verifier(&world);
    for _ in 0..2 {
        let error = verifier.verify(token).await.unwrap_err();
        let VerifyError::Expired { at: Some(at), now, .. } = &error else { panic!("{error:?}") };
        assert!(*now > *at);
    }
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    let told = |level: &str, reason: &str| {
        let reason = format!("reason=\"{reason}\"");
        text.lines().filter(|line| line.contains(level) && line.contains(&reason)).count()
    };
    assert_eq!((told("WARN", "audience"), told("DEBUG", "audience")), (1, 2), "{text}");
    assert_eq!((told("WARN", "expired"), told("DEBUG", "expired")), (1, 1), "{text}");
    assert!(text.contains("accepted is \"another\"") && text.contains("by this clock"), "{text}");
    assert!(!text.contains(token), "{text}");
}
