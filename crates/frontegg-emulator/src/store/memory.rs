//! The database in memory: one SQLite connection, lent to one transaction at a time.
//!
//! A pool would begin and end a transaction for every look and test the connection after it: more
//! exchanges with SQLite's thread than the look itself needs. Who holds the only connection sees one
//! consistent state anyway.

use std::{
    future::Future,
    sync::{Arc, OnceLock},
    time::Duration,
};

use sea_orm::{
    ConnAcquireErr, DbErr, ExecResult, QueryResult, RuntimeErr, SqlxSqliteConnector, Statement,
    sea_query::Values,
    sqlx::{
        self, AssertSqlSafe, ConnectOptions, Connection as _, Sqlite, SqliteConnection,
        query::Query,
        sqlite::{SqliteConnectOptions, SqliteOwnedBuf, SqlitePoolOptions},
    },
};
use sea_orm_migration::MigratorTrait;
use sea_query_sqlx::SqlxValues;
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::{StoreError, migrations::Migrator};

/// A database right after all migrations; taken once per process.
static TEMPLATE: OnceLock<Vec<u8>> = OnceLock::new();

/// The database.
#[derive(Debug)]
pub(super) struct Memory {
    connection: Arc<Mutex<Connection>>,
    patience: Duration,
}

#[derive(Debug)]
struct Connection {
    /// Nothing once the store is closed.
    sqlite: Option<SqliteConnection>,
    /// Whether a transaction was begun and not ended, be it that it was dropped.
    open: bool,
}

impl Memory {
    /// A new database with the schema. It waits `patience` for the connection.
    pub(super) async fn open(options: SqliteConnectOptions, patience: Duration) -> Result<Self, StoreError> {
        if TEMPLATE.get().is_none() {
            let image = template(options.clone()).await?;
            // Where two were made at once they are equal.
            let _ = TEMPLATE.set(image);
        }
        let mut sqlite = options.connect().await?;
        restore(&mut sqlite).await?;
        let connection = Connection { sqlite: Some(sqlite), open: false };
        Ok(Self { connection: Arc::new(Mutex::new(connection)), patience })
    }

    /// Lends the connection, without what an earlier borrower left undone.
    pub(super) async fn lend(&self) -> Result<MemoryTx, StoreError> {
        let lock = Arc::clone(&self.connection).lock_owned();
        let mut connection = tokio::time::timeout(self.patience, lock)
            .await
            .map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))?;
        if connection.open {
            // It fails when the commit got through although nobody waited for it any more.
            let _ = sqlx::query("ROLLBACK").execute(connection.sqlite()?).await;
            connection.open = false;
        }
        connection.sqlite()?;
        Ok(MemoryTx(Mutex::new(connection)))
    }

    /// Ends the database.
    pub(super) async fn close(&self) -> Result<(), StoreError> {
        let sqlite = self.connection.lock().await.sqlite.take();
        if let Some(sqlite) = sqlite {
            sqlite.close().await?;
        }
        Ok(())
    }
}

impl Connection {
    fn sqlite(&mut self) -> Result<&mut SqliteConnection, DbErr> {
        self.sqlite.as_mut().ok_or(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed))
    }
}

/// The connection, as lent.
pub(super) struct MemoryTx(Mutex<OwnedMutexGuard<Connection>>);

impl MemoryTx {
    /// Begins a transaction; it is undone unless it is committed.
    pub(super) async fn begin(&self) -> Result<(), DbErr> {
        let mut connection = self.0.lock().await;
        connection.open = true;
        run(sqlx::query("BEGIN").execute(connection.sqlite()?)).await?;
        Ok(())
    }

    pub(super) async fn commit(self) -> Result<(), DbErr> {
        let mut connection = self.0.into_inner();
        if connection.open {
            run(sqlx::query("COMMIT").execute(connection.sqlite()?)).await?;
            connection.open = false;
        }
        Ok(())
    }

    /// Puts a fresh database in place of this one, however full it is, in the same short time.
    pub(super) async fn replace(&self) -> Result<(), StoreError> {
        restore(self.0.lock().await.sqlite()?).await
    }

    pub(super) async fn execute(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let mut connection = self.0.lock().await;
        let (sql, values) = parts(statement);
        let result = run(query(&sql, values).execute(connection.sqlite()?)).await?;
        Ok(result.into())
    }

    pub(super) async fn execute_all(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let mut connection = self.0.lock().await;
        let statements = sqlx::raw_sql(AssertSqlSafe(sql));
        Ok(run(statements.execute(connection.sqlite()?)).await?.into())
    }

    pub(super) async fn one(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let mut connection = self.0.lock().await;
        let (sql, values) = parts(statement);
        let row = run(query(&sql, values).fetch_optional(connection.sqlite()?)).await?;
        Ok(row.map(Into::into))
    }

    pub(super) async fn all(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let mut connection = self.0.lock().await;
        let (sql, values) = parts(statement);
        let rows = run(query(&sql, values).fetch_all(connection.sqlite()?)).await?;
        Ok(rows.into_iter().map(Into::into).collect())
    }
}

fn parts(statement: Statement) -> (String, Values) {
    let values = statement.values.unwrap_or_else(|| Values(Vec::new()));
    (statement.sql, values)
}

fn query(sql: &str, values: Values) -> Query<'_, Sqlite, SqlxValues> {
    sqlx::query_with(AssertSqlSafe(sql), SqlxValues(values))
}

async fn run<T>(work: impl Future<Output = Result<T, sqlx::Error>>) -> Result<T, DbErr> {
    work.await.map_err(|error| DbErr::Query(RuntimeErr::SqlxError(Arc::new(error))))
}

async fn template(options: SqliteConnectOptions) -> Result<Vec<u8>, StoreError> {
    let pool = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
    let migrating = SqlxSqliteConnector::from_sqlx_sqlite_pool(pool.clone());
    Migrator::up(&migrating, None).await?;
    let image = pool.acquire().await?.serialize(None).await?.to_vec();
    pool.close().await;
    Ok(image)
}

async fn restore(sqlite: &mut SqliteConnection) -> Result<(), StoreError> {
    let image = TEMPLATE.get().map(Vec::as_slice).unwrap_or_default();
    let image = SqliteOwnedBuf::try_from(image)?;
    sqlite.deserialize(None, image, false).await?;
    Ok(())
}
