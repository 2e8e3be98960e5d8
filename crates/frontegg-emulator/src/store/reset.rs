//! Emptying the store, fast enough to do it before every test.

use sea_orm::EntityTrait;

use super::{
    Engine, Identity, Store, StoreError, Write, dump,
    entity::{environment, issuer},
    overwrite::Inherited,
    sqlite,
};

/// The state of a moment, in memory, to go back to.
#[derive(Clone, Debug)]
pub(crate) struct Image(sqlite::Image);

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
            Engine::Memory(_) => return self.replace(None).await,
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

    /// The present state, to go back to; nothing where it is not in memory.
    pub(crate) async fn image(&self) -> Result<Option<Image>, StoreError> {
        match &self.engine {
            Engine::Memory(memory) => Ok(Some(Image(memory.image().await?))),
            Engine::File(_) | Engine::Postgres(_) => Ok(None),
        }
    }

    /// Goes back to a state of this store, in the environment's next epoch.
    pub(crate) async fn reset_to(&self, image: &Image) -> Result<Option<Identity>, StoreError> {
        let (tx, identity) = self.replace(Some(&image.0)).await?;
        tx.commit().await?;
        Ok(identity)
    }

    /// In memory a fresh database, or one as it was, takes the place of the present one, while nobody else is let in.
    async fn replace(&self, image: Option<&sqlite::Image>) -> Result<(Write, Option<Identity>), StoreError> {
        let present = self.begin().await?;
        let mut inherited = Inherited::read(&present).await?;
        let tx = self.begin_fresh(image)?.succeed(present)?;
        if let Some(identity) = &mut inherited.identity {
            identity.epoch += 1;
        }
        if image.is_some() {
            environment::Entity::delete_many().exec(&tx).await?;
            issuer::Entity::delete_many().exec(&tx).await?;
        }
        inherited.write(&tx).await?;
        Ok((tx, inherited.identity))
    }
}
