//! A document in place of the state of an emulator that runs.

use std::{fs::File, io, path::PathBuf};

use anyhow::Context;
use clap::Args;

use super::connection::Connection;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The document; - reads it from stdin.
    file: PathBuf,

    #[command(flatten)]
    connection: Connection,
}

impl Options {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let control = self.connection.control()?;
        if self.file.as_os_str() == "-" {
            return Ok(control.import_from(io::stdin()).await?);
        }
        let file = File::open(&self.file).with_context(|| format!("cannot read {}", self.file.display()))?;
        Ok(control.import_from(file).await?)
    }
}
