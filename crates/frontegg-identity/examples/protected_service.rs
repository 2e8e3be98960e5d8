//! A service of your own whose routes take the tokens that come out of sign-in: an extractor that verifies where a
//! handler wants to know who calls, a layer where a route wants a role, a permission or a second factor.
//!
//! `cargo run --example protected_service --features axum` starts it beside an emulator, prints tokens
//! to try and what each route answers to them.

use std::time::Duration;

use axum::{
    Json, Router,
    extract::FromRef,
    routing::{get, post},
};
use frontegg_emulator::Emulator;
use frontegg_identity::{
    Frontegg, Login,
    enums::{EnforceMfaType, MfaStrategy},
    login::Factor,
    types::{
        AddRoleRequest, CreateOrUpdateMfaStrategyRequest, CreateTenantAccessTokenRequest, CreateTenantRequest,
        CreateUserDto, MfaPolicyRequest,
    },
    verify::{AccessTokens, Claims, Protect, Requirement, Verified, Verifier},
};
use serde_json::{Value, json};

/// How long ago the second factor may have been shown, for payouts.
const FRESH: Duration = Duration::from_secs(5 * 60);
const PASSWORD: &str = "correct Horse 7 battery";

/// What the handlers share.
#[derive(Clone)]
struct App {
    verifier: Verifier,
}

/// With this, [`Verified`] can be an argument of any handler.
impl FromRef<App> for Verifier {
    fn from_ref(app: &App) -> Self {
        app.verifier.clone()
    }
}

/// The routes. Behind a layer, the handler takes what the layer has found.
pub(crate) fn router(verifier: Verifier) -> Router {
    let with = |requirement| Protect::new(verifier.clone()).require(requirement);
    Router::new()
        .route("/", get(async || "Everybody is welcome"))
        .route("/me", get(async |caller: Verified| who(caller.0).await))
        .route("/reports", get(who).layer(with(Requirement::any_role(["Admin", "accountant"]))))
        .route("/users", post(who).layer(with(Requirement::permission("fe.secure.write.users"))))
        .route("/payouts", post(who).layer(with(Requirement::stepped_up(FRESH))))
        .with_state(App { verifier })
}

/// Tells callers who they are.
async fn who(claims: Claims) -> Json<Value> {
    Json(json!({
        "subject": claims.subject(),
        "user": claims.user_id(),
        "tenant": claims.tenant_id(),
        "roles": claims.roles(),
    }))
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    // In production: the environment's domain, e.g. https://app-xyz.frontegg.com, and its client id.
    let emulator = Emulator::start().await?;
    let frontegg =
        Frontegg::builder().base_url(emulator.url()).credentials(emulator.client_id(), emulator.api_key()).build()?;
    let verifier = Verifier::builder(emulator.url())
        .audience(emulator.client_id())
        .access_tokens(AccessTokens::new(&frontegg))
        .build()?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}", listener.local_addr()?);
    tokio::spawn(async move { axum::serve(listener, router(verifier)).await });

    let (admin, clerk, machine) = set_up(&emulator, &frontegg).await?;
    let raised = with_second_factor(&emulator, &frontegg).await?;
    let http = reqwest::Client::new();
    for (method, path) in [("GET", "/"), ("GET", "/me"), ("GET", "/reports"), ("POST", "/users"), ("POST", "/payouts")]
    {
        for (who, header, token) in [
            ("nobody", None, String::new()),
            ("an administrator", Some("authorization"), format!("Bearer {admin}")),
            ("the same with a second factor", Some("authorization"), format!("Bearer {raised}")),
            ("a clerk", Some("authorization"), format!("Bearer {clerk}")),
            ("a machine", Some("x-api-key"), machine.clone()),
        ] {
            let mut request = http.request(method.parse()?, format!("{url}{path}"));
            if let Some(header) = header {
                request = request.header(header, token);
            }
            let answer = request.send().await?;
            let challenge = answer.headers().get("www-authenticate").map(|value| value.to_str()).transpose()?;
            println!("{method} {path} as {who}: {} {}", answer.status().as_u16(), challenge.unwrap_or_default());
        }
    }
    println!("\nStill serving; ctrl-c ends it. Try\n  curl -i -H 'authorization: Bearer {admin}' {url}/reports");
    if std::env::var_os("CI").is_none() {
        tokio::signal::ctrl_c().await?;
    }
    emulator.stop().await;
    Ok(())
}

/// Tokens of an administrator, of a clerk who may nothing, and of a machine with a role.
async fn set_up(emulator: &Emulator, frontegg: &Frontegg) -> anyhow::Result<(String, String, String)> {
    let acme = CreateTenantRequest::new().tenant_id("acme").name("Acme");
    frontegg.tenants().create_tenant(&acme).await?;
    let roles = [AddRoleRequest::new("accountant", "Accountant", 5), AddRoleRequest::new("clerk", "Clerk", 9)];
    let roles = frontegg.roles().create_roles(&roles).await?;
    let acme = frontegg.tenant("acme");
    // The first one becomes the tenant's administrator.
    let ada = CreateUserDto::new().email("ada@acme.test").password(PASSWORD).skip_invite_email(true);
    let ada = acme.users().create_user(&ada).await?;
    let bob = CreateUserDto::new().email("bob@acme.test").skip_invite_email(true).role_ids([roles[1].id.as_str()]);
    let bob = acme.users().create_user(&bob).await?;
    let machine = CreateTenantAccessTokenRequest::new().role_ids([roles[0].id.as_str()]);
    let machine = acme.api_tokens().create_tenant_access_token(&machine).await?.secret;
    // As their sign-in would give them.
    let (admin, clerk) = (emulator.user_token(&ada.id, "acme").await?, emulator.user_token(&bob.id, "acme").await?);
    Ok((admin, clerk, machine.map(|secret| secret.expose().to_owned()).unwrap_or_default()))
}

/// Signs the administrator in with a password and a mailed code; their token.
async fn with_second_factor(emulator: &Emulator, frontegg: &Frontegg) -> anyhow::Result<String> {
    let settings = frontegg.self_service().mfa_settings();
    settings.set_mfa_strategy(&CreateOrUpdateMfaStrategyRequest::new(true, MfaStrategy::EmailCode)).await?;
    settings.set_mfa_policy(&MfaPolicyRequest::new().enforce_mfa_type(EnforceMfaType::Force)).await?;
    let login = frontegg.authentication().login("ada@acme.test", PASSWORD).await?;
    let Login::MfaRequired(challenge) = login else { anyhow::bail!("no second factor is asked for") };
    for factor in challenge.factors() {
        if let Factor::Email(factor) = factor {
            let mailed = factor.send().await?;
            let code = emulator.outbox().last_to("ada@acme.test").code().await?;
            let session = mailed.verify(code).await?.into_session()?;
            return Ok(session.access_token().await?.expose().to_owned());
        }
    }
    anyhow::bail!("no code can be mailed")
}
