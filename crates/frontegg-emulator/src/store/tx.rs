//! Transactions, which domain functions work on: [`Read`] looks, [`Write`] may also change something.
//!
//! Only a [`Write`] is a connection to SeaORM, so only it can insert, update and delete; a [`Read`] is
//! asked by [`Fetch`](super::Fetch), which takes nothing but what selects. A function that is lent a
//! `&Read` cannot write: the compiler says so, not a comment.
//!
//! A [`Write`] cannot be forgotten: [`Store::write`] and [`Store::attempt`] lend it to a closure and
//! end it by what comes of that.

use std::{
    fmt,
    future::Future,
    ops::{AsyncFnOnce, Deref},
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering},
    },
};

use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, Statement};
use tokio::sync::watch;

use super::{
    Store, StoreError,
    catalog::Kept,
    documents::Documents,
    postgres::PostgresTx,
    room::Room,
    sqlite::{File, SqliteTx},
    trail::{Audits, Trail},
};
use crate::clock::{Clock, Timestamp};

/// What a store was asked since it was opened.
#[derive(Debug, Default)]
pub(super) struct Counters {
    /// Statements in transactions, beginnings and ends not among them.
    pub(super) statements: AtomicU64,
    /// Transactions that wrote, or might have, and were committed.
    pub(super) commits: AtomicU64,
    /// Those of them that may have changed settings documents.
    pub(super) settings: AtomicU64,
    /// The version of the catalog in memory.
    pub(super) catalog: AtomicI64,
    /// Entries of the audit trail.
    pub(super) entries: AtomicU64,
}

/// The transaction of an engine.
pub(super) enum Inner {
    Memory(SqliteTx),
    File(SqliteTx),
    #[cfg_attr(not(feature = "postgres"), expect(dead_code, reason = "there is none"))]
    Postgres(PostgresTx),
}

/// A transaction that reads, with the moment it began and the address that links begin with.
pub(crate) struct Read {
    inner: Inner,
    clock: Clock,
    now: Timestamp,
    origin: Arc<str>,
    pub(super) counters: Arc<Counters>,
    room: Arc<Room>,
    pub(super) kept: Arc<Kept>,
    pub(super) documents: Documents,
}

impl Read {
    pub(super) fn new(inner: Inner, store: &Store) -> Self {
        Self {
            inner,
            clock: store.clock.clone(),
            now: store.clock.timestamp(),
            origin: Arc::clone(&store.origin),
            counters: Arc::clone(&store.counters),
            room: Arc::clone(&store.room),
            kept: Arc::clone(&store.kept),
            documents: Documents::default(),
        }
    }

    /// The moment this transaction began: the present, for all that expires.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// The address under which the emulator is reached: what links and issuers begin with.
    pub(crate) fn origin(&self) -> &str {
        &self.origin
    }

    /// Whether the store is the memory of this process.
    pub(super) fn is_memory(&self) -> bool {
        matches!(self.inner, Inner::Memory(_))
    }

    pub(crate) fn backend(&self) -> DbBackend {
        match &self.inner {
            Inner::Memory(_) | Inner::File(_) => DbBackend::Sqlite,
            Inner::Postgres(_) => DbBackend::Postgres,
        }
    }

    /// The rows of a statement in SQL that reads.
    pub(crate) async fn rows(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.asking().query_all_raw(statement).await
    }

    pub(super) fn asking(&self) -> Asking<'_> {
        Asking(self)
    }

    /// What a server answers.
    fn answered<'a, T: Send + 'a>(&'a self, answer: Answer<'a, T>) -> Answer<'a, T> {
        Box::pin(async move { self.room.note(answer.await) })
    }

    /// To be said of every statement. Its values are nobody else's business.
    fn count(&self, sql: &str) {
        self.counters.statements.fetch_add(1, Ordering::Relaxed);
        tracing::trace!(target: "frontegg_emulator::store", sql);
    }
}

impl fmt::Debug for Read {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Read").field("now", &self.now).finish_non_exhaustive()
    }
}

/// A transaction that may write, as the only one that does. SeaORM takes it wherever it takes a
/// connection: `row.insert(tx)`. Whatever reads takes it for a [`Read`].
pub(crate) struct Write {
    read: Read,
    /// Whom to tell of the commit.
    commits: watch::Sender<()>,
    /// Whether ids of rows follow from what these are known by.
    pub(super) derives_ids: AtomicBool,
    pub(super) trail: Trail,
    pub(super) audits: Audits,
}

impl Deref for Write {
    type Target = Read;

    fn deref(&self) -> &Read {
        &self.read
    }
}

impl Write {
    pub(super) fn new(inner: Inner, store: &Store) -> Self {
        let (commits, audits) = (store.commits.clone(), store.audits);
        let derives_ids = AtomicBool::new(false);
        Self { read: Read::new(inner, store), commits, derives_ids, trail: Trail::begin(), audits }
    }

    /// The moment of this transaction as a `created_at`: later than all such before it, so that lists
    /// sorted by creation are stable even while time is frozen.
    pub(crate) fn stamp(&self) -> Timestamp {
        self.clock.stamp(self.now)
    }

    /// To be said of every statement that may change something.
    fn write(&self, sql: &str) {
        self.count(sql);
        self.trail.changed();
        self.documents.written(sql);
    }

    /// Makes what was written last; returns once it is durable.
    pub(super) async fn commit(self) -> Result<(), StoreError> {
        self.leave_entry().await?;
        self.raise_catalog().await?;
        let committed = match self.read.inner {
            Inner::Memory(tx) => tx.commit(),
            Inner::File(tx) => File::commit(tx).await,
            Inner::Postgres(tx) => tx.commit().await,
        };
        self.read.room.note(committed)?;
        self.read.counters.commits.fetch_add(1, Ordering::Relaxed);
        if self.read.documents.has_written() {
            self.read.counters.settings.fetch_add(1, Ordering::AcqRel);
        }
        self.commits.send_replace(());
        Ok(())
    }

    /// Has the fresh database that this has written to take the place of the present one in memory with the commit.
    pub(super) fn succeed(mut self, present: Self) -> Result<Self, StoreError> {
        if let (Inner::Memory(fresh), Inner::Memory(present)) = (&mut self.read.inner, present.read.inner) {
            fresh.succeed(present)?;
        }
        Ok(self)
    }
}

impl fmt::Debug for Write {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Write").field("now", &self.now).finish_non_exhaustive()
    }
}

/// What came of something that counts even where it is refused: a wrong code uses up a try, a refresh
/// token that comes again ends its session. [`Store::attempt`] commits in either case, and only then
/// tells the refusal.
#[must_use = "the refusal must reach whoever ends the transaction"]
#[derive(Debug)]
pub(crate) enum Tried<T, R> {
    Done(T),
    Refused(R),
}

impl<T, R> Tried<T, R> {
    pub(crate) fn is_refused(&self) -> bool {
        matches!(self, Self::Refused(_))
    }

    /// The same with another refusal.
    pub(crate) fn refuse<S>(self, refuse: impl FnOnce(R) -> S) -> Tried<T, S> {
        match self {
            Self::Done(value) => Tried::Done(value),
            Self::Refused(refusal) => Tried::Refused(refuse(refusal)),
        }
    }
}

impl<T, R> From<Result<T, R>> for Tried<T, R> {
    fn from(result: Result<T, R>) -> Self {
        result.map_or_else(Self::Refused, Self::Done)
    }
}

impl Store {
    /// Lends a transaction to `act`, alone with the right to write. What it did is committed where it
    /// succeeds and undone where it fails. Do slow work, such as hashing a password, before.
    ///
    /// Never begin another one within it: there is one writer, and the second would wait for the first.
    pub(crate) async fn write<T, E: From<StoreError>>(
        &self,
        act: impl AsyncFnOnce(&Write) -> Result<T, E>,
    ) -> Result<T, E> {
        let tx = self.begin().await?;
        let value = act(&tx).await?;
        tx.commit().await?;
        Ok(value)
    }

    /// The same where a refusal may have changed something too: what was done is committed both when
    /// it is [`Tried::Done`] and when it is [`Tried::Refused`], and undone where `act` fails otherwise.
    pub(crate) async fn attempt<T, E: From<StoreError>, R: Into<E>>(
        &self,
        act: impl AsyncFnOnce(&Write) -> Result<Tried<T, R>, E>,
    ) -> Result<T, E> {
        let tx = self.begin().await?;
        let tried = act(&tx).await?;
        if tried.is_refused() {
            tx.trail.refused();
        }
        tx.commit().await?;
        match tried {
            Tried::Done(value) => Ok(value),
            Tried::Refused(refusal) => Err(refusal.into()),
        }
    }
}

/// What the methods of a connection return.
pub(super) type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, DbErr>> + Send + 'a>>;

pub(super) fn ready<'a, T: Send + 'a>(answer: Result<T, DbErr>) -> Answer<'a, T> {
    Box::pin(std::future::ready(answer))
}

// The trait's methods as `async_trait` writes them, so that what SQLite answers at once is not boxed twice.
impl ConnectionTrait for Write {
    fn get_database_backend(&self) -> DbBackend {
        self.backend()
    }

    fn execute_raw<'life0, 'async_trait>(&'life0 self, statement: Statement) -> Answer<'async_trait, ExecResult>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        self.write(&statement.sql);
        match &self.inner {
            Inner::Memory(tx) | Inner::File(tx) => ready(self.room.note(tx.execute(&statement))),
            Inner::Postgres(tx) => self.answered(tx.execute(statement)),
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
        self.write(sql);
        match &self.inner {
            Inner::Memory(tx) | Inner::File(tx) => ready(self.room.note(tx.execute_all(sql))),
            Inner::Postgres(tx) => self.answered(tx.execute_all(sql)),
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
        self.write(&statement.sql);
        match &self.inner {
            Inner::Memory(tx) | Inner::File(tx) => ready(self.room.note(tx.one(&statement))),
            Inner::Postgres(tx) => self.answered(tx.one(statement)),
        }
    }

    fn query_all_raw<'life0, 'async_trait>(&'life0 self, statement: Statement) -> Answer<'async_trait, Vec<QueryResult>>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        self.write(&statement.sql);
        match &self.inner {
            Inner::Memory(tx) | Inner::File(tx) => ready(self.room.note(tx.all(&statement))),
            Inner::Postgres(tx) => self.answered(tx.all(statement)),
        }
    }
}

/// A [`Read`] as SeaORM's selections take it. It stays within the store, as SeaORM would take it for
/// changes as well; those the engines refuse.
pub(super) struct Asking<'a>(&'a Read);

/// Said where a transaction that reads is asked to write.
pub(super) fn no_write() -> DbErr {
    DbErr::Custom("a transaction that only reads was asked to write".to_owned())
}

impl ConnectionTrait for Asking<'_> {
    fn get_database_backend(&self) -> DbBackend {
        self.0.backend()
    }

    fn execute_raw<'life0, 'async_trait>(&'life0 self, _: Statement) -> Answer<'async_trait, ExecResult>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        ready(Err(no_write()))
    }

    fn execute_unprepared<'life0, 'life1, 'async_trait>(
        &'life0 self,
        _: &'life1 str,
    ) -> Answer<'async_trait, ExecResult>
    where
        'life0: 'async_trait,
        'life1: 'async_trait,
        Self: 'async_trait,
    {
        ready(Err(no_write()))
    }

    fn query_one_raw<'life0, 'async_trait>(
        &'life0 self,
        statement: Statement,
    ) -> Answer<'async_trait, Option<QueryResult>>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        self.0.count(&statement.sql);
        match &self.0.inner {
            Inner::Memory(tx) | Inner::File(tx) => Box::pin(tx.look_at_one(statement)),
            Inner::Postgres(tx) => self.0.answered(tx.one(statement)),
        }
    }

    fn query_all_raw<'life0, 'async_trait>(&'life0 self, statement: Statement) -> Answer<'async_trait, Vec<QueryResult>>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        self.0.count(&statement.sql);
        match &self.0.inner {
            Inner::Memory(tx) | Inner::File(tx) => Box::pin(tx.look_at_all(statement)),
            Inner::Postgres(tx) => self.0.answered(tx.all(statement)),
        }
    }
}

#[cfg(test)]
impl Store {
    /// A transaction for a test to begin and [end](Write::finish) as it reads.
    pub(crate) async fn begin_write(&self) -> Write {
        self.begin().await.expect("a transaction")
    }

    /// Leaves nothing but who the environment is.
    pub(crate) async fn empty(&self) {
        self.reset(async |_| Ok::<_, StoreError>(())).await.expect("an empty store");
    }
}

#[cfg(test)]
impl Write {
    pub(crate) async fn finish(self) {
        self.commit().await.expect("a commit");
    }
}
