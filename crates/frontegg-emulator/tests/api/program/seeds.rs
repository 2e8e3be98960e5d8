//! The commands about seeds and tokens.

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

use frontegg_emulator::seed;
use serde_json::Value;

use crate::{process::Program, support::claims};

fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_frontegg-emulator"));
    command.args(arguments);
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

/// What a command says, where it succeeds.
#[track_caller]
fn said(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().expect("it runs");
    assert!(status.success(), "{}", text(&stderr));
    text(&stdout)
}

/// Why a command fails.
#[track_caller]
fn refused(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().expect("it runs");
    assert_eq!(status.code(), Some(1), "{}", text(&stdout));
    text(&stderr)
}

#[test]
fn an_example_is_written_where_nothing_is() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(said(command(&["init"]).current_dir(folder.path())), "");
    let written = fs::read_to_string(folder.path().join("seed.yaml")).expect("a file");
    assert_eq!(written, seed::EXAMPLE);
    assert_eq!(said(&mut command(&["init", "-"])), seed::EXAMPLE);
    fs::write(folder.path().join("seed.yaml"), "mine").expect("a file");
    assert!(refused(command(&["init"]).current_dir(folder.path())).contains("cannot write seed.yaml"));
    assert_eq!(fs::read_to_string(folder.path().join("seed.yaml")).expect("a file"), "mine");
}

#[test]
fn the_schema_is_printed() {
    let printed: Value = serde_json::from_str(&said(&mut command(&["schema"]))).expect("JSON");
    assert_eq!(printed, seed::schema());
}

const SEED: &str = "tenants: { acme: { users: { ada@acme.test: { password: Correct-horse-1815 } } } }";

#[tokio::test]
async fn seeds_are_added_and_tokens_given() {
    let program = Program::start(&[]);
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("acme.yaml");
    fs::write(&file, SEED).expect("a file");
    let name = file.to_str().expect("text");
    let at = |arguments: &[&str]| {
        let mut command = command(arguments);
        command.env("FRONTEGG_EMULATOR_URL", &program.url);
        command
    };
    let first = said(&mut at(&["seed", name]));
    assert!(first.starts_with(&format!("{name}: ")) && first.ends_with(" added, 0 there already\n"), "{first}");
    let second = said(&mut at(&["seed", name, name]));
    assert!(second.lines().count() == 2 && second.lines().all(|line| line.contains(": 0 added, ")), "{second}");
    let mut piped = at(&["seed", "-", "--json"]);
    let mut piped = piped.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("it runs");
    piped.stdin.take().expect("a pipe").write_all(SEED.as_bytes()).expect("it reads");
    let report = piped.wait_with_output().expect("an end");
    let report: Value = serde_json::from_slice(&report.stdout).expect("one line of JSON");
    assert_eq!(report["added"], 0);
    assert!(report["ids"].as_object().is_some_and(|ids| !ids.is_empty()), "{report}");

    let token = said(&mut at(&["token", "ada@acme.test", "--tenant", "acme"]));
    let claimed = claims(token.trim_end());
    assert_eq!((&claimed["tenantId"], &claimed["email"]), (&"acme".into(), &"ada@acme.test".into()));
    let all: Value = serde_json::from_str(&said(&mut at(&["token", "ada@acme.test", "--json"]))).expect("JSON");
    assert!(all["refreshToken"].is_string() && all["tenantId"] == "acme", "{all}");
    assert!(refused(&mut at(&["token", "eve@acme.test"])).contains("(404)"));
}

/// All that is wrong in any file is told by file and line, before one of them is used.
#[tokio::test]
async fn a_seed_that_is_wrong_is_refused_with_its_place() {
    let program = Program::start(&[]);
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).expect("a file");
        path.to_str().expect("text").to_owned()
    };
    let good = file("good.yaml", SEED);
    let wrong = file("wrong.yaml", "tenants:\n  globex:\n    nmae: Globex\n");
    let mut seed = command(&["seed", &good, &wrong, "--url", &program.url]);
    let why = refused(&mut seed);
    assert!(why.contains(&format!("{wrong}:3:")) && why.contains("nmae"), "{why}");
    let mut token = command(&["token", "ada@acme.test", "--url", &program.url]);
    assert!(refused(&mut token).contains("(404)"), "the good one was not used either");
    assert!(
        refused(&mut command(&["seed", "/no/such/file", "--url", &program.url])).contains("cannot read /no/such/file")
    );
    assert!(Path::new(&good).exists());
}

#[tokio::test]
async fn a_reset_goes_back_to_the_seed_where_that_is_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("acme.yaml");
    fs::write(&file, SEED).expect("a file");
    let program = Program::start(&["--seed", file.to_str().expect("text")]);
    let run = |arguments: &[&str]| {
        let mut command = command(arguments);
        command.env("FRONTEGG_EMULATOR_URL", &program.url);
        command
    };
    said(&mut run(&["token", "ada@acme.test"]));
    said(&mut run(&["reset"]));
    assert!(refused(&mut run(&["token", "ada@acme.test"])).contains("(404)"));
    said(&mut run(&["reset", "--to-seed"]));
    said(&mut run(&["token", "ada@acme.test"]));
}
