//! Emptying the store, fast enough to do it before every test.

use sea_orm::EntityTrait;

use super::{Engine, Fetch, Identity, Store, StoreError, Write, dump, entity::issuer, sqlite::Memory, tx::Inner};

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
            Engine::File(file) => {
                let emptied = file.write_emptied(dump::clearing()).await;
                let tx = Write::new(Inner::File(self.room.note(emptied)?), self);
                tx.documents.replaced();
                tx
            }
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
        let mut tx = Write::new(Inner::Memory(memory.write().await?), self);
        let identity = Identity::find(&tx).await?;
        let issuers = issuer::Entity::find().fetch_all(&tx).await?;
        tx.replace()?;
        for issuer in issuers {
            Self::add_issuer(&tx, &issuer.issuer).await?;
        }
        let Some(mut identity) = identity else {
            return Ok((tx, None));
        };
        identity.epoch += 1;
        identity.insert(&tx).await?;
        Ok((tx, Some(identity)))
    }
}
