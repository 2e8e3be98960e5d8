//! What a call through the SDK costs beside the same exchange with reqwest alone: time, allocations, a
//! thousand calls at once, and a list read page by page. The service answers from memory, so that
//! little else is measured.
//!
//! `cargo bench -p frontegg-identity --bench calls`

use std::{hint::black_box, thread};

use criterion::{Criterion, criterion_group, criterion_main};
use frontegg_identity::{Environment, Frontegg, Scope, params::ListRolesV2, types::RoleResponse};
use futures_util::future::join_all;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::{Builder, Runtime},
};

const PATH: &str = "/identity/resources/roles/v1";
const ROLES: usize = 20;
const PAGES: usize = 10;

fn roles() -> String {
    let role = |index| {
        format!(
            r#"{{"id":"r-{index}","vendorId":"v","tenantId":null,"key":"role-{index}","name":"Role {index}","isDefault":false,
            "firstUserRole":false,"level":0,"permissions":["p-1","p-2","p-3"],"createdAt":"2026-01-01T00:00:00Z",
            "updatedAt":"2026-01-01T00:00:00Z"}}"#
        )
    };
    format!("[{}]", (0..ROLES).map(role).collect::<Vec<_>>().join(","))
}

/// A service with three answers: a token, a list of roles, and a page of them.
fn serve() -> String {
    let answer = |body: &str| {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length:";
        format!("{head} {}\r\n\r\n{body}", body.len()).into_bytes()
    };
    let page =
        format!(r#"{{"items":{},"_metadata":{{"totalItems":{},"totalPages":{PAGES}}}}}"#, roles(), ROLES * PAGES);
    let answers = [answer(r#"{"token":"t","expiresIn":86400}"#), answer(&roles()), answer(&page)];
    let answers: &'static [Vec<u8>; 3] = Box::leak(Box::new(answers));
    let (send, receive) = std::sync::mpsc::channel();
    thread::spawn(move || {
        runtime().block_on(async move {
            let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
            send.send(listener.local_addr().expect("an address")).expect("somebody who waits");
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(exchange(stream, answers));
            }
        });
    });
    format!("http://{}", receive.recv().expect("an address"))
}

async fn exchange(mut stream: TcpStream, [token, list, page]: &[Vec<u8>; 3]) {
    let mut buffer = vec![0; 16 * 1024];
    let mut held = 0;
    while let Ok(read @ 1..) = stream.read(&mut buffer[held..]).await {
        held += read;
        // One request at a time comes over a connection; the only one with a body asks for the token.
        let request = &buffer[..held];
        let is_whole =
            if request.starts_with(b"POST") { request.ends_with(b"}") } else { request.ends_with(b"\r\n\r\n") };
        if is_whole {
            let answer = match request {
                [b'P', ..] => token,
                _ if request.windows(3).take(80).any(|part| part == b"/v2") => page,
                _ => list,
            };
            held = 0;
            if stream.write_all(answer).await.is_err() {
                return;
            }
        }
    }
}

fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// The same exchange by both ways.
struct Ways {
    facade: Scope<Environment>,
    reqwest: reqwest::Client,
    url: String,
}

impl Ways {
    fn new() -> Self {
        let url = serve();
        let frontegg = Frontegg::builder().base_url(&url).credentials("id", "key").build().expect("a client");
        let mut headers = HeaderMap::new();
        headers.insert(AUTHORIZATION, HeaderValue::from_static("Bearer t"));
        headers.insert("frontegg-tenant-id", HeaderValue::from_static("acme"));
        let reqwest = reqwest::Client::builder().default_headers(headers).no_proxy().build().expect("a client");
        Self { facade: frontegg.tenant("acme"), reqwest, url }
    }

    async fn by_facade(&self) -> Vec<RoleResponse> {
        self.facade.roles().list_roles_v1().await.expect("roles")
    }

    async fn by_reqwest(&self) -> Vec<RoleResponse> {
        let answer = self.reqwest.get(format!("{}{PATH}", self.url)).send().await.expect("an answer");
        answer.error_for_status().expect("success").json().await.expect("roles")
    }
}

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
