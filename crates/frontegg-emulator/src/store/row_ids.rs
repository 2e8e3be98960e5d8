//! Ids of new rows: random, as the service makes them, or where somebody is to find them again the same ones every time,
//! made of what the rows are known by.

use std::sync::atomic::Ordering;

use sea_orm::{EntityTrait, PrimaryKeyTrait};

use super::{Fetch, StoreError, Write};
use crate::ids;

impl Write {
    /// From now on ids follow from keys in this transaction.
    pub(crate) fn derive_ids(&self) {
        self.derives_ids.store(true, Ordering::Relaxed);
    }

    /// An id for what nothing else of its kind shares these keys with, whatever happens to it.
    pub(crate) fn id_of(&self, kind: &str, keys: &[&str]) -> String {
        if self.derives_ids.load(Ordering::Relaxed) {
            ids::fixed_id(&format!("{kind}:{}", keys.join("\n")))
        } else {
            ids::new_id()
        }
    }

    /// An id for a new row of a table that is known by these keys now. What had them before may have other ones today.
    pub(crate) async fn row_id<E>(&self, keys: &[&str]) -> Result<String, StoreError>
    where
        E: EntityTrait<PrimaryKey: PrimaryKeyTrait<ValueType = String>>,
    {
        let kind = E::default().table_name().to_owned();
        let mut id = self.id_of(&kind, keys);
        // Random ones are free.
        while self.derives_ids.load(Ordering::Relaxed) && E::find_by_id(id.clone()).fetch_one(self).await?.is_some() {
            id = ids::fixed_id(&id);
        }
        Ok(id)
    }
}
