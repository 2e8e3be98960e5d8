//! Emptying an emulator that runs.

use clap::Args;

use super::connection::Connection;

#[derive(Debug, Args)]
pub(super) struct Options {
    #[command(flatten)]
    connection: Connection,
}

impl Options {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        Ok(self.connection.control()?.reset().await?)
    }
}
