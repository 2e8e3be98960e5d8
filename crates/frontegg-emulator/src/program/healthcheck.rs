//! Whether an emulator runs, told by the exit code.

use anyhow::ensure;
use clap::Args;

use super::connection::Connection;

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    connection: Connection,

    /// Ask whether its store can be used, too.
    #[arg(long)]
    ready: bool,
}

impl Options {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let control = self.connection.control()?;
        control.health().await?;
        ensure!(!self.ready || control.is_ready().await?, "the store cannot be used");
        Ok(())
    }
}
