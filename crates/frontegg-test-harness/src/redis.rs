//! A Redis of one's own, on a port of the loopback address.

use std::{net::TcpListener, process::Command};

use crate::{
    leave_out,
    process::{self, Folder},
    programs::on_path,
};

/// How often another port is tried where somebody was quicker.
const TRIES: usize = 5;

/// A running server; it ends when this is dropped.
#[derive(Debug)]
pub struct Server {
    process: process::Server,
    port: u16,
}

impl Server {
    /// One on a free port, or none where it is not installed.
    pub fn start() -> Option<Self> {
        let mut said = String::new();
        for _ in 0..TRIES {
            let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
            match Self::run(free.expect("a free port").port())? {
                Ok(server) => return Some(server),
                Err(other) => said = other,
            }
        }
        panic!("redis-server did not start: {said}")
    }

    /// One on that port, where one has been before.
    pub fn start_on(port: u16) -> Option<Self> {
        Some(Self::run(port)?.unwrap_or_else(|said| panic!("redis-server did not start: {said}")))
    }

    fn run(port: u16) -> Option<Result<Self, String>> {
        let Some(program) = on_path("redis-server") else {
            leave_out("Redis (there is no redis-server on the path)");
            return None;
        };
        let options = format!("--port {port} --bind 127.0.0.1 --appendonly no --save");
        let mut options: Vec<_> = options.split(' ').map(str::to_owned).collect();
        options.push(String::new());
        let started = Folder::new().serve(&program, &options, "TERM");
        Some(started.map(|process| Self { process, port }))
    }

    /// Where it is reached.
    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}/", self.port)
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Sends it a signal, e.g. `STOP` to have it answer nothing until `CONT`.
    pub fn signal(&self, name: &str) {
        let id = self.process.id.to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().expect("kill runs");
        assert!(sent.success(), "{name}");
    }
}
