//! What a call through the SDK costs beside the same exchange with reqwest alone: time and processor time, on tokio's
//! runtimes, for a small answer and one of 6 KB; a thousand calls at once; a list read page by page.
//!
//! `cargo bench -p frontegg-identity --bench calls`; a word behind `--` chooses the rows whose names have it.

#[path = "exchange/beside.rs"]
mod beside;
mod exchange;

use std::hint::black_box;

use beside::Beside;
use exchange::{
    Ways, one_thread,
    service::{PAGES, Service, serve_if_told},
};
use frontegg_emulator::Emulator;
use frontegg_identity::{
    Frontegg,
    params::ListRolesV2,
    types::{CreateTenantRequest, RoleResponse},
};
use futures_util::future::join_all;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};

/// How many roles an answer has, and how large it is then.
const ANSWERS: [(usize, &str); 2] = [(1, "250 B"), (24, "6 KB")];

/// A runtime of as many threads as there are processors, as `#[tokio::main]` makes it.
fn default_runtime() -> Runtime {
    Builder::new_multi_thread().enable_all().build().expect("a runtime")
}

/// The rows that are asked for.
struct Table {
    chosen: Option<String>,
}

impl Table {
    fn row(&self, name: &str, measure: impl FnOnce() -> Beside) {
        if self.chosen.as_ref().is_none_or(|chosen| name.contains(chosen)) {
            println!("{name:<44} {}", measure());
        }
    }
}

fn main() {
    serve_if_told();
    let table = Table { chosen: std::env::args().skip(1).find(|argument| !argument.starts_with("--")) };
    println!("{:<44} facade / reqwest", "");
    for (roles, size) in ANSWERS {
        let service = Service::start(roles);
        table.row(&format!("{size}, one thread"), || one_by_one(&service, &one_thread()));
        table.row(&format!("{size}, default runtime"), || one_by_one(&service, &default_runtime()));
        table.row(&format!("{size}, default runtime, in a task"), || one_by_one_in_a_task(&service));
        table.row(&format!("{size}, default runtime, a thousand at once"), || at_once(&service));
    }
    let service = Service::start(24);
    table.row("ten pages, item by item", || paging(&service));
    table.row("250 B, default runtime, from the emulator", emulated);
}

const CALLS: u32 = 50;

fn one_by_one(service: &Service, runtime: &Runtime) -> Beside {
    beside(&Ways::to_service(&service.url), runtime)
}

fn beside(ways: &Ways, runtime: &Runtime) -> Beside {
    let reqwest = || {
        runtime.block_on(async {
            for _ in 0..CALLS {
                black_box(ways.by_reqwest().await);
            }
        });
    };
    let facade = || {
        runtime.block_on(async {
            for _ in 0..CALLS {
                black_box(ways.by_facade().await);
            }
        });
    };
    Beside::measure(CALLS, reqwest, facade)
}

/// On a thread of the runtime, as in a server.
fn one_by_one_in_a_task(service: &Service) -> Beside {
    let (ways, runtime) = (Ways::to_service(&service.url), default_runtime());
    let reqwest = || {
        let ways = ways.clone();
        let task = runtime.spawn(async move {
            for _ in 0..CALLS {
                black_box(ways.by_reqwest().await);
            }
        });
        runtime.block_on(task).expect("its end");
    };
    let facade = || {
        let ways = ways.clone();
        let task = runtime.spawn(async move {
            for _ in 0..CALLS {
                black_box(ways.by_facade().await);
            }
        });
        runtime.block_on(task).expect("its end");
    };
    Beside::measure(CALLS, reqwest, facade)
}

fn at_once(service: &Service) -> Beside {
    const AT_ONCE: u32 = 1_000;
    let (ways, runtime) = (Ways::to_service(&service.url), default_runtime());
    let reqwest = || drop(black_box(runtime.block_on(join_all((0..AT_ONCE).map(|_| ways.by_reqwest())))));
    let facade = || drop(black_box(runtime.block_on(join_all((0..AT_ONCE).map(|_| ways.by_facade())))));
    Beside::measure(AT_ONCE, reqwest, facade)
}

/// A page, as a program without the SDK declares it.
#[derive(Deserialize)]
struct Page {
    items: Vec<RoleResponse>,
}

async fn pages_by_reqwest(ways: &Ways) -> Vec<RoleResponse> {
    let (mut roles, url) = (Vec::new(), format!("{}/identity/resources/roles/v2", ways.url));
    for page in 0..PAGES {
        let answer = ways.reqwest.get(&url).query(&[("_offset", page)]).send().await.expect("an answer");
        roles.extend(answer.error_for_status().expect("success").json::<Page>().await.expect("a page").items);
    }
    roles
}

fn paging(service: &Service) -> Beside {
    let (ways, runtime) = (Ways::to_service(&service.url), default_runtime());
    let reqwest = || drop(black_box(runtime.block_on(pages_by_reqwest(&ways))));
    let facade = || {
        runtime.block_on(async {
            let mut items = ways.facade.account_roles().list_roles_v2(ListRolesV2::new()).stream();
            while let Some(role) = items.next().await {
                black_box(role.expect("a role"));
            }
        });
    };
    Beside::measure(1, reqwest, facade)
}

/// The same where there is a real service, which takes most of the time; its work counts as this process's.
fn emulated() -> Beside {
    let (server, runtime) = (default_runtime(), default_runtime());
    let emulator = server.block_on(Emulator::start()).expect("an emulator");
    let (client_id, api_key) = (emulator.client_id(), emulator.api_key());
    let builder = Frontegg::builder().base_url(emulator.url()).credentials(client_id, api_key);
    let frontegg = builder.clone().build();
    let acme = CreateTenantRequest::new().tenant_id("acme");
    let token = runtime.block_on(async {
        frontegg.expect("a client").tenants().create_tenant(&acme).await.expect("a tenant");
        let credentials = json!({ "clientId": client_id, "secret": api_key });
        let exchange = reqwest::Client::new().post(format!("{}/auth/vendor", emulator.url())).json(&credentials);
        let answer: Value = exchange.send().await.expect("an answer").json().await.expect("a token");
        answer["token"].as_str().expect("a token").to_owned()
    });
    beside(&Ways::to(builder, emulator.url().to_owned(), &token), &runtime)
}
