//! Emptying the store, fast enough to do it before every test.
//!
//! In memory the database is replaced by the image of a fresh one, which takes the same short time
//! however full it was; the image is taken once per process. Elsewhere the tables are emptied.

use std::sync::{Arc, OnceLock};

use sea_orm::{
    ConnectionTrait, EntityTrait,
    sqlx::{SqlitePool, sqlite::SqliteOwnedBuf},
};

use super::{Engine, Hold, Identity, Store, StoreError, Tx, entity::issuer, migrations::TABLES};

/// A database in memory right after all migrations.
static TEMPLATE: OnceLock<Vec<u8>> = OnceLock::new();

/// Fills a database in memory from the template; false when there is none yet.
pub(super) async fn restore_template(pool: &SqlitePool) -> Result<bool, StoreError> {
    let Some(template) = TEMPLATE.get() else {
        return Ok(false);
    };
    let image = SqliteOwnedBuf::try_from(template.as_slice())?;
    let mut connection = pool.acquire().await?;
    connection.deserialize(None, image, false).await?;
    Ok(true)
}

/// Takes the template from a database in memory that has been migrated and holds nothing else.
pub(super) async fn keep_template(pool: &SqlitePool) -> Result<(), StoreError> {
    let image = pool.acquire().await?.serialize(None).await?;
    // Where two were taken at once they are equal.
    let _ = TEMPLATE.set(image.to_vec());
    Ok(())
}

impl Store {
    /// Empties all tables but those that say who the environment is, begins its next epoch, and
    /// returns the transaction in which a fresh environment is to be written.
    pub(crate) async fn clear(&self) -> Result<(Tx, Option<Identity>), StoreError> {
        if let Engine::Memory { pool, image, .. } = &self.engine {
            let hold = Hold::Replacement(Arc::clone(image).write_owned().await);
            return self.replace(pool, hold).await;
        }
        let tx = self.write().await?;
        let statements: Vec<String> = TABLES.iter().map(|table| format!("DELETE FROM {table};")).collect();
        tx.execute_unprepared(&statements.concat()).await?;
        let identity = match Identity::find(&tx).await? {
            Some(identity) => Some(identity.next_epoch(&tx).await?),
            None => None,
        };
        Ok((tx, identity))
    }

    async fn replace(&self, pool: &SqlitePool, hold: Hold) -> Result<(Tx, Option<Identity>), StoreError> {
        let tx = Tx::new(self.begin_reading().await?, self.clock.clone(), false, Hold::Nothing);
        let identity = Identity::find(&tx).await?;
        let issuers = issuer::Entity::find().all(&tx).await?;
        tx.commit().await?;
        restore_template(pool).await?;
        let tx = Tx::new(self.begin_writing().await?, self.clock.clone(), true, hold);
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
