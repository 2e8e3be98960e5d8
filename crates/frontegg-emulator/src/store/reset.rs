//! Emptying the store, fast enough to do it before every test.

use super::{Engine, Identity, Store, StoreError, Write, dump, overwrite::Inherited, sqlite::Memory, tx::Inner};

impl Store {
    /// Empties all tables but those that say who the environment is, begins its next epoch, and lets
    /// `fill` write a fresh environment, all in one transaction.
    pub(crate) async fn reset<E: From<StoreError>>(
        &self,
        fill: impl AsyncFnOnce(&Write) -> Result<(), E>,
    ) -> Result<Option<Identity>, E> {
        let (tx, identity) = self.clear().await?;
        fill(&tx).await?;
        tx.commit().await?;
        Ok(identity)
    }

    async fn clear(&self) -> Result<(Write, Option<Identity>), StoreError> {
        let tx = match &self.engine {
            Engine::Memory(memory) => return self.replace(memory).await,
            Engine::File(file) => self.begin_emptied(file).await?,
            Engine::Postgres(_) => {
                let tx = self.begin().await?;
                dump::clear(&tx).await?;
                tx
            }
        };
        let identity = match Identity::find(&tx).await? {
            Some(identity) => Some(identity.next_epoch(&tx).await?),
            None => None,
        };
        Ok((tx, identity))
    }

    /// In memory a fresh database takes the place of the old one, while nobody else is let in.
    async fn replace(&self, memory: &Memory) -> Result<(Write, Option<Identity>), StoreError> {
        let present = Write::new(Inner::Memory(memory.write().await?), self);
        let mut inherited = Inherited::read(&present).await?;
        let tx = self.begin_fresh()?.succeed(present)?;
        if let Some(identity) = &mut inherited.identity {
            identity.epoch += 1;
        }
        inherited.write(&tx).await?;
        Ok((tx, inherited.identity))
    }
}
