//! The rows of all tables as JSON, and back: whatever the tables are.
//!
//! Columns are texts, whole numbers and flags; the schema knows nothing else. A value is checked
//! against its column before it is written, and references by the engine.

use std::collections::HashSet;

use frontegg_contract::numbers;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, Value as Parameter, sqlx::error::ErrorKind};
use serde_json::{Map, Value};

use super::{
    Read, Write, broken_rule,
    migrations::{TABLES, UNEXPORTED_TABLES, WATCHED_TABLES},
};

/// Most parameters of one statement; engines take a few more.
const PARAMETERS: usize = 10_000;

/// The rows of one table.
pub(crate) type Rows = Vec<Map<String, Value>>;

/// Why rows were not written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    /// They cannot be.
    #[error("{0}")]
    Refused(String),
    #[error(transparent)]
    Store(#[from] DbErr),
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Text,
    Integer,
    BigInteger,
    Flag,
}

#[derive(Debug)]
struct Column {
    name: String,
    kind: Kind,
}

/// All tables that a reset empties, parents before their children, but for those that are in no export.
pub(crate) fn tables() -> impl Iterator<Item = &'static str> {
    TABLES.iter().rev().copied().filter(|table| !UNEXPORTED_TABLES.contains(table))
}

/// The rows of a table, in the order of its key.
pub(crate) async fn dump(tx: &Read, table: &str) -> Result<Rows, DbErr> {
    let columns = columns(tx, table).await?;
    let names: Vec<_> = columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
    let order = if columns.len() > 1 { "1, 2" } else { "1" };
    let sql = format!("SELECT {} FROM \"{table}\" ORDER BY {order}", names.join(", "));
    let rows = tx.rows(Statement::from_string(tx.backend(), sql)).await?;
    rows.iter().map(|row| read(row, &columns)).collect()
}

fn read(row: &QueryResult, columns: &[Column]) -> Result<Map<String, Value>, DbErr> {
    let mut values = Map::new();
    for Column { name, kind } in columns {
        let value: Value = match kind {
            Kind::Text => row.try_get::<Option<String>>("", name)?.into(),
            Kind::Integer => row.try_get::<Option<i32>>("", name)?.into(),
            Kind::BigInteger => row.try_get::<Option<i64>>("", name)?.into(),
            Kind::Flag => row.try_get::<Option<bool>>("", name)?.into(),
        };
        values.insert(name.clone(), value);
    }
    Ok(values)
}

/// Writes the rows of a table in place of those that were there, whose children must be gone.
pub(crate) async fn load(tx: &Write, table: &str, rows: &Rows) -> Result<(), LoadError> {
    let columns = columns(tx, table).await?;
    let mut parameters = Vec::with_capacity(rows.len() * columns.len());
    for (index, row) in rows.iter().enumerate() {
        let place = |name: &str| format!("tables.{table}[{index}].{name}");
        if let Some(name) = row.keys().find(|name| columns.iter().all(|column| column.name != **name)) {
            return Err(LoadError::Refused(format!("{} is unknown", place(name))));
        }
        for Column { name, kind } in &columns {
            let value = row.get(name).unwrap_or(&Value::Null);
            let parameter = parameter(value, *kind).map_err(|must| format!("{} must be {must}", place(name)));
            parameters.push(parameter.map_err(LoadError::Refused)?);
        }
    }
    for chunk in parameters.chunks((PARAMETERS / columns.len()) * columns.len()) {
        insert(tx, table, &columns, chunk).await?;
    }
    Ok(())
}

/// Empties all tables but those that a reset keeps.
pub(crate) async fn clear(tx: &Write) -> Result<(), DbErr> {
    match tx.backend() {
        DbBackend::Postgres => clear_postgres(tx).await,
        _ => tx.execute_unprepared(&clearing()).await.map(drop),
    }
}

/// The statements for that.
pub(super) fn clearing() -> String {
    deleting(TABLES.iter().copied())
}

fn deleting<'a>(tables: impl Iterator<Item = &'a str>) -> String {
    tables.map(|table| format!("DELETE FROM \"{table}\";")).collect()
}

/// Touches no table that is empty, and has no trigger follow: what is made of these tables goes with them. To truncate
/// them would wait for everybody who reads, and empty tables under whoever reads an earlier state.
async fn clear_postgres(tx: &Write) -> Result<(), DbErr> {
    let names = TABLES.iter().map(|table| format!("'{table}'")).collect::<Vec<_>>().join(", ");
    let used = format!(
        "SELECT relname::text AS name FROM pg_class WHERE relnamespace = current_schema()::regnamespace
         AND relkind = 'r' AND relname IN ({names}) AND pg_relation_size(oid) > 0"
    );
    let rows = tx.rows(Statement::from_string(DbBackend::Postgres, used)).await?;
    let used = rows.iter().map(|row| row.try_get("", "name")).collect::<Result<HashSet<String>, _>>()?;
    let used = || TABLES.iter().copied().filter(|table| used.contains(*table));
    let follow = |verb: &str| -> String {
        let watched = used().filter(|table| WATCHED_TABLES.contains(table));
        watched.map(|table| format!("ALTER TABLE \"{table}\" {verb} TRIGGER USER;")).collect()
    };
    let sql = [follow("DISABLE"), deleting(used()), follow("ENABLE")].concat();
    tx.execute_unprepared(&sql).await.map(drop)
}

async fn insert(tx: &Write, table: &str, columns: &[Column], parameters: &[Parameter]) -> Result<(), LoadError> {
    let names: Vec<_> = columns.iter().map(|column| format!("\"{}\"", column.name)).collect();
    let backend = tx.backend();
    let mark = |number: usize| if backend == DbBackend::Postgres { format!("${number}") } else { "?".to_owned() };
    let rows: Vec<_> = (0..parameters.len() / columns.len())
        .map(|row| {
            let marks: Vec<_> = (1..=columns.len()).map(|column| mark(row * columns.len() + column)).collect();
            format!("({})", marks.join(", "))
        })
        .collect();
    let sql = format!("INSERT INTO \"{table}\" ({}) VALUES {}", names.join(", "), rows.join(", "));
    let statement = Statement::from_sql_and_values(backend, sql, parameters.iter().cloned());
    match tx.execute_raw(statement).await {
        Ok(_) => Ok(()),
        Err(error) => Err(match breach(&error) {
            Some(breach) => LoadError::Refused(format!("tables.{table}: {breach}")),
            None => error.into(),
        }),
    }
}

/// What is wrong with rows that break a rule of the schema.
fn breach(error: &DbErr) -> Option<&'static str> {
    match broken_rule(error)? {
        ErrorKind::ForeignKeyViolation => Some("a row refers to one that is not there"),
        ErrorKind::UniqueViolation => Some("two rows are the same where they must differ"),
        ErrorKind::NotNullViolation => Some("a row lacks a value"),
        ErrorKind::CheckViolation => Some("a row breaks a rule"),
        _ => None,
    }
}

fn parameter(value: &Value, kind: Kind) -> Result<Parameter, &'static str> {
    let null = value.is_null();
    match kind {
        Kind::Text => match value.as_str() {
            Some(text) if text.contains('\0') => Err("a text without the character U+0000"),
            None if !null => Err("a text"),
            text => Ok(text.map(str::to_owned).into()),
        },
        Kind::Integer => match whole(value).map(i32::try_from) {
            None if null => Ok(None::<i32>.into()),
            Some(Ok(number)) => Ok(Some(number).into()),
            _ => Err("a whole number of 32 bits"),
        },
        Kind::BigInteger => match whole(value) {
            None if !null => Err("a whole number"),
            number => Ok(number.into()),
        },
        Kind::Flag => match value.as_bool() {
            None if !null => Err("true or false"),
            flag => Ok(flag.into()),
        },
    }
}

/// A whole number by its value: some programs write one with a point.
fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_f64().and_then(numbers::whole))
}

async fn columns(tx: &Read, table: &str) -> Result<Vec<Column>, DbErr> {
    let backend = tx.backend();
    let sql = if backend == DbBackend::Postgres {
        "SELECT column_name::text AS name, data_type::text AS type FROM information_schema.columns
         WHERE table_schema = current_schema() AND table_name::text = $1 ORDER BY ordinal_position"
    } else {
        "SELECT name, type FROM pragma_table_info(?) ORDER BY cid"
    };
    let rows = tx.rows(Statement::from_sql_and_values(backend, sql, [table.into()])).await?;
    let column = |row: &QueryResult| {
        let kind: String = row.try_get("", "type")?;
        let kind = match kind.to_ascii_lowercase().as_str() {
            "text" => Kind::Text,
            "integer" => Kind::Integer,
            "bigint" => Kind::BigInteger,
            "boolean" => Kind::Flag,
            other => return Err(DbErr::Custom(format!("{table} has a column of type {other}"))),
        };
        Ok(Column { name: row.try_get("", "name")?, kind })
    };
    rows.iter().map(column).collect()
}
