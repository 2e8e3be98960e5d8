//! The database in memory: a connection that writes, and some that read beside one another. Nobody reads while
//! somebody writes: a database that has no log has one state.

use std::{
    fmt,
    num::NonZero,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
    thread,
};

use rusqlite::{MAIN_DB, OpenFlags, backup::Backup};
use sea_orm::{ConnAcquireErr, DbErr, QueryResult, Statement};
use tokio::sync::{OwnedRwLockReadGuard, OwnedRwLockWriteGuard, RwLock};

use super::{Connection, Lent, Readers, Slot, SqliteTx, closed, failure, file::aside, migrating};
use crate::store::{PATIENCE, StoreError, tx::no_write};

/// A database right after all migrations; made once in a process.
static TEMPLATE: OnceLock<Vec<u8>> = OnceLock::new();

/// A database as it was at a moment, to begin with again.
#[derive(Clone)]
pub(in crate::store) struct Image(Arc<[u8]>);

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Image").finish_non_exhaustive()
    }
}

/// The most connections that read.
const MOST_READERS: usize = 8;

/// The database, for all who read, or for the one who writes.
#[derive(Debug)]
pub(in crate::store) struct Memory(Arc<RwLock<Connections>>);

/// The connections to one database, which goes with the last of them.
#[derive(Debug)]
pub(super) struct Connections {
    /// By which SQLite knows the database in this process.
    name: String,
    writer: Slot,
    readers: Readers,
    is_closed: bool,
}

/// What keeps a transaction alone, or among those that read.
pub(super) enum Turn {
    Reading {
        _held: OwnedRwLockReadGuard<Connections>,
    },
    Writing {
        held: OwnedRwLockWriteGuard<Connections>,
        replacement: Option<Connections>,
    },
    /// In a database that nobody else knows yet.
    Preparing(Connections),
}

impl Memory {
    /// A new database with the schema.
    pub(in crate::store) async fn open() -> Result<Self, StoreError> {
        if TEMPLATE.get().is_none() {
            let image = template().await?;
            // Where two were made at once they are equal.
            let _ = TEMPLATE.set(image);
        }
        Ok(Self(Arc::new(RwLock::new(Connections::open(None).map_err(failure)?))))
    }

    /// To look at one state: nobody writes meanwhile.
    pub(in crate::store) async fn read(&self) -> Result<SqliteTx, DbErr> {
        let held = patient(Arc::clone(&self.0).read_owned()).await?;
        let tx = held.reader().await?;
        tx.in_turn(Turn::Reading { _held: held })
    }

    /// The first row of a statement that only reads, in no transaction.
    pub(in crate::store) async fn glance(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.read().await?.look_at_one(statement).await
    }

    pub(in crate::store) async fn write(&self) -> Result<SqliteTx, DbErr> {
        let held = patient(Arc::clone(&self.0).write_owned()).await?;
        let tx = held.writer.lend().await?;
        let tx = tx.in_turn(Turn::Writing { held, replacement: None })?;
        tx.begin()?;
        Ok(tx)
    }

    /// The database as it is now.
    pub(in crate::store) async fn image(&self) -> Result<Image, StoreError> {
        let tx = self.read().await?;
        Ok(tx.with(|present| Ok(Image(present.sqlite.serialize(MAIN_DB).map_err(failure)?.as_ref().into())))?)
    }

    /// Begins to write to a fresh database, or to one as it was, which nobody else knows before it [takes the
    /// place](SqliteTx::succeed) of the present one. References are not checked.
    pub(in crate::store) fn prepare(image: Option<&Image>) -> Result<SqliteTx, DbErr> {
        let fresh = Connections::open(image).map_err(failure)?;
        let connection = fresh.writer.take_now().ok_or_else(closed)?;
        let mut tx = SqliteTx::new(connection)?.in_turn(Turn::Preparing(fresh))?;
        tx.leave_references_unchecked()?;
        tx.begin()?;
        Ok(tx)
    }

    /// To look at one state for as long as one likes: a copy of it, so that nobody waits. What does not fit into the
    /// cache goes to a temporary file, which has no name and ends with this.
    pub(in crate::store) async fn copy(&self) -> Result<SqliteTx, DbErr> {
        let tx = self.read().await?;
        let copy = aside(move || tx.with(|present| copy(&present.sqlite).map_err(failure))).await?;
        let tx = Slot::new(copy).lend().await?;
        tx.begin()?;
        Ok(tx)
    }

    pub(in crate::store) async fn close(&self) -> Result<(), StoreError> {
        let mut held = self.0.write().await;
        held.is_closed = true;
        held.readers.close().await.and(held.writer.close().await)
    }
}

impl SqliteTx {
    fn in_turn(mut self, turn: Turn) -> Result<Self, DbErr> {
        self.lent_mut()?.turn = Some(turn);
        Ok(self)
    }

    /// Has the database that was prepared take the place of the one that `present` writes to when this is committed.
    /// That one goes then as a whole, however full it is.
    pub(in crate::store) fn succeed(&mut self, mut present: Self) -> Result<(), DbErr> {
        let lent = self.lent_mut()?;
        let turns = (lent.turn.take(), present.lent_mut()?.turn.take());
        let (Some(Turn::Preparing(fresh)), Some(Turn::Writing { held, .. })) = turns else { return Err(no_write()) };
        lent.turn = Some(Turn::Writing { held, replacement: Some(fresh) });
        Ok(())
    }
}

impl Lent {
    /// To be said after the commit.
    pub(super) fn install_replacement(&mut self) {
        if let Some(Turn::Writing { held, replacement }) = &mut self.turn
            && let Some(fresh) = replacement.take()
        {
            **held = fresh;
        }
    }
}

async fn patient<T>(turn: impl Future<Output = T>) -> Result<T, DbErr> {
    let waited = tokio::time::timeout(PATIENCE, turn).await;
    waited.map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))
}

impl Connections {
    /// Makes a database: a fresh one, or one as it was.
    fn open(image: Option<&Image>) -> rusqlite::Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        // One whose name begins so is shared in the process.
        let name = format!("/frontegg-emulator-{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let writer = connect(&name, |fresh| Backup::new(&copied(image)?, fresh)?.step(-1).map(drop))?;
        let readers = thread::available_parallelism().map_or(1, NonZero::get).clamp(2, MOST_READERS);
        Ok(Self { name, writer: Slot::new(writer), readers: Readers::unopened(readers), is_closed: false })
    }

    async fn reader(&self) -> Result<SqliteTx, DbErr> {
        if self.is_closed {
            return Err(closed());
        }
        let only_reads = |reader: &mut rusqlite::Connection| reader.pragma_update(None, "query_only", true);
        self.readers.lend(|| connect(&self.name, only_reads).map_err(failure)).await
    }
}

fn connect(
    name: &str,
    prepare: impl FnOnce(&mut rusqlite::Connection) -> rusqlite::Result<()>,
) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_URI;
    let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let mut sqlite = rusqlite::Connection::open_with_flags(format!("file:{name}?vfs=memdb"), flags)?;
    prepare(&mut sqlite)?;
    Connection::new(sqlite)
}

/// Most KiB of a copy that are kept in memory.
const COPY_CACHE: i64 = 64 * 1024;

/// A copy of a database, as a temporary one.
fn copy(present: &rusqlite::Connection) -> rusqlite::Result<Connection> {
    let mut copy = rusqlite::Connection::open("")?;
    copy.pragma_update(None, "cache_size", -COPY_CACHE)?;
    // Nobody goes back to what was before.
    copy.pragma_update(None, "journal_mode", "off")?;
    Backup::new(present, &mut copy)?.step(-1)?;
    Connection::new(copy)
}

async fn template() -> Result<Vec<u8>, DbErr> {
    let connection = rusqlite::Connection::open_in_memory().and_then(Connection::new).map_err(failure)?;
    let slot = Slot::new(connection);
    migrating::up(slot.lend().await?).await?.commit()?;
    let image = |connection: &Connection| Ok(connection.sqlite.serialize(MAIN_DB).map_err(failure)?.to_vec());
    slot.lend().await?.with(image)
}

/// A database with the schema and nothing in it, or one as it was, to be copied.
fn copied(image: Option<&Image>) -> rusqlite::Result<rusqlite::Connection> {
    let fresh = || TEMPLATE.get().map(Vec::as_slice).unwrap_or_default();
    let image = image.map_or_else(fresh, |image| &image.0);
    let mut connection = rusqlite::Connection::open_in_memory()?;
    connection.deserialize_read_exact(MAIN_DB, image, image.len(), true)?;
    Ok(connection)
}
