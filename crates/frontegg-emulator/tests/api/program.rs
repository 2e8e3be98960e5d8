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

#[test]
fn it_does_not_expose_the_control_plane() {
    let output = Command::new(env!("CARGO_BIN_EXE_frontegg-emulator"))
        .args(["--listen", "0.0.0.0:0"])
        .output()
        .expect("the program runs");
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("admin token"));
}
