//! `cargo xtask`: maintainers' tasks.

use std::{
    io::{self, Write as _},
    path::PathBuf,
    process::ExitCode,
};

use anyhow::Result;
use clap::{CommandFactory as _, Parser, Subcommand};
use xtask::{architecture, coverage, drift, regen};

/// Maintainers' tasks of the Frontegg Identity SDK.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_version_flag = true)]
struct Arguments {
    /// Root of the workspace to work on.
    #[arg(long, global = true, hide = true, default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/.."))]
    root: PathBuf,
    #[command(subcommand)]
    task: Option<Task>,
}

#[derive(Subcommand)]
enum Task {
    /// Write the generated code anew from openapi/.
    Regen {
        /// Write nothing; show what would change and fail if anything would.
        #[arg(long)]
        check: bool,
    },
    /// Compare freshly published documents with ours.
    Drift {
        /// A published document, or a folder of them.
        #[arg(long, value_name = "PATH")]
        upstream: PathBuf,
        /// Fail on differences that openapi/repairs.yaml does not explain, and on repairs gone stale.
        #[arg(long)]
        check: bool,
        /// Form of the report.
        #[arg(long, value_enum, default_value_t = Format::Text)]
        format: Format,
    },
    /// Measure the modules of each crate: arrows between them, arrows that run up, circles.
    Architecture {
        /// Fail on arrows that run up, circles among them, but for the few that are allowed with a reason.
        #[arg(long)]
        check: bool,
    },
    /// Count operations by tag: documented, reachable through the facade, answered to a test.
    Coverage {
        /// Run the emulator's tests over HTTP and write the table into README.md; fail if a served operation answered
        /// none of them with success.
        #[arg(long)]
        write: bool,
        /// Fail if the table in README.md, or the list behind it, is out of date.
        #[arg(long, conflicts_with = "write")]
        check: bool,
        /// What a run of these tests wrote into the file of FRONTEGG_TEST_ANSWERED.
        #[arg(long, value_name = "FILE")]
        answered: Option<PathBuf>,
    },
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Json,
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: Arguments) -> Result<bool> {
    let root = arguments.root.as_path();
    match arguments.task {
        None => {
            Arguments::command().print_help()?;
            Ok(true)
        }
        Some(Task::Regen { check: true }) => {
            let difference = regen::difference(root, &regen::generate(root)?)?;
            io::stdout().write_all(difference.as_bytes())?;
            if !difference.is_empty() {
                eprintln!("generated code is out of date: run `cargo xtask regen`");
            }
            Ok(difference.is_empty())
        }
        Some(Task::Regen { check: false }) => {
            let files = regen::generate(root)?;
            let touched = regen::write(root, &files)?;
            println!("{} generated files, {touched} written or removed", files.len());
            Ok(true)
        }
        Some(Task::Drift { upstream, check, format }) => {
            let drifted =
                drift::run(&upstream, &root.join("openapi"), check, format == Format::Json, &mut io::stdout().lock())?;
            Ok(!(check && drifted))
        }
        Some(Task::Architecture { check }) => architecture::run(root, check, &mut io::stdout().lock()),
        Some(Task::Coverage { write, check, answered }) => {
            let mode = match (write, check) {
                (true, _) => coverage::Mode::Write,
                (false, true) => coverage::Mode::Check,
                (false, false) => coverage::Mode::Show,
            };
            coverage::run(root, mode, answered.as_deref(), &mut io::stdout().lock())
        }
    }
}
