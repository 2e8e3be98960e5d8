//! Rows of an earlier schema, which the migrations that were added since bring to the present one: in a temporary
//! database of their own, whatever the engine of the store is.

use super::{
    Read, Store, StoreError, Write,
    dump::{Batch, LoadError, Loader},
    migrations, sqlite,
    tx::Inner,
};

/// A database with an earlier schema.
#[derive(Debug)]
pub(crate) struct Earlier(Write);

/// A database with the present one, to read.
#[derive(Debug)]
pub(crate) struct BroughtUp(Write);

impl Store {
    /// A database with an earlier schema and no rows; nothing where no schema has that name.
    pub(crate) async fn earlier(&self, schema: &str) -> Result<Option<Earlier>, StoreError> {
        let Some(count) = migrations::up_to(schema) else { return Ok(None) };
        let tx = Write::new(Inner::Memory(sqlite::temporary().await?), self);
        migrations::apply_first(&tx, count).await?;
        Ok(Some(Earlier(tx)))
    }
}

impl Earlier {
    /// Writes rows; which of them refer to what is seen to when they have come to the present schema.
    pub(crate) async fn load(&self, batch: Batch) -> Result<(), LoadError> {
        Loader::new(&self.0).load(batch).await
    }

    /// Applies the migrations that were added since.
    pub(crate) async fn brought_up(self) -> Result<BroughtUp, StoreError> {
        migrations::apply(&self.0).await?;
        Ok(BroughtUp(self.0))
    }
}

impl BroughtUp {
    pub(crate) fn rows(&self) -> &Read {
        &self.0
    }
}
