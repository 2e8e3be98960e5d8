//! Opening the three kinds of database, each with the settings that its promises need.

use std::{path::Path, str::FromStr, sync::Arc, time::Duration};

use sea_orm::{
    DatabaseConnection, SqlxPostgresConnector, SqlxSqliteConnector,
    sqlx::{
        ConnectOptions,
        postgres::{PgConnectOptions, PgPoolOptions},
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous},
    },
};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::Mutex;

use super::{Engine, Memory, StoreError};

/// How long a request waits for a connection before it is told that the store is not available.
const PATIENCE: Duration = Duration::from_secs(5);

/// Statements kept prepared on a connection; the emulator knows a few hundred.
const STATEMENTS: usize = 512;

/// Readers beside the writer of a file.
const READERS: u32 = 4;

/// Connections of one process to PostgreSQL.
const POSTGRES_CONNECTIONS: u32 = 10;

pub(super) async fn memory() -> Result<Memory, StoreError> {
    let options = sqlite().in_memory(true).journal_mode(SqliteJournalMode::Memory).synchronous(SqliteSynchronous::Off);
    Memory::open(options, PATIENCE).await
}

pub(super) async fn file(path: &Path) -> Result<Engine, StoreError> {
    create_private(path).map_err(sea_orm::sqlx::Error::Io)?;
    // WAL lets readers go on while somebody writes; FULL has the log on the disk before a commit
    // is acknowledged.
    let options = sqlite()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(PATIENCE);
    let writer = open(1, options.clone()).await?;
    let readers = open(READERS, options.clone().pragma("query_only", "ON")).await?;
    // Where no reference is checked, SQLite drops the rows of a table at once and not one by one.
    let emptier = pool(1).min_connections(0).connect_lazy_with(options.foreign_keys(false));
    Ok(Engine::File { writer, readers, emptier: SqlxSqliteConnector::from_sqlx_sqlite_pool(emptier) })
}

pub(super) async fn postgres(url: &SecretString) -> Result<Engine, StoreError> {
    let options = PgConnectOptions::from_str(url.expose_secret())?
        .application_name("frontegg-emulator")
        .statement_cache_capacity(STATEMENTS)
        .disable_statement_logging();
    let pool = PgPoolOptions::new()
        .max_connections(POSTGRES_CONNECTIONS)
        .acquire_timeout(PATIENCE)
        .connect_with(options)
        .await?;
    Ok(Engine::Postgres {
        connection: SqlxPostgresConnector::from_sqlx_postgres_pool(pool),
        gate: Arc::new(Mutex::new(())),
    })
}

fn sqlite() -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .foreign_keys(true)
        .statement_cache_capacity(STATEMENTS)
        // As PostgreSQL compares; whoever wants it without case says so.
        .pragma("case_sensitive_like", "ON")
        .disable_statement_logging()
}

fn pool(size: u32) -> SqlitePoolOptions {
    // A connection to SQLite does not go stale: it is neither tested nor replaced.
    SqlitePoolOptions::new()
        .min_connections(1)
        .max_connections(size)
        .acquire_timeout(PATIENCE)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

async fn open(size: u32, options: SqliteConnectOptions) -> Result<DatabaseConnection, StoreError> {
    let pool: SqlitePool = pool(size).connect_with(options).await?;
    Ok(SqlxSqliteConnector::from_sqlx_sqlite_pool(pool))
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
