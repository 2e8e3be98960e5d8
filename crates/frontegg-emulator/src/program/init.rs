//! An example of a seed, to begin with.

use std::{
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
};

use anyhow::Context;
use clap::Args;

use super::output;
use crate::seed::EXAMPLE;

#[derive(Debug, Args)]
pub(super) struct Options {
    /// Where to write it to, where there is nothing yet; - writes it to stdout.
    #[arg(default_value = "seed.yaml")]
    file: PathBuf,
}

impl Options {
    pub(super) fn run(self) -> anyhow::Result<()> {
        if self.file.as_os_str() == "-" {
            return Ok(output::print(EXAMPLE)?);
        }
        write_new(&self.file).with_context(|| format!("cannot write {}", self.file.display()))
    }
}

fn write_new(path: &Path) -> io::Result<()> {
    File::create_new(path)?.write_all(EXAMPLE.as_bytes())
}
