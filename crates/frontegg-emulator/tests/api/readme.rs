//! The commands of the README do what it says. (Its Rust examples are compiled with the SDK's documentation.)

use std::{collections::BTreeSet, path::Path, process::Command};

use crate::process;
use process::Program;

const README: &str = include_str!("../../../../README.md");
const GATE: &str = include_str!("../../../../.ci/run");

/// Lines of all blocks marked `sh`, without comments.
fn commands() -> Vec<&'static str> {
    let mut commands = Vec::new();
    let mut inside = false;
    for line in README.lines() {
        match line {
            "```sh" => inside = true,
            "```" => inside = false,
            line if inside => commands.push(line.split_once(" #").map_or(line, |(command, _)| command).trim()),
            _ => {}
        }
    }
    commands
}

#[test]
fn every_command_is_accounted_for() {
    let known = BTreeSet::from([
        "cargo run --example quickstart",
        "cargo test --workspace",
        // `.ci/packages` builds it as that does.
        "cargo install --locked frontegg-emulator",
        "cargo run -p frontegg-emulator -- --listen 127.0.0.1:8100 --store sqlite:emulator.db",
        "cargo xtask",
        "cargo xtask drift --upstream PATH",
        "cargo xtask regen",
        "cargo xtask coverage --write",
        "cargo bench -p frontegg-identity",
        "cargo bench -p frontegg-emulator",
        "xtask/instructions",
        "xtask/weigh",
        ".ci/run",
    ]);
    assert_eq!(BTreeSet::from_iter(commands()), known, "a new command wants a test");
}

#[test]
fn the_oldest_compilers_are_those_of_the_manifests() {
    let workspace = include_str!("../../../../Cargo.toml");
    let promised = workspace.lines().find_map(|line| line.strip_prefix("rust-version = \"")).expect("a version");
    let sdk = promised.trim_end_matches('"');
    let emulator = env!("CARGO_PKG_RUST_VERSION");
    assert!(README.contains(&format!("The SDK wants Rust {sdk} or newer, the emulator {emulator}.")));
    assert!(include_str!("../../README.md").contains(&format!("(Rust {emulator} or newer)")));
    assert!(include_str!("../../../frontegg-identity/README.md").contains(&format!("The compiler is {sdk} or newer.")));
}

#[test]
fn the_gate_runs_the_two_commands() {
    // With --locked, which a reader need not type.
    for command in ["cargo run --locked --example quickstart", "cargo test --workspace --locked"] {
        assert!(GATE.lines().any(|line| line.ends_with(command)), "{command}");
    }
}

#[test]
fn the_emulators_command_starts_it() {
    let command = commands().into_iter().find(|command| command.contains("-p frontegg-emulator --")).unwrap();
    let arguments = command.split_once(" -- ").unwrap().1;
    // The port may be taken and the file unwelcome: the rest is as it stands there.
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sqlite:{}", folder.path().join("emulator.db").display());
    let arguments: Vec<&str> = arguments
        .split(' ')
        .map(|word| match word {
            "127.0.0.1:8100" => "127.0.0.1:0",
            "sqlite:emulator.db" => &store,
            word => word,
        })
        .collect();
    let mut program = Program::start(&arguments);
    assert_eq!(program.line(), format!("export FRONTEGG_API_GATEWAY_URL={}", program.url));
    assert_eq!(program.line(), format!("export FRONTEGG_CLIENT_ID={}", process::CLIENT_ID));
}

/// They take too long to be run here; the gate compiles the benches.
#[test]
fn the_benches_and_the_scales_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    for command in commands() {
        if let Some(member) = command.strip_prefix("cargo bench -p ") {
            let manifest = std::fs::read_to_string(root.join("crates").join(member).join("Cargo.toml")).unwrap();
            assert!(manifest.contains("[[bench]]"), "{member} has no bench");
        }
    }
    for script in commands().into_iter().filter(|command| command.starts_with("xtask/")) {
        let checked = Command::new("bash").args(["-n", script]).current_dir(&root).status().unwrap();
        assert!(checked.success(), "{script}");
    }
}

#[test]
fn the_tasks_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let help = Command::new(env!("CARGO")).args(["xtask"]).current_dir(root).output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    for command in commands().into_iter().filter_map(|command| command.strip_prefix("cargo xtask ")) {
        let task = command.split(' ').next().unwrap();
        assert!(help.lines().any(|line| line.trim_start().starts_with(task)), "{task} is not in {help}");
    }
}
