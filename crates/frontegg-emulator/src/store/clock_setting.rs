//! How the clock is set, for all processes that share a store.

use parking_lot::Mutex;
use sea_orm::{ActiveValue::Set, EntityTrait, sea_query::OnConflict};

use super::{Fetch, Store, StoreError, Write, entity::clock_setting};
use crate::clock::Setting;

/// The key of the only row.
pub(super) const KEY: &str = "clock";

/// The row, as it was seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct SharedClock {
    pub(super) version: i64,
    pub(super) setting: Setting,
}

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
    /// Tells the others how this process has set the clock, if they do not know yet. Nobody else has the
    /// memory of a process.
    pub(super) async fn tell_clock(&self) -> Result<(), StoreError> {
        let (changes, setting) = self.clock.setting();
        if self.is_memory() || changes == self.followed.0.lock().changes {
            return Ok(());
        }
        let version = self.write(async |tx| write(tx, setting).await).await?;
        let mut known = self.followed.0.lock();
        known.version = known.version.max(version);
        known.changes = known.changes.max(changes);
        Ok(())
    }

    /// Takes over how another process has set the clock.
    pub(super) fn take_over_clock(&self, shared: SharedClock) {
        let mut known = self.followed.0.lock();
        // What was set here meanwhile is newer.
        if shared.version > known.version && self.clock.adopt(shared.setting, known.changes) {
            known.version = shared.version;
        }
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
