//! Who the environment is: kept by the store so that a restart and other processes agree.

use sea_orm::{ActiveModelTrait, ActiveValue::Set, EntityTrait, IntoActiveModel};

use super::{Store, StoreError, Tx, entity::environment};
use crate::ids;

/// The key of the only row.
const KEY: &str = "environment";

/// The ids of the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) vendor_id: String,
    pub(crate) client_id: String,
}

impl Identity {
    pub(super) async fn insert(&self, tx: &Tx) -> Result<(), StoreError> {
        let row = environment::ActiveModel {
            id: Set(KEY.to_owned()),
            vendor_id: Set(self.vendor_id.clone()),
            client_id: Set(self.client_id.clone()),
            created_at: Set(tx.now()),
        };
        environment::Entity::insert(row)
            .exec_without_returning(tx)
            .await?;
        Ok(())
    }
}

impl Store {
    /// Who the environment is, if that has been settled.
    pub(crate) async fn identity(&self) -> Result<Option<Identity>, StoreError> {
        let tx = self.read().await?;
        let row = environment::Entity::find_by_id(KEY).one(&tx).await?;
        Ok(row.map(|row| Identity {
            vendor_id: row.vendor_id,
            client_id: row.client_id,
        }))
    }

    /// Settles who the environment is. A store that knows already keeps its vendor id and, unless
    /// another is given, its client id. True when the environment is a new one.
    pub(crate) async fn settle_identity(
        tx: &Tx,
        vendor_id: Option<String>,
        client_id: Option<String>,
    ) -> Result<(Identity, bool), StoreError> {
        if let Some(row) = environment::Entity::find_by_id(KEY).one(tx).await? {
            let identity = Identity {
                vendor_id: row.vendor_id.clone(),
                client_id: client_id.unwrap_or_else(|| row.client_id.clone()),
            };
            if identity.client_id != row.client_id {
                let mut row = row.into_active_model();
                row.client_id = Set(identity.client_id.clone());
                row.update(tx).await?;
            }
            return Ok((identity, false));
        }
        let identity = Identity {
            vendor_id: vendor_id.unwrap_or_else(ids::new_id),
            client_id: client_id.unwrap_or_else(ids::new_id),
        };
        identity.insert(tx).await?;
        Ok((identity, true))
    }
}
