//! A connection as migrations take one.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, Statement};

use super::SqliteTx;
use crate::store::{
    migrations,
    tx::{Answer, ready},
};

/// Applies the missing migrations in a transaction of the caller's, and gives it back.
pub(super) async fn up(tx: SqliteTx) -> Result<SqliteTx, DbErr> {
    migrations::apply(&Migrating(&tx)).await?;
    Ok(tx)
}

/// Only here may a [`SqliteTx`] be a connection by itself: there is no store yet that counts what it is asked.
struct Migrating<'a>(&'a SqliteTx);

// The trait's methods as `async_trait` writes them.
impl ConnectionTrait for Migrating<'_> {
    fn get_database_backend(&self) -> DbBackend {
        DbBackend::Sqlite
    }

    fn execute_raw<'life0, 'async_trait>(&'life0 self, statement: Statement) -> Answer<'async_trait, ExecResult>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        ready(self.0.execute(&statement))
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
        ready(self.0.execute_all(sql))
    }

    fn query_one_raw<'life0, 'async_trait>(
        &'life0 self,
        statement: Statement,
    ) -> Answer<'async_trait, Option<QueryResult>>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        ready(self.0.one(&statement))
    }

    fn query_all_raw<'life0, 'async_trait>(&'life0 self, statement: Statement) -> Answer<'async_trait, Vec<QueryResult>>
    where
        'life0: 'async_trait,
        Self: 'async_trait,
    {
        ready(self.0.all(&statement))
    }
}
