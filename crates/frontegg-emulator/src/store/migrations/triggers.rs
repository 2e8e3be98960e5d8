//! What the engines say in words of their own: that the database keeps what is made of several tables.

use sea_orm::{ConnectionTrait, DbBackend, DbErr};

/// The triggers of a migration, by engine.
pub(super) struct Triggers {
    pub(super) sqlite: &'static str,
    pub(super) postgres: &'static str,
}

impl Triggers {
    pub(super) async fn make(&self, connection: &impl ConnectionTrait) -> Result<(), DbErr> {
        let postgres = connection.get_database_backend() == DbBackend::Postgres;
        connection.execute_unprepared(if postgres { self.postgres } else { self.sqlite }).await.map(drop)
    }
}
