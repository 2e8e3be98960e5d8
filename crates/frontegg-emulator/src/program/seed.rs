//! Seeds for an emulator that runs.

use std::{
    io::{self, Read},
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::Args;

use super::{connection::Connection, input, output};
use crate::seed::Seed;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// The seeds, in YAML or JSON; - reads one from stdin.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Write what became of each as a line of JSON, with the ids of all things.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    connection: Connection,
}

impl Options {
    pub(super) async fn run(self) -> anyhow::Result<()> {
        let control = self.connection.control()?;
        // What one of them says wrong is told before any is used.
        let seeds = self.files.iter().map(|file| Ok((file, text(file)?))).collect::<anyhow::Result<Vec<_>>>()?;
        for (file, text) in &seeds {
            Seed::read(text, Some(&file.display().to_string()))?;
        }
        for (file, text) in seeds {
            let report = control.seed_text(text).await.with_context(|| format!("{} is not used", file.display()))?;
            let line = if self.json {
                serde_json::to_string(&report)?
            } else {
                format!("{}: {} added, {} there already", file.display(), report.added, report.present)
            };
            output::print(line + "\n")?;
        }
        Ok(())
    }
}

fn text(file: &Path) -> anyhow::Result<String> {
    let not_utf8 = || format!("{} is no text in UTF-8", file.display());
    if file.as_os_str() == "-" {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).with_context(not_utf8)?;
        return Ok(text);
    }
    String::from_utf8(input::read(file)?).with_context(not_utf8)
}
