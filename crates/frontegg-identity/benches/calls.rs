//! What a call through the SDK costs beside the same exchange with reqwest alone: time, allocations, a
//! thousand calls at once, and a list read page by page.
//!
//! `cargo bench -p frontegg-identity --bench calls`

mod exchange;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use exchange::{PAGES, ROLES, Ways, runtime};
use frontegg_emulator::Emulator;
use frontegg_identity::{Frontegg, params::ListRolesV2, types::CreateTenantRequest};
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

fn one_call(criterion: &mut Criterion) {
    let (ways, runtime) = (Ways::new(), runtime());
    let mut group = criterion.benchmark_group("one call");
    group.bench_function("reqwest", |bencher| bencher.to_async(&runtime).iter(|| ways.by_reqwest()));
    group.bench_function("facade", |bencher| bencher.to_async(&runtime).iter(|| ways.by_facade()));
    group.finish();
    tell_allocations(&ways, &runtime);
}

/// Counts what one thread allocates; the service has its own.
fn tell_allocations(ways: &Ways, runtime: &Runtime) {
    const CALLS: u64 = 200;
    let reqwest = allocation_counter::measure(|| {
        runtime.block_on(async {
            for _ in 0..CALLS {
                black_box(ways.by_reqwest().await);
            }
        });
    });
    let facade = allocation_counter::measure(|| {
        runtime.block_on(async {
            for _ in 0..CALLS {
                black_box(ways.by_facade().await);
            }
        });
    });
    let (reqwest, facade) = (reqwest.count_total / CALLS, facade.count_total / CALLS);
    #[allow(clippy::cast_precision_loss, reason = "a ratio needs no more")]
    let ratio = facade as f64 / reqwest as f64;
    println!("allocations a call: reqwest {reqwest}, facade {facade}, {ratio:.2} ×");
}

/// The same where there is a real service, which takes most of the time.
fn emulated(criterion: &mut Criterion) {
    let (server, runtime) = (Builder::new_multi_thread().enable_all().build().expect("a runtime"), runtime());
    let emulator = server.block_on(Emulator::start()).expect("an emulator");
    let (client_id, api_key) = (emulator.client_id(), emulator.api_key());
    let builder = Frontegg::builder().base_url(emulator.url()).credentials(client_id, api_key);
    let frontegg = builder.clone().build();
    let acme = CreateTenantRequest::new().tenant_id("acme");
    let token = runtime.block_on(async {
        frontegg.expect("a client").tenants().accounts().create_tenant(&acme).await.expect("a tenant");
        let credentials = json!({ "clientId": client_id, "secret": api_key });
        let exchange = reqwest::Client::new().post(format!("{}/auth/vendor", emulator.url())).json(&credentials);
        let answer: Value = exchange.send().await.expect("an answer").json().await.expect("a token");
        answer["token"].as_str().expect("a token").to_owned()
    });
    let ways = Ways::to(builder, emulator.url().to_owned(), &token);
    let mut group = criterion.benchmark_group("one call to the emulator");
    group.bench_function("reqwest", |bencher| bencher.to_async(&runtime).iter(|| ways.by_reqwest()));
    group.bench_function("facade", |bencher| bencher.to_async(&runtime).iter(|| ways.by_facade()));
    group.finish();
}

fn at_once(criterion: &mut Criterion) {
    const CALLS: usize = 1_000;
    let (ways, runtime) = (Ways::new(), runtime());
    let mut group = criterion.benchmark_group("a thousand calls at once");
    group.sample_size(10);
    group.bench_function("reqwest", |bencher| {
        bencher.to_async(&runtime).iter(|| join_all((0..CALLS).map(|_| ways.by_reqwest())));
    });
    group.bench_function("facade", |bencher| {
        bencher.to_async(&runtime).iter(|| join_all((0..CALLS).map(|_| ways.by_facade())));
    });
    group.finish();
}

fn paging(criterion: &mut Criterion) {
    let (ways, runtime) = (Ways::new(), runtime());
    criterion.bench_function("ten pages, item by item", |bencher| {
        bencher.to_async(&runtime).iter(|| async {
            let mut items = ways.facade.account_roles().list_roles_v2(ListRolesV2::new()).stream();
            let mut read = 0;
            while let Some(role) = items.next().await {
                black_box(role.expect("a role"));
                read += 1;
            }
            assert_eq!(read, ROLES * PAGES);
        });
    });
}

criterion_group!(benches, one_call, emulated, at_once, paging);
criterion_main!(benches);
