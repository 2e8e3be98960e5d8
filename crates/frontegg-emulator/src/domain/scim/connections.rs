//! The connections of tenants, and who may write to one: whoever has its token.

use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, ModelTrait, QueryFilter, QueryOrder,
    sea_query::Expr,
};

use super::{
    Answer, Failure,
    provisioning::{self, Remainder},
};
use crate::{
    domain::{DomainError, DomainResult, environment::same_secret, input, tenants},
    ids,
    store::{
        Fetch, FetchCount, Read, Write,
        entity::{ScimSource, scim_connection, scim_user},
    },
};

/// A connection to make.
#[derive(Clone)]
pub(crate) struct NewConnection {
    /// Made up when absent.
    pub(crate) id: Option<String>,
    /// That of the source when absent.
    pub(crate) name: Option<String>,
    pub(crate) source: ScimSource,
    pub(crate) sync_to_user_management: bool,
    /// Made up when absent.
    pub(crate) token: Option<String>,
}

/// Which connections are meant: those for which all holds that is given.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) id: Option<String>,
    pub(crate) tenant_id: Option<String>,
    pub(crate) source: Option<ScimSource>,
    pub(crate) name: Option<String>,
}

/// Makes a connection and gives its token, which is not to be had again.
pub(crate) async fn create(
    tx: &Write,
    tenant_id: &str,
    new: NewConnection,
) -> DomainResult<(scim_connection::Model, String)> {
    tenants::require(tx, tenant_id).await?;
    let token = new.token.unwrap_or_else(ids::new_secret);
    let name = new.name.unwrap_or_else(|| new.source.name().to_owned());
    input::not_empty("", &[("connectionName", Some(&name)), ("token", Some(&token))])?;
    let created_at = tx.stamp();
    let row = scim_connection::ActiveModel {
        id: Set(input::id_or_new("id", new.id)?),
        tenant_id: Set(tenant_id.to_owned()),
        name: Set(name),
        source: Set(new.source),
        sync_to_user_management: Set(new.sync_to_user_management),
        fingerprint: Set(ids::fingerprint(&token)),
        last_sync: Set(None),
        created_at: Set(created_at),
        updated_at: Set(created_at),
    };
    Ok((row.insert(tx).await?, token))
}

/// Those connections, the oldest first.
pub(crate) async fn list(tx: &Read, filter: Filter) -> DomainResult<Vec<scim_connection::Model>> {
    let mut found = scim_connection::Entity::find();
    if let Some(id) = filter.id {
        found = found.filter(scim_connection::Column::Id.eq(id));
    }
    if let Some(tenant_id) = filter.tenant_id {
        found = found.filter(scim_connection::Column::TenantId.eq(tenant_id));
    }
    if let Some(source) = filter.source {
        found = found.filter(scim_connection::Column::Source.eq(source));
    }
    if let Some(name) = filter.name {
        found = found.filter(scim_connection::Column::Name.eq(name));
    }
    Ok(found
        .order_by_asc(scim_connection::Column::CreatedAt)
        .order_by_asc(scim_connection::Column::Id)
        .fetch_all(tx)
        .await?)
}

/// The connection with that id, if there is one.
pub(crate) async fn find(tx: &Read, id: &str) -> DomainResult<Option<scim_connection::Model>> {
    Ok(scim_connection::Entity::find_by_id(id).fetch_one(tx).await?)
}

/// The connection with that id, of that tenant where one is named; or 404.
pub(crate) async fn require(tx: &Read, tenant_id: Option<&str>, id: &str) -> DomainResult<scim_connection::Model> {
    let row = find(tx, id).await?.filter(|row| tenant_id.is_none_or(|tenant_id| row.tenant_id == tenant_id));
    row.ok_or_else(|| DomainError::not_found("Provisioning is not configured"))
}

/// Says whether what is written to a connection becomes people and groups of its tenant. What was written while it did
/// not comes in now.
pub(crate) async fn set_sync(tx: &Write, row: scim_connection::Model, sync: bool) -> Answer<()> {
    if row.sync_to_user_management == sync {
        return Ok(());
    }
    let mut row = row.into_active_model();
    row.sync_to_user_management = Set(sync);
    row.updated_at = Set(tx.now());
    let row = row.update(tx).await?;
    if sync { provisioning::bring_all(tx, &row).await } else { Ok(()) }
}

/// Deletes a connection, which voids its token, with all that was kept with it.
pub(crate) async fn delete(tx: &Write, row: scim_connection::Model, remainder: Remainder) -> DomainResult<()> {
    provisioning::release(tx, &row, remainder).await?;
    row.delete(tx).await?;
    Ok(())
}

/// The connection that a token opens. It takes as long for one that there is not.
pub(crate) async fn authenticate(tx: &Read, id: &str, token: &str) -> Answer<scim_connection::Model> {
    let row = find(tx, id).await?;
    let expected = row.as_ref().map_or("", |row| row.fingerprint.as_str());
    let is_right = same_secret(&ids::fingerprint(token), expected);
    row.filter(|_| is_right).ok_or(Failure::Unauthorized)
}

/// Notes that the identity provider has written something.
pub(super) async fn touch(tx: &Write, connection: &scim_connection::Model) -> Answer<()> {
    scim_connection::Entity::update_many()
        .col_expr(scim_connection::Column::LastSync, Expr::value(Some(tx.now())))
        .filter(scim_connection::Column::Id.eq(connection.id.as_str()))
        .exec(tx)
        .await?;
    Ok(())
}

/// How many users are kept with a connection.
pub(crate) async fn count_users(tx: &Read, connection: &scim_connection::Model) -> DomainResult<u64> {
    let of_connection = scim_user::Entity::find().filter(scim_user::Column::ConnectionId.eq(connection.id.as_str()));
    Ok(of_connection.fetch_count(tx).await?)
}

impl ScimSource {
    /// As callers name it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Frontegg => "frontegg",
            Self::Okta => "okta",
            Self::AzureAd => "azure-ad",
            Self::Other => "other",
        }
    }
}
