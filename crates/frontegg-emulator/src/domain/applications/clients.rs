//! OAuth clients of applications.

use frontegg_model::Patch;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};
use serde_json::{Map, Value};

use super::require as require_application;
use crate::{
    domain::{DomainError, DomainResult, input},
    ids,
    store::{
        Fetch, Read, Write,
        entity::{ClientType, application_client},
    },
};

/// A client to add.
#[derive(Clone)]
pub(crate) struct NewClient {
    /// Made up when absent, as is the secret.
    pub(crate) id: Option<String>,
    pub(crate) secret: Option<String>,
    pub(crate) name: String,
    pub(crate) client_type: ClientType,
    pub(crate) redirect_urls: Vec<String>,
    pub(crate) external_metadata: Option<Map<String, Value>>,
}

/// What to change of a client; what is absent stays.
#[derive(Clone, Debug, Default)]
pub(crate) struct ClientChanges {
    pub(crate) name: Option<String>,
    /// In place of all that there are.
    pub(crate) redirect_urls: Option<Vec<String>>,
    pub(crate) external_metadata: Patch<Map<String, Value>>,
}

/// The client with that id.
pub(crate) async fn find(tx: &Read, id: &str) -> DomainResult<Option<application_client::Model>> {
    Ok(application_client::Entity::find_by_id(id).fetch_one(tx).await?)
}

/// The client with that id, or 404.
pub(crate) async fn require(tx: &Read, id: &str) -> DomainResult<application_client::Model> {
    find(tx, id).await?.ok_or_else(unknown)
}

fn unknown() -> DomainError {
    DomainError::not_found("Application client not found")
}

/// The clients of an application, the oldest first; 404 for one that does not exist.
pub(crate) async fn list(tx: &Read, app_id: &str) -> DomainResult<Vec<application_client::Model>> {
    require_application(tx, app_id).await?;
    Ok(application_client::Entity::find()
        .filter(application_client::Column::AppId.eq(app_id))
        .order_by_asc(application_client::Column::CreatedAt)
        .order_by_asc(application_client::Column::Id)
        .fetch_all(tx)
        .await?)
}

/// Adds a client, with an id and a secret of its own, to an application, or 404.
pub(crate) async fn create(tx: &Write, app_id: &str, new: NewClient) -> DomainResult<application_client::Model> {
    check(Some(&new.name), Some(&new.redirect_urls))?;
    require_application(tx, app_id).await?;
    let created_at = tx.stamp();
    let row = application_client::ActiveModel {
        id: Set(input::id_or_new("id", new.id)?),
        app_id: Set(app_id.to_owned()),
        client_name: Set(new.name),
        client_secret: Set(new.secret.unwrap_or_else(ids::new_secret)),
        client_type: Set(new.client_type),
        redirect_urls: Set(serde_json::to_string(&new.redirect_urls).map_err(DomainError::internal)?),
        external_metadata: Set(new.external_metadata.as_ref().map(to_text).transpose()?),
        created_at: Set(created_at),
        updated_at: Set(created_at),
    };
    Ok(row.insert(tx).await?)
}

/// Changes a client, or 404.
pub(crate) async fn update(tx: &Write, id: &str, changes: ClientChanges) -> DomainResult<application_client::Model> {
    let mut row = require(tx, id).await?.into_active_model();
    check(changes.name.as_deref(), changes.redirect_urls.as_deref())?;
    if let Some(name) = changes.name {
        row.client_name = Set(name);
    }
    if let Some(addresses) = changes.redirect_urls {
        row.redirect_urls = Set(serde_json::to_string(&addresses).map_err(DomainError::internal)?);
    }
    if let Some(metadata) = changes.external_metadata.into_option() {
        row.external_metadata = Set(metadata.as_ref().map(to_text).transpose()?);
    }
    row.updated_at = Set(tx.now());
    Ok(row.update(tx).await?)
}

/// Deletes a client, or 404.
pub(crate) async fn delete(tx: &Write, id: &str) -> DomainResult<()> {
    let deleted = application_client::Entity::delete_by_id(id).exec(tx).await?;
    if deleted.rows_affected == 0 { Err(unknown()) } else { Ok(()) }
}

/// Refuses a name that says nothing, and addresses to which no authorization can be sent back (RFC 6749, 3.1.2).
fn check(name: Option<&str>, addresses: Option<&[String]>) -> DomainResult<()> {
    input::not_empty("", &[("clientName", name)])?;
    let addresses = addresses.unwrap_or_default();
    input::at_most("redirectURLs", addresses)?;
    let is_bad = |address: &&String| !input::is_redirect(address) || address.contains('#');
    if addresses.iter().any(|address| is_bad(&address)) {
        return Err(DomainError::bad_request(
            "each value in redirectURLs must be an absolute address without a fragment",
        ));
    }
    Ok(())
}

fn to_text(metadata: &Map<String, Value>) -> DomainResult<String> {
    serde_json::to_string(metadata).map_err(DomainError::internal)
}
