//! The program as a process.

mod commands;
mod log;
mod seeds;

use std::process::Command;

use frontegg_emulator::{Control, Emulator, EmulatorBuilder};

use crate::{
    process::{API_KEY, CLIENT_ID, Program},
    support::http,
};

#[tokio::test]
async fn it_says_where_it_listens_and_what_to_export() {
    let mut program = Program::start(&["serve", "--client-id", "client"]);
    let url = program.url.clone();
    assert_eq!(program.line(), format!("export FRONTEGG_API_GATEWAY_URL={url}"));
    assert_eq!(program.line(), "export FRONTEGG_CLIENT_ID=client");
    assert_eq!(program.line(), "export FRONTEGG_API_KEY='a key'");
    let health = reqwest::get(format!("{url}/_emulator/health")).await;
    assert!(health.expect("an answer").status().is_success());
}

/// All that it says, as a shell takes it; clients are told the address that they are to use.
#[cfg(unix)]
#[tokio::test]
async fn what_it_says_is_for_a_shell_to_evaluate() {
    let mut program = Program::start(&["--base-url", "http://localhost:1/it's"]);
    let said: Vec<String> = std::iter::repeat_with(|| program.line()).take(3).collect();
    let script = r#"set -eu; eval "$1"
        printf '%s|%s|%s' "$FRONTEGG_API_GATEWAY_URL" "$FRONTEGG_CLIENT_ID" "$FRONTEGG_API_KEY""#;
    let whole = format!("# listening on {}\n{}", program.url, said.join("\n"));
    let evaluated = Command::new("sh").args(["-c", script, "sh", &whole]).output().expect("a shell");
    let values = String::from_utf8(evaluated.stdout).expect("text");
    assert_eq!(values, format!("http://localhost:1/it's|{CLIENT_ID}|{API_KEY}"));
}

#[tokio::test]
async fn it_says_the_same_as_json() {
    let program = Program::start(&["--print", "json", "--vendor-id", "vendor", "--application-id", "portal"]);
    let expected = serde_json::json!({
        "url": program.url, "baseUrl": program.url, "vendorId": "vendor", "clientId": CLIENT_ID, "apiKey": API_KEY,
        "applicationId": "portal",
    });
    assert_eq!(serde_json::from_str::<serde_json::Value>(&program.first).expect("JSON"), expected);
}

/// Who starts it again on the same state need not configure clients anew.
#[tokio::test]
async fn its_key_stays_with_the_store() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = format!("sqlite:{}", folder.path().join("state.db").display());
    let emulator = async |key: Option<&str>| {
        let builder = Emulator::builder().store(store.parse().expect("a store"));
        let builder = key.into_iter().fold(builder, EmulatorBuilder::api_key);
        builder.start().await.expect("an emulator")
    };
    let keys = async |given| {
        let emulator = emulator(given).await;
        let key = emulator.api_key().to_owned();
        let login = serde_json::json!({ "clientId": emulator.client_id(), "secret": key });
        let login = http().post(format!("{}/auth/vendor", emulator.url())).json(&login).send().await;
        assert!(login.expect("an answer").status().is_success());
        let exports = [emulator.export().await, emulator.export_with_secrets().await];
        for export in exports {
            assert!(!export.expect("a document").to_string().contains(&key));
        }
        emulator.reset().await.expect("a reset");
        assert_eq!(emulator.api_key(), key);
        emulator.stop().await;
        key
    };
    let first = keys(None).await;
    assert_eq!(keys(None).await, first);
    assert_eq!(keys(Some("another")).await, "another");
    assert_eq!(keys(None).await, "another");
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
        Program::start(&[]).terminate(signal);
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
        (&["--seed", env!("CARGO_MANIFEST_PATH")], "Cargo.toml:"),
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
