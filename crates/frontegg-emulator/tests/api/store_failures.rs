//! What the world does to a store: no room on its disk, a server that is away. Then the emulator says so at
//! once, and goes on by itself when that is over.

use std::{path::PathBuf, process::Command, sync::Arc, time::Duration};

use frontegg_emulator::Emulator;
use frontegg_test_harness::{clock::Clock, place::Place};
use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncWriteExt, copy_bidirectional},
    net::{TcpListener, TcpStream, UnixStream},
    sync::watch,
    time::Instant,
};

use crate::{
    process::{API_KEY, CLIENT_ID, Program},
    support::{HANG, World, http, place::postgres},
};

const JWKS: &str = "/.well-known/jwks.json";
const READY: &str = "/_emulator/ready";
const TENANTS: &str = "/tenants/resources/tenants/v1";

async fn get(url: &str, path: &str) -> Response {
    http().get(format!("{url}{path}")).send().await.expect("an answer")
}

async fn token(url: &str) -> String {
    let body = json!({ "clientId": CLIENT_ID, "secret": API_KEY });
    let answer = http().post(format!("{url}/auth/vendor")).json(&body).send().await.expect("an answer");
    let answer: Value = answer.json().await.expect("JSON");
    answer["token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
}

async fn create_tenant(url: &str, token: &str, id: &str) -> Response {
    let body = json!({ "tenantId": id, "name": "x".repeat(200) });
    let request = http().request(Method::POST, format!("{url}{TENANTS}")).bearer_auth(token).json(&body);
    request.send().await.expect("an answer")
}

/// A log which has that size already.
#[cfg(target_os = "linux")]
fn full_log(size: u64) -> std::fs::File {
    use std::io::{Seek, SeekFrom};

    let file = tempfile::tempfile().expect("a file");
    file.set_len(size).expect("its size");
    (&file).seek(SeekFrom::End(0)).expect("its end");
    file
}

/// Security case 57, in part: by a limit on the size of the files that a process writes, which the system
/// tells as it tells that a disk is full. The log is on that disk as well.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_is_said_and_gone_on_from() {
    const LIMIT: u64 = 500_000;
    let limited =
        |arguments: &[&str]| Command::new("prlimit").args(arguments).status().is_ok_and(|status| status.success());
    if !limited(&["--version"]) {
        eprintln!("left out: there is no prlimit");
        return;
    }
    let place = Place::file();
    // That the limit ends no process is handed on to whom it starts.
    let through = ["sh", "-c", "trap '' XFSZ; exec \"$0\" \"$@\""];
    let program = Program::start_through(&through, &["--store", place.url()], full_log(LIMIT).into());
    let (url, id) = (program.url.clone(), format!("--pid={}", program.child.id()));
    let token = token(&url).await;
    assert_eq!(create_tenant(&url, &token, "first").await.status().as_u16(), 201);
    assert!(limited(&[&id, &format!("--fsize={LIMIT}:unlimited")]));
    let mut kept = 1;
    let refused = loop {
        let answer = create_tenant(&url, &token, &format!("t{kept}")).await;
        if answer.status().as_u16() != 201 {
            break answer;
        }
        kept += 1;
        assert!(kept < 10_000, "there is room for ever");
    };
    assert_eq!((refused.status().as_u16(), &refused.headers()["retry-after"]), (507, &"1".parse().expect("a value")));
    let body: Value = refused.json().await.expect("JSON");
    assert_eq!(body["errors"][0], "The store has no room left");
    let ready = get(&url, READY).await;
    assert_eq!(ready.status().as_u16(), 503);
    assert!(ready.headers().contains_key("retry-after"));
    // What is there can be read.
    assert_eq!(get(&url, JWKS).await.status().as_u16(), 200);
    let list = http().get(format!("{url}{TENANTS}")).bearer_auth(&token).send().await.expect("an answer");
    assert_eq!(list.json::<Value>().await.expect("JSON").as_array().expect("tenants").len(), kept);

    assert!(limited(&[&id, "--fsize=unlimited:unlimited"]));
    assert_eq!(get(&url, READY).await.status().as_u16(), 200);
    assert_eq!(create_tenant(&url, &token, "last").await.status().as_u16(), 201);
}

/// The way to a database, which can be cut.
struct Way {
    url: String,
    state: watch::Sender<State>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Open,
    /// Connections are closed, new ones as well.
    Closed,
    /// Nothing is answered any more.
    Silent,
}

impl Way {
    /// One to a database of the harness, which listens on a socket in a folder.
    async fn to(place: &Place) -> Self {
        let rest = place.url().strip_prefix("postgres:///").expect("a database");
        let (database, parameters) = rest.split_once('?').expect("parameters");
        let folder = parameters.split('&').find_map(|pair| pair.strip_prefix("host=")).expect("a folder");
        let socket = Arc::new(PathBuf::from(folder).join(".s.PGSQL.5432"));
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let url = format!("postgres://postgres@127.0.0.1:{port}/{database}?sslmode=disable");
        let (state, seen) = watch::channel(State::Open);
        tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { return };
                tokio::spawn(carry(stream, Arc::clone(&socket), seen.clone()));
            }
        });
        Self { url, state }
    }

    fn set(&self, state: State) {
        self.state.send_replace(state);
    }
}

/// Carries what is said, as long as the way is open.
async fn carry(mut stream: TcpStream, socket: Arc<PathBuf>, mut state: watch::Receiver<State>) {
    if *state.borrow() == State::Open {
        let mut server = UnixStream::connect(&*socket).await.expect("the server");
        tokio::select! {
            _ = copy_bidirectional(&mut stream, &mut server) => return,
            _ = state.wait_for(|state| *state != State::Open) => {}
        }
    }
    // Until it ends, or the test does.
    let _ = state.wait_for(|state| *state != State::Silent).await;
    let _ = stream.shutdown().await;
}

/// A database, with a way to it and a world there; none where PostgreSQL is not installed.
async fn far_away() -> Option<(Place, Way, World)> {
    let place = postgres().await?;
    let way = Way::to(&place).await;
    let builder = Emulator::builder().client_id(CLIENT_ID).api_key(API_KEY).store(way.url.parse().expect("a store"));
    let world = World::around(builder.start().await.expect("an emulator"));
    Some((place, way, world))
}

/// An answer that must come within a time, by that clock.
#[track_caller]
fn within(clock: &Clock, time: Duration, answer: impl Future<Output = Response>) -> impl Future<Output = Response> {
    let begin = Instant::now();
    async move {
        let answer = clock.run(answer).await;
        assert!(begin.elapsed() <= time, "{:?}", begin.elapsed());
        answer
    }
}

/// Security case 57: by a clock that is turned on while something is waited for.
#[tokio::test]
async fn a_database_that_is_away_is_said_at_once() {
    let Some((_place, way, world)) = far_away().await else { return };
    let url = world.emulator.url().to_owned();
    let token = token(&url).await;
    assert_eq!(create_tenant(&url, &token, "first").await.status().as_u16(), 201);
    let keys = get(&url, JWKS).await.text().await.expect("keys");
    for state in [State::Closed, State::Silent] {
        way.set(state);
        let clock = Clock::stop();
        let second = Duration::from_secs(1);
        let ready = within(&clock, second, get(&url, READY)).await;
        assert_eq!(ready.status().as_u16(), 503, "{state:?}");
        let moment = second / 10;
        let refused = within(&clock, moment, create_tenant(&url, &token, "x")).await;
        assert_eq!(refused.status().as_u16(), 503, "{state:?}");
        assert!(refused.headers().contains_key("retry-after"));
        let shown = within(&clock, moment, get(&url, JWKS)).await;
        assert_eq!((shown.status().as_u16(), shown.text().await.expect("keys")), (200, keys.clone()), "{state:?}");
        drop(clock);
        tokio::time::resume();

        way.set(State::Open);
        let begin = std::time::Instant::now();
        while get(&url, READY).await.status().as_u16() != 200 {
            assert!(begin.elapsed() < HANG, "it does not come back");
        }
        let again = create_tenant(&url, &token, &format!("{state:?}").to_lowercase()).await;
        assert_eq!(again.status().as_u16(), 201, "{state:?}");
    }
}

/// Nobody has to ask for readiness first: the first request that waits finds out.
#[tokio::test]
async fn the_first_who_waits_finds_out() {
    let Some((_place, way, world)) = far_away().await else { return };
    let url = world.emulator.url().to_owned();
    let token = token(&url).await;
    way.set(State::Silent);
    let clock = Clock::stop();
    let begin = Instant::now();
    let refused = clock.run(create_tenant(&url, &token, "x")).await;
    assert_eq!(refused.status().as_u16(), 503);
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
}
