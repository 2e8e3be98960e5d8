//! Roles of those who come by a connection: of everybody, and of members of groups that the provider names.

use std::collections::BTreeMap;

use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder};

use super::connections;
use crate::{
    domain::{DomainError, DomainResult, caller::Caller, input, roles},
    store::{
        Fetch, FetchCount, Read, Write,
        entity::{role, sso_connection, sso_default_role, sso_group, sso_group_role},
        query,
    },
};

/// A group of the provider with the roles of its members.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub(crate) row: sso_group::Model,
    pub(crate) role_ids: Vec<String>,
}

/// A mapping to create.
#[derive(Clone, Debug)]
pub(crate) struct NewGroup {
    /// As the provider names it.
    pub(crate) name: String,
    pub(crate) role_ids: Vec<String>,
}

/// What to change of a mapping; what is absent stays.
#[derive(Clone, Debug, Default)]
pub(crate) struct GroupChange {
    pub(crate) name: Option<String>,
    /// In place of all that there are.
    pub(crate) role_ids: Option<Vec<String>>,
}

/// The mappings of a connection, the oldest first; 404 without the connection.
pub(crate) async fn list(tx: &Read, tenant_id: &str, connection_id: &str) -> DomainResult<Vec<Group>> {
    let connection = connections::require(tx, tenant_id, connection_id).await?;
    let mut groups = of_connections(tx, &[&connection.id]).await?;
    Ok(groups.remove(connection_id).unwrap_or_default())
}

/// Gives roles to members of a group, as far as the caller may; 409 where the group has a mapping.
pub(crate) async fn create(
    tx: &Write,
    caller: Caller<'_>,
    tenant_id: &str,
    connection_id: &str,
    new: NewGroup,
) -> DomainResult<Group> {
    let NewGroup { name, role_ids } = new;
    connections::require(tx, tenant_id, connection_id).await?;
    check_name(tx, connection_id, &name).await?;
    let role_ids = grantable(tx, caller, tenant_id, role_ids).await?;
    let row = sso_group::ActiveModel {
        id: Set(tx.row_id::<sso_group::Entity>(&[connection_id, &name]).await?),
        connection_id: Set(connection_id.to_owned()),
        name: Set(name),
        created_at: Set(tx.stamp()),
    };
    let row = row.insert(tx).await?;
    set_roles(tx, &row.id, &role_ids).await?;
    Ok(Group { row, role_ids })
}

/// Changes a mapping, as far as the caller may, or 404.
pub(crate) async fn update(
    tx: &Write,
    caller: Caller<'_>,
    tenant_id: &str,
    connection_id: &str,
    id: &str,
    change: GroupChange,
) -> DomainResult<Group> {
    let mut row = require(tx, tenant_id, connection_id, id).await?;
    if let Some(name) = change.name.filter(|name| *name != row.name) {
        check_name(tx, connection_id, &name).await?;
        let mut changed = row.into_active_model();
        changed.name = Set(name);
        row = changed.update(tx).await?;
    }
    let role_ids = if let Some(role_ids) = change.role_ids {
        let role_ids = grantable(tx, caller, tenant_id, role_ids).await?;
        set_roles(tx, id, &role_ids).await?;
        role_ids
    } else {
        roles_of(tx, &[id]).await?.remove(id).unwrap_or_default()
    };
    Ok(Group { row, role_ids })
}

/// Removes a mapping, or 404.
pub(crate) async fn delete(tx: &Write, tenant_id: &str, connection_id: &str, id: &str) -> DomainResult<()> {
    let row = require(tx, tenant_id, connection_id, id).await?;
    sso_group::Entity::delete_by_id(row.id).exec(tx).await?;
    Ok(())
}

/// The default roles of a connection; 404 without it.
pub(crate) async fn default_roles(tx: &Read, tenant_id: &str, connection_id: &str) -> DomainResult<Vec<String>> {
    let connection = connections::require(tx, tenant_id, connection_id).await?;
    let mut roles = defaults_of(tx, &[&connection.id]).await?;
    Ok(roles.remove(connection_id).unwrap_or_default())
}

/// Puts these default roles in place of all that a connection has, as far as the caller may.
pub(crate) async fn set_default_roles(
    tx: &Write,
    caller: Caller<'_>,
    tenant_id: &str,
    connection_id: &str,
    role_ids: Vec<String>,
) -> DomainResult<Vec<String>> {
    connections::require(tx, tenant_id, connection_id).await?;
    let role_ids = grantable(tx, caller, tenant_id, role_ids).await?;
    let all = sso_default_role::Column::ConnectionId.eq(connection_id);
    sso_default_role::Entity::delete_many().filter(all).exec(tx).await?;
    let link = |role_id: &String| {
        sso_default_role::Model { connection_id: connection_id.to_owned(), role_id: role_id.clone() }
            .into_active_model()
    };
    query::insert_all(role_ids.iter().map(link).collect(), tx).await?;
    Ok(role_ids)
}

/// The mappings of these connections, the oldest first.
pub(super) async fn of_connections(tx: &Read, ids: &[&str]) -> DomainResult<BTreeMap<String, Vec<Group>>> {
    let mut groups = BTreeMap::<String, Vec<Group>>::new();
    if ids.is_empty() {
        return Ok(groups);
    }
    let rows = sso_group::Entity::find()
        .filter(sso_group::Column::ConnectionId.is_in(ids.iter().copied()))
        .order_by_asc(sso_group::Column::CreatedAt)
        .order_by_asc(sso_group::Column::Id)
        .fetch_all(tx)
        .await?;
    let of: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let mut roles = roles_of(tx, &of).await?;
    for row in rows {
        let role_ids = roles.remove(&row.id).unwrap_or_default();
        groups.entry(row.connection_id.clone()).or_default().push(Group { row, role_ids });
    }
    Ok(groups)
}

/// The roles of somebody who comes by a connection for the first time, a member of these groups of the provider. One that
/// the tenant does not see any more is left out.
pub(super) async fn roles_for(
    tx: &Read,
    connection: &sso_connection::Model,
    names: &[String],
) -> DomainResult<Vec<String>> {
    let id = connection.id.as_str();
    let mut ids = defaults_of(tx, &[id]).await?.remove(id).unwrap_or_default();
    for group in of_connections(tx, &[id]).await?.remove(id).unwrap_or_default() {
        if names.contains(&group.row.name) {
            ids.extend(group.role_ids);
        }
    }
    let roles = roles::of_ids(tx, &ids).await?.into_iter().map(|held| held.role);
    let is_seen = |role: &role::Model| role.tenant_id.as_ref().is_none_or(|owner| *owner == connection.tenant_id);
    Ok(roles.filter(is_seen).map(|role| role.id).collect())
}

/// The default roles of these connections.
pub(super) async fn defaults_of(tx: &Read, ids: &[&str]) -> DomainResult<BTreeMap<String, Vec<String>>> {
    let mut roles = BTreeMap::<String, Vec<String>>::new();
    if ids.is_empty() {
        return Ok(roles);
    }
    let rows = sso_default_role::Entity::find()
        .filter(sso_default_role::Column::ConnectionId.is_in(ids.iter().copied()))
        .order_by_asc(sso_default_role::Column::RoleId)
        .fetch_all(tx)
        .await?;
    for row in rows {
        roles.entry(row.connection_id).or_default().push(row.role_id);
    }
    Ok(roles)
}

/// The roles of members of these groups.
async fn roles_of(tx: &Read, ids: &[&str]) -> DomainResult<BTreeMap<String, Vec<String>>> {
    let mut roles = BTreeMap::<String, Vec<String>>::new();
    if ids.is_empty() {
        return Ok(roles);
    }
    let rows = sso_group_role::Entity::find()
        .filter(sso_group_role::Column::GroupId.is_in(ids.iter().copied()))
        .order_by_asc(sso_group_role::Column::RoleId)
        .fetch_all(tx)
        .await?;
    for row in rows {
        roles.entry(row.group_id).or_default().push(row.role_id);
    }
    Ok(roles)
}

async fn require(tx: &Read, tenant_id: &str, connection_id: &str, id: &str) -> DomainResult<sso_group::Model> {
    connections::require(tx, tenant_id, connection_id).await?;
    sso_group::Entity::find_by_id(id)
        .filter(sso_group::Column::ConnectionId.eq(connection_id))
        .fetch_one(tx)
        .await?
        .ok_or_else(|| DomainError::not_found("SSO group not found"))
}

/// Refuses a name that says nothing, or that another mapping has.
async fn check_name(tx: &Read, connection_id: &str, name: &str) -> DomainResult<()> {
    input::not_empty("", &[("group", Some(name))])?;
    let same = sso_group::Entity::find()
        .filter(sso_group::Column::ConnectionId.eq(connection_id))
        .filter(sso_group::Column::Name.eq(name));
    if same.fetch_count(tx).await? > 0 { Err(DomainError::conflict("SSO group already exists")) } else { Ok(()) }
}

/// These roles, each once and in the order in which they are read again; refused where the tenant does not see one of
/// them or the caller may not give it.
async fn grantable(tx: &Read, caller: Caller<'_>, tenant_id: &str, role_ids: Vec<String>) -> DomainResult<Vec<String>> {
    let roles: Vec<role::Model> = roles::visible(tx, Some(tenant_id), role_ids).await?;
    roles::may_grant(tx, caller, &roles).await?;
    let mut ids: Vec<String> = roles.into_iter().map(|role| role.id).collect();
    ids.sort_unstable();
    Ok(ids)
}

async fn set_roles(tx: &Write, group_id: &str, role_ids: &[String]) -> DomainResult<()> {
    let all = sso_group_role::Column::GroupId.eq(group_id);
    sso_group_role::Entity::delete_many().filter(all).exec(tx).await?;
    let link = |role_id: &String| {
        sso_group_role::Model { group_id: group_id.to_owned(), role_id: role_id.clone() }.into_active_model()
    };
    Ok(query::insert_all(role_ids.iter().map(link).collect(), tx).await?)
}
