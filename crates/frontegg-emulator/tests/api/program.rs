//! The program as a process.

use std::process::Command;

use frontegg_emulator::Control;

use crate::process::Program;

#[tokio::test]
async fn it_says_where_it_listens_and_what_to_export() {
    let mut program = Program::start(&["serve", "--client-id", "client"]);
    let url = program.url.clone();
    assert_eq!(program.line(), "export FRONTEGG_CLIENT_ID=client");
    assert_eq!(program.line(), "export FRONTEGG_API_KEY='a key'");
    let health = reqwest::get(format!("{url}/_emulator/health")).await;
    assert!(health.expect("an answer").status().is_success());
}

#[tokio::test]
async fn it_begins_with_faults_of_flags_or_of_a_variable() {
    let (one, other) = (r#"{"on": {"path": "/a"}, "status": 503}"#, r#"{"on": {"path": "/b"}, "effect": "drop"}"#);
    let by_flags = Program::start(&["--fault", one, "--fault", other]);
    let by_variable = Program::start_with(&[], &[("FRONTEGG_EMULATOR_FAULT", &format!("[{one}, {other}]"))]);
    for program in [by_flags, by_variable] {
        let control = Control::at(&program.url).expect("an address");
        assert_eq!(control.faults().await.expect("faults").len(), 2);
        let answer = reqwest::get(format!("{}/a", program.url)).await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 503);
        reqwest::get(format!("{}/b", program.url)).await.expect_err("the connection is closed");
    }
}

#[cfg(unix)]
#[test]
fn a_signal_ends_it() {
    for signal in ["-TERM", "-INT"] {
        let mut program = Program::start(&[]);
        let id = program.child.id().to_string();
        let sent = Command::new("kill").args([signal, &id]).status().expect("kill runs");
        assert!(sent.success());
        let status = program.child.wait().expect("an end");
        assert!(status.success(), "{signal}: {status}");
    }
}

#[tokio::test]
async fn it_listens_where_it_is_told_by_name_or_port() {
    for place in ["localhost:0", ":0", "0"] {
        let program = Program::start_with(&[], &[("FRONTEGG_EMULATOR_LISTEN", place)]);
        assert!(program.url.starts_with("http://127.0.0.1:"), "{place}: {}", program.url);
        let health = reqwest::get(format!("{}/_emulator/health", program.url)).await;
        assert!(health.expect("an answer").status().is_success(), "{place}");
    }
}

/// What it says of arguments that make no sense, and of a database that is not there: the cause, once.
#[test]
fn it_says_why_it_does_not_start() {
    for (arguments, expected) in [
        (&["--base-url", "localhost:8100"][..], "give a URL"),
        (&["--listen", "localhost"], "invalid value 'localhost'"),
        (&["--seed", "/no/such/file"], "cannot read /no/such/file"),
        (&["--seed", env!("CARGO_MANIFEST_PATH")], "only documents of format frontegg-emulator"),
        (&["--trusted-proxy", "proxy.test"], "a network is written as"),
        (&["--store", "postgres://nobody:hush@127.0.0.1:1/none"], "PostgreSQL at 127.0.0.1:1 cannot be used"),
        (&["--store", "postgres://nobody:hush@127.0.0.1:1/none"], "refused"),
    ] {
        let output = Command::new(env!("CARGO_BIN_EXE_frontegg-emulator"))
            .args(arguments)
            .env("FRONTEGG_EMULATOR_LISTEN", "127.0.0.1:0")
            .env("FRONTEGG_EMULATOR_LOG", "info")
            .output()
            .expect("the program runs");
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "{arguments:?}");
        assert_eq!(text.matches(expected).count(), 1, "{arguments:?}: {text}");
        assert!(!text.contains("hush") && !text.contains("timed out"), "{text}");
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
