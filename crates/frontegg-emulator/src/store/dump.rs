//! The rows of all tables as JSON, and back: whatever the tables are, and however many rows they have.
//!
//! Columns are texts, whole numbers and flags; the schema knows nothing else. A value is checked against its column
//! before it is written, and references by the engine. Rows are read and written some at a time, so that neither
//! memory nor a statement grows with a table.

mod clear;
mod load;
mod pages;
mod table;

pub(super) use clear::{clear, clearing};
pub(crate) use load::Loader;
pub(super) use load::check_references;
pub(crate) use pages::{LeftOut, Pages};

use std::collections::{HashMap, HashSet};

use sea_orm::{DbBackend, DbErr, Statement};
use serde_json::{Map, Value};

use super::{
    Read,
    migrations::{FORMER_TABLES, TABLES, UNEXPORTED_TABLES},
};

/// A row as it travels, by the names of its columns.
pub(crate) type Row = Map<String, Value>;

/// Rows of one table.
pub(crate) type Rows = Vec<Row>;

/// Rows of one table that are written together.
#[derive(Debug)]
pub(crate) struct Batch {
    pub(crate) table: &'static str,
    /// Where in its table the first of them stands.
    pub(crate) first: usize,
    pub(crate) rows: Rows,
}

/// Why rows were not written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    /// They cannot be.
    #[error("{0}")]
    Refused(String),
    #[error(transparent)]
    Store(#[from] DbErr),
}

/// Said of rows that refer to nothing.
const DANGLING: &str = "a row refers to one that is not there";

/// All tables that a reset empties, parents before their children, but for those that are in no export.
pub(crate) fn tables() -> impl Iterator<Item = &'static str> {
    TABLES.iter().rev().copied().filter(|table| !UNEXPORTED_TABLES.contains(table))
}

/// The table with that name, of the present schema or of an earlier one.
pub(crate) fn table(name: &str) -> Option<&'static str> {
    tables().chain(FORMER_TABLES.iter().copied()).find(|table| *table == name)
}

/// The tables that rows of a table refer to, for each that refers to any.
pub(crate) async fn parents(tx: &Read) -> Result<HashMap<String, HashSet<String>>, DbErr> {
    let sql = if tx.backend() == DbBackend::Postgres {
        "SELECT child.relname::text AS child, parent.relname::text AS parent FROM pg_constraint
         JOIN pg_class AS child ON child.oid = conrelid JOIN pg_class AS parent ON parent.oid = confrelid
         WHERE contype = 'f' AND connamespace = current_schema()::regnamespace"
    } else {
        "SELECT child.name AS child, parent.\"table\" AS parent
         FROM sqlite_schema AS child, pragma_foreign_key_list(child.name) AS parent WHERE child.type = 'table'"
    };
    let mut parents: HashMap<String, HashSet<String>> = HashMap::new();
    for row in tx.rows(Statement::from_string(tx.backend(), sql)).await? {
        parents.entry(row.try_get("", "child")?).or_default().insert(row.try_get("", "parent")?);
    }
    Ok(parents)
}
