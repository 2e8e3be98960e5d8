//! The programs that are asked, each with a thousand people in it.

use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::Command,
    sync::atomic::{AtomicUsize, Ordering},
};

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    apis::{Api, Call, Cognito, Firebase, Frontegg, PROJECT, WorkOs},
    connection::Connection,
    emulator,
    process::Process,
};

const PEOPLE: usize = 1_000;

/// What is asked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Read,
    List,
    SignIn,
    Create,
}

impl Kind {
    /// What adds people comes last.
    pub(crate) const ALL: [Self; 4] = [Self::Read, Self::List, Self::SignIn, Self::Create];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Read => "read a user by id",
            Self::List => "list 20 users",
            Self::SignIn => "sign in",
            Self::Create => "create a user",
        }
    }
}

/// A program with people in it.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    pub(crate) process: Process,
    pub(crate) authority: String,
    api: Box<dyn Api>,
    /// Their ids.
    people: Vec<String>,
    asked: AtomicUsize,
    /// Where it keeps what it writes.
    _folder: TempDir,
}

/// A program that listens and is empty.
struct Started {
    name: &'static str,
    process: Process,
    authority: String,
    folder: TempDir,
}

impl Peer {
    /// This emulator, with its state in memory.
    pub(crate) async fn ours() -> Self {
        let (process, authority) = emulator::start("memory", 0);
        let api = Frontegg::prepare(&mut Connection::to(&authority)).await;
        Started { name: "frontegg-emulator", process, authority, folder: folder() }.fill(api).await
    }

    /// workos/emulate, whose program is this file, run by Bun or by Node.
    pub(crate) async fn workos(name: &'static str, runtime: &Path, program: &Path) -> Self {
        let mut command = Command::new(runtime);
        command.arg(program).args(["--port", "0", "--json"]);
        let url = |line: &str| Some(serde_json::from_str::<Value>(line).ok()?["url"].as_str()?.to_owned());
        Started::new(name, command, |line| authority(&url(line)?)).fill(Box::new(WorkOs)).await
    }

    pub(crate) async fn moto(program: &Path) -> Self {
        let mut command = Command::new(program);
        command.args(["--host", "127.0.0.1", "--port", "0"]);
        let started = Started::new("moto", command, authority);
        let api = Cognito::prepare(&mut Connection::to(&started.authority)).await;
        started.fill(api).await
    }

    pub(crate) async fn firebase(program: &Path) -> Self {
        let mut command = Command::new(program);
        command.args(["emulators:start", "--only", "auth", "--project", PROJECT, "--config", "firebase.json"]);
        let (folder, [port, hub, logging]) = (folder(), free_ports());
        let settings = json!({ "emulators": {
            "auth": { "host": "127.0.0.1", "port": port }, "ui": { "enabled": false },
            "hub": { "host": "127.0.0.1", "port": hub }, "logging": { "host": "127.0.0.1", "port": logging },
        } });
        fs::write(folder.path().join("firebase.json"), settings.to_string()).expect("a file");
        let ready = |line: &str| line.contains("All emulators ready").then(|| format!("127.0.0.1:{port}"));
        Started::beginning_in(folder, "firebase-tools", command, ready).fill(Box::new(Firebase)).await
    }

    /// A connection to it.
    pub(crate) fn connect(&self) -> Connection {
        Connection::to(&self.authority)
    }

    /// Asks it once, in turn for each of the people; nobody there is asked twice in a row.
    pub(crate) async fn ask(&self, connection: &mut Connection, kind: Kind) {
        let turn = self.asked.fetch_add(1, Ordering::Relaxed);
        let (id, email) = (&self.people[turn % PEOPLE], email(turn % PEOPLE));
        let new = format!("new{turn}@acme.test");
        let call = match kind {
            Kind::Read => Call::Read { id },
            Kind::List => Call::List,
            Kind::SignIn => Call::SignIn { email: &email },
            Kind::Create => Call::Create { email: &new },
        };
        let answer = connection.send(self.api.request(call)).await.expect("an answer");
        assert!(answer.status.is_success(), "{}: {}", self.name, String::from_utf8_lossy(&answer.body));
    }

    /// Sees that its answers are what was asked for.
    async fn prove(&self) {
        let (mut connection, proofs) = (self.connect(), self.api.proofs());
        let mut send = async |call| connection.send(self.api.request(call)).await.expect("an answer").json();
        let (id, email) = (&self.people[7], email(7));
        assert!(send(Call::Read { id }).await.to_string().contains(&**id), "{}", self.name);
        let list = send(Call::List).await;
        assert_eq!(list.pointer(proofs.list).and_then(Value::as_array).map(Vec::len), Some(20), "{}", self.name);
        let session = send(Call::SignIn { email: &email }).await;
        assert!(session.pointer(proofs.token).is_some_and(Value::is_string), "{}: {session}", self.name);
    }
}

impl Started {
    fn new(name: &'static str, command: Command, authority: impl Fn(&str) -> Option<String>) -> Self {
        Self::beginning_in(folder(), name, command, authority)
    }

    fn beginning_in(
        folder: TempDir,
        name: &'static str,
        mut command: Command,
        authority: impl Fn(&str) -> Option<String>,
    ) -> Self {
        command.current_dir(folder.path()).env("NO_COLOR", "1");
        let (process, authority) = Process::start(command, authority);
        Self { name, process, authority, folder }
    }

    async fn fill(self, api: Box<dyn Api>) -> Peer {
        let Self { name, process, authority, folder } = self;
        let (mut connection, mut people) = (Connection::to(&authority), Vec::new());
        for number in 0..PEOPLE {
            let email = email(number);
            let created = connection.send(api.request(Call::Create { email: &email })).await.expect("an answer");
            let id = created.json().pointer(api.proofs().id).and_then(Value::as_str).expect("an id").to_owned();
            people.push(id);
            if let Some(request) = api.admit(&email) {
                connection.send(request).await.expect("an answer").json();
            }
        }
        let peer = Peer { name, process, authority, api, people, asked: AtomicUsize::new(0), _folder: folder };
        peer.prove().await;
        peer
    }
}

fn email(number: usize) -> String {
    format!("person{number:06}@acme.test")
}

/// Host and port of an address in a text.
fn authority(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("http://")?;
    let end = rest.find(|char: char| !char.is_ascii_alphanumeric() && !".:-".contains(char));
    Some(rest[..end.unwrap_or(rest.len())].to_owned())
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

/// Ports for a program that cannot be told to take what is free.
fn free_ports<const COUNT: usize>() -> [u16; COUNT] {
    let listeners = [(); COUNT].map(|()| TcpListener::bind("127.0.0.1:0").expect("a port"));
    listeners.map(|listener| listener.local_addr().expect("an address").port())
}
