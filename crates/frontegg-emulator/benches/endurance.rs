//! The program under everything at once, for minutes or hours: people are read, listed, searched, created and deleted,
//! sign in and go on with their sessions, and every minute the environment is emptied. Each minute it prints how long
//! answers took and what Linux tells of the process.
//!
//! It fails if a request does where the emptying is not the reason, and if descriptors, threads or memory grow after
//! the first fifth of the time.
//!
//! `cargo bench -p frontegg-emulator --bench endurance --profile release -- 60 sqlite:PATH`: minutes, 1 unless they
//! are said, and a store, else a file that goes with this. Beside a file passwords are hashed as they should be.

#[path = "support/connection.rs"]
mod connection;
#[path = "../tests/api/support/crowd.rs"]
mod crowd;
#[path = "support/emulator.rs"]
mod emulator;
#[path = "support/latencies.rs"]
mod latencies;
#[path = "support/process.rs"]
mod process;

use std::{
    env,
    process::ExitCode,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{
    Method, Request, StatusCode,
    header::{COOKIE, SET_COOKIE},
};
use http_body_util::Full;
use serde_json::json;
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant as Moment, sleep_until},
};

use crate::{
    connection::{Answer, Connection, bare, request, with_json},
    emulator::{BackEnd, PASSWORD, USERS},
    latencies::Latencies,
    process::Process,
};

const CALLERS: usize = 8;
/// Who is there from the beginning of each minute.
const PEOPLE: usize = 1_000;
const TENANTS: usize = 10;
/// How many people have a password; their hashes are work that others wait for.
const WITH_PASSWORD: usize = 10;
const MINUTE: Duration = Duration::from_mins(1);
/// What may be added to the most that was seen while it warmed up.
const DESCRIPTORS: usize = 16;
const THREADS: u64 = 8;
/// In MiB.
const MEMORY: u64 = 32;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Read,
    List,
    Search,
    SignIn,
    Refresh,
    Create,
    Delete,
}

impl Kind {
    const ALL: [Self; 7] =
        [Self::Read, Self::List, Self::Search, Self::SignIn, Self::Refresh, Self::Create, Self::Delete];
    /// One turn of a caller, which begins anew after it.
    const TURN: [Self; 20] = [
        Self::Read,
        Self::Create,
        Self::Read,
        Self::List,
        Self::Refresh,
        Self::Read,
        Self::Read,
        Self::Search,
        Self::Read,
        Self::Refresh,
        Self::Read,
        Self::SignIn,
        Self::Read,
        Self::Create,
        Self::List,
        Self::Read,
        Self::Refresh,
        Self::Delete,
        Self::Read,
        Self::Delete,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::List => "list",
            Self::Search => "search",
            Self::SignIn => "sign in",
            Self::Refresh => "refresh",
            Self::Create => "create",
            Self::Delete => "delete",
        }
    }
}

/// The environment between two emptyings.
struct World {
    back_end: BackEnd,
    /// Whether it is being emptied: what is refused now has its reason.
    is_over: AtomicBool,
    /// Ids of people who were created and nobody else asks about.
    created: Mutex<Vec<String>>,
    /// Cookies of sessions that nobody else goes on with.
    sessions: Mutex<Vec<String>>,
}

/// What a minute has brought.
#[derive(Default)]
struct Minute {
    latencies: [Latencies; Kind::ALL.len()],
    /// Refused, or not answered, because the environment was emptied.
    emptied: usize,
    errors: Vec<String>,
}

impl World {
    /// Fills an environment that is empty.
    async fn fill(connection: &mut Connection) -> Self {
        let empty = emulator::export(connection).await;
        emulator::import(connection, &crowd::crowd(&empty, PEOPLE, TENANTS)).await;
        let back_end = BackEnd::log_in(connection).await;
        for number in 0..WITH_PASSWORD {
            let body = json!({ "email": signer(number), "password": PASSWORD, "skipInviteEmail": true });
            let create = back_end.in_tenant(&crowd::tenant_id(0), Method::POST, &format!("{USERS}/v2"));
            connection.send(with_json(create, &body)).await.expect("an answer").json();
        }
        Self { back_end, is_over: AtomicBool::new(false), created: Mutex::default(), sessions: Mutex::default() }
    }

    /// A request of that kind, or of another one that makes what it wants and finds nowhere.
    fn ask(&self, kind: Kind) -> (Kind, Request<Full<Bytes>>) {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let tenant = crowd::tenant_id(number % TENANTS);
        let to = |method, path: &str| self.back_end.in_tenant(&tenant, method, path);
        let request = match kind {
            Kind::Read => bare(to(Method::GET, &format!("{USERS}/v1/{}", crowd::user_id(number % PEOPLE)))),
            Kind::List => bare(to(Method::GET, &format!("{USERS}/v3?_limit=20"))),
            Kind::Search => {
                let phrase = format!("{USERS}/v1/query/phrase?_phraseSearchContains=person%20000{}", number % 10);
                bare(self.back_end.request(Method::GET, &phrase))
            }
            Kind::SignIn => {
                let body = json!({ "email": signer(number % WITH_PASSWORD), "password": PASSWORD });
                with_json(request(Method::POST, "/identity/resources/auth/v1/user"), &body)
            }
            Kind::Refresh => {
                let Some(cookie) = take(&self.sessions) else { return self.ask(Kind::SignIn) };
                let head = request(Method::POST, "/identity/resources/auth/v1/user/token/refresh");
                with_json(head.header(COOKIE, cookie), &json!({}))
            }
            Kind::Create => {
                let body = json!({ "email": format!("new{number}@acme.test") });
                with_json(to(Method::POST, &format!("{USERS}/v2")), &body)
            }
            Kind::Delete => {
                let Some(id) = take(&self.created) else { return self.ask(Kind::Create) };
                bare(self.back_end.request(Method::DELETE, &format!("{USERS}/v1/{id}")))
            }
        };
        (kind, request)
    }

    /// Keeps what later requests want.
    fn keep(&self, kind: Kind, answer: &Answer) {
        match kind {
            Kind::Create => {
                let id = answer.json()["id"].as_str().expect("an id").to_owned();
                self.created.lock().expect("nobody failed").push(id);
            }
            Kind::SignIn | Kind::Refresh => {
                let lines = answer.headers.get_all(SET_COOKIE).iter().filter_map(|line| line.to_str().ok());
                let mut pairs = lines.filter_map(|line| line.split(';').next());
                if let Some(cookie) = pairs.find(|pair| pair.starts_with("fe_refresh_")) {
                    self.sessions.lock().expect("nobody failed").push(cookie.to_owned());
                }
            }
            Kind::Read | Kind::List | Kind::Search | Kind::Delete => {}
        }
    }
}

fn signer(number: usize) -> String {
    format!("signer{number}@acme.test")
}

fn take(those: &Mutex<Vec<String>>) -> Option<String> {
    those.lock().expect("nobody failed").pop()
}

impl Minute {
    /// Notes what came of a request.
    fn note(&mut self, world: &World, kind: Kind, answer: anyhow::Result<Answer>, latency: Duration) {
        let error = match answer {
            Ok(answer) if answer.status.is_success() => {
                world.keep(kind, &answer);
                return self.latencies[kind as usize].add(latency);
            }
            Ok(Answer { status, body, .. }) => format!("{status} {}", String::from_utf8_lossy(&body)),
            Err(error) => format!("{error:#}"),
        };
        if world.is_over.load(Ordering::SeqCst) {
            self.emptied += 1;
        } else {
            self.errors.push(format!("{}: {error}", kind.name()));
        }
    }

    fn print(&mut self, number: usize, process: &Process) {
        println!(
            "\nminute {number}: {} MiB, {} descriptors, {} threads; {} met the emptying, {} errors",
            process.memory(),
            process.descriptors(),
            process.threads(),
            self.emptied,
            self.errors.len(),
        );
        for (kind, latencies) in Kind::ALL.iter().zip(&mut self.latencies) {
            let (median, late) = (latencies.percentile(50), latencies.percentile(99));
            println!("{:<10} {:>7}  p50 {median:>8.1?}  p99 {late:>8.1?}", kind.name(), latencies.count());
        }
        for error in self.errors.iter().take(5) {
            println!("{error}");
        }
    }
}

/// Asks without an end; waits only for the next environment where one is over.
async fn call(authority: String, mut worlds: watch::Receiver<Arc<World>>, minute: Arc<Mutex<Minute>>, first: usize) {
    let mut connection = Connection::to(&authority);
    for kind in Kind::TURN.iter().cycle().skip(first) {
        let world = Arc::clone(&worlds.borrow_and_update());
        if world.is_over.load(Ordering::SeqCst) {
            if worlds.changed().await.is_err() {
                return;
            }
            continue;
        }
        let (kind, request) = world.ask(*kind);
        let sent = Instant::now();
        let answer = connection.send(request).await;
        minute.lock().expect("nobody failed").note(&world, kind, answer, sent.elapsed());
    }
}

/// What the process holds.
#[derive(Clone, Copy, Default, Debug)]
struct Held {
    memory: u64,
    descriptors: usize,
    threads: u64,
}

impl Held {
    fn by(process: &Process) -> Self {
        Self { memory: process.memory(), descriptors: process.descriptors(), threads: process.threads() }
    }

    fn most(self, other: Self) -> Self {
        Self {
            memory: self.memory.max(other.memory),
            descriptors: self.descriptors.max(other.descriptors),
            threads: self.threads.max(other.threads),
        }
    }

    /// Whether it is more than what there was, by more than chance.
    fn has_grown_since(self, before: Self) -> bool {
        self.memory > before.memory * 5 / 4 + MEMORY
            || self.descriptors > before.descriptors + DESCRIPTORS
            || self.threads > before.threads + THREADS
    }
}

/// Whether nothing went wrong.
async fn endure(store: &str, minutes: usize) -> bool {
    let (process, authority) = emulator::start(store, 0);
    let mut connection = Connection::to(&authority);
    let (sender, worlds) = watch::channel(Arc::new(World::fill(&mut connection).await));
    let minute = Arc::new(Mutex::new(Minute::default()));
    let mut callers = JoinSet::new();
    for number in 0..CALLERS {
        callers.spawn(call(authority.clone(), worlds.clone(), Arc::clone(&minute), number * 3));
    }
    let warm_up = minutes.div_ceil(5);
    let (begun, mut before, mut errors, mut has_grown) = (Moment::now(), Held::default(), 0, false);
    for number in 1..=minutes {
        sleep_until(begun + MINUTE * u32::try_from(number).expect("a number")).await;
        let held = Held::by(&process);
        let mut past = std::mem::take(&mut *minute.lock().expect("nobody failed"));
        past.print(number, &process);
        errors += past.errors.len();
        if number <= warm_up {
            before = before.most(held);
        } else if held.has_grown_since(before) {
            println!("it has grown: {held:?}, and {before:?} at most in the first {warm_up} minutes");
            has_grown = true;
        }
        sender.borrow().is_over.store(true, Ordering::SeqCst);
        let emptied = connection.send(bare(request(Method::POST, "/_emulator/reset"))).await.expect("an answer");
        assert_eq!(emptied.status, StatusCode::NO_CONTENT);
        sender.send_replace(Arc::new(World::fill(&mut connection).await));
    }
    callers.shutdown().await;
    println!("\n{minutes} minutes: {errors} errors; {}", if has_grown { "it has grown" } else { "it has not grown" });
    errors == 0 && !has_grown
}

fn main() -> ExitCode {
    let said: Vec<String> = env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let minutes = said.first().map_or(1, |minutes| minutes.parse().expect("a number of minutes"));
    let folder = tempfile::tempdir().expect("a folder");
    let file = format!("sqlite:{}", folder.path().join("emulator.db").display());
    let store = said.get(1).unwrap_or(&file);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    if runtime.block_on(endure(store, minutes)) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
