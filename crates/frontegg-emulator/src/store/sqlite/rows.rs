//! Values into statements, rows and failures out of them, as SeaORM knows them.

use std::{fmt, sync::Arc};

use rusqlite::{
    Column, Error, ErrorCode, Statement, ffi,
    types::{ToSqlOutput, ValueRef},
};
use sea_orm::{DbErr, ProxyRow, RuntimeErr, Value};

use crate::store::Rule;

/// Gives a statement its values. `$2` takes the second one, `?` the next.
pub(super) fn bind(statement: &mut Statement<'_>, values: &[Value]) -> Result<(), DbErr> {
    for index in 1..=statement.parameter_count() {
        let number = statement.parameter_name(index).map_or(Ok(index), |name| name[1..].parse());
        let value = number.ok().and_then(|number| values.get(number.checked_sub(1)?));
        let value = value.ok_or_else(|| unfit("a parameter has no value"))?;
        statement.raw_bind_parameter(index, raw(value)?).map_err(failure)?;
    }
    Ok(())
}

fn raw(value: &Value) -> Result<Option<ToSqlOutput<'_>>, DbErr> {
    let raw = match value {
        Value::String(text) => text.as_ref().map(|text| ValueRef::Text(text.as_bytes())),
        Value::Bool(flag) => flag.map(i64::from).map(ValueRef::Integer),
        Value::Int(value) => value.map(i64::from).map(ValueRef::Integer),
        Value::BigInt(value) => value.map(ValueRef::Integer),
        Value::Unsigned(value) => value.map(i64::from).map(ValueRef::Integer),
        Value::BigUnsigned(Some(value)) => {
            Some(ValueRef::Integer(i64::try_from(*value).map_err(|_| unfit("a number is too large"))?))
        }
        Value::BigUnsigned(None) => None,
        _ => return Err(unfit("a value of a kind that no table holds")),
    };
    Ok(raw.map(ToSqlOutput::Borrowed))
}

/// What a column holds, where the kind of its values leaves that open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Declared {
    Integer,
    Boolean,
    /// A text, or a number of 64 bits as sums and counts are.
    Other,
}

/// At most that many rows of a statement. They know the names of their columns, not the order.
pub(super) fn read(statement: &mut Statement<'_>, most: usize) -> Result<Vec<ProxyRow>, DbErr> {
    let columns = statement.columns();
    let mut columns: Vec<_> =
        columns.iter().enumerate().map(|(index, column)| (column.name().to_owned(), index, declared(column))).collect();
    // A map is made at once of what comes in its order.
    columns.sort_by(|(one, ..), (other, ..)| one.cmp(other));
    let mut read = Vec::new();
    let mut rows = statement.raw_query();
    while read.len() < most
        && let Some(row) = rows.next().map_err(failure)?
    {
        let value = |(name, index, declared): &(String, usize, Declared)| {
            Ok((name.clone(), value(row.get_ref(*index).map_err(failure)?, *declared)?))
        };
        read.push(ProxyRow::new(columns.iter().map(value).collect::<Result<_, DbErr>>()?));
    }
    Ok(read)
}

fn declared(column: &Column<'_>) -> Declared {
    match column.decl_type() {
        Some(kind) if kind.eq_ignore_ascii_case("integer") => Declared::Integer,
        Some(kind) if kind.eq_ignore_ascii_case("boolean") => Declared::Boolean,
        _ => Declared::Other,
    }
}

fn value(raw: ValueRef<'_>, declared: Declared) -> Result<Value, DbErr> {
    Ok(match (raw, declared) {
        (ValueRef::Null, _) => Value::String(None),
        (ValueRef::Integer(number), Declared::Boolean) => Value::Bool(Some(number != 0)),
        (ValueRef::Integer(number), declared) => match i32::try_from(number) {
            Ok(number) if declared == Declared::Integer => Value::Int(Some(number)),
            _ => Value::BigInt(Some(number)),
        },
        (ValueRef::Text(text), _) => {
            let text = std::str::from_utf8(text).map_err(|_| unfit("a text is not UTF-8"))?;
            Value::String(Some(text.to_owned()))
        }
        (ValueRef::Real(_) | ValueRef::Blob(_), _) => return Err(unfit("a value of a kind that no table holds")),
    })
}

fn unfit(message: &str) -> DbErr {
    DbErr::Query(RuntimeErr::Internal(message.to_owned()))
}

/// A failure of SQLite. Among SeaORM's errors this is the one that carries whatever a driver of somebody else's fails with.
pub(crate) fn failure(error: Error) -> DbErr {
    DbErr::TryIntoErr { from: "a statement", into: "its result", source: Arc::new(error) }
}

fn cause(error: &DbErr) -> Option<&Error> {
    let DbErr::TryIntoErr { source, .. } = error else { return None };
    source.downcast_ref()
}

fn code(error: &DbErr) -> Option<ffi::Error> {
    cause(error)?.sqlite_error().copied()
}

/// The error in words.
pub(in crate::store) fn describe(error: &DbErr, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match cause(error) {
        Some(cause) => write!(f, "SQLite: {cause}"),
        None => write!(f, "{error}"),
    }
}

/// Which rule of the schema a statement broke, if that is why it failed.
pub(in crate::store) fn broken_rule(error: &DbErr) -> Option<Rule> {
    match code(error)?.extended_code {
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY => Some(Rule::Unique),
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY => Some(Rule::Reference),
        ffi::SQLITE_CONSTRAINT_NOTNULL => Some(Rule::NotNull),
        ffi::SQLITE_CONSTRAINT_CHECK => Some(Rule::Check),
        _ => None,
    }
}

/// Whether another process had the file for longer than was waited.
pub(in crate::store) fn is_busy(error: &DbErr) -> bool {
    code(error).is_some_and(|error| error.code == ErrorCode::DatabaseBusy)
}

/// Whether a statement was stopped.
pub(super) fn is_interrupted(error: &DbErr) -> bool {
    code(error).is_some_and(|error| error.code == ErrorCode::OperationInterrupted)
}

/// Whether there was no room for a write. A quota or a limit of the process is told as a failed write.
pub(in crate::store) fn is_full(error: &DbErr) -> bool {
    let code = code(error).map(|error| error.extended_code);
    matches!(code, Some(ffi::SQLITE_FULL | ffi::SQLITE_IOERR_WRITE | ffi::SQLITE_IOERR_SHMSIZE))
}
