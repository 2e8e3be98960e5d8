//! PostgreSQL, which any number of processes may share.

mod failure;
mod link;
mod migrating;
mod tx;
mod values;

use std::{str::FromStr, sync::Arc};

use sea_orm::{
    DbErr, QueryResult, Statement,
    sqlx::{
        ConnectOptions, Connection, Error, Executor,
        postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions},
    },
};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{Mutex, OwnedMutexGuard};

use self::link::Link;
pub(super) use self::{
    failure::{broken_rule, is_full, is_unreachable},
    tx::PostgresTx,
};
use super::{PATIENCE, STATEMENTS, StoreError, tx::Inner};

/// Connections of one process.
const CONNECTIONS: u32 = 10;

/// What a request no longer waits for by default the server does not go on with either.
const STATEMENT_LIMIT: &str = "SET statement_timeout = '30s'";

/// Every so often the server looks, while it works, whether it does so for somebody. Servers before PostgreSQL 14 and
/// those of some systems cannot.
const LOOKING: &str = "SET client_connection_check_interval = '500ms'";

/// A transaction that reads looks at one state, whatever is written meanwhile.
const READING: &str = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";

/// One that writes is the only one that does: the number of the lock is "fegg" in ASCII.
const WRITING: &str = "BEGIN; SELECT pg_advisory_xact_lock(1717921639)";

/// The database.
#[derive(Debug)]
pub(super) struct Postgres {
    pool: PgPool,
    link: Arc<Link>,
    /// Lets one writer of this process wait for the advisory lock, not as many as there are
    /// connections.
    gate: Arc<Mutex<()>>,
}

/// The right to write among the tasks of this process.
type Hold = OwnedMutexGuard<()>;

impl Postgres {
    /// Connects, and brings the schema up to date as the only writer, so that two processes may start
    /// at once.
    pub(super) async fn open(url: &SecretString) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url.expose_secret())?
            .application_name("frontegg-emulator")
            .statement_cache_capacity(STATEMENTS)
            .disable_statement_logging();
        try_out(&options).await?;
        let link = Link::new(options.clone());
        // Whether a connection is still there shows when a transaction begins.
        let pool =
            PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(PATIENCE).test_before_acquire(false);
        let pool = pool.after_connect(|connection, _| Box::pin(settle(connection)));
        let postgres = Self { pool: pool.connect_with(options).await?, link, gate: Arc::new(Mutex::new(())) };
        migrating::up(postgres.begin_write().await?).await?.commit().await?;
        Ok(postgres)
    }

    pub(super) async fn read(&self) -> Result<Inner, StoreError> {
        let begin = PostgresTx::begin(&self.pool, &self.link, None, READING);
        Ok(Inner::Postgres(self.link.unless_away(begin).await?))
    }

    /// Begins as the only writer of all processes.
    pub(super) async fn write(&self) -> Result<Inner, StoreError> {
        Ok(Inner::Postgres(self.begin_write().await?))
    }

    async fn begin_write(&self) -> Result<PostgresTx, DbErr> {
        let begin = async {
            let hold = Arc::clone(&self.gate).lock_owned().await;
            PostgresTx::begin(&self.pool, &self.link, Some(hold), WRITING).await
        };
        self.link.unless_away(begin).await
    }

    /// The first row of a statement that only reads, in no transaction.
    pub(super) async fn glance(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.link.unless_away(tx::glance(&self.pool, statement)).await
    }

    /// Whether the server is there.
    pub(super) async fn check(&self) -> Result<(), StoreError> {
        Ok(self.link.check().await?)
    }

    pub(super) async fn close(&self) -> Result<(), StoreError> {
        self.link.close().await;
        self.pool.close().await;
        Ok(())
    }
}

/// Tells the server for how long to work on what a new connection asks for.
async fn settle(connection: &mut PgConnection) -> Result<(), Error> {
    connection.execute(STATEMENT_LIMIT).await?;
    match connection.execute(LOOKING).await {
        Err(Error::Database(error)) => {
            tracing::debug!(%error, "statements go on for those who have left");
            Ok(())
        }
        answer => answer.map(|_| ()),
    }
}

/// Connects once, to say at once why that cannot be done: a pool would try until its patience is over,
/// and say that it is.
async fn try_out(options: &PgConnectOptions) -> Result<(), DbErr> {
    let place = match options.get_socket() {
        Some(folder) => folder.display().to_string(),
        None => format!("{}:{}", options.get_host(), options.get_port()),
    };
    let failed = |cause: String| DbErr::Custom(format!("PostgreSQL at {place} cannot be used: {cause}"));
    let connected = tokio::time::timeout(PATIENCE, PgConnection::connect_with(options)).await;
    let connection = connected
        .map_err(|_| failed(format!("no answer within {} seconds", PATIENCE.as_secs())))?
        .map_err(|error| failed(error.to_string()))?;
    // It has served its purpose, however it ends.
    let _ = connection.close().await;
    Ok(())
}
