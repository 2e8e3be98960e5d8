//! Permissions: named rights of the environment, which roles hold.
//!
//! The product brings some of its own, whose keys start with `fe.`; they can be given and classified
//! but not changed.

pub(crate) mod categories;
mod change;

use std::collections::{BTreeMap, HashSet};

use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder};

use super::{DomainError, DomainResult, input, roles};
use crate::store::{
    Fetch, Read,
    entity::{AssignmentType, permission, role, role_permission},
};

pub(crate) use change::{NewPermission, PermissionChange, add_to_roles, classify, create, delete, update};

/// A permission with the ids of the roles that hold it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PermissionWithRoles {
    pub(crate) permission: permission::Model,
    pub(crate) roles: Vec<String>,
}

/// All permissions, by key, with those of their roles that a tenant sees.
pub(crate) async fn list(tx: &Read, tenant: Option<&str>) -> DomainResult<Vec<PermissionWithRoles>> {
    let permissions = permission::Entity::find().order_by_asc(permission::Column::Key).fetch_all(tx).await?;
    with_roles(tx, tenant, Condition::all(), permissions).await
}

/// The permissions with these ids, each once and in this order; 404 when one of them is unknown.
pub(crate) async fn find(tx: &Read, ids: Vec<String>) -> DomainResult<Vec<permission::Model>> {
    let ids = input::distinct("permissionIds", ids)?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let rows = permission::Entity::find().filter(permission::Column::Id.is_in(ids.iter())).fetch_all(tx).await?;
    let mut found: BTreeMap<String, permission::Model> = rows.into_iter().map(|row| (row.id.clone(), row)).collect();
    ids.iter().map(|id| found.remove(id).ok_or_else(unknown)).collect()
}

/// The permission with that key.
pub(crate) async fn by_key(tx: &Read, key: &str) -> DomainResult<Option<permission::Model>> {
    Ok(permission::Entity::find().filter(permission::Column::Key.eq(key)).fetch_one(tx).await?)
}

/// What a role that customers build holds when they choose these: 403 for those classified as out of
/// their reach, and those that go into every role are added.
pub(crate) async fn for_customers(
    tx: &Read,
    mut chosen: Vec<permission::Model>,
) -> DomainResult<Vec<permission::Model>> {
    offered(&chosen)?;
    let ids: HashSet<String> = chosen.iter().map(|permission| permission.id.clone()).collect();
    let always = permission::Entity::find()
        .filter(permission::Column::AssignmentType.eq(AssignmentType::Always))
        .order_by_asc(permission::Column::Key)
        .fetch_all(tx)
        .await?;
    chosen.extend(always.into_iter().filter(|permission| !ids.contains(&permission.id)));
    Ok(chosen)
}

/// 403 when one of these is classified as out of customers' reach.
fn offered(permissions: &[permission::Model]) -> DomainResult<()> {
    let never = |permission: &permission::Model| permission.assignment_type == AssignmentType::Never;
    match permissions.iter().find(|permission| never(permission)) {
        Some(permission) => {
            Err(DomainError::forbidden(format!("The permission {} cannot be assigned", permission.key)))
        }
        None => Ok(()),
    }
}

/// Adds to each permission the ids of the roles that hold it; `of` limits the look-up to them.
async fn with_roles(
    tx: &Read,
    tenant: Option<&str>,
    of: Condition,
    permissions: Vec<permission::Model>,
) -> DomainResult<Vec<PermissionWithRoles>> {
    let links = role_permission::Entity::find()
        .inner_join(role::Entity)
        .filter(roles::seen_by(tenant))
        .filter(of)
        .order_by_asc(role_permission::Column::RoleId)
        .fetch_all(tx)
        .await?;
    let mut holders = BTreeMap::<String, Vec<String>>::new();
    for link in links {
        holders.entry(link.permission_id).or_default().push(link.role_id);
    }
    let with = |permission: permission::Model| PermissionWithRoles {
        roles: holders.remove(&permission.id).unwrap_or_default(),
        permission,
    };
    Ok(permissions.into_iter().map(with).collect())
}

async fn with_its_roles(
    tx: &Read,
    tenant: Option<&str>,
    permission: permission::Model,
) -> DomainResult<PermissionWithRoles> {
    let of = Condition::all().add(role_permission::Column::PermissionId.eq(&permission.id));
    let mut with = with_roles(tx, tenant, of, vec![permission]).await?;
    with.pop().ok_or_else(unknown)
}

fn unknown() -> DomainError {
    DomainError::not_found("Permission not found")
}
