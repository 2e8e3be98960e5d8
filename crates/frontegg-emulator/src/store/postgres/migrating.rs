//! A transaction as migrations take one.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, Statement};

use super::PostgresTx;
use crate::store::{migrations, tx::Answer};

/// Applies the missing migrations, however long that takes, in a transaction of the caller's, and gives it back.
pub(super) async fn up(tx: PostgresTx) -> Result<PostgresTx, DbErr> {
    tx.execute_all("SET LOCAL statement_timeout = 0").await?;
    migrations::apply(&Migrating(&tx)).await?;
    Ok(tx)
}

/// Only here may a [`PostgresTx`] be a connection by itself: there is no store yet that counts what it is asked.
struct Migrating<'a>(&'a PostgresTx);

// The trait's methods as `async_trait` writes them.
impl ConnectionTrait for Migrating<'_> {
    fn get_database_backend(&self) -> DbBackend {
        DbBackend::Postgres
    }

    fn execute_raw<'life0, 'async_trait>(&'life0 self, statement: Statement) -> Answer<'async_trait, ExecResult>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        self.0.execute(statement)
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
        self.0.execute_all(sql)
    }

    fn query_one_raw<'life0, 'async_trait>(
        &'life0 self,
        statement: Statement,
    ) -> Answer<'async_trait, Option<QueryResult>>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        self.0.one(statement)
    }

    fn query_all_raw<'life0, 'async_trait>(&'life0 self, statement: Statement) -> Answer<'async_trait, Vec<QueryResult>>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        self.0.all(statement)
    }
}
