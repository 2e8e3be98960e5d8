//! One transaction: what domain functions work on.

use std::{fmt, future::Future, pin::Pin};

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, Statement};
use tokio::sync::{OwnedMutexGuard, OwnedRwLockReadGuard, OwnedRwLockWriteGuard};

use super::StoreError;
use crate::clock::{Clock, Timestamp};

/// What a transaction holds while it lives.
#[expect(dead_code, reason = "held, not read")]
pub(super) enum Hold {
    Nothing,
    /// The right to write, among the tasks of this process.
    Writer(OwnedMutexGuard<()>),
    /// The database in memory, against its replacement.
    Image(OwnedRwLockReadGuard<()>),
    /// The same, by the one who replaces it.
    Replacement(OwnedRwLockWriteGuard<()>),
}

/// A transaction, with the moment it began. SeaORM takes it wherever it takes a connection:
/// `role::Entity::find().all(tx)`. Dropping it undoes everything.
pub(crate) struct Tx {
    inner: DatabaseTransaction,
    clock: Clock,
    now: Timestamp,
    writes: bool,
    /// Released after the transaction, as fields are dropped in order.
    _hold: Hold,
}

impl Tx {
    pub(super) fn new(inner: DatabaseTransaction, clock: Clock, writes: bool, hold: Hold) -> Self {
        Self { now: clock.timestamp(), inner, clock, writes, _hold: hold }
    }

    /// The moment this transaction began: the present, for all that expires.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// The present moment as a `created_at`: later than all such before it, so that lists sorted by
    /// creation are stable even while time is frozen.
    pub(crate) fn stamp(&self) -> Timestamp {
        self.clock.stamp()
    }

    /// Makes what was written last; returns once it is durable.
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        Ok(self.inner.commit().await?)
    }

    /// In memory nothing but this keeps a reader from writing, on the other engines it says so in
    /// one way.
    fn refusal(&self, sql: &str) -> Option<DbErr> {
        let reads = || {
            let word = sql.trim_start().get(..6).unwrap_or_default();
            word.eq_ignore_ascii_case("select") || word[..4.min(word.len())].eq_ignore_ascii_case("with")
        };
        (!self.writes && !reads()).then(|| DbErr::Custom("a transaction that only reads was asked to write".to_owned()))
    }
}

impl fmt::Debug for Tx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tx").field("now", &self.now).field("writes", &self.writes).finish_non_exhaustive()
    }
}

type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, DbErr>> + Send + 'a>>;

fn refused<'a, T: Send + 'a>(error: DbErr) -> Answer<'a, T> {
    Box::pin(std::future::ready(Err(error)))
}

// The trait's methods as `async_trait` writes them, to hand on the inner futures as they are
// instead of boxing each once more.
impl ConnectionTrait for Tx {
    fn get_database_backend(&self) -> DbBackend {
        self.inner.get_database_backend()
    }

    fn execute_raw<'life0, 'async_trait>(&'life0 self, statement: Statement) -> Answer<'async_trait, ExecResult>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        match self.refusal(&statement.sql) {
            Some(error) => refused(error),
            None => self.inner.execute_raw(statement),
        }
    }

    fn execute_unprepared<'life0, 'life1, 'async_trait>(
        &'life0 self,
        sql: &'life1 str,
    ) -> Answer<'async_trait, ExecResult>
    where
        'life0: 'async_trait,
        'life1: 'async_trait,
        Self: 'async_trait,
    {
        match self.refusal(sql) {
            Some(error) => refused(error),
            None => self.inner.execute_unprepared(sql),
        }
    }

    fn query_one_raw<'life0, 'async_trait>(
        &'life0 self,
        statement: Statement,
    ) -> Answer<'async_trait, Option<QueryResult>>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        match self.refusal(&statement.sql) {
            Some(error) => refused(error),
            None => self.inner.query_one_raw(statement),
        }
    }

    fn query_all_raw<'life0, 'async_trait>(&'life0 self, statement: Statement) -> Answer<'async_trait, Vec<QueryResult>>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        match self.refusal(&statement.sql) {
            Some(error) => refused(error),
            None => self.inner.query_all_raw(statement),
        }
    }
}
