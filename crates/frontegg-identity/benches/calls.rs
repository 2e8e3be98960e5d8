//! What a call through the SDK costs beside the same exchange with reqwest alone: time, allocations, a
//! thousand calls at once, and a list read page by page.
//!
//! `cargo bench -p frontegg-identity --bench calls`

mod exchange;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use exchange::{PAGES, ROLES, Ways, runtime};
use frontegg_identity::params::ListRolesV2;
use futures_util::future::join_all;
use tokio::runtime::Runtime;

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

criterion_group!(benches, one_call, at_once, paging);
criterion_main!(benches);
