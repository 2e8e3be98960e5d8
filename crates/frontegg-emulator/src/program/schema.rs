//! The JSON Schema of seeds, for editors.

use super::output;
use crate::seed;

pub(super) fn run() -> anyhow::Result<()> {
    Ok(output::print(serde_json::to_string_pretty(&seed::schema())? + "\n")?)
}
