//! The program as a process.

use std::{
    io::{BufRead, BufReader},
    process::{Child, ChildStdout, Command, Stdio},
};

struct Program {
    child: Child,
    lines: std::io::Lines<BufReader<ChildStdout>>,
}

impl Program {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_frontegg-emulator"))
            .args(arguments)
            .env("FRONTEGG_EMULATOR_LISTEN", "127.0.0.1:0")
            .env("FRONTEGG_EMULATOR_API_KEY", "a key")
            .env("FRONTEGG_EMULATOR_LOG", "warn")
            .stdout(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let stdout = child.stdout.take().expect("its output");
        Self { child, lines: BufReader::new(stdout).lines() }
    }

    fn line(&mut self) -> String {
        self.lines.next().expect("a line").expect("text")
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn it_says_where_it_listens_and_what_to_export() {
    let mut program = Program::start(&["serve", "--client-id", "client"]);
    let first = program.line();
    let url = first.strip_prefix("listening on ").expect("the address");
    assert_eq!(program.line(), "export FRONTEGG_CLIENT_ID=client");
    assert_eq!(program.line(), "export FRONTEGG_API_KEY='a key'");
    let health = reqwest::get(format!("{url}/_emulator/health")).await;
    assert!(health.expect("an answer").status().is_success());
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it() {
    for signal in ["-TERM", "-INT"] {
        let mut program = Program::start(&[]);
        program.line();
        let id = program.child.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status().expect("kill runs");
        assert!(sent.success());
        let status = program.child.wait().expect("an end");
        assert!(status.success(), "{signal}: {status}");
    }
}

#[test]
fn it_does_not_expose_the_control_plane() {
    let output = Command::new(env!("CARGO_BIN_EXE_frontegg-emulator"))
        .args(["--listen", "0.0.0.0:0"])
        .output()
        .expect("the program runs");
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("admin token"));
}
