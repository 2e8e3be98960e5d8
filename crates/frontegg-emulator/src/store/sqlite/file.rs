//! The database in a file: one connection that writes, and some that read beside it.

use std::path::{Path, PathBuf};

use rusqlite::OpenFlags;
use sea_orm::{DbErr, QueryResult, Statement};

use super::{Connection, Readers, Slot, SqliteTx, closed, failure, migrating};
use crate::store::StoreError;

/// Readers beside the writer.
const READERS: usize = 4;

/// The database.
#[derive(Debug)]
pub(in crate::store) struct File {
    path: PathBuf,
    writer: Slot,
    readers: Readers,
}

impl File {
    /// Opens or makes the file, and brings its schema up to date as its one writer, so that two
    /// processes may start at once.
    pub(in crate::store) async fn open(path: &Path) -> Result<Self, StoreError> {
        create_private(path).map_err(|error| DbErr::Custom(format!("{}: {error}", path.display())))?;
        let path = path.to_owned();
        let connect = |path: PathBuf| connect(&path).map(|connected| (path, connected)).map_err(failure);
        let (path, (writer, readers)) = aside(move || connect(path)).await?;
        let file = Self { path, writer: Slot::new(writer), readers: Readers::of(readers.into_iter().map(Some)) };
        let migrated = migrating::up(file.write().await?).await?;
        Self::commit(migrated).await?;
        Ok(file)
    }

    /// To look at one state, whatever is written meanwhile.
    pub(in crate::store) async fn read(&self) -> Result<SqliteTx, DbErr> {
        let tx = self.reader().await?;
        tx.begin()?;
        Ok(tx)
    }

    /// The same for as long as one likes, on a connection of its own.
    pub(in crate::store) async fn read_alone(&self) -> Result<SqliteTx, DbErr> {
        let path = self.path.clone();
        let reader = aside(move || reader(&path).map_err(failure)).await?;
        let tx = Slot::new(reader).lend().await?;
        tx.begin()?;
        Ok(tx)
    }

    async fn reader(&self) -> Result<SqliteTx, DbErr> {
        self.readers.lend(|| Err(closed())).await
    }

    /// The first row of a statement that only reads, in no transaction.
    pub(in crate::store) async fn glance(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.reader().await?.look_at_one(statement).await
    }

    /// Begins as a writer, so that there is no lock to be raised later, which may fail.
    pub(in crate::store) async fn write(&self) -> Result<SqliteTx, DbErr> {
        begin(self.writer.lend().await?).await
    }

    /// The same, with everything emptied by those statements: no reference is checked, so that SQLite drops the rows of
    /// a table at once and not one by one.
    pub(in crate::store) async fn write_emptied(&self, clearing: String) -> Result<SqliteTx, DbErr> {
        let mut tx = self.writer.lend().await?;
        tx.leave_references_unchecked()?;
        let tx = begin(tx).await?;
        aside(move || tx.execute_alone(&clearing).map(|()| tx)).await
    }

    /// Commits; returns once it is on the disk.
    pub(in crate::store) async fn commit(tx: SqliteTx) -> Result<(), DbErr> {
        aside(|| tx.commit()).await
    }

    /// Ends the connections. The last one to go writes the log back into the file, which readers may
    /// not.
    pub(in crate::store) async fn close(&self) -> Result<(), StoreError> {
        self.readers.close().await.and(self.writer.close().await)
    }
}

async fn begin(tx: SqliteTx) -> Result<SqliteTx, DbErr> {
    aside(move || tx.execute_all("BEGIN IMMEDIATE").map(|_| tx)).await
}

/// Work that may wait for the disk or another process, on a thread for such.
pub(super) async fn aside<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, DbErr> + Send + 'static,
) -> Result<T, DbErr> {
    // It fails only when the runtime ends.
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|_| Err(closed()))
}

/// The writer, and readers.
fn connect(path: &Path) -> rusqlite::Result<(Connection, Vec<Connection>)> {
    let writer = open(path)?;
    // The log lets readers go on while somebody writes; FULL has it on the disk before a commit is
    // acknowledged.
    writer.sqlite.pragma_update(None, "journal_mode", "wal")?;
    writer.sqlite.pragma_update(None, "synchronous", "full")?;
    let readers = (0..READERS).map(|_| reader(path)).collect::<rusqlite::Result<_>>()?;
    Ok((writer, readers))
}

fn reader(path: &Path) -> rusqlite::Result<Connection> {
    let reader = open(path)?;
    reader.sqlite.pragma_update(None, "query_only", true)?;
    Ok(reader)
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::new(rusqlite::Connection::open_with_flags(path, flags)?)
}

/// Makes a missing file readable by its owner only, since it will hold keys and hashes; SQLite
/// gives its log the same rights.
fn create_private(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.open(path).map(drop)
}
