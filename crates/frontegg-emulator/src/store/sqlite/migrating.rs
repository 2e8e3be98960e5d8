//! A connection as SeaORM's migrator takes one.

use std::sync::Arc;

use sea_orm::{Database, DbBackend, DbErr, ProxyDatabaseTrait, ProxyExecResult, ProxyRow, Statement, Value};
use sea_orm_migration::{MigratorTrait, async_trait};

use super::{SqliteTx, closed};
use crate::store::migrations::Migrator;

/// Applies the missing migrations in a transaction of the caller's, and gives it back.
pub(super) async fn up(tx: SqliteTx) -> Result<SqliteTx, DbErr> {
    let tx = Arc::new(tx);
    let connection = Database::connect_proxy(DbBackend::Sqlite, Arc::new(Box::new(Migrating(Arc::clone(&tx))))).await?;
    Migrator::up(&connection, None).await?;
    drop(connection);
    Arc::into_inner(tx).ok_or_else(closed)
}

#[derive(Debug)]
struct Migrating(Arc<SqliteTx>);

#[async_trait::async_trait]
impl ProxyDatabaseTrait for Migrating {
    async fn query(&self, statement: Statement) -> Result<Vec<ProxyRow>, DbErr> {
        let mut rows = self.0.rows(&statement, usize::MAX)?;
        for value in rows.iter_mut().flat_map(|row| row.values.values_mut()) {
            // The migrator declares its times as integers and reads them as numbers of 64 bits.
            if let Value::Int(number) = value {
                *value = Value::BigInt(number.map(i64::from));
            }
        }
        Ok(rows)
    }

    /// A migration is many statements in one text.
    async fn execute(&self, statement: Statement) -> Result<ProxyExecResult, DbErr> {
        if statement.values.is_some() {
            self.0.change(&statement)
        } else {
            self.0.execute_all(&statement.sql).map(Into::into)
        }
    }
}
