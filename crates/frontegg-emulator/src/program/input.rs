//! Files that the program is told to read.

use std::{fs, path::Path};

use anyhow::Context;

/// What is in a file.
pub(super) fn read(file: &Path) -> anyhow::Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("cannot read {}", file.display()))
}
