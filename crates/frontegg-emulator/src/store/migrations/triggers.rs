//! What the engines say in words of their own: that the database keeps what is made of several tables.

use sea_orm::{ConnectionTrait, DbBackend, DbErr};

/// The triggers of a migration, by engine; `drop` ends them before the rest goes.
pub(super) struct Triggers {
    pub(super) sqlite: EngineTriggers,
    pub(super) postgres: EngineTriggers,
}

pub(super) struct EngineTriggers {
    pub(super) make: &'static str,
    pub(super) drop: &'static str,
}

impl Triggers {
    pub(super) async fn make(&self, connection: &impl ConnectionTrait) -> Result<(), DbErr> {
        connection.execute_unprepared(self.of(connection).make).await.map(drop)
    }

    pub(super) async fn drop(&self, connection: &impl ConnectionTrait) -> Result<(), DbErr> {
        connection.execute_unprepared(self.of(connection).drop).await.map(drop)
    }

    fn of(&self, connection: &impl ConnectionTrait) -> &EngineTriggers {
        if connection.get_database_backend() == DbBackend::Postgres { &self.postgres } else { &self.sqlite }
    }
}
