//! Two processes on one PostgreSQL, of which one is killed every ten seconds and begun anew, while callers create
//! people and sign in. A caller goes to the other process where one does not answer.
//!
//! It fails if somebody whose creation was acknowledged is not there at the end, if a request is refused, or if one
//! took longer than two seconds with all that a caller did for it. Before that it prints how many creations a second
//! one process takes, and two.
//!
//! `cargo bench -p frontegg-emulator --bench failover --profile release -- 180`: seconds, 60 unless they are said.

#[path = "support/connection.rs"]
mod connection;
#[path = "support/emulator.rs"]
mod emulator;
#[path = "support/latencies.rs"]
mod latencies;
#[path = "support/process.rs"]
mod process;

use std::{
    collections::HashSet,
    env,
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use frontegg_test_harness::postgres::Database;
use http::{Method, Request, StatusCode};
use http_body_util::Full;
use serde_json::json;
use tokio::{
    task::{JoinSet, spawn_blocking},
    time::sleep,
};

use crate::{
    connection::{Answer, Connection, bare, request, with_json},
    emulator::{BackEnd, PASSWORD, USERS},
    latencies::Latencies,
    process::Process,
};

const TENANT: &str = "acme";
const SIGNER: &str = "signer@acme.test";
const CALLERS: usize = 8;
/// One request of so many is a sign-in.
const SIGN_INS: usize = 20;
/// How long creations are counted with one process, and with two.
const SPAN: Duration = Duration::from_secs(10);
/// How long a process lives before it is killed.
const LIFE: Duration = Duration::from_secs(10);
/// How long a request may take.
const LONGEST: Duration = Duration::from_secs(2);

/// Connections of a caller to each process, of which it uses one as long as that answers.
struct Balancer {
    connections: Vec<Connection>,
    current: usize,
    /// How often it went on to the next.
    turns: usize,
}

impl Balancer {
    fn over(authorities: &[String], current: usize) -> Self {
        let connections = authorities.iter().map(|authority| Connection::to(authority)).collect();
        Self { connections, current: current % authorities.len(), turns: 0 }
    }

    /// Sends it until some process answers.
    async fn send(&mut self, request: &Request<Full<Bytes>>) -> Answer {
        for _ in 0..4 * self.connections.len() {
            if let Ok(answer) = self.connections[self.current].send(request.clone()).await {
                return answer;
            }
            self.current = (self.current + 1) % self.connections.len();
            self.turns += 1;
        }
        panic!("no process answers");
    }
}

/// What a caller has seen.
#[derive(Default)]
struct Seen {
    /// Addresses of those who were created.
    created: Vec<String>,
    creations: Latencies,
    sign_ins: Latencies,
    turns: usize,
    refused: Vec<String>,
}

impl Seen {
    fn join(those: Vec<Self>) -> Self {
        let mut all = Self::default();
        for one in those {
            all.created.extend(one.created);
            all.creations.append(one.creations);
            all.sign_ins.append(one.sign_ins);
            all.turns += one.turns;
            all.refused.extend(one.refused);
        }
        all
    }

    /// An address that somebody has already is as good as created where the answer to an attempt was lost.
    fn note_creation(&mut self, email: String, answer: &Answer, was_lost: bool, latency: Duration) {
        let is_there = was_lost && [StatusCode::BAD_REQUEST, StatusCode::CONFLICT].contains(&answer.status);
        if answer.status.is_success() || is_there {
            self.created.push(email);
            self.creations.add(latency);
        } else {
            self.refuse(answer);
        }
    }

    fn note_sign_in(&mut self, answer: &Answer, latency: Duration) {
        if answer.status.is_success() {
            self.sign_ins.add(latency);
        } else {
            self.refuse(answer);
        }
    }

    fn refuse(&mut self, answer: &Answer) {
        self.refused.push(format!("{} {}", answer.status, String::from_utf8_lossy(&answer.body)));
    }
}

/// What callers ask, and of whom.
#[derive(Clone)]
struct Work {
    authorities: Vec<String>,
    back_end: BackEnd,
    ended: Arc<AtomicBool>,
    /// One request of so many is a sign-in; none, where it is none.
    sign_ins: Option<usize>,
}

impl Work {
    async fn call(self, number: usize) -> Seen {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let (mut balancer, mut seen) = (Balancer::over(&self.authorities, number), Seen::default());
        while !self.ended.load(Ordering::Relaxed) {
            let (count, turns, sent) = (COUNT.fetch_add(1, Ordering::Relaxed), balancer.turns, Instant::now());
            if self.sign_ins.is_some_and(|one| count % one == 0) {
                let body = json!({ "email": SIGNER, "password": PASSWORD });
                let sign_in = with_json(request(Method::POST, "/identity/resources/auth/v1/user"), &body);
                let answer = balancer.send(&sign_in).await;
                seen.note_sign_in(&answer, sent.elapsed());
            } else {
                let email = format!("new{count}@acme.test");
                let answer = balancer.send(&create(&self.back_end, &json!({ "email": email }))).await;
                seen.note_creation(email, &answer, balancer.turns > turns, sent.elapsed());
            }
        }
        seen.turns = balancer.turns;
        seen
    }

    /// Lets all callers ask while something else lasts.
    async fn during(self, what: impl Future<Output = ()>) -> Seen {
        let mut callers = JoinSet::new();
        for number in 0..CALLERS {
            callers.spawn(self.clone().call(number));
        }
        what.await;
        self.ended.store(true, Ordering::Relaxed);
        Seen::join(callers.join_all().await)
    }
}

fn create(back_end: &BackEnd, person: &serde_json::Value) -> Request<Full<Bytes>> {
    with_json(back_end.in_tenant(TENANT, Method::POST, &format!("{USERS}/v2")), person)
}

/// Two processes, each at its address whenever it runs.
struct Processes {
    store: String,
    running: Vec<Option<Process>>,
    authorities: Vec<String>,
}

impl Processes {
    fn start(store: &str) -> Self {
        let (running, authorities) = (0..2).map(|_| emulator::start(store, 0)).map(|(a, b)| (Some(a), b)).unzip();
        Self { store: store.to_owned(), running, authorities }
    }

    /// Kills one after the other for a while; gives how often.
    async fn kill_in_turns(&mut self, time: Duration) -> usize {
        let (begun, mut kills) = (Instant::now(), 0);
        loop {
            sleep(LIFE).await;
            if begun.elapsed() >= time {
                return kills;
            }
            let number = kills % self.running.len();
            let (_, port) = self.authorities[number].rsplit_once(':').expect("a port");
            let (store, port) = (self.store.clone(), port.parse().expect("a number"));
            self.running[number].take().expect("it runs").kill();
            let anew = spawn_blocking(move || emulator::start(&store, port)).await;
            self.running[number] = Some(anew.expect("it runs again").0);
            kills += 1;
        }
    }
}

/// Those of them who are not there, asked page by page.
async fn missing(back_end: &BackEnd, authority: &str, created: &[String]) -> Vec<String> {
    let (mut connection, mut there) = (Connection::to(authority), HashSet::new());
    for page in 0.. {
        let head = back_end.in_tenant(TENANT, Method::GET, &format!("{USERS}/v3?_limit=200&_offset={page}"));
        let list = connection.send(bare(head)).await.expect("an answer").json();
        let items = list["items"].as_array().expect("a list");
        there.extend(items.iter().filter_map(|person| person["email"].as_str().map(ToOwned::to_owned)));
        if items.is_empty() {
            break;
        }
    }
    created.iter().filter(|email| !there.contains(*email)).cloned().collect()
}

/// Whether nothing went wrong.
async fn fail_over(time: Duration) -> bool {
    let Some(database) = Database::create().await else { return true };
    let mut processes = Processes::start(database.url());
    let mut connection = Connection::to(&processes.authorities[0]);
    let back_end = BackEnd::log_in(&mut connection).await;
    back_end.create_tenant(&mut connection, TENANT).await;
    let signer = json!({ "email": SIGNER, "password": PASSWORD, "skipInviteEmail": true });
    connection.send(create(&back_end, &signer)).await.expect("an answer").json();

    let mut created = Vec::new();
    for count in 1..=2 {
        let work = work(&processes.authorities[..count], &back_end, None);
        let mut seen = work.during(sleep(SPAN)).await;
        let rate = f64::from(u32::try_from(seen.created.len()).expect("a number")) / SPAN.as_secs_f64();
        let late = seen.creations.percentile(99);
        println!("{count} of two processes asked: {rate:.0} creations a second, p99 {late:.1?}");
        created.append(&mut seen.created);
    }

    let work = work(&processes.authorities, &back_end, Some(SIGN_INS));
    let mut kills = 0;
    let mut seen = work.during(async { kills = processes.kill_in_turns(time).await }).await;
    let (creations, sign_ins) = (seen.creations.count(), seen.sign_ins.count());
    println!("{kills} kills in {time:.0?}: {creations} creations, {sign_ins} sign-ins, {} went elsewhere", seen.turns);
    for (name, latencies) in [("creation", &mut seen.creations), ("sign-in", &mut seen.sign_ins)] {
        let (median, late) = (latencies.percentile(50), latencies.percentile(99));
        println!("{name:<10} p50 {median:.1?}  p99 {late:.1?}  longest {:.1?}", latencies.longest());
    }
    created.append(&mut seen.created);
    let missing = missing(&back_end, &processes.authorities[0], &created).await;
    println!("{} acknowledged, {} of them missing, {} refused", created.len(), missing.len(), seen.refused.len());
    seen.refused.iter().chain(&missing).take(5).for_each(|one| println!("{one}"));
    let longest = seen.creations.longest().max(seen.sign_ins.longest());
    missing.is_empty() && seen.refused.is_empty() && longest <= LONGEST
}

fn work(authorities: &[String], back_end: &BackEnd, sign_ins: Option<usize>) -> Work {
    Work { authorities: authorities.to_vec(), back_end: back_end.clone(), ended: Arc::default(), sign_ins }
}

fn main() -> ExitCode {
    let seconds = env::args().skip(1).find(|argument| !argument.starts_with("--"));
    let seconds = seconds.map_or(60, |seconds| seconds.parse().expect("a number of seconds"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    if runtime.block_on(fail_over(Duration::from_secs(seconds))) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
