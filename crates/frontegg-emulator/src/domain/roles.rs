//! Roles: who sees which, what they hold, who may hand them out.
//!
//! A role without a tenant belongs to the whole environment and is seen by every tenant; one with a
//! tenant is unknown to all others. Here `tenant: Option<&str>` is the tenant that a call is about,
//! or `None` for the whole environment, in which all roles are within reach.

mod change;
mod effective;
mod holders;
mod listing;
mod rank;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};

use super::{DomainError, DomainResult, input, tenants};
use crate::store::{
    Fetch, Read,
    entity::{role, role_permission},
};

pub(crate) use change::{
    DerivedRole, NewRole, RoleChange, create, delete, derive, set_permissions, set_tenant, update,
};
pub(crate) use effective::{Effective, Keys, effective_in, keys_in};
pub(crate) use listing::{RoleListing, SortBy, levels, owners, page};
pub(crate) use rank::{Rank, may_grant, rank};

pub(crate) use crate::store::catalog::{RoleWithPermissions, select_with_permissions};

/// The roles that a tenant sees: those of the environment and its own.
pub(crate) fn seen_by(tenant: Option<&str>) -> Condition {
    match tenant {
        Some(tenant) => Condition::any().add(role::Column::TenantId.is_null()).add(role::Column::TenantId.eq(tenant)),
        None => Condition::all(),
    }
}

/// The roles that a tenant may change: its own.
fn owned_by(tenant: Option<&str>) -> Condition {
    Condition::all().add_option(tenant.map(|tenant| role::Column::TenantId.eq(tenant)))
}

/// The same, of roles that are known already.
#[derive(Clone, Copy)]
enum Among<'a> {
    All,
    /// Those that a tenant sees.
    SeenBy(&'a str),
    /// Those that a tenant may change: its own.
    OwnedBy(&'a str),
}

impl Among<'_> {
    fn has(self, role: &role::Model) -> bool {
        match self {
            Self::All => true,
            Self::SeenBy(tenant) => role.tenant_id.as_deref().is_none_or(|owner| owner == tenant),
            Self::OwnedBy(tenant) => role.tenant_id.as_deref() == Some(tenant),
        }
    }
}

/// All roles within reach, by level and key. 404 for an unknown tenant.
pub(crate) async fn list(tx: &Read, tenant: Option<&str>) -> DomainResult<Vec<RoleWithPermissions>> {
    require_tenant(tx, tenant).await?;
    Ok(select_with_permissions(tx, role::Entity::find().filter(seen_by(tenant))).await?)
}

/// The roles with these ids, each once and in this order; 404 when one of them is unknown or out of
/// the tenant's sight. To give roles to somebody, always name the tenant.
pub(crate) async fn visible(tx: &Read, tenant: Option<&str>, ids: Vec<String>) -> DomainResult<Vec<role::Model>> {
    find(tx, tenant.map_or(Among::All, Among::SeenBy), ids).await
}

/// The same among the roles that the tenant owns: those that it may change.
pub(crate) async fn owned(tx: &Read, tenant: Option<&str>, ids: Vec<String>) -> DomainResult<Vec<role::Model>> {
    find(tx, tenant.map_or(Among::All, Among::OwnedBy), ids).await
}

async fn find(tx: &Read, among: Among<'_>, ids: Vec<String>) -> DomainResult<Vec<role::Model>> {
    let ids = input::distinct("roleIds", ids)?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let found = of_ids(tx, &ids).await?.into_iter().map(|held| held.role).filter(|role| among.has(role));
    let mut found: BTreeMap<String, role::Model> = found.map(|role| (role.id.clone(), role)).collect();
    ids.iter().map(|id| found.remove(id).ok_or_else(unknown)).collect()
}

/// The role with that key among those that the tenant owns, or the environment.
pub(crate) async fn owned_by_key(tx: &Read, tenant: Option<&str>, key: &str) -> DomainResult<Option<role::Model>> {
    let of_key = role::Entity::find().filter(role::Column::Key.eq(key));
    Ok(of_key.filter(owned_by(tenant)).fetch_one(tx).await?)
}

/// The roles that new members of a tenant get when none are named for them.
pub(crate) async fn defaults(tx: &Read, tenant_id: &str) -> DomainResult<Vec<role::Model>> {
    flagged(tx, tenant_id, |role| role.is_default, role::Column::IsDefault).await
}

/// The roles that the first member of a tenant gets besides the default ones.
pub(crate) async fn first_user(tx: &Read, tenant_id: &str) -> DomainResult<Vec<role::Model>> {
    flagged(tx, tenant_id, |role| role.first_user_role, role::Column::FirstUserRole).await
}

/// The roles that a tenant sees with a flag, by level and key: the flag as it stands in a row, and its column.
async fn flagged(
    tx: &Read,
    tenant_id: &str,
    is_set: impl Fn(&role::Model) -> bool,
    flag: role::Column,
) -> DomainResult<Vec<role::Model>> {
    let catalog = tx.catalog().await?;
    let of_environment = catalog.roles().iter().map(|held| &held.role).filter(|role| is_set(role));
    let mut roles: Vec<role::Model> = of_environment.cloned().collect();
    if catalog.tenants_have_roles {
        let own = role::Entity::find().filter(role::Column::TenantId.eq(tenant_id)).filter(flag.eq(true));
        roles.extend(own.fetch_all(tx).await?);
        roles.sort_by(|one, other| strength(one).cmp(&strength(other)));
    }
    Ok(roles)
}

/// By what roles are sorted.
fn strength(role: &role::Model) -> (i32, &str, &str) {
    (role.level, &role.key, &role.id)
}

/// The roles with these ids, each once, by level and key, whoever may see them. Unknown ones are left out.
pub(crate) async fn of_ids(tx: &Read, ids: &[String]) -> DomainResult<Vec<RoleWithPermissions>> {
    let catalog = tx.catalog().await?;
    let ids: BTreeSet<&str> = ids.iter().map(String::as_str).collect();
    let mut roles: Vec<_> = ids.iter().filter_map(|id| catalog.role(id)).cloned().collect();
    let others: Vec<&str> = ids.into_iter().filter(|id| catalog.role(id).is_none()).collect();
    if catalog.tenants_have_roles && !others.is_empty() {
        let of_tenants = role::Entity::find().filter(role::Column::Id.is_in(others));
        roles.extend(select_with_permissions(tx, of_tenants).await?);
    }
    roles.sort_by(|one, other| strength(&one.role).cmp(&strength(&other.role)));
    Ok(roles)
}

/// Adds to each role the ids of its permissions.
pub(crate) async fn with_permissions(tx: &Read, roles: Vec<role::Model>) -> DomainResult<Vec<RoleWithPermissions>> {
    let catalog = tx.catalog().await?;
    let others = roles.iter().map(|role| role.id.as_str()).filter(|id| catalog.role(id).is_none());
    let mut held = permission_ids(tx, others.collect()).await?;
    let with = |role: role::Model| {
        let permissions = match catalog.role(&role.id) {
            Some(known) => known.permissions.clone(),
            None => held.remove(&role.id).unwrap_or_default(),
        };
        RoleWithPermissions { role, permissions }
    };
    Ok(roles.into_iter().map(with).collect())
}

/// The ids of the permissions of each of these roles, whatever the catalog knows.
async fn permission_ids(tx: &Read, roles: Vec<&str>) -> DomainResult<BTreeMap<String, Vec<String>>> {
    let mut held = BTreeMap::<String, Vec<String>>::new();
    if roles.is_empty() {
        return Ok(held);
    }
    let rows = role_permission::Entity::find()
        .filter(role_permission::Column::RoleId.is_in(roles))
        .order_by_asc(role_permission::Column::PermissionId)
        .fetch_all(tx)
        .await?;
    for row in rows {
        held.entry(row.role_id).or_default().push(row.permission_id);
    }
    Ok(held)
}

/// 404 for a tenant that does not exist.
async fn require_tenant(tx: &Read, tenant: Option<&str>) -> DomainResult<()> {
    if let Some(tenant_id) = tenant {
        tenants::require(tx, tenant_id).await?;
    }
    Ok(())
}

/// Said of roles that do not exist and of those that the caller must not know.
fn unknown() -> DomainError {
    DomainError::not_found("Role not found")
}
