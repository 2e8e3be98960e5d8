//! Putting another state in place of the whole, all or nothing.

use sea_orm::{ConnectionTrait, DbErr, EntityTrait};

use super::{
    Engine, Fetch, Identity, Store, StoreError, Write,
    dump::{self, LoadError},
    entity::issuer,
    sqlite::{File, Image, Memory, SqliteTx},
    tx::Inner,
};

/// For as long as a transaction of PostgreSQL lasts.
const NO_STATEMENT_LIMIT: &str = "SET LOCAL statement_timeout = 0";

/// What stays of a database in memory whose place a fresh one takes: who the environment is, and under which addresses
/// it has issued tokens.
pub(super) struct Inherited {
    pub(super) identity: Option<Identity>,
    issuers: Vec<issuer::Model>,
}

impl Inherited {
    pub(super) async fn read(tx: &Write) -> Result<Self, StoreError> {
        Ok(Self { identity: Identity::find(tx).await?, issuers: issuer::Entity::find().fetch_all(tx).await? })
    }

    pub(super) async fn write(&self, tx: &Write) -> Result<(), StoreError> {
        for issuer in &self.issuers {
            Store::add_issuer(tx, &issuer.issuer).await?;
        }
        match &self.identity {
            Some(identity) => identity.insert(tx).await,
            None => Ok(()),
        }
    }
}

impl Store {
    /// Empties all tables but those that say who the environment is, and lets `act` write what takes their place,
    /// parents before their children, in one transaction. Others read the former state until it is committed; in memory
    /// they write to it as well, and what they wrote is replaced with the rest.
    pub(crate) async fn overwrite<E: From<StoreError> + From<LoadError>>(
        &self,
        act: impl AsyncFnOnce(&Write) -> Result<(), E>,
    ) -> Result<(), E> {
        let tx = match &self.engine {
            Engine::Memory(_) => self.begin_fresh(None)?,
            Engine::File(file) => self.begin_emptied(file).await?,
            Engine::Postgres(_) => {
                let tx = self.begin().await?;
                tx.execute_unprepared(NO_STATEMENT_LIMIT).await.map_err(StoreError)?;
                dump::clear(&tx).await.map_err(StoreError)?;
                tx
            }
        };
        act(&tx).await?;
        dump::check_references(&tx).await?;
        let tx = match &self.engine {
            Engine::Memory(memory) => self.take_over(memory, tx).await?,
            Engine::File(_) | Engine::Postgres(_) => tx,
        };
        Ok(tx.commit().await?)
    }

    /// Begins in a database in memory that nobody else knows, a fresh one or one as it was; references are not checked.
    pub(super) fn begin_fresh(&self, image: Option<&Image>) -> Result<Write, StoreError> {
        Ok(self.replacing(Inner::Memory(Memory::prepare(image)?)))
    }

    /// Begins in a file, with everything emptied; references are not checked.
    pub(super) async fn begin_emptied(&self, file: &File) -> Result<Write, StoreError> {
        let emptied: Result<SqliteTx, DbErr> = file.write_emptied(dump::clearing()).await;
        Ok(self.replacing(Inner::File(self.room.note(emptied)?)))
    }

    fn replacing(&self, inner: Inner) -> Write {
        let tx = Write::new(inner, self);
        tx.documents.replaced();
        tx
    }

    /// Has what was filled take the place of the present database in memory with the commit, while nobody else is let in.
    async fn take_over(&self, memory: &Memory, filled: Write) -> Result<Write, StoreError> {
        let present = Write::new(Inner::Memory(memory.write().await?), self);
        let inherited = Inherited::read(&present).await?;
        let filled = filled.succeed(present)?;
        inherited.write(&filled).await?;
        Ok(filled)
    }
}
