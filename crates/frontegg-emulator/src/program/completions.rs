//! Completions for shells.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Arguments, output};

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The shell that completes.
    shell: Shell,
}

impl Options {
    pub(super) fn run(self) -> anyhow::Result<()> {
        let mut command = Arguments::command();
        let name = command.get_name().to_owned();
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, name, &mut script);
        Ok(output::print(&script)?)
    }
}
