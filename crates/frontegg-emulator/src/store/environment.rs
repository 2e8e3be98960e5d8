//! Who the environment is: kept by the store so that a restart and other processes agree.

use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel, sea_query::OnConflict};

use super::{
    Fetch, Read, Store, StoreError, Write,
    entity::{environment, issuer},
};
use crate::ids;

/// The key of the only row.
const KEY: &str = "environment";

/// The ids of the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) vendor_id: String,
    pub(crate) client_id: String,
    /// How often the store was emptied; tokens of an earlier epoch are not good any more.
    pub(crate) epoch: i64,
}

/// What came of settling who the environment is.
pub(crate) struct Settled {
    pub(crate) identity: Identity,
    /// Whether nobody had settled it before.
    pub(crate) is_fresh: bool,
}

impl Identity {
    pub(super) async fn insert(&self, tx: &Write) -> Result<(), StoreError> {
        let row = environment::ActiveModel {
            id: Set(KEY.to_owned()),
            vendor_id: Set(self.vendor_id.clone()),
            client_id: Set(self.client_id.clone()),
            epoch: Set(self.epoch),
            created_at: Set(tx.now()),
        };
        environment::Entity::insert(row).exec_without_returning(tx).await?;
        Ok(())
    }

    /// Who the environment is, if that has been settled.
    pub(crate) async fn find(tx: &Read) -> Result<Option<Self>, StoreError> {
        let row = environment::Entity::find_by_id(KEY).fetch_one(tx).await?;
        Ok(row.map(|row| Self { vendor_id: row.vendor_id, client_id: row.client_id, epoch: row.epoch }))
    }

    /// Settles who the environment is. A store that knows already keeps its vendor id and, unless
    /// another is given, its client id.
    pub(crate) async fn settle(
        tx: &Write,
        vendor_id: Option<String>,
        client_id: Option<String>,
    ) -> Result<Settled, StoreError> {
        if let Some(row) = environment::Entity::find_by_id(KEY).fetch_one(tx).await? {
            let identity = Self {
                vendor_id: row.vendor_id.clone(),
                client_id: client_id.unwrap_or_else(|| row.client_id.clone()),
                epoch: row.epoch,
            };
            if identity.client_id != row.client_id {
                let mut row = row.into_active_model();
                row.client_id = Set(identity.client_id.clone());
                row.update(tx).await?;
            }
            return Ok(Settled { identity, is_fresh: false });
        }
        let identity = Self {
            vendor_id: vendor_id.unwrap_or_else(ids::new_id),
            client_id: client_id.unwrap_or_else(ids::new_id),
            epoch: 0,
        };
        identity.insert(tx).await?;
        Ok(Settled { identity, is_fresh: true })
    }

    /// Begins the next epoch.
    pub(super) async fn next_epoch(mut self, tx: &Write) -> Result<Self, StoreError> {
        self.epoch += 1;
        let row = environment::ActiveModel { id: Set(KEY.to_owned()), epoch: Set(self.epoch), ..Default::default() };
        row.update(tx).await?;
        Ok(self)
    }
}

impl Store {
    /// Keeps an address under which this process issues tokens.
    pub(crate) async fn add_issuer(tx: &Write, address: &str) -> Result<(), StoreError> {
        let row = issuer::ActiveModel { issuer: Set(address.to_owned()), created_at: Set(tx.now()) };
        issuer::Entity::insert(row)
            .on_conflict(OnConflict::column(issuer::Column::Issuer).do_nothing().to_owned())
            .exec_without_returning(tx)
            .await?;
        Ok(())
    }

    /// Whether any process of this environment has issued tokens under that address.
    pub(crate) async fn has_issuer(tx: &Read, address: &str) -> Result<bool, StoreError> {
        let row = issuer::Entity::find_by_id(address).fetch_one(tx).await?;
        Ok(row.is_some())
    }
}
