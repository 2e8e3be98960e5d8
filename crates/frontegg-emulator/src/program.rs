//! The program: an emulator that runs until it is told to end, and commands for one that runs.

mod announcement;
mod completions;
mod connection;
mod export;
mod healthcheck;
mod import;
mod init;
mod input;
mod logging;
mod outbox;
mod output;
mod reset;
mod schema;
mod seed;
mod serve;
mod signals;
mod token;

use clap::{Parser, Subcommand};

/// Stateful emulator of the Frontegg Identity API.
#[derive(Debug, Parser)]
#[command(name = "frontegg-emulator", version, about, args_conflicts_with_subcommands = true)]
#[command(subcommand_negates_reqs = true)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::Options,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the API until Ctrl-C or SIGTERM; so does the program without a command.
    Serve(Box<serve::Options>),
    /// Write an example of a seed, to begin with.
    Init(init::Options),
    /// Write the JSON Schema of seeds, for editors.
    Schema,
    /// Add what seeds describe to a running emulator.
    Seed(seed::Options),
    /// Write an access token of somebody of a running emulator, without a sign-in.
    Token(token::Options),
    /// Write the whole state of a running emulator as a document.
    Export(export::Options),
    /// Put the state of a document in place of that of a running emulator.
    Import(import::Options),
    /// Show the mails and SMS messages of a running emulator.
    Outbox(outbox::Options),
    /// Empty a running emulator, or put back what it began with.
    Reset(reset::Options),
    /// Tell by the exit code whether an emulator runs, for containers.
    Healthcheck(healthcheck::Options),
    /// Write the completions of a shell.
    Completions(completions::Options),
}

/// Runs the program with the arguments and the environment of the process.
pub fn run() -> anyhow::Result<()> {
    let Arguments { command, serve } = Arguments::parse();
    match command.unwrap_or_else(|| Command::Serve(Box::new(serve))) {
        Command::Serve(options) => serve::run(*options),
        Command::Init(options) => options.run(),
        Command::Schema => schema::run(),
        Command::Seed(options) => ask(options.run()),
        Command::Token(options) => ask(options.run()),
        Command::Export(options) => ask(options.run()),
        Command::Import(options) => ask(options.run()),
        Command::Outbox(options) => ask(options.run()),
        Command::Reset(options) => ask(options.run()),
        Command::Healthcheck(options) => ask(options.run()),
        Command::Completions(options) => options.run(),
    }
}

/// Does what is one exchange with an emulator that runs.
fn ask(command: impl Future<Output = anyhow::Result<()>>) -> anyhow::Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(command)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    /// Flags that are about one call of a command, and no variables.
    const OF_ONE_CALL: [&str; 11] =
        ["channel", "clear", "json", "newest", "ready", "secrets", "template", "tenant", "to", "to-seed", "wait"];

    #[test]
    fn the_arguments_are_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn serve_is_optional() {
        for words in [&["x", "--listen", "[::1]:0"][..], &["x", "serve", "--listen", "[::1]:0"]] {
            let Arguments { command, serve } = Arguments::parse_from(words);
            let options = match command {
                Some(Command::Serve(options)) => *options,
                None => serve,
                Some(other) => panic!("{other:?}"),
            };
            assert_eq!(options.listen.to_string(), "[::1]:0");
        }
        assert!(Arguments::try_parse_from(["x", "--store", "mysql://x"]).is_err());
        assert!(Arguments::try_parse_from(["x", "--listen", "0", "reset"]).is_err(), "it listens nowhere");
    }

    /// What cannot be said on a command line is said in a variable, and the other way round.
    #[test]
    fn every_setting_is_a_variable_too() {
        let mut command = Arguments::command();
        command.build();
        let mut flags = 0;
        for command in std::iter::once(&command).chain(command.get_subcommands()) {
            for argument in command.get_arguments().filter(|argument| !argument.is_positional()) {
                let name = argument.get_long().expect("a long name");
                if ["help", "version"].contains(&name) || OF_ONE_CALL.contains(&name) {
                    assert_eq!(argument.get_env(), None, "--{name}");
                    continue;
                }
                let variable = format!("FRONTEGG_EMULATOR_{}", name.to_uppercase().replace('-', "_"));
                let found = argument.get_env().and_then(std::ffi::OsStr::to_str);
                assert_eq!(found, Some(variable.as_str()), "--{name}");
                flags += 1;
            }
        }
        assert!(flags >= 2 * 12, "{flags}");
    }
}
