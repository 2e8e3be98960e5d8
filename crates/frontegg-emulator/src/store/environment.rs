//! Who the environment is: kept by the store so that a restart and other processes agree.

use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel, sea_query::OnConflict};

use super::{
    Store, StoreError, Tx,
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

impl Identity {
    pub(super) async fn insert(&self, tx: &Tx) -> Result<(), StoreError> {
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
    pub(crate) async fn find(tx: &Tx) -> Result<Option<Self>, StoreError> {
        let row = environment::Entity::find_by_id(KEY).one(tx).await?;
        Ok(row.map(|row| Self { vendor_id: row.vendor_id, client_id: row.client_id, epoch: row.epoch }))
    }

    /// Settles who the environment is. A store that knows already keeps its vendor id and, unless
    /// another is given, its client id. True when the environment is a new one.
    pub(crate) async fn settle(
        tx: &Tx,
        vendor_id: Option<String>,
        client_id: Option<String>,
    ) -> Result<(Self, bool), StoreError> {
        if let Some(row) = environment::Entity::find_by_id(KEY).one(tx).await? {
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
            return Ok((identity, false));
        }
        let identity = Self {
            vendor_id: vendor_id.unwrap_or_else(ids::new_id),
            client_id: client_id.unwrap_or_else(ids::new_id),
            epoch: 0,
        };
        identity.insert(tx).await?;
        Ok((identity, true))
    }

    /// Begins the next epoch.
    pub(super) async fn next_epoch(mut self, tx: &Tx) -> Result<Self, StoreError> {
        self.epoch += 1;
        let row = environment::ActiveModel { id: Set(KEY.to_owned()), epoch: Set(self.epoch), ..Default::default() };
        row.update(tx).await?;
        Ok(self)
    }
}

impl Store {
    /// Keeps an address under which this process issues tokens.
    pub(crate) async fn add_issuer(tx: &Tx, address: &str) -> Result<(), StoreError> {
        let row = issuer::ActiveModel { issuer: Set(address.to_owned()), created_at: Set(tx.now()) };
        issuer::Entity::insert(row)
            .on_conflict(OnConflict::column(issuer::Column::Issuer).do_nothing().to_owned())
            .exec_without_returning(tx)
            .await?;
        Ok(())
    }

    /// Whether any process of this environment has issued tokens under that address.
    pub(crate) async fn has_issuer(tx: &Tx, address: &str) -> Result<bool, StoreError> {
        let row = issuer::Entity::find_by_id(address).one(tx).await?;
        Ok(row.is_some())
    }
}
