//! What a table looks like, as the engine tells it.

use frontegg_contract::numbers;
use sea_orm::{DbBackend, DbErr, QueryResult, Statement, Value as Parameter};
use serde_json::Value;

use crate::store::Read;

#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Text,
    Integer,
    BigInteger,
    Flag,
}

#[derive(Debug)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// Where in the primary key it stands, from 1; 0 where it does not.
    key: i64,
}

/// A table with its columns, in their order.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) columns: Vec<Column>,
}

impl Table {
    pub(super) async fn of(tx: &Read, name: &'static str) -> Result<Self, DbErr> {
        let sql = if tx.backend() == DbBackend::Postgres {
            "SELECT attname::text AS name, format_type(atttypid, atttypmod) AS type,
                 COALESCE(array_position(indkey::int2[], attnum) + 1, 0)::bigint AS key
             FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0 AND NOT attisdropped
             LEFT JOIN pg_index ON indrelid = pg_class.oid AND indisprimary
             WHERE relnamespace = current_schema()::regnamespace AND relname = $1 ORDER BY attnum"
        } else {
            "SELECT name, type, pk AS key FROM pragma_table_info($1) ORDER BY cid"
        };
        let rows = tx.rows(Statement::from_sql_and_values(tx.backend(), sql, [name.into()])).await?;
        let columns = rows.iter().map(|row| column(name, row)).collect::<Result<_, _>>()?;
        Ok(Self { name, columns })
    }

    /// The names of all columns, as statements have them.
    pub(super) fn names(&self) -> String {
        names(self.columns.iter())
    }

    /// The columns of the primary key, in its order.
    pub(super) fn key(&self) -> Vec<&Column> {
        let mut key: Vec<_> = self.columns.iter().filter(|column| column.key > 0).collect();
        key.sort_by_key(|column| column.key);
        key
    }
}

/// The names of columns, as statements have them.
pub(super) fn names<'a>(columns: impl Iterator<Item = &'a Column>) -> String {
    columns.map(|column| format!("\"{}\"", column.name)).collect::<Vec<_>>().join(", ")
}

fn column(table: &str, row: &QueryResult) -> Result<Column, DbErr> {
    let kind: String = row.try_get("", "type")?;
    let kind = match kind.to_ascii_lowercase().as_str() {
        "text" => Kind::Text,
        "integer" => Kind::Integer,
        "bigint" => Kind::BigInteger,
        "boolean" => Kind::Flag,
        other => return Err(DbErr::Custom(format!("{table} has a column of type {other}"))),
    };
    Ok(Column { name: row.try_get("", "name")?, kind, key: row.try_get("", "key")? })
}

impl Column {
    /// What a row holds in it.
    pub(super) fn read(&self, row: &QueryResult) -> Result<Parameter, DbErr> {
        let name = &self.name;
        Ok(match self.kind {
            Kind::Text => row.try_get::<Option<String>>("", name)?.into(),
            Kind::Integer => row.try_get::<Option<i32>>("", name)?.into(),
            Kind::BigInteger => row.try_get::<Option<i64>>("", name)?.into(),
            Kind::Flag => row.try_get::<Option<bool>>("", name)?.into(),
        })
    }

    /// A value of it that comes from outside; or what that must be.
    pub(super) fn parameter(&self, value: Value) -> Result<Parameter, &'static str> {
        let null = value.is_null();
        match self.kind {
            Kind::Text => match value {
                Value::String(text) if text.contains('\0') => Err("a text without the character U+0000"),
                Value::String(text) => Ok(text.into()),
                Value::Null => Ok(None::<String>.into()),
                _ => Err("a text"),
            },
            Kind::Integer => match whole(&value).map(i32::try_from) {
                None if null => Ok(None::<i32>.into()),
                Some(Ok(number)) => Ok(Some(number).into()),
                _ => Err("a whole number of 32 bits"),
            },
            Kind::BigInteger => match whole(&value) {
                None if !null => Err("a whole number"),
                number => Ok(number.into()),
            },
            Kind::Flag => match value.as_bool() {
                None if !null => Err("true or false"),
                flag => Ok(flag.into()),
            },
        }
    }
}

/// A whole number by its value: some programs write one with a point.
fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_f64().and_then(numbers::whole))
}
