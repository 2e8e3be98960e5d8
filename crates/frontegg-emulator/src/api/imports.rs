//! How imports of many went, as their status says it.

use serde_json::{Value, json};

use crate::domain::jobs::EntryFault;

/// An import is asked for when it has ended.
pub(super) fn state(faults: &[EntryFault]) -> String {
    let state = if faults.is_empty() { "Completed" } else { "CompletedWithErrors" };
    state.to_owned()
}

/// What was wrong with which entries.
pub(super) fn errors(faults: Vec<EntryFault>) -> Vec<Value> {
    faults.into_iter().map(|fault| json!({ "index": fault.index, "error": fault.message })).collect()
}
