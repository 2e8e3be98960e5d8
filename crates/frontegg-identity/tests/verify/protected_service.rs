//! The example service, over HTTP: who is let in, and what the others are told (RFC 6750, RFC 9470).

use std::time::Duration;

use frontegg_identity::{
    Login, Secret, Session,
    enums::MfaStrategy,
    login::{Factor, StepUpChallenge},
    types::{AddRoleRequest, CreateOrUpdateMfaStrategyRequest, CreateUserDto},
    verify::AccessTokens,
};
use frontegg_test_harness::clock::Clock;
use reqwest::{Client, Method, header};
use serde_json::{Value, json};

use crate::{World, client, proxy::Proxy};

#[allow(dead_code, reason = "its main is not for tests")]
#[path = "../../examples/protected_service.rs"]
mod example;

const INVALID: &str = r#"Bearer error="invalid_token""#;
const INSUFFICIENT: &str = r#"Bearer error="insufficient_scope""#;
const STEP_UP: &str = concat!(
    r#"Bearer error="insufficient_user_authentication", "#,
    r#"acr_values="http://schemas.openid.net/pape/policies/2007/06/multi-factor", max_age="300""#
);

/// The service beside an emulator, behind a proxy of its look-ups and keys.
struct Service {
    world: World,
    proxy: Proxy,
    url: String,
    http: Client,
}

/// Status, challenge and body.
type Answer = (u16, String, Value);

impl Service {
    async fn start() -> Self {
        let world = World::start().await;
        let proxy = Proxy::before(world.emulator.url()).await;
        let access_tokens = AccessTokens::new(&client(&world.emulator, &proxy.url));
        let verifier = world.verifier().jwks_url(format!("{}/.well-known/jwks.json", proxy.url));
        let verifier = verifier.access_tokens(access_tokens).build().unwrap();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, example::router(verifier)).await });
        Self { world, proxy, url, http: Client::builder().no_proxy().build().unwrap() }
    }

    async fn ask(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let method = if ["/users", "/payouts"].contains(&path) { Method::POST } else { Method::GET };
        let mut request = self.http.request(method, format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = request.send().await.unwrap();
        let challenge = answer.headers().get(header::WWW_AUTHENTICATE).map(|value| value.to_str().unwrap().to_owned());
        let status = answer.status().as_u16();
        let body = answer.json().await.unwrap_or_default();
        (status, challenge.unwrap_or_default(), body)
    }

    async fn refused(&self, path: &str, headers: &[(&str, &str)]) -> (u16, String) {
        let (status, challenge, body) = self.ask(path, headers).await;
        assert_eq!(body, Value::Null, "a refusal tells no more than its challenge");
        (status, challenge)
    }

    /// Somebody in acme with a role of their own, which grants nothing.
    async fn clerk(&self) -> String {
        let world = &self.world;
        let role = [AddRoleRequest::new("clerk", "Clerk", 9)];
        let role = world.frontegg.management().roles().create_roles_v1(&role).await.unwrap().remove(0);
        let bob = CreateUserDto::new().email("bob@acme.test").skip_invite_email(true).role_ids([role.id]);
        let bob = world.frontegg.tenant("acme").user_management().create_user_v2(&bob).await.unwrap();
        world.emulator.user_token(&bob.id, "acme").await.unwrap()
    }

    /// Ada's token as it would be `ago` after she showed a second factor.
    async fn stepped_up(&self, ago: Duration, change: Value) -> String {
        use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
        let token = self.world.token().await;
        let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
        let mut claims: Value = serde_json::from_slice(&claims).unwrap();
        let proven = self.world.emulator.clock().now() - ago;
        let more = json!({
            "acr": "http://schemas.openid.net/pape/policies/2007/06/multi-factor",
            "amr": ["pwd", "mfa", "otp"],
            "auth_time": proven.timestamp(),
        });
        for more in [more, change] {
            claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        }
        self.world.emulator.sign(&claims.to_string()).await.unwrap()
    }
}

fn bearer(token: &str) -> (&'static str, String) {
    ("authorization", format!("Bearer {token}"))
}

#[tokio::test]
async fn valid_tokens_are_accepted() {
    let service = Service::start().await;
    let (name, ada) = bearer(&service.world.token().await);
    assert_eq!(service.ask("/", &[]).await.0, 200);
    for path in ["/me", "/reports", "/users"] {
        let (status, challenge, body) = service.ask(path, &[(name, &ada)]).await;
        assert_eq!((status, challenge.as_str()), (200, ""), "{path}");
        assert_eq!((&body["subject"], &body["tenant"]), (&json!(service.world.ada), &json!("acme")), "{path}");
    }
    let role = service.world.role("Admin").await;
    let (id, machine) = service.world.access_token(&[&role]).await;
    let (status, _, body) = service.ask("/reports", &[("x-api-key", &machine)]).await;
    assert_eq!((status, &body["subject"], &body["user"]), (200, &json!(id), &Value::Null));
    // The scheme is read without case (RFC 9110 §11.1).
    let lower = ada.replacen("Bearer", "bEARER", 1);
    assert_eq!(service.ask("/me", &[(name, &lower)]).await.0, 200);
}

#[tokio::test]
async fn without_a_valid_token_it_is_401() {
    let service = Service::start().await;
    let token = service.world.token().await;
    let (_, machine) = service.world.access_token(&[]).await;
    let (name, valid) = bearer(&token);
    for path in ["/me", "/reports", "/users", "/payouts"] {
        assert_eq!(service.refused(path, &[]).await, (401, "Bearer".to_owned()), "{path}: nothing");
        for other in ["Basic YWRhOng=", "Bearer", "Bearer "] {
            assert_eq!(service.refused(path, &[(name, other)]).await, (401, "Bearer".to_owned()), "{path}: {other}");
        }
        for (what, header, value) in [
            ("forged", name, format!("{valid}A")),
            ("a word", name, "Bearer x".to_owned()),
            ("an access token as a bearer", name, format!("Bearer {machine}")),
            ("a bearer as an access token", "x-api-key", token.clone()),
            ("an empty key", "x-api-key", String::new()),
        ] {
            assert_eq!(service.refused(path, &[(header, &value)]).await, (401, INVALID.to_owned()), "{path}: {what}");
        }
    }
    service.world.emulator.clock().advance(Duration::from_secs(2 * 24 * 60 * 60));
    assert_eq!(service.refused("/me", &[(name, &valid)]).await, (401, INVALID.to_owned()), "expired");
}

#[tokio::test]
async fn without_a_permission_it_is_403() {
    let service = Service::start().await;
    let (name, clerk) = bearer(&service.clerk().await);
    assert_eq!(service.ask("/me", &[(name, &clerk)]).await.0, 200);
    for path in ["/reports", "/users"] {
        assert_eq!(service.refused(path, &[(name, &clerk)]).await, (403, INSUFFICIENT.to_owned()), "{path}");
    }
    let (_, machine) = service.world.access_token(&[]).await;
    for path in ["/reports", "/users"] {
        let refused = service.refused(path, &[("x-api-key", &machine)]).await;
        assert_eq!(refused, (403, INSUFFICIENT.to_owned()), "{path}");
    }
}

#[tokio::test]
async fn payouts_want_a_fresh_second_factor() {
    let service = Service::start().await;
    service.world.emulator.clock().freeze();
    let ask = async |token: &str| {
        let (name, value) = bearer(token);
        let (status, challenge, _) = service.ask("/payouts", &[(name, &value)]).await;
        (status, challenge)
    };
    let minutes = |count: u64| Duration::from_secs(60 * count);
    let needed = (401, STEP_UP.to_owned());
    assert_eq!(ask(&service.world.token().await).await, needed, "a password alone");
    let stepped_up = service.stepped_up(minutes(5), json!({})).await;
    assert_eq!(ask(&stepped_up).await, (200, String::new()));
    let (name, value) = bearer(&stepped_up);
    assert_eq!(service.ask("/me", &[(name, &value)]).await.0, 200);
    service.world.emulator.clock().advance(Duration::from_secs(1));
    assert_eq!(ask(&stepped_up).await, needed, "too long ago");
    for (what, change) in [
        ("no class", json!({ "acr": null })),
        ("another class", json!({ "acr": "urn:pwd" })),
        ("no factor", json!({ "amr": ["pwd", "mfa"] })),
        ("no second one", json!({ "amr": ["pwd", "otp"] })),
        ("no time", json!({ "auth_time": null })),
        ("a time that does not exist", json!({ "auth_time": i64::MIN })),
    ] {
        let token = service.stepped_up(Duration::ZERO, change).await;
        assert_eq!(ask(&token).await, needed, "{what}");
    }
    // A machine has no second factor.
    let (_, machine) = service.world.access_token(&[]).await;
    assert_eq!(service.refused("/payouts", &[("x-api-key", &machine)]).await, needed);
}

/// Gives the second factor that a service asks for, in the middle of a session; the new token.
async fn step_up(world: &World, session: &Session, challenge: &str) -> Secret {
    let wanted = StepUpChallenge::parse(challenge).expect("a step-up is asked for");
    assert_eq!(wanted.max_age(), Some(Duration::from_secs(300)));
    let Login::MfaRequired(challenge) = session.step_up(wanted.max_age()).await.unwrap() else {
        panic!("no second factor is asked for")
    };
    let Factor::Email(mail) = challenge.factors().remove(0) else { panic!("a mail") };
    let sent = mail.send().await.unwrap();
    let code = world.emulator.outbox().last_to("bob@acme.test").template("MFAOTC").code().await.unwrap();
    sent.verify(code).await.unwrap().into_session().unwrap();
    session.access_token().await.unwrap()
}

/// The same with tokens as the emulator gives them to somebody who signs in and steps up.
#[tokio::test]
async fn stepping_up_opens_payouts_for_a_while() {
    const PASSWORD: &str = "correct Horse 7 battery";
    let service = Service::start().await;
    let world = &service.world;
    world.emulator.clock().freeze();
    let mailed = CreateOrUpdateMfaStrategyRequest::new(true, MfaStrategy::EmailCode);
    world.frontegg.self_service().mfa_settings().set_mfa_strategy(&mailed).await.unwrap();
    let bob = CreateUserDto::new().email("bob@acme.test").password(PASSWORD).skip_invite_email(true);
    world.frontegg.tenant("acme").user_management().create_user_v2(&bob).await.unwrap();
    let session = world.frontegg.authentication().login("bob@acme.test", PASSWORD).await.unwrap();
    let session = session.into_session().unwrap();
    let plain = session.access_token().await.unwrap();
    let ask = async |token: &Secret| {
        let answer = service.ask("/payouts", &[("authorization", &format!("Bearer {}", token.expose()))]).await;
        (answer.0, answer.1)
    };

    let (status, challenge) = ask(&plain).await;
    assert_eq!(status, 401);
    let stepped_up = step_up(world, &session, &challenge).await;
    assert_eq!(ask(&stepped_up).await.0, 200);
    assert_eq!(ask(&plain).await.0, 401, "the token of before is as it was");
    world.emulator.clock().advance(Duration::from_secs(301));
    let (status, challenge) = ask(&stepped_up).await;
    assert_eq!(status, 401, "five minutes are over");
    let again = step_up(world, &session, &challenge).await;
    assert_eq!(ask(&again).await.0, 200);
}

#[tokio::test]
async fn a_fault_of_the_service_is_503_and_no_challenge() {
    let (service, clock) = (Service::start().await, Clock::stop());
    let (name, ada) = bearer(&service.world.token().await);
    let (id, machine) = service.world.access_token(&[]).await;
    service.proxy.fail("/.well-known/jwks.json", 503, "");
    let unavailable = (503, String::new());
    assert_eq!(clock.run(service.refused("/me", &[(name, &ada)])).await, unavailable, "no keys");
    assert_eq!(clock.run(service.refused("/me", &[("x-api-key", &machine)])).await, unavailable);
    assert_eq!(clock.run(service.ask("/", &[])).await.0, 200, "what is public goes on");
    service.proxy.fail("/access-tokens/", 500, "");
    clock.advance(Duration::from_secs(2)).await;
    assert_eq!(clock.run(service.ask("/me", &[(name, &ada)])).await.0, 200);
    assert_eq!(clock.run(service.refused("/me", &[("x-api-key", &machine)])).await, unavailable, "no look-up");
    service.proxy.heal();
    assert_eq!(clock.run(service.ask("/me", &[("x-api-key", &machine)])).await.0, 200);
    service.world.revoke(&id).await;
    clock.advance(Duration::from_secs(10)).await;
    assert_eq!(
        clock.run(service.refused("/me", &[("x-api-key", &machine)])).await,
        (401, INVALID.to_owned()),
        "revoked"
    );
}
