//! Who the environment is: kept by the store so that a restart and other processes agree.

use sea_orm::{ActiveModelTrait, ActiveValue::Set, DbErr, EntityTrait, sea_query::OnConflict};
use secrecy::{ExposeSecret, SecretString};

use super::{
    Fetch, Read, Store, StoreError, Write,
    entity::{environment, issuer},
};
use crate::ids;

/// The key of the only row.
const KEY: &str = "environment";

/// The key that back ends authenticate with. `Debug` does not show it.
#[derive(Clone, Debug)]
pub(crate) struct ApiKey(SecretString);

impl ApiKey {
    /// The key itself.
    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl<T: Into<String>> From<T> for ApiKey {
    fn from(key: T) -> Self {
        Self(SecretString::from(key.into()))
    }
}

/// No key at all, which nobody can authenticate with.
impl Default for ApiKey {
    fn default() -> Self {
        Self::from("")
    }
}

impl PartialEq for ApiKey {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for ApiKey {}

/// The ids and the key of the environment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) vendor_id: String,
    pub(crate) client_id: String,
    pub(crate) api_key: ApiKey,
    /// The default application of an environment that nobody has given another.
    pub(crate) application_id: String,
    /// How often the store was emptied; tokens of an earlier epoch are not good any more.
    pub(crate) epoch: i64,
}

/// The ids and the key that an environment is to have.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wished {
    pub(crate) vendor_id: Option<String>,
    pub(crate) client_id: Option<String>,
    pub(crate) api_key: Option<ApiKey>,
    pub(crate) application_id: Option<String>,
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
            api_key: Set(self.api_key.expose().to_owned()),
            application_id: Set(self.application_id.clone()),
            epoch: Set(self.epoch),
            catalog: Set(0),
            created_at: Set(tx.now()),
        };
        environment::Entity::insert(row).exec_without_returning(tx).await?;
        Ok(())
    }

    /// Who the environment is, if that has been settled.
    pub(crate) async fn find(tx: &Read) -> Result<Option<Self>, DbErr> {
        let row = environment::Entity::find_by_id(KEY).fetch_one(tx).await?;
        Ok(row.map(|row| Self {
            vendor_id: row.vendor_id,
            client_id: row.client_id,
            api_key: row.api_key.into(),
            application_id: row.application_id,
            epoch: row.epoch,
        }))
    }

    /// Settles who the environment is. A store that knows already keeps its vendor id and, unless others are
    /// given, its client id, its API key and its default application.
    pub(crate) async fn settle(tx: &Write, wished: Wished) -> Result<Settled, StoreError> {
        let Some(known) = Self::find(tx).await? else {
            let identity = Self {
                vendor_id: wished.vendor_id.unwrap_or_else(ids::new_id),
                client_id: wished.client_id.unwrap_or_else(ids::new_id),
                api_key: wished.api_key.unwrap_or_else(|| ids::new_id().into()),
                application_id: wished.application_id.unwrap_or_else(ids::new_id),
                epoch: 0,
            };
            identity.insert(tx).await?;
            return Ok(Settled { identity, is_fresh: true });
        };
        // Neither was kept from the beginning.
        let known_application = Some(&known.application_id).filter(|id| !id.is_empty()).cloned();
        let known_key = Some(&known.api_key).filter(|key| !key.expose().is_empty()).cloned();
        let identity = Self {
            client_id: wished.client_id.unwrap_or_else(|| known.client_id.clone()),
            api_key: wished.api_key.or(known_key).unwrap_or_else(|| ids::new_id().into()),
            application_id: wished.application_id.or(known_application).unwrap_or_else(ids::new_id),
            ..known.clone()
        };
        if identity != known {
            let row = environment::ActiveModel {
                id: Set(KEY.to_owned()),
                client_id: Set(identity.client_id.clone()),
                api_key: Set(identity.api_key.expose().to_owned()),
                application_id: Set(identity.application_id.clone()),
                ..Default::default()
            };
            row.update(tx).await?;
        }
        Ok(Settled { identity, is_fresh: false })
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
