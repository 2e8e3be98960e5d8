//! How the clock is set, for all processes that share a store.

use parking_lot::Mutex;
use sea_orm::{ActiveValue::Set, DbBackend, DbErr, EntityTrait, FromQueryResult, QueryTrait, sea_query::OnConflict};

use super::{Engine, Fetch, Store, StoreError, Write, entity::clock_setting};
use crate::clock::Setting;

/// The key of the only row.
const KEY: &str = "clock";

/// What this process knows of the row.
#[derive(Debug, Default)]
pub(super) struct Followed(Mutex<Known>);

#[derive(Clone, Copy, Debug, Default)]
struct Known {
    /// The version of the row that was read or written last.
    version: i64,
    /// How many of the changes of this process's clock are in the row.
    changes: u64,
}

impl Store {
    /// Takes over how another process has set the clock, or tells the others how this one has. Nobody
    /// else has the memory of a process.
    pub(crate) async fn follow_clock(&self) -> Result<(), StoreError> {
        if self.is_memory() {
            return Ok(());
        }
        let (changes, setting) = self.clock.setting();
        if changes == self.followed.0.lock().changes {
            return Ok(self.take_over_clock().await?);
        }
        let version = self.write(async |tx| write(tx, setting).await).await?;
        let mut known = self.followed.0.lock();
        known.version = known.version.max(version);
        known.changes = known.changes.max(changes);
        Ok(())
    }

    async fn take_over_clock(&self) -> Result<(), DbErr> {
        let Some(row) = self.clock_row().await? else { return Ok(()) };
        let mut known = self.followed.0.lock();
        if row.version > known.version {
            // What was set here meanwhile is newer.
            if self.clock.adopt(Setting { shift: row.shift, frozen: row.frozen }, known.changes) {
                known.version = row.version;
            }
        }
        Ok(())
    }

    /// The row, in no transaction: every request begins with a look at it.
    async fn clock_row(&self) -> Result<Option<clock_setting::Model>, DbErr> {
        let row = clock_setting::Entity::find_by_id(KEY);
        let row = match &self.engine {
            Engine::Memory(_) => None,
            Engine::File(file) => file.glance(&row.build(DbBackend::Sqlite)).await?,
            Engine::Postgres(postgres) => postgres.glance(row.build(DbBackend::Postgres)).await?,
        };
        row.map(|row| clock_setting::Model::from_query_result(&row, "")).transpose()
    }
}

/// Writes the row; gives its version.
async fn write(tx: &Write, setting: Setting) -> Result<i64, StoreError> {
    let before = clock_setting::Entity::find_by_id(KEY).fetch_one(tx).await?;
    let version = before.map_or(0, |row| row.version) + 1;
    let row = clock_setting::ActiveModel {
        id: Set(KEY.to_owned()),
        version: Set(version),
        shift: Set(setting.shift),
        frozen: Set(setting.frozen),
    };
    let over = OnConflict::column(clock_setting::Column::Id)
        .update_columns([clock_setting::Column::Version, clock_setting::Column::Shift, clock_setting::Column::Frozen])
        .to_owned();
    clock_setting::Entity::insert(row).on_conflict(over).exec_without_returning(tx).await?;
    Ok(version)
}
