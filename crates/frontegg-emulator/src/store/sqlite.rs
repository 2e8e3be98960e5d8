//! SQLite, in memory or in a file, asked where the caller runs.
//!
//! A driver that hands each statement to a thread of its own takes ten times as long over that as
//! SQLite over the statement. Only what waits for the disk or for another process is done aside: in
//! a file, to begin writing and to commit.

mod file;
mod memory;
mod migrating;
mod rows;

pub(super) use file::File;
pub(super) use memory::Memory;
pub(super) use rows::{broken_rule, is_busy, is_full};

use std::{fmt, sync::Arc};

use parking_lot::{Mutex as StdMutex, MutexGuard};
use rusqlite::{CachedStatement, Connection, config::DbConfig};
use sea_orm::{ConnAcquireErr, DbErr, ExecResult, ProxyExecResult, ProxyRow, QueryResult, Statement};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::{PATIENCE, STATEMENTS, StoreError, tx::no_write};
use rows::{bind, failure, read};

/// A connection that is lent to one transaction at a time; nothing once the store is closed.
#[derive(Clone, Debug)]
struct Slot(Arc<Mutex<Option<Connection>>>);

impl Slot {
    fn new(connection: Connection) -> Self {
        Self(Arc::new(Mutex::new(Some(connection))))
    }

    /// The connection, once whoever has it gives it back.
    async fn lend(&self) -> Result<SqliteTx, DbErr> {
        let lent = tokio::time::timeout(PATIENCE, Arc::clone(&self.0).lock_owned()).await;
        SqliteTx::new(lent.map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))?)
    }

    /// The connection, if nobody has it.
    fn lend_now(&self) -> Option<Result<SqliteTx, DbErr>> {
        Arc::clone(&self.0).try_lock_owned().ok().map(SqliteTx::new)
    }

    /// Ends the connection once whoever has it gives it back.
    async fn close(&self) -> Result<(), StoreError> {
        let connection = self.0.lock().await.take();
        connection.map_or(Ok(()), Connection::close).map_err(|(_, error)| StoreError(failure(error)))
    }
}

/// A connection, as lent. What is not committed when it is given back is undone.
pub(super) struct SqliteTx(StdMutex<OwnedMutexGuard<Option<Connection>>>);

impl SqliteTx {
    fn new(connection: OwnedMutexGuard<Option<Connection>>) -> Result<Self, DbErr> {
        if connection.is_none() {
            return Err(closed());
        }
        Ok(Self(StdMutex::new(connection)))
    }

    /// A transaction may be shared between threads, but two never ask at once.
    fn lock(&self) -> Lent<'_> {
        Lent(self.0.lock())
    }

    /// Begins a transaction; it is undone unless it is committed.
    fn begin(&self) -> Result<(), DbErr> {
        self.execute_all("BEGIN").map(drop)
    }

    pub(super) fn commit(self) -> Result<(), DbErr> {
        let is_open = !self.lock().connection()?.is_autocommit();
        if is_open { self.execute_all("COMMIT").map(drop) } else { Ok(()) }
    }

    pub(super) fn execute(&self, statement: &Statement) -> Result<ExecResult, DbErr> {
        self.change(statement).map(Into::into)
    }

    pub(super) fn execute_all(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let lent = self.lock();
        let connection = lent.connection()?;
        connection.execute_batch(sql).map_err(failure)?;
        Ok(changed(connection.changes()).into())
    }

    pub(super) fn one(&self, statement: &Statement) -> Result<Option<QueryResult>, DbErr> {
        Ok(first(self.rows(statement, 1)?))
    }

    pub(super) fn all(&self, statement: &Statement) -> Result<Vec<QueryResult>, DbErr> {
        Ok(each(self.rows(statement, usize::MAX)?))
    }

    /// The first row of a statement that only reads.
    pub(super) fn look_at_one(&self, statement: &Statement) -> Result<Option<QueryResult>, DbErr> {
        Ok(first(self.look(statement, 1)?))
    }

    /// The rows of a statement that only reads.
    pub(super) fn look_at_all(&self, statement: &Statement) -> Result<Vec<QueryResult>, DbErr> {
        Ok(each(self.look(statement, usize::MAX)?))
    }

    /// In memory one connection both reads and writes, so SQLite is asked what the statement would do.
    fn look(&self, statement: &Statement, most: usize) -> Result<Vec<ProxyRow>, DbErr> {
        let lent = self.lock();
        let mut prepared = lent.prepare(statement)?;
        if !prepared.readonly() {
            return Err(no_write());
        }
        read(&mut prepared, most)
    }

    fn rows(&self, statement: &Statement, most: usize) -> Result<Vec<ProxyRow>, DbErr> {
        read(&mut *self.lock().prepare(statement)?, most)
    }

    fn change(&self, statement: &Statement) -> Result<ProxyExecResult, DbErr> {
        let rows = self.lock().prepare(statement)?.raw_execute().map_err(failure)?;
        Ok(changed(rows as u64))
    }
}

impl fmt::Debug for SqliteTx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteTx").finish_non_exhaustive()
    }
}

impl Drop for SqliteTx {
    fn drop(&mut self) {
        if let Ok(connection) = self.lock().connection()
            && !connection.is_autocommit()
            && let Err(error) = connection.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "undoing a transaction");
        }
    }
}

/// The connection while it is asked.
struct Lent<'a>(MutexGuard<'a, OwnedMutexGuard<Option<Connection>>>);

impl Lent<'_> {
    fn connection(&self) -> Result<&Connection, DbErr> {
        self.0.as_ref().ok_or_else(closed)
    }

    fn connection_mut(&mut self) -> Result<&mut Connection, DbErr> {
        self.0.as_mut().ok_or_else(closed)
    }

    /// A statement with its values, ready to run.
    fn prepare(&self, statement: &Statement) -> Result<CachedStatement<'_>, DbErr> {
        let mut prepared = self.connection()?.prepare_cached(&statement.sql).map_err(failure)?;
        bind(&mut prepared, statement.values.as_ref().map_or(&[], |values| &values.0))?;
        Ok(prepared)
    }
}

/// What every connection keeps to.
fn set_up(connection: &Connection) -> rusqlite::Result<()> {
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.busy_timeout(PATIENCE)?;
    // Without it a prepared statement is planned anew for every other value of a range.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // As PostgreSQL compares; whoever wants it without case says so.
    connection.pragma_update(None, "case_sensitive_like", true)
}

fn first(mut rows: Vec<ProxyRow>) -> Option<QueryResult> {
    rows.pop().map(Into::into)
}

fn each(rows: Vec<ProxyRow>) -> Vec<QueryResult> {
    rows.into_iter().map(Into::into).collect()
}

/// No table numbers its rows, so that no row is the last one.
fn changed(rows: u64) -> ProxyExecResult {
    ProxyExecResult { last_insert_id: 0, rows_affected: rows }
}

fn closed() -> DbErr {
    DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed)
}
