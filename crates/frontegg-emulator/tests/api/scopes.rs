//! How the scope of a request is read: what cannot be read is refused, and never widens what is reached.

use reqwest::{Method, header::HeaderValue};
use serde_json::json;

use crate::support::{World, http};

/// Headers that say what a request is about.
const SCOPES: [&str; 5] = [
    "frontegg-tenant-id",
    "frontegg-user-id",
    "frontegg-application-id",
    "frontegg-requested-application-id",
    "frontegg-login-alias",
];

struct Environment {
    world: World,
    token: String,
}

impl Environment {
    async fn new() -> Self {
        let world = World::start().await;
        for tenant in ["acme", "globex", "müller"] {
            world.tenant(tenant).await;
        }
        let login = json!({ "clientId": world.emulator.client_id(), "secret": world.emulator.api_key() });
        let login = world.browser().done("authenticate_environment", &[], login).await;
        let token = format!("Bearer {}", login["token"].as_str().expect("a token"));
        Self { world, token }
    }

    async fn call(&self, method: Method, path: &str, headers: &[(&'static str, &[u8])], body: &str) -> (u16, String) {
        let url = format!("{}{path}", self.world.emulator.url());
        let mut request = http().request(method, url).header("authorization", &self.token);
        for (name, value) in headers {
            request = request.header(*name, HeaderValue::from_bytes(value).expect("a value"));
        }
        if !body.is_empty() {
            request = request.header("content-type", "application/json").body(body.to_owned());
        }
        let response = request.send().await.expect("an answer");
        (response.status().as_u16(), response.text().await.expect("a body"))
    }
}

#[tokio::test]
async fn a_tenant_id_may_be_any_text() {
    let environment = Environment::new().await;
    for (tenant, name) in [("acme", "ada"), ("globex", "bob"), ("müller", "eve")] {
        environment.world.member(tenant, &format!("{name}@acme.test")).await;
    }
    let headers = [("frontegg-tenant-id", "müller".as_bytes())];
    let (status, body) = environment.call(Method::GET, "/identity/resources/users/v3", &headers, "").await;
    assert_eq!(status, 200, "{body}");
    assert!(body.contains("eve@acme.test") && !body.contains("ada@") && !body.contains("bob@"), "{body}");
}

#[tokio::test]
async fn a_scope_that_cannot_be_read_is_refused() {
    let environment = Environment::new().await;
    let ada = environment.world.member("acme", "ada@acme.test").await;
    environment.world.add_to_tenant(&ada, "globex", true).await;
    let user = format!("/identity/resources/users/v1/{ada}");
    let calls = [
        (Method::GET, "/identity/resources/users/v3", ""),
        (Method::DELETE, user.as_str(), ""),
        (Method::POST, "/identity/resources/configurations/v1/password", r#"{"minLength":30}"#),
        (Method::POST, "/identity/resources/auth/v1/user", r#"{"email":"ada@acme.test","password":"x"}"#),
    ];
    for (method, path, body) in &calls {
        for name in SCOPES {
            for (values, message) in [
                (vec![&b"m\xfcller"[..]], format!("{name} must be UTF-8 text")),
                (vec![&b""[..]], format!("{name} should not be empty")),
                (vec![&b"acme"[..], &b"globex"[..]], format!("{name} must be sent once")),
            ] {
                let headers: Vec<_> = values.into_iter().map(|value| (name, value)).collect();
                let (status, answer) = environment.call(method.clone(), path, &headers, body).await;
                assert_eq!(status, 400, "{method} {path} {name}: {answer}");
                assert!(answer.contains(&message), "{method} {path}: {answer}");
            }
        }
    }
    // Nothing has happened.
    let (status, body) = environment.call(Method::GET, "/identity/resources/users/v3", &[], "").await;
    assert!(status == 200 && body.contains("globex"), "{body}");
    let password = environment.world.back_end(None).await;
    let rules = { password }.done("get_password_configuration", &[], serde_json::Value::Null).await;
    assert_ne!(rules["minLength"], 30);
}

#[tokio::test]
async fn a_token_that_cannot_be_read_is_none() {
    let world = World::start().await;
    for value in [&b"t\xf6ken"[..], b""] {
        let request = http().get(format!("{}/identity/resources/users/v3", world.emulator.url()));
        let value = HeaderValue::from_bytes(value).expect("a value");
        let response = request.header("x-access-token", value).send().await.expect("an answer");
        assert_eq!(response.status(), 400);
    }
}
