//! PostgreSQL, which any number of processes may share.

mod failure;
mod link;

use std::{str::FromStr, sync::Arc};

use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, IsolationLevel, QueryResult,
    SqlxPostgresConnector, Statement, TransactionOptions, TransactionTrait,
    sqlx::{
        ConnectOptions, Connection, Executor,
        postgres::{PgConnectOptions, PgConnection, PgPoolOptions},
    },
};
use secrecy::{ExposeSecret, SecretString};
use tokio::sync::{Mutex, OwnedMutexGuard};

pub(super) use self::{
    failure::{broken_rule, is_full, is_unreachable},
    link::Link,
};
use super::{PATIENCE, STATEMENTS, StoreError, migrations, tx::Inner};

/// Connections of one process.
const CONNECTIONS: u32 = 10;

/// What a request no longer waits for by default the server does not go on with either.
const STATEMENT_LIMIT: &str = "SET statement_timeout = '30s'";

/// The key of the advisory lock that makes it have one writer: "fegg" in ASCII.
const WRITER_LOCK: i64 = 0x6665_6767;

/// The database.
#[derive(Debug)]
pub(super) struct Postgres {
    connection: DatabaseConnection,
    link: Arc<Link>,
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
        try_out(&options).await?;
        let link = Link::new(options.clone());
        let pool = PgPoolOptions::new().max_connections(CONNECTIONS).acquire_timeout(PATIENCE);
        let pool = pool.after_connect(|connection, _| {
            Box::pin(async move { connection.execute(STATEMENT_LIMIT).await.map(drop) })
        });
        let connection = SqlxPostgresConnector::from_sqlx_postgres_pool(pool.connect_with(options).await?);
        let postgres = Self { connection, link, gate: Arc::new(Mutex::new(())) };
        let (writing, _hold) = postgres.begin_write().await?;
        writing.execute_unprepared("SET LOCAL statement_timeout = 0").await?;
        migrations::apply(&writing).await?;
        writing.commit().await?;
        Ok(postgres)
    }

    /// To look at one state, whatever is written meanwhile.
    pub(super) async fn read(&self) -> Result<Inner, StoreError> {
        let options = TransactionOptions {
            isolation_level: Some(IsolationLevel::RepeatableRead),
            access_mode: Some(AccessMode::ReadOnly),
            sqlite_transaction_mode: None,
        };
        let reading = self.link.unless_away(self.connection.begin_with_options(options)).await?;
        Ok(Inner::Postgres(PostgresTx { tx: reading, link: Arc::clone(&self.link), _hold: None }))
    }

    /// Begins as the only writer of all processes.
    pub(super) async fn write(&self) -> Result<Inner, StoreError> {
        let (writing, hold) = self.begin_write().await?;
        Ok(Inner::Postgres(PostgresTx { tx: writing, link: Arc::clone(&self.link), _hold: Some(hold) }))
    }

    async fn begin_write(&self) -> Result<(DatabaseTransaction, Hold), DbErr> {
        let begin = async {
            let hold = Arc::clone(&self.gate).lock_owned().await;
            let writing = self.connection.begin().await?;
            let backend = writing.get_database_backend();
            let lock = "SELECT pg_advisory_xact_lock($1)";
            writing.execute_raw(Statement::from_sql_and_values(backend, lock, [WRITER_LOCK.into()])).await?;
            Ok((writing, hold))
        };
        self.link.unless_away(begin).await
    }

    /// The first row of a statement that only reads, in no transaction.
    pub(super) async fn glance(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.link.unless_away(self.connection.query_one_raw(statement)).await
    }

    /// Whether the server is there.
    pub(super) async fn check(&self) -> Result<(), StoreError> {
        Ok(self.link.check().await?)
    }

    pub(super) async fn close(&self) -> Result<(), StoreError> {
        self.link.close().await;
        Ok(self.connection.close_by_ref().await?)
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

/// A transaction. What the server does not answer is given up once the server is away.
pub(super) struct PostgresTx {
    tx: DatabaseTransaction,
    link: Arc<Link>,
    /// The right to write, where it does. It goes after the transaction, as fields are dropped in order.
    _hold: Option<Hold>,
}

impl PostgresTx {
    pub(super) fn tx(&self) -> &DatabaseTransaction {
        &self.tx
    }

    pub(super) fn link(&self) -> &Arc<Link> {
        &self.link
    }

    pub(super) async fn commit(self) -> Result<(), DbErr> {
        let Self { tx, link, _hold } = self;
        link.unless_away(tx.commit()).await
    }
}
