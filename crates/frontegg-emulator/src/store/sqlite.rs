//! SQLite, in memory or in a file, asked where the caller runs.
//!
//! A driver that hands each statement to a thread of its own takes ten times as long over that as
//! SQLite over the statement. Only what waits for the disk or for another process is done aside, in
//! a file to begin writing and to commit, and what turns out to be long work: see [`aside`].

mod aside;
mod file;
mod memory;
mod migrating;
mod readers;
mod rows;

pub(super) use file::File;
pub(super) use memory::{Image, Memory};
pub(crate) use rows::failure;
pub(super) use rows::{broken_rule, describe, is_busy, is_full};

use std::{fmt, sync::Arc};

use parking_lot::Mutex as StdMutex;
use rusqlite::{CachedStatement, config::DbConfig};
use sea_orm::{ConnAcquireErr, DbErr, ExecResult, ProxyExecResult, ProxyRow, QueryResult, Statement};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::{PATIENCE, STATEMENTS, StoreError};
use aside::Allowance;
use memory::Turn;
use readers::Readers;
use rows::{bind, read};

/// A connection that is lent to one transaction at a time; nothing where it is not open.
#[derive(Clone, Debug)]
struct Slot(Arc<Mutex<Option<Connection>>>);

impl Slot {
    fn new(connection: impl Into<Option<Connection>>) -> Self {
        Self(Arc::new(Mutex::new(connection.into())))
    }

    /// The connection, once whoever has it gives it back.
    async fn lend(&self) -> Result<SqliteTx, DbErr> {
        let lent = tokio::time::timeout(PATIENCE, Arc::clone(&self.0).lock_owned()).await;
        SqliteTx::new(lent.map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))?)
    }

    /// The connection, if nobody has it.
    fn take_now(&self) -> Option<OwnedMutexGuard<Option<Connection>>> {
        Arc::clone(&self.0).try_lock_owned().ok()
    }

    /// Ends the connection once whoever has it gives it back.
    async fn close(&self) -> Result<(), StoreError> {
        let Some(connection) = self.0.lock().await.take() else { return Ok(()) };
        connection.sqlite.close().map_err(|(_, error)| StoreError(failure(error)))
    }
}

/// A connection, as lent. What is not committed when it is given back is undone.
pub(super) struct SqliteTx(StdMutex<Option<Lent>>);

impl SqliteTx {
    fn new(connection: OwnedMutexGuard<Option<Connection>>) -> Result<Self, DbErr> {
        if connection.is_none() {
            return Err(closed());
        }
        Ok(Self(StdMutex::new(Some(Lent { connection, turn: None, references: References::Checked }))))
    }

    /// Does something with the connection. A transaction may be shared between threads, but two never ask at once.
    fn with<T>(&self, ask: impl FnOnce(&Connection) -> Result<T, DbErr>) -> Result<T, DbErr> {
        let lent = self.0.lock();
        ask(lent.as_ref().and_then(|lent| lent.connection.as_ref()).ok_or_else(closed)?)
    }

    fn lent_mut(&mut self) -> Result<&mut Lent, DbErr> {
        self.0.get_mut().as_mut().ok_or_else(closed)
    }

    /// Begins a transaction; it is undone unless it is committed.
    fn begin(&self) -> Result<(), DbErr> {
        self.execute_all("BEGIN").map(drop)
    }

    /// Until this is given back rows may refer to what is not there. To be said before it begins.
    fn leave_references_unchecked(&mut self) -> Result<(), DbErr> {
        self.lent_mut()?.references = References::Unchecked;
        self.execute_all("PRAGMA foreign_keys = OFF").map(drop)
    }

    pub(super) fn commit(mut self) -> Result<(), DbErr> {
        if !self.with(|connection| Ok(connection.sqlite.is_autocommit()))? {
            self.execute_all("COMMIT")?;
        }
        self.lent_mut()?.install_replacement();
        Ok(())
    }

    pub(super) fn execute(&self, statement: &Statement) -> Result<ExecResult, DbErr> {
        self.change(statement).map(Into::into)
    }

    pub(super) fn execute_all(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.with(|connection| {
            connection.sqlite.execute_batch(sql).map_err(failure)?;
            Ok(changed(connection.sqlite.changes()).into())
        })
    }

    /// Executes that and nothing that the schema has to follow from it, so that SQLite drops the rows of a table at once
    /// and not one by one.
    pub(super) fn execute_alone(&self, sql: &str) -> Result<(), DbErr> {
        self.with(|Connection { sqlite, .. }| {
            let follow = |on| sqlite.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, on).map_err(failure);
            follow(false)?;
            let done = sqlite.execute_batch(sql).map_err(failure);
            follow(true)?;
            done
        })
    }

    pub(super) fn one(&self, statement: &Statement) -> Result<Option<QueryResult>, DbErr> {
        Ok(first(self.rows(statement, 1)?))
    }

    pub(super) fn all(&self, statement: &Statement) -> Result<Vec<QueryResult>, DbErr> {
        Ok(each(self.rows(statement, usize::MAX)?))
    }

    fn rows(&self, statement: &Statement, most: usize) -> Result<Vec<ProxyRow>, DbErr> {
        self.with(|connection| read(&mut *connection.prepare(statement)?, most))
    }

    fn change(&self, statement: &Statement) -> Result<ProxyExecResult, DbErr> {
        let change = |connection: &Connection| connection.prepare(statement)?.raw_execute().map_err(failure);
        Ok(changed(self.with(change)? as u64))
    }
}

/// A transaction in an empty database that ends with it. References are not checked; what does not fit into the cache goes
/// to a temporary file, which has no name.
pub(super) async fn temporary() -> Result<SqliteTx, DbErr> {
    let connection = rusqlite::Connection::open("").and_then(Connection::new).map_err(failure)?;
    let mut tx = Slot::new(connection).lend().await?;
    tx.leave_references_unchecked()?;
    tx.begin()?;
    Ok(tx)
}

impl fmt::Debug for SqliteTx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteTx").finish_non_exhaustive()
    }
}

/// A connection while somebody has it.
struct Lent {
    connection: OwnedMutexGuard<Option<Connection>>,
    /// In memory, until the connection is given back.
    turn: Option<Turn>,
    references: References,
}

/// Whether rows may refer to what is not there. A change of that has every prepared statement prepared anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum References {
    Checked,
    Unchecked,
}

impl Drop for Lent {
    fn drop(&mut self) {
        let Some(Connection { sqlite, .. }) = &*self.connection else { return };
        if !sqlite.is_autocommit()
            && let Err(error) = sqlite.execute_batch("ROLLBACK")
        {
            tracing::error!(%error, "undoing a transaction");
        }
        if self.references == References::Unchecked
            && let Err(error) = sqlite.pragma_update(None, "foreign_keys", true)
        {
            // Nobody is to write with it.
            tracing::error!(%error, "having references checked again");
            self.connection.take();
        }
    }
}

/// A connection to SQLite.
#[derive(Debug)]
struct Connection {
    sqlite: rusqlite::Connection,
    allowance: Allowance,
}

impl Connection {
    /// One that keeps to what all keep to.
    fn new(sqlite: rusqlite::Connection) -> rusqlite::Result<Self> {
        sqlite.set_prepared_statement_cache_capacity(STATEMENTS);
        sqlite.busy_timeout(PATIENCE)?;
        // Without it a prepared statement is planned anew for every other value of a range.
        sqlite.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        sqlite.pragma_update(None, "foreign_keys", true)?;
        // As PostgreSQL compares; whoever wants it without case says so.
        sqlite.pragma_update(None, "case_sensitive_like", true)?;
        let allowance = Allowance::of(&sqlite)?;
        Ok(Self { sqlite, allowance })
    }

    /// A statement with its values, ready to run.
    fn prepare(&self, statement: &Statement) -> Result<CachedStatement<'_>, DbErr> {
        let mut prepared = self.sqlite.prepare_cached(&statement.sql).map_err(failure)?;
        bind(&mut prepared, statement.values.as_ref().map_or(&[], |values| &values.0))?;
        Ok(prepared)
    }
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
