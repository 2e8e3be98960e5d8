//! The state of an emulator that runs, as a document.

use std::{
    io,
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::Args;
use tempfile::NamedTempFile;

use super::connection::Connection;
use crate::{control::client::Control, wire::Secrets};

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Where to write the document to; without it, to stdout.
    file: Option<PathBuf>,

    /// Include what opens something as it stands: signing keys, messages, secrets of authenticator apps.
    #[arg(long)]
    secrets: bool,

    #[command(flatten)]
    connection: Connection,
}

impl Options {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let (control, secrets) = (self.connection.control()?, Secrets::from(self.secrets));
        match &self.file {
            Some(path) => whole(&control, secrets, path).await,
            None => Ok(control.export_into(secrets, io::stdout()).await?),
        }
    }
}

/// The file is the former one or the whole document, and nobody else's to read.
async fn whole(control: &Control, secrets: Secrets, path: &Path) -> anyhow::Result<()> {
    let cannot = || format!("cannot write {}", path.display());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let file = NamedTempFile::new_in(folder).with_context(cannot)?;
    let handle = file.as_file().try_clone().with_context(cannot)?;
    control.export_into(secrets, handle).await?;
    file.as_file().sync_all().with_context(cannot)?;
    file.persist(path).map(drop).with_context(cannot)
}
