//! Where everything lives: a relational store on SQLite (in memory or a file) or PostgreSQL.
//!
//! Work is done in a transaction, [`Store::read`] or [`Store::write`]; what is not committed never
//! happened. **One writer at a time, on every engine**: SQLite begins immediately, PostgreSQL takes
//! an advisory lock, so a rule that looks before it writes needs no lock of its own and no retry.
//! Reads see one consistent state and, except in memory, where there is one connection for all, do
//! not wait for writers.

mod connect;
pub(crate) mod dump;
pub(crate) mod entity;
mod environment;
mod memory;
pub(crate) mod migrations;
pub(crate) mod query;
mod reset;
mod target;
#[cfg(test)]
mod tests;
mod tx;

pub(crate) use environment::Identity;
pub use target::{ParseTargetError, StoreTarget};
pub(crate) use tx::Tx;

use std::sync::Arc;

use memory::Memory;
use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, IsolationLevel, SqliteTransactionMode,
    Statement, TransactionOptions, TransactionTrait,
};
use sea_orm_migration::MigratorTrait;
use tokio::sync::{Mutex, watch};
use tx::Inner;

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

/// The store.
#[derive(Debug)]
pub(crate) struct Store {
    engine: Engine,
    clock: Clock,
    /// Told of every commit of this process.
    commits: watch::Sender<()>,
}

#[derive(Debug)]
enum Engine {
    Memory(Memory),
    /// One connection that writes, and some that read beside it.
    File {
        writer: DatabaseConnection,
        readers: DatabaseConnection,
        /// One that empties everything, opened when it is first needed.
        emptier: DatabaseConnection,
    },
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
            StoreTarget::Memory => Engine::Memory(connect::memory().await?),
            StoreTarget::SqliteFile(path) => connect::file(path).await?,
            StoreTarget::Postgres(url) => connect::postgres(url).await?,
        };
        let store = Self { engine, clock, commits: watch::Sender::new(()) };
        store.migrate().await?;
        Ok(store)
    }

    /// Whether the data ends with the process.
    pub(crate) fn is_memory(&self) -> bool {
        matches!(self.engine, Engine::Memory(_))
    }

    /// Begins a transaction that only looks. Never hold two transactions at once: in memory there
    /// is one connection, and the second would wait for the first.
    pub(crate) async fn read(&self) -> Result<Tx, StoreError> {
        let inner = match &self.engine {
            Engine::Memory(memory) => Inner::Memory(memory.lend().await?),
            Engine::File { readers, .. } => Inner::Pooled(readers.begin_with_options(sqlite(Deferred)).await?, None),
            Engine::Postgres { connection, .. } => {
                let options = TransactionOptions {
                    isolation_level: Some(IsolationLevel::RepeatableRead),
                    access_mode: Some(AccessMode::ReadOnly),
                    sqlite_transaction_mode: None,
                };
                Inner::Pooled(connection.begin_with_options(options).await?, None)
            }
        };
        Ok(Tx::new(inner, self.clock.clone(), None))
    }

    /// Begins a transaction that may write, as the only one that does. Do slow work (hashing a
    /// password) before it; finish with [`Tx::commit`], or drop it to undo everything.
    pub(crate) async fn write(&self) -> Result<Tx, StoreError> {
        let inner = match &self.engine {
            Engine::Memory(memory) => {
                let lent = memory.lend().await?;
                lent.begin().await?;
                Inner::Memory(lent)
            }
            Engine::File { writer, .. } => Inner::Pooled(begin_immediately(writer).await?, None),
            Engine::Postgres { connection, gate } => {
                let hold = Arc::clone(gate).lock_owned().await;
                Inner::Pooled(begin_alone(connection).await?, Some(hold))
            }
        };
        Ok(Tx::new(inner, self.clock.clone(), Some(self.commits.clone())))
    }

    /// Changes with every commit of this process, for those who wait for something to happen.
    pub(crate) fn written(&self) -> watch::Receiver<()> {
        self.commits.subscribe()
    }

    /// Asks the engine for a sign of life.
    pub(crate) async fn ping(&self) -> Result<(), StoreError> {
        match &self.engine {
            Engine::Memory(memory) => drop(memory.lend().await?),
            Engine::Postgres { connection, .. } => connection.ping().await?,
            Engine::File { writer, readers, .. } => {
                writer.ping().await?;
                readers.ping().await?;
            }
        }
        Ok(())
    }

    /// Closes every connection once its work is done.
    pub(crate) async fn close(&self) {
        let closed = match &self.engine {
            Engine::Memory(memory) => memory.close().await,
            Engine::Postgres { connection, .. } => close(connection).await,
            // The last one to go writes the log back into the file, which readers may not.
            Engine::File { writer, readers, emptier } => {
                close(emptier).await.and(close(readers).await).and(close(writer).await)
            }
        };
        if let Err(error) = closed {
            tracing::warn!(%error, "closing the store");
        }
    }

    /// Applies missing migrations as the one writer, so that two processes may start at once. In
    /// memory they were applied to the template.
    async fn migrate(&self) -> Result<(), StoreError> {
        let writing = match &self.engine {
            Engine::Memory(_) => return Ok(()),
            Engine::File { writer, .. } => begin_immediately(writer).await?,
            Engine::Postgres { connection, .. } => begin_alone(connection).await?,
        };
        migrations::Migrator::up(&writing, None).await?;
        writing.commit().await?;
        Ok(())
    }
}

use SqliteTransactionMode::{Deferred, Immediate};

fn sqlite(mode: SqliteTransactionMode) -> TransactionOptions {
    TransactionOptions { sqlite_transaction_mode: Some(mode), ..TransactionOptions::default() }
}

/// Begins as a writer, so that there is no lock to be raised later, which may fail.
async fn begin_immediately(writer: &DatabaseConnection) -> Result<DatabaseTransaction, StoreError> {
    Ok(writer.begin_with_options(sqlite(Immediate)).await?)
}

/// Begins as the only writer of all processes.
async fn begin_alone(connection: &DatabaseConnection) -> Result<DatabaseTransaction, StoreError> {
    let writing = connection.begin().await?;
    let lock = Statement::from_sql_and_values(
        writing.get_database_backend(),
        "SELECT pg_advisory_xact_lock($1)",
        [WRITER_LOCK.into()],
    );
    writing.execute_raw(lock).await?;
    Ok(writing)
}

async fn close(connection: &DatabaseConnection) -> Result<(), StoreError> {
    Ok(connection.close_by_ref().await?)
}
