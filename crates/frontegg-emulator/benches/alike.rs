//! Whether somebody can be told from nobody by how long an answer takes (security cases 8 and 9): each
//! request for people who are known and for one who is not, beside a file and with hashes as they are
//! there. That both are the same work is tested; this takes the time.
//!
//! `cargo bench -p frontegg-emulator --bench alike`

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use frontegg_emulator::{Emulator, StoreTarget};
use frontegg_identity::{
    Frontegg,
    types::{CreateTenantRequest, CreateUserDto, PreVerifyUserPhoneNumberRequestDto},
};
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

const WITH_PASSWORD: &str = "ada@acme.test";
const WITHOUT_PASSWORD: &str = "bob@acme.test";
const NOT_ACTIVATED: &str = "carol@acme.test";
const NOBODY: &str = "nobody@acme.test";
const PASSWORD: &str = "Correct-horse-1815";

/// An emulator with people of several kinds.
struct World {
    emulator: Emulator,
    http: Client,
    _folder: TempDir,
}

impl World {
    async fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = StoreTarget::SqliteFile(folder.path().join("emulator.db"));
        let emulator = Emulator::builder().store(store).start().await.expect("an emulator");
        let builder = Frontegg::builder().base_url(emulator.url());
        let frontegg = builder.credentials(emulator.client_id(), emulator.api_key()).build().expect("a client");
        let acme = CreateTenantRequest::new().tenant_id("acme");
        frontegg.tenants().accounts().create_tenant(&acme).await.expect("a tenant");
        let acme = frontegg.tenant("acme").user_management();
        let new = |email| CreateUserDto::new().email(email);
        let ada = new(WITH_PASSWORD).password(PASSWORD).skip_invite_email(true);
        let ada = acme.create_user_v2(&ada).await.expect("a user").id;
        let number = PreVerifyUserPhoneNumberRequestDto::new("+4915112345678");
        frontegg.management().users().add_user_phone_number_globally(&ada, &number).await.expect("a number");
        acme.create_user_v2(&new(WITHOUT_PASSWORD).skip_invite_email(true)).await.expect("a user");
        acme.create_user_v2(&new(NOT_ACTIVATED)).await.expect("a user");
        Self { emulator, http: Client::new(), _folder: folder }
    }

    /// Lets people sign in in that way.
    async fn strategy(&self, strategy: &str) {
        let body = json!({ "clientId": self.emulator.client_id(), "secret": self.emulator.api_key() });
        let login = self.http.post(format!("{}/auth/vendor", self.emulator.url())).json(&body).send().await;
        let login: Value = login.expect("an answer").json().await.expect("a token");
        let configuration = format!("{}/identity/resources/configurations/v1", self.emulator.url());
        let change = self.http.request(Method::POST, configuration).json(&json!({ "authStrategy": strategy }));
        let change = change.bearer_auth(login["token"].as_str().expect("a token")).send().await;
        change.expect("an answer").error_for_status().expect("done");
    }

    async fn ask(&self, path: &str, body: &Value, status: u16) {
        let answer = self.http.post(format!("{}{path}", self.emulator.url())).json(body).send().await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status().as_u16(), status, "{path} {body}");
        answer.bytes().await.expect("a body");
    }
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().enable_all().build().expect("a runtime")
}

/// One request, for each of these people.
fn compare(criterion: &mut Criterion, runtime: &Runtime, world: &World, request: &Request) {
    let mut group = criterion.benchmark_group(request.name);
    group.sample_size(60).warm_up_time(Duration::from_secs(1)).measurement_time(Duration::from_secs(3));
    for (who, email) in request.people.iter().chain([&("nobody", NOBODY)]) {
        let mut body = request.body.clone();
        body["email"] = json!(email);
        group.bench_function(BenchmarkId::from_parameter(who), |bencher| {
            bencher.to_async(runtime).iter(|| world.ask(request.path, &body, request.status));
        });
    }
    group.finish();
}

/// What is sent, and what everybody is answered.
struct Request {
    name: &'static str,
    path: &'static str,
    body: Value,
    status: u16,
    people: &'static [(&'static str, &'static str)],
}

fn strangers(criterion: &mut Criterion) {
    let runtime = runtime();
    let world = runtime.block_on(World::start());
    let sign_in = Request {
        name: "sign-in with a wrong password",
        path: "/identity/resources/auth/v1/user",
        body: json!({ "password": "wrong" }),
        status: 401,
        people: &[("a password", WITH_PASSWORD), ("no password", WITHOUT_PASSWORD)],
    };
    let activation = Request {
        name: "activation mail",
        path: "/identity/resources/users/v1/activate/reset",
        body: json!({}),
        status: 201,
        people: &[("not activated", NOT_ACTIVATED)],
    };
    for request in [sign_in, activation] {
        compare(criterion, &runtime, &world, &request);
    }
    for (strategy, name, path, status) in [
        ("Code", "code by mail", "/identity/resources/auth/v1/passwordless/code/prelogin", 201),
        ("MagicLink", "link by mail", "/identity/resources/auth/v1/passwordless/magiclink/prelogin", 200),
        ("SmsCode", "code by SMS", "/identity/resources/auth/v1/passwordless/smscode/prelogin", 201),
    ] {
        runtime.block_on(world.strategy(strategy));
        let request = Request { name, path, body: json!({}), status, people: &[("somebody", WITH_PASSWORD)] };
        compare(criterion, &runtime, &world, &request);
    }
}

criterion_group!(benches, strangers);
criterion_main!(benches);
