//! Emptying an emulator that runs.

use clap::Args;

use super::connection::Connection;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Begin again with the seed that it began with.
    #[arg(long)]
    to_seed: bool,

    #[command(flatten)]
    connection: Connection,
}

impl Options {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let control = self.connection.control()?;
        let reset = if self.to_seed { control.reset_to_seed().await } else { control.reset().await };
        Ok(reset?)
    }
}
