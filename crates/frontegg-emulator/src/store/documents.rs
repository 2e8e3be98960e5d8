//! Settings documents, read once in a transaction however often a request asks for one of them.

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};

use super::{Fetch, Read, Write, entity::setting};

/// The documents that a transaction has read, by their scope.
#[derive(Debug, Default)]
pub(super) struct Documents(Mutex<HashMap<String, Arc<[setting::Model]>>>);

impl Read {
    /// All documents of a scope.
    pub(crate) async fn documents(&self, scope: &str) -> Result<Arc<[setting::Model]>, DbErr> {
        if let Some(known) = self.documents.0.lock().get(scope) {
            return Ok(Arc::clone(known));
        }
        let rows = setting::Entity::find().filter(setting::Column::Scope.eq(scope)).fetch_all(self).await?;
        let rows: Arc<[_]> = rows.into();
        self.documents.0.lock().insert(scope.to_owned(), Arc::clone(&rows));
        Ok(rows)
    }
}

impl Write {
    /// To be said where documents of a scope were written.
    pub(crate) fn forget_documents(&self, scope: &str) {
        self.documents.0.lock().remove(scope);
    }
}
