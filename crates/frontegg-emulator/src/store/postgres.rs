//! PostgreSQL, which any number of processes may share.

use std::{str::FromStr, sync::Arc};

use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseConnection, DatabaseTransaction, IsolationLevel, SqlxPostgresConnector,
    Statement, TransactionOptions, TransactionTrait,
    sqlx::{
        ConnectOptions,
        postgres::{PgConnectOptions, PgPoolOptions},
    },
};
use sea_orm_migration::MigratorTrait;
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::{PATIENCE, STATEMENTS, StoreError, migrations::Migrator};

/// Connections of one process.
const CONNECTIONS: u32 = 10;

/// The key of the advisory lock that makes it have one writer: "fegg" in ASCII.
const WRITER_LOCK: i64 = 0x6665_6767;

/// The database.
#[derive(Debug)]
pub(super) struct Postgres {
    connection: DatabaseConnection,
    /// Lets one writer of this process wait for the advisory lock, not as many as there are
    /// connections.
    gate: Arc<Mutex<()>>,
}

/// The right to write among the tasks of this process.
pub(super) type Hold = OwnedMutexGuard<()>;

impl Postgres {
    /// Connects, and brings the schema up to date as the only writer, so that two processes may start
    /// at once.
    pub(super) async fn open(url: &SecretString) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url.expose_secret())?
            .application_name("frontegg-emulator")
            .statement_cache_capacity(STATEMENTS)
            .disable_statement_logging();
        let pool =
            PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(PATIENCE).connect_with(options).await?;
        let connection = SqlxPostgresConnector::from_sqlx_postgres_pool(pool);
        let postgres = Self { connection, gate: Arc::new(Mutex::new(())) };
        let (writing, _hold) = postgres.write().await?;
        Migrator::up(&writing, None).await?;
        writing.commit().await?;
        Ok(postgres)
    }

    /// To look at one state, whatever is written meanwhile.
    pub(super) async fn read(&self) -> Result<DatabaseTransaction, StoreError> {
        let options = TransactionOptions {
            isolation_level: Some(IsolationLevel::RepeatableRead),
            access_mode: Some(AccessMode::ReadOnly),
            sqlite_transaction_mode: None,
        };
        Ok(self.connection.begin_with_options(options).await?)
    }

    /// Begins as the only writer of all processes.
    pub(super) async fn write(&self) -> Result<(DatabaseTransaction, Hold), StoreError> {
        let hold = Arc::clone(&self.gate).lock_owned().await;
        let writing = self.connection.begin().await?;
        let backend = writing.get_database_backend();
        let lock = "SELECT pg_advisory_xact_lock($1)";
        writing.execute_raw(Statement::from_sql_and_values(backend, lock, [WRITER_LOCK.into()])).await?;
        Ok((writing, hold))
    }

    pub(super) async fn ping(&self) -> Result<(), StoreError> {
        Ok(self.connection.ping().await?)
    }

    pub(super) async fn close(&self) -> Result<(), StoreError> {
        Ok(self.connection.close_by_ref().await?)
    }
}
