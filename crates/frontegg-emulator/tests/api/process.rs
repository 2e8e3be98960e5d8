//! The program as a child process.
#![allow(dead_code, reason = "no test uses all of it")]

use std::{
    io::{BufRead, BufReader, Lines},
    process::{Child, ChildStdout, Command, Stdio},
};

use frontegg_identity::Frontegg;

pub(crate) const CLIENT_ID: &str = "environment";
pub(crate) const API_KEY: &str = "a key";

/// A running program; killed when dropped.
pub(crate) struct Program {
    pub(crate) child: Child,
    pub(crate) url: String,
    lines: Lines<BufReader<ChildStdout>>,
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

    /// The same by a program that becomes it: its first arguments, to which the program and its own are
    /// added.
    pub(crate) fn start_through(through: &[&str], arguments: &[&str]) -> Self {
        let mut command = Command::new(through[0]);
        command.args(&through[1..]).arg(env!("CARGO_BIN_EXE_frontegg-emulator")).args(arguments);
        Self::spawn(command)
    }

    fn spawn(mut command: Command) -> Self {
        if command.get_envs().all(|(name, _)| name != "FRONTEGG_EMULATOR_LISTEN") {
            command.env("FRONTEGG_EMULATOR_LISTEN", "127.0.0.1:0");
        }
        let mut child = command
            .env("FRONTEGG_EMULATOR_CLIENT_ID", CLIENT_ID)
            .env("FRONTEGG_EMULATOR_API_KEY", API_KEY)
            .env("FRONTEGG_EMULATOR_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let stdout = child.stdout.take().expect("its output");
        let mut lines = BufReader::new(stdout).lines();
        let first = lines.next().expect("a line").expect("text");
        let url = first.strip_prefix("listening on ").expect("the address").to_owned();
        Self { child, url, lines }
    }

    /// The next line of its output.
    pub(crate) fn line(&mut self) -> String {
        self.lines.next().expect("a line").expect("text")
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
