//! Where everything lives: a relational store on SQLite (in memory or a file) or PostgreSQL.
//!
//! Work is done in a transaction, [`Store::read`], [`Store::write`] or [`Store::attempt`]; what is not
//! committed never happened. **One writer at a time, on every engine**: SQLite begins immediately, PostgreSQL takes
//! an advisory lock, so a rule that looks before it writes needs no lock of its own and no retry.
//! Reads see one consistent state, beside one another, and do not wait for writers, except in memory, where
//! there is one state for all.

pub(crate) mod catalog;
mod clock_setting;
pub(crate) mod derived;
pub(crate) mod documents;
pub(crate) mod dump;
mod earlier;
pub(crate) mod entity;
mod environment;
mod fetch;
#[cfg(test)]
pub(crate) mod fresh;
mod look;
pub(crate) mod migrations;
mod overwrite;
#[cfg_attr(not(feature = "postgres"), path = "store/postgres_left_out.rs")]
mod postgres;
pub(crate) mod query;
mod reset;
mod room;
mod row_ids;
mod sqlite;
mod target;
#[cfg(test)]
mod tests;
pub(crate) mod trail;
mod tx;

pub(crate) use earlier::BroughtUp;
pub(crate) use environment::{ApiKey, Identity, Settled, Wished};
pub(crate) use fetch::{Fetch, FetchCount};
pub(crate) use reset::Image;
#[cfg(test)]
pub(crate) use sqlite::failure as sqlite_failure;
pub use target::{ParseTargetError, StoreTarget};
pub use trail::Audits;
pub(crate) use tx::{Read, Tried, Write};

use std::{
    fmt,
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use postgres::Postgres;
use sea_orm::DbErr;
use sqlite::{File, Memory};
use tokio::sync::watch;
use tx::{Counters, Inner};

use catalog::Kept;
use clock_setting::Followed;
use look::Seen;
use room::Room;

use crate::clock::Clock;

/// How long a request waits for a connection before it is told that the store is not available.
const PATIENCE: Duration = Duration::from_secs(5);

/// Statements kept prepared on a connection; the emulator knows a few hundred.
const STATEMENTS: usize = 512;

/// A failure of the engine beneath the store.
#[derive(Debug)]
pub(crate) struct StoreError(pub(crate) DbErr);

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        Self(error)
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        sqlite::describe(&self.0, f)
    }
}

/// Its text says the causes, too.
impl std::error::Error for StoreError {}

/// A rule of the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    /// A value is there once.
    Unique,
    /// What a row refers to is there.
    Reference,
    /// A value is there.
    NotNull,
    /// A value is one of those that the schema names.
    Check,
}

/// Which rule of the schema a statement broke, if that is why it failed.
pub(crate) fn broken_rule(error: &DbErr) -> Option<Rule> {
    sqlite::broken_rule(error).or_else(|| postgres::broken_rule(error))
}

/// Whether there was no room left on the disk, or none that the emulator may use.
pub(crate) fn is_full(error: &DbErr) -> bool {
    sqlite::is_full(error) || postgres::is_full(error)
}

/// Whether the engine itself was out of reach, as a database server that is being restarted is.
pub(crate) fn is_unreachable(error: &DbErr) -> bool {
    matches!(error, DbErr::ConnectionAcquire(_) | DbErr::Conn(_))
        || sqlite::is_busy(error)
        || postgres::is_unreachable(error)
}

/// The store.
#[derive(Debug)]
pub(crate) struct Store {
    engine: Engine,
    clock: Clock,
    /// What links and issuers begin with.
    origin: Arc<str>,
    /// Told of every commit of this process.
    commits: watch::Sender<()>,
    counters: Arc<Counters>,
    room: Arc<Room>,
    kept: Arc<Kept>,
    followed: Followed,
    seen: Seen,
    audits: trail::Audits,
}

#[derive(Debug)]
enum Engine {
    Memory(Memory),
    File(File),
    Postgres(Postgres),
}

impl Store {
    /// Opens the store, with its schema up to date, for an emulator that is reached under `origin`.
    pub(crate) async fn open(
        target: &StoreTarget,
        clock: Clock,
        origin: impl Into<Arc<str>>,
    ) -> Result<Self, StoreError> {
        let engine = match target {
            StoreTarget::Memory => Engine::Memory(Memory::open().await?),
            StoreTarget::SqliteFile(path) => Engine::File(File::open(path).await?),
            StoreTarget::Postgres(url) => Engine::Postgres(Postgres::open(url).await?),
        };
        let store = Self {
            engine,
            clock,
            origin: origin.into(),
            commits: watch::Sender::new(()),
            counters: Arc::default(),
            room: Arc::default(),
            kept: Arc::default(),
            followed: Followed::default(),
            seen: Seen::default(),
            audits: trail::Audits::default(),
        };
        store.follow().await?;
        Ok(store)
    }

    /// Whether the data ends with the process.
    pub(crate) fn is_memory(&self) -> bool {
        matches!(self.engine, Engine::Memory(_))
    }

    /// Begins a transaction that only looks. Never hold two transactions at once: in memory whoever writes
    /// waits for those who read, and the second would wait for the first.
    pub(crate) async fn read(&self) -> Result<Read, StoreError> {
        let inner = match &self.engine {
            Engine::Memory(memory) => Inner::Memory(memory.read().await?),
            Engine::File(file) => Inner::File(file.read().await?),
            Engine::Postgres(postgres) => postgres.read().await?,
        };
        Ok(Read::new(inner, self))
    }

    /// The same for as long as one likes, e.g. while a client takes what is read: nobody waits for it.
    pub(crate) async fn read_alone(&self) -> Result<Read, StoreError> {
        let inner = match &self.engine {
            Engine::Memory(memory) => Inner::Memory(memory.copy().await?),
            Engine::File(file) => Inner::File(file.read_alone().await?),
            Engine::Postgres(postgres) => postgres.read().await?,
        };
        Ok(Read::new(inner, self))
    }

    /// Begins a transaction that may write, as the only one that does.
    async fn begin(&self) -> Result<Write, StoreError> {
        let inner = match &self.engine {
            Engine::Memory(memory) => Inner::Memory(memory.write().await?),
            Engine::File(file) => Inner::File(file.write().await?),
            Engine::Postgres(postgres) => postgres.write().await?,
        };
        Ok(Write::new(inner, self))
    }

    /// Changes with every commit of this process, for those who wait for something to happen.
    pub(crate) fn written(&self) -> watch::Receiver<()> {
        self.commits.subscribe()
    }

    /// How many statements it was asked since it was opened, beginnings and ends of transactions not
    /// among them.
    pub(crate) fn statements(&self) -> u64 {
        self.counters.statements.load(Ordering::Relaxed)
    }

    /// How many transactions that write were committed since it was opened.
    pub(crate) fn commits(&self) -> u64 {
        self.counters.commits.load(Ordering::Relaxed)
    }

    /// How many transactions have begun and not ended: each of them holds the counters.
    pub(crate) fn open_transactions(&self) -> usize {
        Arc::strong_count(&self.counters) - 1
    }

    /// Whether the engine gives a sign of life and can write.
    pub(crate) async fn check(&self) -> Result<(), StoreError> {
        match &self.engine {
            Engine::Memory(memory) => drop(memory.read().await?),
            Engine::File(file) => drop(file.read().await?),
            Engine::Postgres(postgres) => postgres.check().await?,
        }
        self.check_room().await
    }

    /// Closes every connection once its work is done.
    pub(crate) async fn close(&self) {
        let closed = match &self.engine {
            Engine::Memory(memory) => memory.close().await,
            Engine::File(file) => file.close().await,
            Engine::Postgres(postgres) => postgres.close().await,
        };
        if let Err(error) = closed {
            tracing::warn!(%error, "closing the store");
        }
    }
}
