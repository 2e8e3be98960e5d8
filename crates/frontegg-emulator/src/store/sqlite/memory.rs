//! The database in memory: one connection. Who holds it sees one consistent state.

use std::sync::OnceLock;

use rusqlite::{Connection, MAIN_DB};
use sea_orm::{DbErr, QueryResult, Statement};

use super::{Slot, SqliteTx, failure, migrating, set_up};
use crate::store::StoreError;

/// A database right after all migrations; made once in a process.
static TEMPLATE: OnceLock<Vec<u8>> = OnceLock::new();

/// The database.
#[derive(Debug)]
pub(in crate::store) struct Memory(Slot);

impl Memory {
    /// A new database with the schema.
    pub(in crate::store) async fn open() -> Result<Self, StoreError> {
        if TEMPLATE.get().is_none() {
            let image = template().await?;
            // Where two were made at once they are equal.
            let _ = TEMPLATE.set(image);
        }
        Ok(Self(Slot::new(connect().map_err(failure)?)))
    }

    /// To look at one state: nobody else has the connection.
    pub(in crate::store) async fn read(&self) -> Result<SqliteTx, DbErr> {
        self.0.lend().await
    }

    /// The first row of a statement that only reads, in no transaction.
    pub(in crate::store) async fn glance(&self, statement: &Statement) -> Result<Option<QueryResult>, DbErr> {
        self.read().await?.look_at_one(statement)
    }

    pub(in crate::store) async fn write(&self) -> Result<SqliteTx, DbErr> {
        let tx = self.0.lend().await?;
        tx.begin()?;
        Ok(tx)
    }

    /// Puts a fresh database in place of the one lent, however full it is, in the same short time.
    pub(in crate::store) fn replace(tx: &SqliteTx) -> Result<(), DbErr> {
        restore(tx.lock().connection_mut()?).map_err(failure)?;
        tx.begin()
    }

    pub(in crate::store) async fn close(&self) -> Result<(), StoreError> {
        self.0.close().await
    }
}

fn connect() -> rusqlite::Result<Connection> {
    let mut connection = Connection::open_in_memory()?;
    set_up(&connection)?;
    restore(&mut connection)?;
    Ok(connection)
}

async fn template() -> Result<Vec<u8>, DbErr> {
    let slot = Slot::new(Connection::open_in_memory().map_err(failure)?);
    migrating::up(slot.lend().await?).await?.commit()?;
    let lent = slot.lend().await?;
    let image = lent.lock().connection()?.serialize(MAIN_DB).map_err(failure)?.to_vec();
    Ok(image)
}

fn restore(connection: &mut Connection) -> rusqlite::Result<()> {
    let image = TEMPLATE.get().map(Vec::as_slice).unwrap_or_default();
    connection.deserialize_read_exact(MAIN_DB, image, image.len(), false)
}
