//! Where everything lives: a relational store on SQLite (in memory or a file) or PostgreSQL.
//!
//! Work is done in a transaction, [`Store::read`] or [`Store::write`]; what is not committed never
//! happened. **One writer at a time, on every engine**: SQLite begins immediately, PostgreSQL takes
//! an advisory lock, so a rule that looks before it writes needs no lock of its own and no retry.
//! Reads see one consistent state and, except in memory, where there is one connection for all, do
//! not wait for writers.

mod connect;
pub(crate) mod entity;
mod environment;
pub(crate) mod migrations;
pub(crate) mod query;
mod reset;
mod target;
#[cfg(test)]
mod tests;
mod tx;

pub(crate) use environment::Identity;
pub use target::{ParseTargetError, StoreTarget};
use tx::Hold;
pub(crate) use tx::Tx;

use std::sync::Arc;

use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, IsolationLevel, SqliteTransactionMode,
    Statement, TransactionOptions, TransactionTrait, sqlx::SqlitePool,
};
use sea_orm_migration::MigratorTrait;
use tokio::sync::{Mutex, RwLock};

use crate::clock::Clock;

/// The key of the advisory lock that makes PostgreSQL have one writer: "fegg" in ASCII.
const WRITER_LOCK: i64 = 0x6665_6767;

/// A failure of the engine beneath the store.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub(crate) struct StoreError(#[from] pub(crate) DbErr);

impl From<sea_orm::sqlx::Error> for StoreError {
    fn from(error: sea_orm::sqlx::Error) -> Self {
        Self(DbErr::Conn(sea_orm::RuntimeErr::SqlxError(Arc::new(error))))
    }
}

/// The store. Cheap to share behind an `Arc`; a clone is not needed.
#[derive(Debug)]
pub(crate) struct Store {
    engine: Engine,
    clock: Clock,
}

#[derive(Debug)]
enum Engine {
    /// One connection: the database lives in it and dies with it.
    Memory {
        pool: SqlitePool,
        connection: DatabaseConnection,
        /// Keeps transactions away while the database is replaced.
        image: Arc<RwLock<()>>,
    },
    /// One connection that writes, and some that read beside it.
    File { writer: DatabaseConnection, readers: DatabaseConnection },
    Postgres {
        connection: DatabaseConnection,
        /// Lets one writer of this process wait for the advisory lock, not as many as there are
        /// connections.
        gate: Arc<Mutex<()>>,
    },
}

impl Store {
    /// Opens the store and brings its schema up to date.
    pub(crate) async fn open(target: &StoreTarget, clock: Clock) -> Result<Self, StoreError> {
        let engine = match target {
            StoreTarget::Memory => connect::memory().await?,
            StoreTarget::SqliteFile(path) => connect::file(path).await?,
            StoreTarget::Postgres(url) => connect::postgres(url).await?,
        };
        let store = Self { engine, clock };
        if let Engine::Memory { pool, .. } = &store.engine {
            if !reset::restore_template(pool).await? {
                store.migrate().await?;
                reset::keep_template(pool).await?;
            }
        } else {
            store.migrate().await?;
        }
        Ok(store)
    }

    /// Whether the data ends with the process.
    pub(crate) fn is_memory(&self) -> bool {
        matches!(self.engine, Engine::Memory { .. })
    }

    /// Begins a transaction that only looks. Never hold two transactions at once: in memory there
    /// is one connection, and the second would wait for the first.
    pub(crate) async fn read(&self) -> Result<Tx, StoreError> {
        let hold = match &self.engine {
            Engine::Memory { image, .. } => Hold::Image(Arc::clone(image).read_owned().await),
            _ => Hold::Nothing,
        };
        let inner = self.begin_reading().await?;
        Ok(Tx::new(inner, self.clock.clone(), false, hold))
    }

    /// Begins a transaction that may write, as the only one that does. Do slow work (hashing a
    /// password) before it; finish with [`Tx::commit`], or drop it to undo everything.
    pub(crate) async fn write(&self) -> Result<Tx, StoreError> {
        let hold = match &self.engine {
            Engine::Memory { image, .. } => Hold::Image(Arc::clone(image).read_owned().await),
            Engine::File { .. } => Hold::Nothing,
            Engine::Postgres { gate, .. } => Hold::Writer(Arc::clone(gate).lock_owned().await),
        };
        let inner = self.begin_writing().await?;
        Ok(Tx::new(inner, self.clock.clone(), true, hold))
    }

    /// Asks the engine for a sign of life.
    pub(crate) async fn ping(&self) -> Result<(), StoreError> {
        match &self.engine {
            Engine::Memory { connection, .. } | Engine::Postgres { connection, .. } => {
                connection.ping().await?;
            }
            Engine::File { writer, readers } => {
                writer.ping().await?;
                readers.ping().await?;
            }
        }
        Ok(())
    }

    /// Closes every connection once its work is done.
    pub(crate) async fn close(&self) {
        let (first, second) = match &self.engine {
            Engine::Memory { connection, .. } | Engine::Postgres { connection, .. } => (connection, None),
            Engine::File { writer, readers } => (readers, Some(writer)),
        };
        for connection in [Some(first), second].into_iter().flatten() {
            if let Err(error) = connection.close_by_ref().await {
                tracing::warn!(%error, "closing the store");
            }
        }
    }

    async fn begin_reading(&self) -> Result<DatabaseTransaction, StoreError> {
        let (connection, options) = match &self.engine {
            Engine::Memory { connection, .. } => (connection, deferred()),
            Engine::File { readers, .. } => (readers, deferred()),
            Engine::Postgres { connection, .. } => (
                connection,
                TransactionOptions {
                    isolation_level: Some(IsolationLevel::RepeatableRead),
                    access_mode: Some(AccessMode::ReadOnly),
                    sqlite_transaction_mode: None,
                },
            ),
        };
        Ok(connection.begin_with_options(options).await?)
    }

    async fn begin_writing(&self) -> Result<DatabaseTransaction, StoreError> {
        let immediate = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        Ok(match &self.engine {
            Engine::Memory { connection, .. } => connection.begin_with_options(immediate).await?,
            Engine::File { writer, .. } => writer.begin_with_options(immediate).await?,
            Engine::Postgres { connection, .. } => {
                let inner = connection.begin().await?;
                let lock = "SELECT pg_advisory_xact_lock($1)";
                let backend = inner.get_database_backend();
                inner.execute_raw(Statement::from_sql_and_values(backend, lock, [WRITER_LOCK.into()])).await?;
                inner
            }
        })
    }

    /// Applies missing migrations as the one writer, so that two processes may start at once.
    async fn migrate(&self) -> Result<(), StoreError> {
        let inner = self.begin_writing().await?;
        migrations::Migrator::up(&inner, None).await?;
        inner.commit().await?;
        Ok(())
    }
}

fn deferred() -> TransactionOptions {
    TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Deferred),
        ..TransactionOptions::default()
    }
}
