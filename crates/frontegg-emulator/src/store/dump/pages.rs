//! Reading rows, a page at a time.

use sea_orm::{DbErr, QueryResult, Statement, Value as Parameter};

use super::table::{Table, names};
use crate::store::Read;

/// Rows of the first page.
const FIRST: usize = 16;

/// Most rows of a page: SQLite reads them in the time that a statement has where it is asked.
const MOST: usize = 512;

/// About how many bytes a page has; rows that are long come in smaller ones.
const BYTES: usize = 256 * 1024;

/// What of a table is not read.
#[derive(Clone, Copy, Debug)]
pub(crate) enum LeftOut<'a> {
    /// Rows with one of these texts in that column.
    Rows { column: &'a str, texts: &'a [&'a str] },
    /// These columns, none of which is of the key.
    Columns(&'a [&'a str]),
}

/// The rows of a table as JSON, in the order of its key.
#[derive(Debug)]
pub(crate) struct Pages<'a> {
    tx: &'a Read,
    table: Table,
    /// What stands before the value of each column.
    labels: Vec<String>,
    left_out: Option<String>,
    /// The key of the last row that was read.
    last: Option<Vec<Parameter>>,
    size: usize,
}

impl<'a> Pages<'a> {
    pub(crate) async fn of(tx: &'a Read, table: &'static str, left_out: Option<LeftOut<'_>>) -> Result<Self, DbErr> {
        let mut table = Table::of(tx, table).await?;
        if let Some(LeftOut::Columns(names)) = left_out {
            table.columns.retain(|column| !names.contains(&column.name.as_str()));
        }
        let labels = table.columns.iter().map(|column| format!("\"{}\":", column.name)).collect();
        let left_out = match left_out {
            Some(LeftOut::Rows { column, texts }) => {
                let texts: Vec<_> = texts.iter().map(|text| format!("'{text}'")).collect();
                Some(format!("\"{column}\" NOT IN ({})", texts.join(", ")))
            }
            Some(LeftOut::Columns(_)) | None => None,
        };
        Ok(Self { tx, table, labels, left_out, last: None, size: FIRST })
    }

    /// Appends the rows of the next page, with a comma between two rows of the table. False once there are no more.
    pub(crate) async fn append(&mut self, out: &mut Vec<u8>) -> Result<bool, DbErr> {
        let before = out.len();
        let rows = self.tx.rows(self.statement()).await?;
        for (index, row) in rows.iter().enumerate() {
            if index > 0 || self.last.is_some() {
                out.push(b',');
            }
            self.append_row(row, out)?;
        }
        let is_last = rows.len() < self.size;
        if let Some(row) = rows.last() {
            self.last = Some(self.table.key().into_iter().map(|column| column.read(row)).collect::<Result<_, _>>()?);
        }
        let bytes = (out.len() - before).max(1);
        self.size = (self.size * BYTES / bytes).clamp(1, (self.size * 2).min(MOST));
        Ok(!is_last)
    }

    fn statement(&self) -> Statement {
        let mut values = self.last.clone().unwrap_or_default();
        let key = names(self.table.key().into_iter());
        let marks: Vec<_> = (1..=values.len()).map(|number| format!("${number}")).collect();
        let later = (!marks.is_empty()).then(|| format!("({key}) > ({})", marks.join(", ")));
        let conditions: Vec<_> = self.left_out.clone().into_iter().chain(later).collect();
        let conditions =
            if conditions.is_empty() { String::new() } else { format!("WHERE {} ", conditions.join(" AND ")) };
        values.push(i64::try_from(self.size).unwrap_or(i64::MAX).into());
        let sql = format!(
            "SELECT {} FROM \"{}\" {conditions}ORDER BY {key} LIMIT ${}",
            self.table.names(),
            self.table.name,
            values.len()
        );
        Statement::from_sql_and_values(self.tx.backend(), sql, values)
    }

    fn append_row(&self, row: &QueryResult, out: &mut Vec<u8>) -> Result<(), DbErr> {
        let mut before = b'{';
        for (column, label) in self.table.columns.iter().zip(&self.labels) {
            out.push(before);
            out.extend_from_slice(label.as_bytes());
            append_value(&column.read(row)?, out)?;
            before = b',';
        }
        out.push(b'}');
        Ok(())
    }
}

fn append_value(value: &Parameter, out: &mut Vec<u8>) -> Result<(), DbErr> {
    let written = match value {
        Parameter::String(text) => serde_json::to_writer(out, text),
        Parameter::Int(number) => serde_json::to_writer(out, number),
        Parameter::BigInt(number) => serde_json::to_writer(out, number),
        Parameter::Bool(flag) => serde_json::to_writer(out, flag),
        other => return Err(DbErr::Custom(format!("no table holds a value such as {other:?}"))),
    };
    written.map_err(|error| DbErr::Custom(error.to_string()))
}
