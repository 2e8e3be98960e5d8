//! Writing rows.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement, Value as Parameter};

use super::{
    Batch, DANGLING, LoadError,
    table::{Column, Table},
};
use crate::store::{Rule, Write, broken_rule};

/// Rows of one statement. Where fewer are left each has a statement of its own, so that a connection keeps two of them
/// prepared for a table.
const ROWS: usize = 32;

/// Writes rows into tables that were emptied.
#[derive(Debug)]
pub(crate) struct Loader<'a> {
    tx: &'a Write,
    /// Rows of one table come one after the other.
    inserting: Option<Inserting>,
}

/// A table with its statements.
#[derive(Debug)]
struct Inserting {
    table: Table,
    many: String,
    one: String,
}

impl<'a> Loader<'a> {
    pub(crate) fn new(tx: &'a Write) -> Self {
        Self { tx, inserting: None }
    }

    /// Writes rows, after those that they refer to.
    pub(crate) async fn load(&mut self, batch: Batch) -> Result<(), LoadError> {
        let into = match self.inserting.take().filter(|into| into.table.name == batch.table) {
            Some(into) => into,
            None => Inserting::into(Table::of(self.tx, batch.table).await?)?,
        };
        let into = self.inserting.insert(into);
        let width = into.table.columns.len();
        let mut parameters = into.parameters(batch)?.into_iter();
        while parameters.len() > 0 {
            let (sql, rows) = if parameters.len() >= ROWS * width { (&into.many, ROWS) } else { (&into.one, 1) };
            let values = parameters.by_ref().take(rows * width);
            let statement = Statement::from_sql_and_values(self.tx.backend(), sql.as_str(), values);
            self.tx.execute_raw(statement).await.map_err(|error| refused(into.table.name, error))?;
        }
        Ok(())
    }
}

impl Inserting {
    /// Refused where the schema has no such table.
    fn into(table: Table) -> Result<Self, LoadError> {
        if table.columns.is_empty() {
            return Err(LoadError::Refused(format!("tables.{} is unknown", table.name)));
        }
        let many = insert(&table, ROWS);
        let one = insert(&table, 1);
        Ok(Self { table, many, one })
    }

    /// The values of all rows in the order of the columns.
    fn parameters(&self, batch: Batch) -> Result<Vec<Parameter>, LoadError> {
        let Table { name: table, columns } = &self.table;
        let mut parameters = Vec::with_capacity(batch.rows.len() * columns.len());
        for (index, mut row) in (batch.first..).zip(batch.rows) {
            let place = |name: &str| format!("tables.{table}[{index}].{name}");
            let values: Vec<_> =
                columns.iter().map(|Column { name, .. }| row.remove(name).unwrap_or_default()).collect();
            if let Some(name) = row.keys().next() {
                return Err(LoadError::Refused(format!("{} is unknown", place(name))));
            }
            for (column, value) in columns.iter().zip(values) {
                let parameter = column.parameter(value);
                let refused = |must| LoadError::Refused(format!("{} must be {must}", place(&column.name)));
                parameters.push(parameter.map_err(refused)?);
            }
        }
        Ok(parameters)
    }
}

fn insert(table: &Table, rows: usize) -> String {
    let width = table.columns.len();
    let row = |row: usize| {
        let marks: Vec<_> = (1..=width).map(|column| format!("${}", row * width + column)).collect();
        format!("({})", marks.join(", "))
    };
    let rows: Vec<_> = (0..rows).map(row).collect();
    format!("INSERT INTO \"{}\" ({}) VALUES {}", table.name, table.names(), rows.join(", "))
}

fn refused(table: &str, error: DbErr) -> LoadError {
    match breach(&error) {
        Some(breach) => LoadError::Refused(format!("tables.{table}: {breach}")),
        None => error.into(),
    }
}

/// What is wrong with rows that break a rule of the schema.
fn breach(error: &DbErr) -> Option<&'static str> {
    broken_rule(error).map(|rule| match rule {
        Rule::Reference => DANGLING,
        Rule::Unique => "two rows are the same where they must differ",
        Rule::NotNull => "a row lacks a value",
        Rule::Check => "a row breaks a rule",
    })
}

/// Refuses rows that refer to what is not there, where that was not checked as they were written.
pub(in crate::store) async fn check_references(tx: &Write) -> Result<(), LoadError> {
    if tx.backend() == DbBackend::Postgres {
        return Ok(());
    }
    let sql = "SELECT \"table\" AS name FROM pragma_foreign_key_check LIMIT 1";
    let dangling = tx.rows(Statement::from_string(tx.backend(), sql)).await?;
    let Some(row) = dangling.first() else { return Ok(()) };
    let table: String = row.try_get("", "name")?;
    Err(LoadError::Refused(format!("tables.{table}: {DANGLING}")))
}
