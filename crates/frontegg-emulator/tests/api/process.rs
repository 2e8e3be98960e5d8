//! The program as a child process.
#![allow(dead_code, reason = "no test uses all of it")]

use std::{
    io::{BufRead, BufReader, Lines},
    process::{Child, ChildStdout, Command, Stdio},
};

use frontegg_identity::Frontegg;
use serde::Deserialize;

pub(crate) const CLIENT_ID: &str = "environment";
pub(crate) const API_KEY: &str = "a key";

/// A running program; killed when dropped.
pub(crate) struct Program {
    pub(crate) child: Child,
    pub(crate) url: String,
    /// The first line that it said.
    pub(crate) first: String,
    lines: Lines<BufReader<ChildStdout>>,
}

/// What it says as JSON.
#[derive(Deserialize)]
struct Said {
    url: String,
}

impl Program {
    /// Starts the program on a free port and waits until it listens.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_with(arguments, &[])
    }

    /// The same with further variables of the environment.
    pub(crate) fn start_with(arguments: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_frontegg-emulator"));
        command.args(arguments).envs(variables.iter().copied());
        Self::spawn(command)
    }

    /// The same with its log going there.
    pub(crate) fn start_piped(arguments: &[&str], stderr: Stdio) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_frontegg-emulator"));
        command.args(arguments).stderr(stderr);
        Self::spawn(command)
    }

    /// The same by a program that becomes it: its first arguments, to which the program and its own are
    /// added.
    pub(crate) fn start_through(through: &[&str], arguments: &[&str], stderr: Stdio) -> Self {
        let mut command = Command::new(through[0]);
        command.args(&through[1..]).arg(env!("CARGO_BIN_EXE_frontegg-emulator")).args(arguments).stderr(stderr);
        Self::spawn(command)
    }

    fn spawn(mut command: Command) -> Self {
        let defaults = [
            ("FRONTEGG_EMULATOR_LISTEN", "127.0.0.1:0"),
            ("FRONTEGG_EMULATOR_CLIENT_ID", CLIENT_ID),
            ("FRONTEGG_EMULATOR_API_KEY", API_KEY),
            ("FRONTEGG_EMULATOR_LOG", "warn"),
        ];
        for (name, value) in defaults {
            if command.get_envs().all(|(given, _)| given != name) {
                command.env(name, value);
            }
        }
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the program starts");
        let stdout = child.stdout.take().expect("its output");
        let mut lines = BufReader::new(stdout).lines();
        let first = lines.next().expect("a line").expect("text");
        let url = match first.strip_prefix("# listening on ") {
            Some(url) => url.to_owned(),
            None => serde_json::from_str::<Said>(&first).expect("the address").url,
        };
        Self { child, url, first, lines }
    }

    /// The next line of its output.
    pub(crate) fn line(&mut self) -> String {
        self.lines.next().expect("a line").expect("text")
    }

    /// What it logs, line by line to its end; for one that was started with its stderr piped.
    pub(crate) fn log(&mut self) -> Vec<String> {
        let stderr = self.child.stderr.take().expect("a pipe");
        BufReader::new(stderr).lines().map(|line| line.expect("text")).collect()
    }

    /// Ends it as an operator does, and waits for it.
    #[cfg(unix)]
    pub(crate) fn terminate(&mut self, signal: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status().expect("kill runs");
        assert!(sent.success());
        let status = self.child.wait().expect("an end");
        assert!(status.success(), "{signal}: {status}");
    }

    /// An SDK client of it.
    pub(crate) fn client(&self) -> Frontegg {
        Frontegg::builder().base_url(&self.url).credentials(CLIENT_ID, API_KEY).build().expect("a client")
    }

    /// Ends it without any warning.
    pub(crate) fn kill(mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
