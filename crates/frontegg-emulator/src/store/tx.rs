//! One transaction: what domain functions work on.

use std::{fmt, future::Future, pin::Pin};

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, Statement};
use tokio::sync::{OwnedMutexGuard, watch};

use super::{StoreError, memory::MemoryTx};
use crate::clock::{Clock, Timestamp};

/// The transaction of an engine.
pub(super) enum Inner {
    Memory(MemoryTx),
    /// With the right to write among the tasks of this process, where it takes one. The right goes
    /// after the transaction, as fields are dropped in order.
    Pooled(DatabaseTransaction, Option<OwnedMutexGuard<()>>),
}

/// A transaction, with the moment it began. SeaORM takes it wherever it takes a connection:
/// `role::Entity::find().all(tx)`. Dropping it undoes everything.
pub(crate) struct Tx {
    inner: Inner,
    clock: Clock,
    now: Timestamp,
    /// Whom to tell of the commit; nobody when it only reads.
    commits: Option<watch::Sender<()>>,
}

impl Tx {
    pub(super) fn new(inner: Inner, clock: Clock, commits: Option<watch::Sender<()>>) -> Self {
        Self { now: clock.timestamp(), inner, clock, commits }
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
        match self.inner {
            Inner::Memory(lent) => lent.commit().await?,
            Inner::Pooled(inner, _hold) => inner.commit().await?,
        }
        if let Some(commits) = self.commits {
            commits.send_replace(());
        }
        Ok(())
    }

    /// Puts a fresh database in place of the one in memory, and goes on as its writer.
    pub(super) async fn replace(&self) -> Result<(), StoreError> {
        if let Inner::Memory(lent) = &self.inner {
            lent.replace().await?;
            lent.begin().await?;
        }
        Ok(())
    }

    /// In memory nothing but this keeps a reader from writing; elsewhere it is said in the same way.
    fn refusal(&self, sql: &str) -> Option<DbErr> {
        let word = |word: &str| {
            let start = sql.trim_start().get(..word.len());
            start.is_some_and(|start| start.eq_ignore_ascii_case(word))
        };
        (self.commits.is_none() && !word("SELECT") && !word("WITH"))
            .then(|| DbErr::Custom("a transaction that only reads was asked to write".to_owned()))
    }
}

impl fmt::Debug for Tx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tx").field("now", &self.now).field("writes", &self.commits.is_some()).finish_non_exhaustive()
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
        match &self.inner {
            Inner::Memory(_) => DbBackend::Sqlite,
            Inner::Pooled(inner, _) => inner.get_database_backend(),
        }
    }

    fn execute_raw<'life0, 'async_trait>(&'life0 self, statement: Statement) -> Answer<'async_trait, ExecResult>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        match (self.refusal(&statement.sql), &self.inner) {
            (Some(error), _) => refused(error),
            (None, Inner::Memory(lent)) => Box::pin(lent.execute(statement)),
            (None, Inner::Pooled(inner, _)) => inner.execute_raw(statement),
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
        match (self.refusal(sql), &self.inner) {
            (Some(error), _) => refused(error),
            (None, Inner::Memory(lent)) => Box::pin(lent.execute_all(sql)),
            (None, Inner::Pooled(inner, _)) => inner.execute_unprepared(sql),
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
        match (self.refusal(&statement.sql), &self.inner) {
            (Some(error), _) => refused(error),
            (None, Inner::Memory(lent)) => Box::pin(lent.one(statement)),
            (None, Inner::Pooled(inner, _)) => inner.query_one_raw(statement),
        }
    }

    fn query_all_raw<'life0, 'async_trait>(&'life0 self, statement: Statement) -> Answer<'async_trait, Vec<QueryResult>>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        match (self.refusal(&statement.sql), &self.inner) {
            (Some(error), _) => refused(error),
            (None, Inner::Memory(lent)) => Box::pin(lent.all(statement)),
            (None, Inner::Pooled(inner, _)) => inner.query_all_raw(statement),
        }
    }
}
