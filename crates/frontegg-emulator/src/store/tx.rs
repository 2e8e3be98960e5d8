//! One transaction: what domain functions work on.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, Statement};
use tokio::sync::watch;

use super::{
    StoreError,
    postgres::Hold,
    sqlite::{File, Memory, SqliteTx},
};
use crate::clock::{Clock, Timestamp};

/// What a store was asked since it was opened.
#[derive(Debug, Default)]
pub(super) struct Counters {
    /// Statements in transactions, beginnings and ends not among them.
    pub(super) statements: AtomicU64,
    /// Transactions that wrote, or might have, and were committed.
    pub(super) commits: AtomicU64,
}

/// The transaction of an engine.
pub(super) enum Inner {
    Memory(SqliteTx),
    File(SqliteTx),
    /// With the right to write, if it does. That goes after the transaction, as fields are dropped in
    /// order.
    Postgres(DatabaseTransaction, Option<Hold>),
}

/// A transaction, with the moment it began. SeaORM takes it wherever it takes a connection:
/// `role::Entity::find().all(tx)`. Dropping it undoes everything.
pub(crate) struct Tx {
    inner: Inner,
    clock: Clock,
    now: Timestamp,
    /// Whom to tell of the commit; nobody when it only reads.
    commits: Option<watch::Sender<()>>,
    counters: Arc<Counters>,
}

impl Tx {
    pub(super) fn new(inner: Inner, clock: Clock, commits: Option<watch::Sender<()>>, counters: Arc<Counters>) -> Self {
        Self { now: clock.timestamp(), inner, clock, commits, counters }
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
            Inner::Memory(tx) => tx.commit()?,
            Inner::File(tx) => File::commit(tx).await?,
            Inner::Postgres(tx, _hold) => tx.commit().await?,
        }
        if let Some(commits) = self.commits {
            self.counters.commits.fetch_add(1, Ordering::Relaxed);
            commits.send_replace(());
        }
        Ok(())
    }

    /// Puts a fresh database in place of the one in memory, and goes on as its writer.
    pub(super) fn replace(&self) -> Result<(), StoreError> {
        if let Inner::Memory(tx) = &self.inner {
            Memory::replace(tx)?;
        }
        Ok(())
    }

    fn count(&self) {
        self.counters.statements.fetch_add(1, Ordering::Relaxed);
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

fn ready<'a, T: Send + 'a>(answer: Result<T, DbErr>) -> Answer<'a, T> {
    Box::pin(std::future::ready(answer))
}

// The trait's methods as `async_trait` writes them, to hand on the inner futures as they are
// instead of boxing each once more.
impl ConnectionTrait for Tx {
    fn get_database_backend(&self) -> DbBackend {
        match &self.inner {
            Inner::Memory(_) | Inner::File(_) => DbBackend::Sqlite,
            Inner::Postgres(..) => DbBackend::Postgres,
        }
    }

    fn execute_raw<'life0, 'async_trait>(&'life0 self, statement: Statement) -> Answer<'async_trait, ExecResult>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        self.count();
        match (self.refusal(&statement.sql), &self.inner) {
            (Some(error), _) => ready(Err(error)),
            (None, Inner::Memory(tx) | Inner::File(tx)) => ready(tx.execute(&statement)),
            (None, Inner::Postgres(tx, _)) => tx.execute_raw(statement),
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
        self.count();
        match (self.refusal(sql), &self.inner) {
            (Some(error), _) => ready(Err(error)),
            (None, Inner::Memory(tx) | Inner::File(tx)) => ready(tx.execute_all(sql)),
            (None, Inner::Postgres(tx, _)) => tx.execute_unprepared(sql),
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
        self.count();
        match (self.refusal(&statement.sql), &self.inner) {
            (Some(error), _) => ready(Err(error)),
            (None, Inner::Memory(tx) | Inner::File(tx)) => ready(tx.one(&statement)),
            (None, Inner::Postgres(tx, _)) => tx.query_one_raw(statement),
        }
    }

    fn query_all_raw<'life0, 'async_trait>(&'life0 self, statement: Statement) -> Answer<'async_trait, Vec<QueryResult>>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        self.count();
        match (self.refusal(&statement.sql), &self.inner) {
            (Some(error), _) => ready(Err(error)),
            (None, Inner::Memory(tx) | Inner::File(tx)) => ready(tx.all(&statement)),
            (None, Inner::Postgres(tx, _)) => tx.query_all_raw(statement),
        }
    }
}
