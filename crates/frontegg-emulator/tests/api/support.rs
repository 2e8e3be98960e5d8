//! An emulator of one's own with a client for it, and people in its tenants.

#![allow(dead_code, reason = "every file of tests uses a part of it")]

mod answered;
pub(crate) mod authenticator;
pub(crate) mod browser;
pub(crate) mod crowd;
pub(crate) mod effort;
pub(crate) mod identity_provider;
pub(crate) mod place;
pub(crate) mod raw;
pub(crate) mod socket;
pub(crate) mod webauthn;

use std::{
    fmt::Debug,
    time::{Duration, Instant},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use frontegg_emulator::Emulator;
use frontegg_identity::{
    Environment, Error, Frontegg, Scope, User,
    model::operation,
    types::{
        AddPermissionToRoleRequest, CreateApplicationRequest, CreateApplicationTenantRequestV1, CreateTenantRequest,
        CreateUserDto,
    },
};
use frontegg_test_harness::place::Place;
use reqwest::{Method, StatusCode, Url, redirect::Policy};
use serde::Serialize;
use serde_json::Value;

/// A fresh emulator and the client of its environment.
pub(crate) struct World {
    pub(crate) emulator: Emulator,
    pub(crate) frontegg: Frontegg,
    answered: answered::Answered,
    /// Where its state is; it goes after the emulator.
    place: Option<Place>,
}

impl World {
    /// Around an emulator that runs already.
    pub(crate) fn around(emulator: Emulator) -> Self {
        let client = Frontegg::builder().base_url(emulator.url()).timeout(HANG).attempt_timeout(HANG);
        let frontegg = client.credentials(emulator.client_id(), emulator.api_key()).build().expect("a client");
        Self { answered: answered::Answered::by(&emulator), emulator, frontegg, place: None }
    }

    /// Creates a tenant.
    pub(crate) async fn tenant(&self, id: &str) -> Scope<Environment> {
        let new = CreateTenantRequest::new().tenant_id(id).name(id);
        self.frontegg.tenants().create_tenant(&new).await.expect("a tenant");
        self.frontegg.tenant(id)
    }

    /// Creates an application with free access, which tenants that are made later have; gives its id.
    pub(crate) async fn application(&self, name: &str) -> String {
        let new = CreateApplicationRequest::new(name, "https://app.acme.test", "https://app.acme.test/login");
        let applications = self.frontegg.applications();
        applications.create_application(&new).await.expect("an application").id
    }

    /// Gives an application to a tenant.
    pub(crate) async fn give_application(&self, app_id: &str, tenant: &str) {
        let new = CreateApplicationTenantRequestV1::new(tenant);
        let applications = self.frontegg.applications();
        applications.assign_application_to_tenant(app_id, &new).await.expect("an assignment");
    }

    /// Adds somebody to a tenant with these roles, or the default ones; gives their id.
    pub(crate) async fn user(&self, tenant: &str, email: &str, role_ids: &[&str]) -> String {
        let mut new = CreateUserDto::new().email(email).skip_invite_email(true);
        if !role_ids.is_empty() {
            new = new.role_ids(role_ids.iter().copied());
        }
        let users = self.frontegg.tenant(tenant).user_management();
        users.create_user_v2(&new).await.expect("a user").id
    }

    /// The id of a role that every environment has, by its key.
    pub(crate) async fn role(&self, key: &str) -> String {
        let roles = self.frontegg.management().roles().list_roles_v1().await.expect("the roles");
        roles.into_iter().find(|role| role.key == key).expect("a built-in role").id
    }

    /// Has a role hold these permissions of the product's own, besides no others.
    pub(crate) async fn allow(&self, role_id: &str, permissions: &[&str]) {
        let all = self.frontegg.management().permissions().list_permissions().await.expect("the permissions");
        let id = |key: &&str| all.iter().find(|one| one.key == **key).unwrap_or_else(|| panic!("no {key}")).id.clone();
        let held = AddPermissionToRoleRequest::new(permissions.iter().map(id).collect::<Vec<_>>());
        self.frontegg.management().roles().set_role_permissions(role_id, &held).await.expect("permissions");
    }

    /// The scope of a user's session in a tenant.
    pub(crate) async fn session(&self, user_id: &str, tenant: &str) -> Scope<User> {
        self.frontegg.session(self.token(user_id, tenant).await)
    }

    /// The keys of the roles that somebody holds in a tenant.
    pub(crate) async fn roles_of(&self, user_id: &str, tenant: &str) -> Vec<String> {
        let claims = claims(&self.token(user_id, tenant).await);
        serde_json::from_value(claims["roles"].clone()).expect("keys of roles")
    }

    /// Sends what the client would not, with the environment's token; gives status and body.
    pub(crate) async fn send(&self, method: Method, path: &str, tenant: Option<&str>, body: Value) -> (u16, Value) {
        let http = http();
        let credentials =
            serde_json::json!({ "clientId": self.emulator.client_id(), "secret": self.emulator.api_key() });
        let login = http.post(format!("{}/auth/vendor", self.emulator.url())).json(&credentials).send().await;
        let login: Value = login.expect("an answer").json().await.expect("a token");
        let mut request = http.request(method, format!("{}{path}", self.emulator.url())).json(&body);
        if let Some(tenant) = tenant {
            request = request.header("frontegg-tenant-id", tenant);
        }
        let token = login["token"].as_str().expect("a token");
        let response = request.bearer_auth(token).send().await.expect("an answer");
        let status = response.status().as_u16();
        let body = response.bytes().await.expect("a body");
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    /// A user's token in a tenant.
    pub(crate) async fn token(&self, user_id: &str, tenant: &str) -> String {
        self.emulator.user_token(user_id, tenant).await.expect("a token")
    }
}

/// Only that a test ends at last, whatever the machine is busy with.
pub(crate) const HANG: Duration = Duration::from_mins(2);

/// Waits until that is so, for what tells nobody of itself.
#[track_caller]
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) -> impl Future<Output = ()> {
    let begin = Instant::now();
    std::future::poll_fn(move |context| {
        if is_so() {
            return std::task::Poll::Ready(());
        }
        assert!(begin.elapsed() < HANG, "in vain: {what}");
        context.waker().wake_by_ref();
        std::task::Poll::Pending
    })
}

/// Asks the control plane; a body of null is none.
pub(crate) async fn control(world: &World, method: Method, path: &str, body: Value) -> (StatusCode, Value) {
    let url = format!("{}/_emulator{path}", world.emulator.url());
    let request = http().request(method, url);
    let request = if body.is_null() { request } else { request.body(body.to_string()) };
    let response = request.send().await.expect("an answer");
    let status = response.status();
    (status, serde_json::from_slice(&response.bytes().await.expect("a body")).unwrap_or_default())
}

/// An operation's method, and its address under a base with values for its path.
fn addressed(base: &Url, operation_id: &str, path: &[&str]) -> (Method, Url) {
    let operation = operation(operation_id).unwrap_or_else(|| panic!("no operation {operation_id}"));
    let mut values = path.iter();
    let mut url = base.clone();
    let segments = operation.path.trim_start_matches('/').split('/').map(|segment| {
        if segment.starts_with('{') { values.next().expect("a value for every place") } else { segment }
    });
    url.path_segments_mut().expect("an address with a path").clear().extend(segments);
    (operation.method.as_str().parse().expect("a method"), url)
}

/// The texts of a refusal with that status.
#[track_caller]
pub(crate) fn refused<T: Debug>(result: Result<T, Error>, status: u16) -> String {
    let error = result.expect_err("a refusal");
    assert_eq!(error.status(), Some(status), "{error}");
    error.messages().join("; ")
}

/// What a token claims.
pub(crate) fn claims(token: &str) -> Value {
    part(token, 1)
}

/// What a token says of its signature.
pub(crate) fn header(token: &str) -> Value {
    part(token, 0)
}

fn part(token: &str, index: usize) -> Value {
    let part = token.split('.').nth(index).expect("three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).expect("base64")).expect("JSON")
}

/// What an answer is as JSON, to compare.
pub(crate) fn json<T: Serialize>(answer: &T) -> Value {
    serde_json::to_value(answer).expect("JSON")
}

/// Says to this test program that it is a process for one test.
const ALONE: &str = "FRONTEGG_TEST_ALONE";

/// Runs the one test of that name in a process of its own, where nobody else opens files; true in that
/// process.
pub(crate) fn is_alone(test: &str) -> bool {
    if std::env::var_os(ALONE).is_some() {
        return true;
    }
    let program = std::env::current_exe().expect("this program");
    let mut child = std::process::Command::new(program);
    let status = child.args(["--exact", test, "--nocapture"]).env(ALONE, "1").status().expect("it runs");
    assert!(status.success(), "{test}: {status}");
    false
}

/// One to ask emulators with, which stays where it is sent away from. To read the certificates of the system, as each new client does, would take longer than
/// many a test.
pub(crate) fn http() -> reqwest::Client {
    reqwest::Client::builder().redirect(Policy::none()).no_proxy().tls_certs_only([]).build().expect("a client")
}
