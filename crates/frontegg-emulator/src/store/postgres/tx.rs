//! A transaction, and what becomes of its connection.
//!
//! A server goes on with a statement when nobody waits for it any more, be it that a client has left or that the time of
//! its request is over, and a driver that is to use the connection again waits for that. So such a connection is closed:
//! the server looks [every so often](super::LOOKING) whether whom it works for is still there.

use std::sync::Arc;

use sea_orm::{
    ConnAcquireErr, DbErr, ExecResult, QueryResult, RuntimeErr, Statement,
    sqlx::{
        AssertSqlSafe, Error, Executor, Postgres,
        pool::PoolConnection,
        postgres::{PgConnection, PgPool},
        query_with,
    },
};
use tokio::{runtime::Handle, sync::Mutex};

use super::{CONNECTIONS, Hold, Link, is_unreachable, values};
use crate::store::tx::Answer;

/// A transaction. What the server does not answer is given up once the server is away.
pub(in crate::store) struct PostgresTx {
    lent: Mutex<Lent>,
    link: Arc<Link>,
    /// The right to write, where it does. It goes after the connection, as fields are dropped in order.
    _hold: Option<Hold>,
}

impl PostgresTx {
    /// Begins one by that statement.
    pub(super) async fn begin(
        pool: &PgPool,
        link: &Arc<Link>,
        hold: Option<Hold>,
        begin: &'static str,
    ) -> Result<Self, DbErr> {
        let lent = Lent::begun(pool, begin).await?;
        Ok(Self { lent: Mutex::new(lent), link: Arc::clone(link), _hold: hold })
    }

    pub(in crate::store) fn execute(&self, statement: Statement) -> Answer<'_, ExecResult> {
        self.answer(async move {
            let mut lent = self.lent.lock().await;
            let query = query_with(AssertSqlSafe(statement.sql), values::bound(statement.values)?);
            let answer = query.execute(lent.ask()?).await;
            lent.answered(answer, DbErr::Exec).map(Into::into)
        })
    }

    /// Executes several statements without values.
    pub(in crate::store) fn execute_all<'a>(&'a self, sql: &'a str) -> Answer<'a, ExecResult> {
        self.answer(async move {
            let mut lent = self.lent.lock().await;
            let answer = lent.ask()?.execute(AssertSqlSafe(sql)).await;
            lent.answered(answer, DbErr::Exec).map(Into::into)
        })
    }

    pub(in crate::store) fn one(&self, statement: Statement) -> Answer<'_, Option<QueryResult>> {
        self.answer(async move { self.lent.lock().await.one(statement).await })
    }

    pub(in crate::store) fn all(&self, statement: Statement) -> Answer<'_, Vec<QueryResult>> {
        self.answer(async move {
            let mut lent = self.lent.lock().await;
            let query = query_with(AssertSqlSafe(statement.sql), values::bound(statement.values)?);
            let answer = query.fetch_all(lent.ask()?).await;
            Ok(lent.answered(answer, DbErr::Query)?.into_iter().map(Into::into).collect())
        })
    }

    fn answer<'a, T: Send + 'a>(&'a self, work: impl Future<Output = Result<T, DbErr>> + Send + 'a) -> Answer<'a, T> {
        Box::pin(self.link.unless_away(work))
    }

    pub(in crate::store) async fn commit(self) -> Result<(), DbErr> {
        let Self { lent, link, _hold } = self;
        link.unless_away(lent.into_inner().commit()).await
    }
}

/// A connection while a transaction has it.
struct Lent {
    /// Nothing once the transaction has ended.
    connection: Option<PoolConnection<Postgres>>,
    /// Whether an answer is waited for.
    is_asked: bool,
}

impl Lent {
    async fn of(pool: &PgPool) -> Result<Self, DbErr> {
        let connection = pool.acquire().await.map_err(|error| DbErr::Conn(runtime(error)))?;
        Ok(Self { connection: Some(connection), is_asked: false })
    }

    /// One on which a transaction has begun by that statement.
    async fn begun(pool: &PgPool, begin: &'static str) -> Result<Self, DbErr> {
        let mut stale = 0;
        loop {
            let mut lent = Self::of(pool).await?;
            let answer = lent.ask()?.execute(begin).await;
            let answer = lent.answered(answer, DbErr::Query);
            if !lent.was_stale(&answer, &mut stale) {
                return answer.map(|_| lent);
            }
        }
    }

    /// Whether the connection had ended while nobody used it, as any of the pool may have: then it is closed, and
    /// another one is to be asked.
    fn was_stale<T>(&mut self, answer: &Result<T, DbErr>, before: &mut u32) -> bool {
        let is_stale = *before < CONNECTIONS && answer.as_ref().is_err_and(is_unreachable);
        if is_stale {
            *before += 1;
            self.close();
        }
        is_stale
    }

    async fn one(&mut self, Statement { sql, values, .. }: Statement) -> Result<Option<QueryResult>, DbErr> {
        let query = query_with(AssertSqlSafe(sql), values::bound(values)?);
        let answer = query.fetch_optional(self.ask()?).await;
        Ok(self.answered(answer, DbErr::Query)?.map(Into::into))
    }

    /// The connection, to wait for an answer on it.
    fn ask(&mut self) -> Result<&mut PgConnection, DbErr> {
        self.is_asked = true;
        self.connection.as_deref_mut().ok_or(DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed))
    }

    fn answered<T>(&mut self, answer: Result<T, Error>, of: fn(RuntimeErr) -> DbErr) -> Result<T, DbErr> {
        self.is_asked = false;
        answer.map_err(|error| of(runtime(error)))
    }

    async fn commit(mut self) -> Result<(), DbErr> {
        let answer = self.ask()?.execute("COMMIT").await;
        self.answered(answer, DbErr::Query)?;
        self.give_back();
        Ok(())
    }

    /// Back to the pool, as there is nothing to undo.
    fn give_back(&mut self) {
        self.connection = None;
    }

    fn close(&mut self) {
        if let Some(mut connection) = self.connection.take() {
            connection.close_on_drop();
        }
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        if self.is_asked {
            self.close();
        }
        // Without a runtime everything ends.
        if let (Some(mut connection), Ok(runtime)) = (self.connection.take(), Handle::try_current()) {
            runtime.spawn(async move {
                if let Err(error) = connection.execute("ROLLBACK").await {
                    tracing::debug!(%error, "undoing a transaction");
                    connection.close_on_drop();
                }
            });
        }
    }
}

/// The first row of a statement that only reads, in no transaction.
pub(super) async fn glance(pool: &PgPool, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
    let mut stale = 0;
    loop {
        let mut lent = Lent::of(pool).await?;
        let answer = lent.one(statement.clone()).await;
        if !lent.was_stale(&answer, &mut stale) {
            lent.give_back();
            return answer;
        }
    }
}

fn runtime(error: Error) -> RuntimeErr {
    RuntimeErr::SqlxError(Arc::new(error))
}
