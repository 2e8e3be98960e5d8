//! Making, changing and deleting groups.

use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde::de::IgnoredAny;

use super::{configuration, links, require};
use crate::{
    domain::{
        DomainError, DomainResult,
        caller::Caller,
        input::{id_or_new, not_empty},
        roles, tenants,
        users::ManagedBy,
    },
    store::{FetchCount, Read, Write, entity::group},
};

/// A group to make.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewGroup {
    /// Made up when absent.
    pub(crate) id: Option<String>,
    pub(crate) record: GroupChange,
}

/// What a group is to have; `None` leaves a value as it is, or empty in a new group.
#[derive(Clone, Debug, Default)]
pub(crate) struct GroupChange {
    pub(crate) name: Option<String>,
    pub(crate) color: Option<String>,
    pub(crate) description: Option<String>,
    /// JSON as text.
    pub(crate) metadata: Option<String>,
}

/// Makes a group without roles and members.
pub(crate) async fn create(tx: &Write, tenant_id: &str, new: NewGroup) -> DomainResult<group::Model> {
    let NewGroup { id, record: new } = new;
    tenants::require(tx, tenant_id).await?;
    check(&new)?;
    if !configuration(tx).await?.enabled {
        return Err(DomainError::forbidden("Groups are disabled"));
    }
    let name = new.name.unwrap_or_default();
    free_name(tx, tenant_id, &name).await?;
    let created_at = tx.stamp();
    let row = group::ActiveModel {
        id: Set(id_or_new("id", id)?),
        tenant_id: Set(tenant_id.to_owned()),
        name: Set(name),
        color: Set(new.color),
        description: Set(new.description),
        metadata: Set(new.metadata.unwrap_or_default()),
        managed_by: Set(ManagedBy::Frontegg.name().to_owned()),
        created_at: Set(created_at),
        updated_at: Set(created_at),
    };
    Ok(row.insert(tx).await?)
}

/// Changes a group.
pub(crate) async fn update(tx: &Write, tenant_id: &str, id: &str, change: GroupChange) -> DomainResult<group::Model> {
    let row = require(tx, tenant_id, id).await?;
    check(&change)?;
    if let Some(name) = change.name.as_ref().filter(|name| **name != row.name) {
        free_name(tx, tenant_id, name).await?;
    }
    let mut row = row.into_active_model();
    if let Some(name) = change.name {
        row.name.set_ne(name);
    }
    if change.color.is_some() {
        row.color.set_ne(change.color);
    }
    if change.description.is_some() {
        row.description.set_ne(change.description);
    }
    if let Some(metadata) = change.metadata {
        row.metadata.set_ne(metadata);
    }
    if row.is_changed() {
        row.updated_at = Set(tx.now());
    }
    Ok(row.update(tx).await?)
}

/// Says by whom a group is kept up to date.
pub(crate) async fn set_managed_by(tx: &Write, row: group::Model, by: ManagedBy) -> DomainResult<()> {
    let mut row = row.into_active_model();
    row.managed_by.set_ne(by.name().to_owned());
    if row.is_changed() {
        row.updated_at = Set(tx.now());
    }
    row.update(tx).await?;
    Ok(())
}

/// Deletes a group. Its members lose its roles, so these must be the caller's to take.
pub(crate) async fn delete(tx: &Write, caller: Caller<'_>, tenant_id: &str, id: &str) -> DomainResult<()> {
    let row = require(tx, tenant_id, id).await?;
    roles::may_grant(tx, caller, &links::roles_of(tx, id).await?).await?;
    group::Entity::delete_by_id(row.id).exec(tx).await?;
    Ok(())
}

fn check(change: &GroupChange) -> DomainResult<()> {
    not_empty("", &[("name", change.name.as_deref())])?;
    // Groups without metadata show an empty text, which may be sent back.
    let is_json = |text: &str| text.is_empty() || serde_json::from_str::<IgnoredAny>(text).is_ok();
    match &change.metadata {
        Some(metadata) if !is_json(metadata) => Err(DomainError::bad_request("metadata must be a json string")),
        _ => Ok(()),
    }
}

/// 409 when the tenant has a group of that name.
async fn free_name(tx: &Read, tenant_id: &str, name: &str) -> DomainResult<()> {
    let taken = group::Entity::find()
        .filter(group::Column::TenantId.eq(tenant_id))
        .filter(group::Column::Name.eq(name))
        .fetch_count(tx)
        .await?;
    if taken == 0 { Ok(()) } else { Err(DomainError::conflict("Group already exists")) }
}
