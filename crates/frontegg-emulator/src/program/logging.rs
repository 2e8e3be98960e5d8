//! What is logged, and in which form.

use std::io::{self, IsTerminal};

use anyhow::Context;
use clap::ValueEnum;
use tracing_subscriber::{EnvFilter, fmt};

/// What happens, but not each step of the database.
pub(super) const QUIET_LIBRARIES: &str = "info,sqlx=warn";

/// The form of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people.
    Text,
    /// An object for each line.
    Json,
}

/// Logs to stderr from now on.
pub(super) fn begin(filter: &str, format: Format) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(filter).context("--log is not a filter")?;
    // A line that cannot be written is lost. The layer would say so on stderr as well, and panic where that fails.
    let to_stderr = fmt().with_env_filter(filter).with_writer(io::stderr).log_internal_errors(false);
    match format {
        Format::Text => to_stderr.with_ansi(io::stderr().is_terminal()).init(),
        Format::Json => to_stderr.json().flatten_event(true).init(),
    }
    Ok(())
}
