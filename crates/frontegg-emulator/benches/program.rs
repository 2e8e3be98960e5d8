//! The program as others use it, in a process of its own: how long it takes to start, with how much memory it waits; what
//! it takes to read somebody, to list, to sign in and to create, for one caller and for sixteen, with ten people and with
//! a hundred thousand; how long others wait while somebody searches; how much memory is left of it all.
//!
//! Processor time and memory are those of the program alone, as Linux tells them. A table on stdout; nothing is judged.
//!
//! `cargo bench -p frontegg-emulator --bench program`; a store behind `--` takes the place of memory.

#[path = "../tests/api/support/crowd.rs"]
mod crowd;
#[path = "support/latencies.rs"]
mod latencies;
#[path = "support/process.rs"]
mod process;

use std::{
    env,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::{latencies::Latencies, process::Process};

const TENANT: &str = "tenant-000007";
const PASSWORD: &str = "Correct-horse-1815";
/// How long each figure is taken.
const SPAN: Duration = Duration::from_secs(3);

/// A program that runs, and a back end of it.
#[derive(Clone)]
struct Program {
    process: Arc<Process>,
    http: Client,
    url: String,
    token: String,
}

/// A process of the program, which writes its log, and its address.
fn launch(store: &str) -> (Process, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_frontegg-emulator"));
    command.args(["--listen", "0", "--client-id", "client", "--api-key", "key", "--store", store]);
    Process::start(command, |line| Some(line.strip_prefix("# listening on ")?.to_owned()))
}

/// Starts it several times; tells the median of the time until it listens, and the most memory that one has that nobody
/// has asked for anything.
fn starts(store: &str) {
    let mut latencies = Latencies::default();
    let mut memory = 0;
    for _ in 0..21 {
        let begun = Instant::now();
        let (process, _) = launch(store);
        latencies.add(begun.elapsed());
        memory = memory.max(process.memory());
    }
    let (median, longest) = (latencies.percentile(50), latencies.longest());
    println!("listens after {median:.1?} (p50), {longest:.1?} at most; {memory} MiB");
}

impl Program {
    async fn start(store: &str) -> Self {
        let (process, url) = launch(store);
        let http = Client::builder().no_proxy().tls_certs_only([]).build().expect("a client");
        let login = http.post(format!("{url}/auth/vendor")).json(&json!({ "clientId": "client", "secret": "key" }));
        let login: Value = login.send().await.expect("an answer").json().await.expect("a token");
        let token = login["token"].as_str().expect("a token").to_owned();
        Self { process: Arc::new(process), http, url, token }
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.url));
        request.bearer_auth(&self.token).header("frontegg-tenant-id", TENANT)
    }

    async fn fill(&mut self, people: usize, tenants: usize) {
        let empty = self.http.get(format!("{}/_emulator/export?secrets=true", self.url)).send().await;
        let empty: Value = empty.expect("an answer").json().await.expect("a state");
        let state = crowd::crowd(&empty, people, tenants).to_string();
        let imported = self.http.post(format!("{}/_emulator/import", self.url)).body(state).send().await;
        assert!(imported.expect("an answer").status().is_success());
        let body = json!({
            "email": "ada@acme.test", "password": PASSWORD, "skipInviteEmail": true,
        });
        let created = self.request(Method::POST, "/identity/resources/users/v2").json(&body).send().await;
        assert!(created.expect("an answer").status().is_success());
    }
}

/// Makes a request.
type Make = dyn Fn(&Program) -> RequestBuilder + Send + Sync;

/// Sends it for a while from so many callers; prints what came of it.
async fn take(program: &Program, name: &str, callers: usize, make: Arc<Make>) {
    let (before, begun) = (program.process.cpu(), Instant::now());
    let mut tasks = JoinSet::new();
    for _ in 0..callers {
        let (program, make) = (program.clone(), Arc::clone(&make));
        tasks.spawn(async move {
            let mut latencies = Latencies::default();
            while begun.elapsed() < SPAN {
                let sent = Instant::now();
                let request = make(&program);
                let answer = request.send().await.expect("an answer");
                assert!(answer.status().is_success(), "{}", answer.status());
                answer.bytes().await.expect("a body");
                latencies.add(sent.elapsed());
            }
            latencies
        });
    }
    let mut latencies = Latencies::default();
    tasks.join_all().await.into_iter().for_each(|those| latencies.append(those));
    let count = latencies.count();
    let rate = count * 1_000 / usize::try_from(begun.elapsed().as_millis()).expect("a number");
    let cpu = program.process.cpu().saturating_sub(before) / u32::try_from(count).expect("a number");
    let (median, late) = (latencies.percentile(50), latencies.percentile(99));
    println!("{name:<44} {callers:>3}  {rate:>6}/s  p50 {median:>9.1?}  p99 {late:>9.1?}  cpu {cpu:>9.1?}");
}

fn read(program: &Program) -> RequestBuilder {
    program.request(Method::GET, &format!("/identity/resources/users/v1/{}", crowd::user_id(7)))
}

fn list(program: &Program) -> RequestBuilder {
    program.request(Method::GET, "/identity/resources/users/v3?_limit=20")
}

fn sign_in(program: &Program) -> RequestBuilder {
    let body = json!({ "email": "ada@acme.test", "password": PASSWORD });
    program.http.post(format!("{}/identity/resources/auth/v1/user", program.url)).json(&body)
}

fn create(program: &Program) -> RequestBuilder {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let body = json!({ "email": format!("new{}@acme.test", COUNT.fetch_add(1, Ordering::Relaxed)) });
    program.request(Method::POST, "/identity/resources/users/v2").json(&body)
}

fn search(program: &Program) -> RequestBuilder {
    let path = "/identity/resources/users/v1/query/phrase?_phraseSearchContains=person%200&_limit=50";
    program.http.get(format!("{}{path}", program.url)).bearer_auth(&program.token)
}

async fn beside_a_search(program: &Program) {
    let ended = Arc::new(AtomicBool::new(false));
    let searching = tokio::spawn({
        let (program, ended) = (program.clone(), Arc::clone(&ended));
        async move {
            let mut searches = 0;
            while !ended.load(Ordering::Relaxed) {
                let answer = search(&program).send().await.expect("an answer");
                assert!(answer.status().is_success(), "{}", answer.status());
                answer.bytes().await.expect("a body");
                searches += 1;
            }
            searches
        }
    });
    take(program, "read a user while somebody searches", 1, Arc::new(read)).await;
    ended.store(true, Ordering::Relaxed);
    println!("{:<44} {} searches meanwhile", "", searching.await.expect("a number"));
}

async fn figures(store: &str) {
    starts(store);
    for (people, tenants) in [(10, 10), (100_000, 1_000)] {
        let mut program = Program::start(store).await;
        println!("\n{people} people; {} MiB at first", program.process.memory());
        program.fill(people, tenants).await;
        println!("{} MiB when they are there", program.process.memory());
        for callers in [1, 16] {
            take(&program, "read a user", callers, Arc::new(read)).await;
            take(&program, "list 20 users of a tenant", callers, Arc::new(list)).await;
            take(&program, "sign in", callers, Arc::new(sign_in)).await;
            take(&program, "create a user", callers, Arc::new(create)).await;
        }
        beside_a_search(&program).await;
        println!("{} MiB at last", program.process.memory());
    }
}

fn main() {
    let store = env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(figures(store.as_deref().unwrap_or("memory")));
}
