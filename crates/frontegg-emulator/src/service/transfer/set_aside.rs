//! Rows that came before what they need: the head of the document, or the rows that they refer to. They wait, in a
//! temporary file where they are many.

use std::{
    collections::HashMap,
    io::{self, BufReader, Seek, Write},
};

use tempfile::SpooledTempFile;

use crate::store::dump::Row;

/// So many bytes of a table are kept in memory.
const IN_MEMORY: usize = 256 * 1024;

/// Rows by their table.
#[derive(Debug, Default)]
pub(super) struct SetAside(HashMap<&'static str, SpooledTempFile>);

impl SetAside {
    /// Where the rows of a table go.
    pub(super) fn begin(&mut self, table: &'static str) -> Pile<'_> {
        Pile(self.0.entry(table).or_insert_with(|| SpooledTempFile::new(IN_MEMORY)))
    }

    /// The tables of which rows were set aside.
    pub(super) fn tables(&self) -> impl Iterator<Item = &'static str> {
        self.0.keys().copied()
    }

    /// The rows of a table in their order, if any were set aside; they are not kept any longer.
    pub(super) fn take(
        &mut self,
        table: &'static str,
    ) -> io::Result<Option<impl Iterator<Item = serde_json::Result<Row>> + use<>>> {
        let Some(mut file) = self.0.remove(table) else { return Ok(None) };
        file.rewind()?;
        let rows = serde_json::Deserializer::from_reader(BufReader::new(file)).into_iter();
        Ok(Some(rows))
    }
}

/// The rows of one table.
#[derive(Debug)]
pub(super) struct Pile<'a>(&'a mut SpooledTempFile);

impl Pile<'_> {
    pub(super) fn add(&mut self, row: &Row) -> io::Result<()> {
        let mut line = serde_json::to_vec(row)?;
        line.push(b'\n');
        self.0.write_all(&line)
    }
}
