//! Whether there is room left where the store writes to.

use std::sync::atomic::{AtomicBool, Ordering};

use sea_orm::{ActiveValue::Set, DbErr, EntityTrait, sea_query::OnConflict};

use super::{Store, StoreError, Write, entity::setting, is_full};
use crate::ids;

/// The key of a row that is written to see whether it can be.
const KEY: [&str; 2] = ["store", "room"];

/// As many random ids in it are more than what a request writes, as they take room however they are kept.
const IDS: usize = 2000;

/// What the last write that failed for want of room, or the last look, has shown.
#[derive(Debug, Default)]
pub(super) struct Room {
    is_missing: AtomicBool,
}

impl Room {
    /// Keeps in mind where that is why something failed, which is handed on.
    pub(super) fn note<T>(&self, result: Result<T, DbErr>) -> Result<T, DbErr> {
        if result.as_ref().is_err_and(is_full) {
            self.is_missing.store(true, Ordering::Release);
        }
        result
    }
}

impl Store {
    /// Looks by a write whether there is room again, where there was none.
    pub(super) async fn check_room(&self) -> Result<(), StoreError> {
        if !self.room.is_missing.load(Ordering::Acquire) {
            return Ok(());
        }
        // What is written and dropped in one transaction is never written.
        self.write(write).await?;
        self.write(forget).await?;
        self.room.is_missing.store(false, Ordering::Release);
        Ok(())
    }
}

async fn write(tx: &Write) -> Result<(), StoreError> {
    let [scope, kind] = KEY.map(str::to_owned);
    let document = (0..IDS).map(|_| ids::new_id()).collect();
    let row =
        setting::ActiveModel { scope: Set(scope), kind: Set(kind), document: Set(document), updated_at: Set(tx.now()) };
    let over = OnConflict::columns([setting::Column::Scope, setting::Column::Kind])
        .update_column(setting::Column::Document)
        .to_owned();
    setting::Entity::insert(row).on_conflict(over).exec_without_returning(tx).await?;
    Ok(())
}

async fn forget(tx: &Write) -> Result<(), StoreError> {
    let [scope, kind] = KEY.map(str::to_owned);
    setting::Entity::delete_by_id((scope, kind)).exec(tx).await?;
    Ok(())
}
