//! Emptying the store, fast enough to do it before every test.

use sea_orm::EntityTrait;

use super::{Engine, Identity, Store, StoreError, Tx, dump, entity::issuer, sqlite::Memory, tx::Inner};

impl Store {
    /// Empties all tables but those that say who the environment is, begins its next epoch, and
    /// returns the transaction in which a fresh environment is to be written.
    pub(crate) async fn clear(&self) -> Result<(Tx, Option<Identity>), StoreError> {
        let tx = match &self.engine {
            Engine::Memory(memory) => return self.replace(memory).await,
            Engine::File(file) => self.writing(Inner::File(file.write_unchecked().await?)),
            Engine::Postgres(_) => self.write().await?,
        };
        dump::clear(&tx).await?;
        let identity = match Identity::find(&tx).await? {
            Some(identity) => Some(identity.next_epoch(&tx).await?),
            None => None,
        };
        Ok((tx, identity))
    }

    /// In memory a fresh database takes the place of the old one, while nobody else is let in.
    async fn replace(&self, memory: &Memory) -> Result<(Tx, Option<Identity>), StoreError> {
        let tx = self.writing(Inner::Memory(memory.read().await?));
        let identity = Identity::find(&tx).await?;
        let issuers = issuer::Entity::find().all(&tx).await?;
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
