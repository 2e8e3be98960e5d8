//! How fast the emulator is: a start, a reset, a read and a sign-in, in memory.
//!
//! Client and emulator share the machine, and reads and sign-ins come sixteen at a time; a load
//! generator of its own shows more of them.
//!
//! `cargo bench -p frontegg-emulator --bench server`

use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use frontegg_emulator::{Emulator, Seed};
use frontegg_identity::{
    Frontegg,
    types::{CreateTenantRequest, CreateUserDto},
};
use reqwest::{Client, Response, StatusCode};
use serde_json::{Value, json};
use tokio::{
    runtime::{Builder, Runtime},
    task::JoinSet,
};

const AT_ONCE: u64 = 16;
const EMAIL: &str = "ada@acme.test";
const PASSWORD: &str = "Correct-horse-1815";

fn runtime() -> Runtime {
    Builder::new_multi_thread().enable_all().build().expect("a runtime")
}

/// An emulator with a member of a tenant, and a token of its environment.
async fn populated() -> (Emulator, String) {
    let emulator = Emulator::start().await.expect("an emulator");
    let builder = Frontegg::builder().base_url(emulator.url());
    let frontegg = builder.credentials(emulator.client_id(), emulator.api_key()).build().expect("a client");
    let acme = CreateTenantRequest::new().tenant_id("acme");
    frontegg.tenants().create_tenant(&acme).await.expect("a tenant");
    let ada = CreateUserDto::new().email(EMAIL).password(PASSWORD).skip_invite_email(true);
    frontegg.tenant("acme").user_management().create_user_v2(&ada).await.expect("a user");
    let credentials = json!({ "clientId": emulator.client_id(), "secret": emulator.api_key() });
    let answer = Client::new().post(format!("{}/auth/vendor", emulator.url())).json(&credentials).send().await;
    let answer: Value = answer.expect("an answer").json().await.expect("a token");
    let token = answer["token"].as_str().expect("a token").to_owned();
    (emulator, token)
}

/// Sends the same request sixteen times at once.
async fn volley<F, S>(send: F)
where
    F: Fn() -> S,
    S: Future<Output = reqwest::Result<Response>> + Send + 'static,
{
    let mut volley: JoinSet<_> = (0..AT_ONCE).map(|_| send()).collect();
    while let Some(answer) = volley.join_next().await {
        let answer = answer.expect("no panic").expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        black_box(answer.bytes().await.expect("a body"));
    }
}

fn lifecycle(criterion: &mut Criterion) {
    let runtime = runtime();
    // The first one of a process makes the keys.
    let emulator = runtime.block_on(Emulator::start()).expect("an emulator");
    criterion.bench_function("start and stop", |bencher| {
        bencher.to_async(&runtime).iter(|| async { Emulator::start().await.expect("an emulator").stop().await });
    });
    criterion.bench_function("reset", |bencher| {
        bencher.to_async(&runtime).iter(|| async { emulator.reset().await.expect("an empty environment") });
    });
    // As it is written: to read the file is a part of the start.
    let seed = serde_json::to_string(&crowd()).expect("JSON");
    let start = async || {
        let seed = Seed::read(&seed, None).expect("a seed");
        Emulator::builder().seed(seed).start().await.expect("an emulator")
    };
    criterion.bench_function("start with a seed of 1,000 people, and stop", |bencher| {
        bencher.to_async(&runtime).iter(|| async { start().await.stop().await });
    });
    let emulator = runtime.block_on(start());
    criterion.bench_function("reset to a seed of 1,000 people", |bencher| {
        bencher.to_async(&runtime).iter(|| async { emulator.reset_to_seed().await.expect("the seed") });
    });
}

/// A thousand people in ten tenants, each with a password of their own.
fn crowd() -> Seed {
    (0..1_000).fold(Seed::new(), |seed, number| {
        seed.tenant(format!("tenant-{}", number % 10), |tenant| {
            let password = format!("Correct-horse-{number}");
            tenant.user(format!("person{number}@acme.test"), |user| user.password(password).role("Admin"))
        })
    })
}

fn requests(criterion: &mut Criterion) {
    let runtime = runtime();
    let (emulator, token) = runtime.block_on(populated());
    let http = Client::new();
    let mut group = criterion.benchmark_group("requests");
    group.throughput(Throughput::Elements(AT_ONCE));
    let roles = format!("{}/identity/resources/roles/v1", emulator.url());
    group.bench_function("read", |bencher| {
        bencher.to_async(&runtime).iter(|| volley(|| http.get(&roles).bearer_auth(&token).send()));
    });
    // The same by one that keeps no record of its requests: what the record costs.
    let unrecorded = runtime.block_on(Emulator::builder().recorded_requests(0).start()).expect("an emulator");
    for (name, emulator) in [("read with a record", &emulator), ("read without a record", &unrecorded)] {
        let keys = format!("{}/.well-known/jwks.json", emulator.url());
        group.bench_function(name, |bencher| {
            bencher.to_async(&runtime).iter(|| volley(|| http.get(&keys).send()));
        });
    }
    let sign_in = format!("{}/identity/resources/auth/v1/user", emulator.url());
    let body = json!({ "email": EMAIL, "password": PASSWORD });
    group.bench_function("sign-in", |bencher| {
        bencher.to_async(&runtime).iter(|| volley(|| http.post(&sign_in).json(&body).send()));
    });
    group.finish();
}

criterion_group!(benches, lifecycle, requests);
criterion_main!(benches);
