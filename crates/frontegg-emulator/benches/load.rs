//! An emulator with a hundred thousand people in a thousand tenants: pages, filters, resets, calls.
//! Each figure stands beside that of a thousand people in ten tenants, in memory and in a file.
//!
//! `cargo bench -p frontegg-emulator --bench load`

#[path = "../tests/api/support/crowd.rs"]
mod crowd;

use std::{hint::black_box, time::Duration};

use criterion::{
    BatchSize, BenchmarkGroup, BenchmarkId, Criterion, criterion_group, criterion_main, measurement::WallTime,
};
use frontegg_emulator::{Emulator, Snapshot, StoreTarget};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    runtime::{Builder, Runtime},
    task::JoinSet,
};

/// People and tenants of the two crowds.
const CROWDS: [(usize, usize); 2] = [(1_000, 10), (100_000, 1_000)];
const USERS: &str = "/identity/resources/users/v3";
const TENANTS: &str = "/tenants/resources/tenants/v2";

/// A full emulator and a back end of it.
struct Full {
    emulator: Emulator,
    http: Client,
    token: String,
    /// Where its store is a file.
    _folder: Option<TempDir>,
}

impl Full {
    async fn new(in_a_file: bool, people: usize, tenants: usize) -> Self {
        let folder = in_a_file.then(|| tempfile::tempdir().expect("a folder"));
        let store = folder
            .as_ref()
            .map_or(StoreTarget::Memory, |folder| StoreTarget::SqliteFile(folder.path().join("emulator.db")));
        let emulator = Emulator::builder().store(store).start().await.expect("an emulator");
        let empty = emulator.export_with_secrets().await.expect("a document");
        emulator.import(&crowd::crowd(&empty, people, tenants)).await.expect("a crowd");
        let http = Client::new();
        let credentials = json!({ "clientId": emulator.client_id(), "secret": emulator.api_key() });
        let login = http.post(format!("{}/auth/vendor", emulator.url())).json(&credentials).send().await;
        let login: Value = login.expect("an answer").json().await.expect("a token");
        let token = login["token"].as_str().expect("a token").to_owned();
        Self { emulator, http, token, _folder: folder }
    }

    async fn get(&self, path: &str, tenant: Option<&str>) {
        let mut request = self.http.get(format!("{}{path}", self.emulator.url())).bearer_auth(&self.token);
        if let Some(tenant) = tenant {
            request = request.header("frontegg-tenant-id", tenant);
        }
        let answer = request.send().await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        black_box(answer.bytes().await.expect("a body"));
    }
}

fn runtime() -> Runtime {
    Builder::new_multi_thread().enable_all().build().expect("a runtime")
}

/// Pages of fifty, from the front to the back, and what narrows them.
fn lists(criterion: &mut Criterion) {
    let runtime = runtime();
    for in_a_file in [false, true] {
        let store = if in_a_file { "file" } else { "memory" };
        let mut group = criterion.benchmark_group(format!("lists/{store}"));
        group.sample_size(20).warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
        for (people, tenants) in CROWDS {
            let full = runtime.block_on(Full::new(in_a_file, people, tenants));
            let last = people / 50 - 1;
            let within = crowd::tenant_id(7);
            for (name, path, tenant) in [
                ("first page", USERS.to_owned(), None),
                ("second version", "/identity/resources/users/v2".to_owned(), None),
                ("page in the middle", format!("{USERS}?_offset={}", last / 2), None),
                ("last page", format!("{USERS}?_offset={last}"), None),
                ("newest first", format!("{USERS}?_order=DESC"), None),
                ("by name", format!("{USERS}?_sortBy=name"), None),
                ("by address", format!("{USERS}?_sortBy=email"), None),
                ("of a tenant", USERS.to_owned(), Some(within.as_str())),
                ("narrowed to a tenant", format!("{USERS}?_tenantId={within}"), None),
                ("with an address", format!("{USERS}?_email={}", crowd::email(people / 2)), None),
                ("beginning of a name", format!("{USERS}?_namePrefix=person%200005"), None),
                ("beginning of an address", format!("{USERS}?_identifierType=email&_identifier=person0005"), None),
                ("words", "/identity/resources/users/v1/query/phrase?_phraseSearchContains=000777".to_owned(), None),
                ("tenants", TENANTS.to_owned(), None),
                ("last page of tenants", format!("{TENANTS}?_offset={}", tenants / 50), None),
                ("filtered tenants", format!("{TENANTS}?_filter=000007"), None),
            ] {
                list(&mut group, &runtime, &full, (name, people), &path, tenant);
            }
            runtime.block_on(full.emulator.stop());
        }
        group.finish();
    }
}

fn list(
    group: &mut BenchmarkGroup<'_, WallTime>,
    runtime: &Runtime,
    full: &Full,
    (name, people): (&str, usize),
    path: &str,
    tenant: Option<&str>,
) {
    group.bench_function(BenchmarkId::new(name, people), |bencher| {
        bencher.to_async(runtime).iter(|| full.get(path, tenant));
    });
}

/// Emptying an emulator with ten thousand people, which are there again each time.
fn resets(criterion: &mut Criterion) {
    let runtime = runtime();
    let mut group = criterion.benchmark_group("reset");
    group.sample_size(20).measurement_time(Duration::from_secs(2));
    for (store, in_a_file) in [("memory", false), ("file", true)] {
        for people in [10, 10_000] {
            let full = runtime.block_on(Full::new(in_a_file, people, 10));
            let snapshot: Snapshot = runtime.block_on(full.emulator.snapshot()).expect("a snapshot");
            group.bench_function(BenchmarkId::new(store, people), |bencher| {
                bencher.iter_batched(
                    || runtime.block_on(full.emulator.restore(&snapshot)).expect("a crowd"),
                    |()| runtime.block_on(full.emulator.reset()).expect("an empty environment"),
                    BatchSize::PerIteration,
                );
            });
        }
    }
    group.finish();
}

/// Security case 54 whole: a hundred thousand calls, of which none is refused. Security case 60: ten
/// thousand resets.
fn endurance(criterion: &mut Criterion) {
    let runtime = runtime();
    let full = runtime.block_on(Full::new(false, 10, 10));
    let mut group = criterion.benchmark_group("endurance");
    group.sample_size(10).measurement_time(Duration::from_secs(1));
    group.bench_function("100,000 calls", |bencher| {
        bencher.to_async(&runtime).iter(|| async {
            let mut callers = JoinSet::new();
            for _ in 0..16 {
                let (http, url) = (full.http.clone(), format!("{}/.well-known/jwks.json", full.emulator.url()));
                callers.spawn(async move {
                    for _ in 0..100_000 / 16 {
                        let answer = http.get(&url).send().await.expect("an answer");
                        assert_eq!(answer.status(), StatusCode::OK);
                    }
                });
            }
            callers.join_all().await;
        });
    });
    group.bench_function("10,000 resets", |bencher| {
        bencher.to_async(&runtime).iter(|| async {
            for _ in 0..10_000 {
                full.emulator.reset().await.expect("an empty environment");
            }
        });
    });
    group.finish();
}

criterion_group!(benches, lists, resets, endurance);
criterion_main!(benches);
