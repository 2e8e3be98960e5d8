//! Making, changing and deleting roles.

use std::collections::BTreeSet;

use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
};

use super::{
    Rank, RoleWithPermissions,
    holders::{give_to_members, hold, take_from_others},
    owned_by, permission_ids, rank, require_tenant, seen_by, unknown, visible,
};
use crate::{
    domain::{
        DomainError, DomainResult,
        caller::Caller,
        input::{self, not_empty},
        permissions,
    },
    ids,
    store::{
        Fetch, Read, Write,
        entity::{role, role_permission},
        query::{self, OneColumn},
    },
};

/// A role to make.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewRole {
    /// Made up when absent.
    pub(crate) id: Option<String>,
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) is_default: bool,
    pub(crate) first_user_role: bool,
    pub(crate) level: i32,
    /// Whether, being a default role, it also goes to those who are members already.
    pub(crate) migrate: bool,
}

/// What to change of a role; `None` leaves a value as it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct RoleChange {
    pub(crate) key: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) is_default: Option<bool>,
    pub(crate) first_user_role: Option<bool>,
    pub(crate) level: Option<i32>,
    /// Whether, made a default role, it also goes to those who are members already.
    pub(crate) migrate: bool,
}

/// Makes roles of the tenant, or of the environment; all of them or none.
pub(crate) async fn create(
    tx: &Write,
    caller: Caller<'_>,
    tenant: Option<&str>,
    new: Vec<NewRole>,
) -> DomainResult<Vec<role::Model>> {
    require_tenant(tx, tenant).await?;
    input::at_most("body", &new)?;
    for (index, new) in new.iter().enumerate() {
        not_empty(&format!("[{index}]."), &[("key", Some(&new.key)), ("name", Some(&new.name))])?;
        input::check_id(&format!("[{index}].key"), &new.key)?;
    }
    let rank = rank(tx, caller).await?;
    for new in &new {
        rank.require(new.level)?;
    }
    free_keys(tx, tenant, new.iter().map(|new| new.key.as_str()), None).await?;
    let migrate = |new: &NewRole| new.is_default && new.migrate;
    let row = |new: &NewRole| {
        let id = input::id_or_new("id", new.id.clone())?;
        let created_at = tx.stamp();
        Ok(role::Model {
            id,
            tenant_id: tenant.map(str::to_owned),
            key: new.key.clone(),
            name: new.name.clone(),
            description: new.description.clone(),
            is_default: new.is_default,
            first_user_role: new.first_user_role,
            level: new.level,
            created_at,
            updated_at: created_at,
            // Made when it is saved.
            folded: String::new(),
        })
    };
    let rows = new.iter().map(row).collect::<DomainResult<Vec<role::Model>>>()?;
    query::insert_all(rows.iter().cloned().map(IntoActiveModel::into_active_model).collect(), tx).await?;
    let migrating = rows.iter().zip(&new).filter(|(_, new)| migrate(new)).map(|(row, _)| row.id.as_str());
    give_to_members(tx, migrating.collect()).await?;
    Ok(rows)
}

/// A role to make after another one, with permissions.
#[derive(Clone, Debug, Default)]
pub(crate) struct DerivedRole {
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) is_default: bool,
    /// The role whose level the new one gets.
    pub(crate) base_role_id: String,
    pub(crate) permission_ids: Vec<String>,
}

/// Makes a role as strong as its base, with the permissions named and, in a tenant, with those that
/// go into every role there.
pub(crate) async fn derive(
    tx: &Write,
    caller: Caller<'_>,
    tenant: Option<&str>,
    new: DerivedRole,
) -> DomainResult<RoleWithPermissions> {
    require_tenant(tx, tenant).await?;
    not_empty("", &[("key", Some(&new.key)), ("name", Some(&new.name))])?;
    input::check_id("key", &new.key)?;
    let base = visible(tx, tenant, vec![new.base_role_id]).await?.pop().ok_or_else(unknown)?;
    let mut chosen = permissions::find(tx, new.permission_ids).await?;
    rank(tx, caller).await?.require(base.level)?;
    if tenant.is_some() {
        chosen = permissions::for_customers(tx, chosen).await?;
    }
    free_keys(tx, tenant, [new.key.as_str()].into_iter(), None).await?;
    let created_at = tx.stamp();
    let role = role::Model {
        id: ids::new_id(),
        tenant_id: tenant.map(str::to_owned),
        key: new.key,
        name: new.name,
        description: new.description,
        is_default: new.is_default,
        first_user_role: false,
        level: base.level,
        created_at,
        updated_at: created_at,
        // Made when it is saved.
        folded: String::new(),
    };
    query::insert_all(vec![role.clone().into_active_model()], tx).await?;
    hold(tx, &role.id, chosen.iter().map(|permission| permission.id.as_str())).await?;
    with_its_permissions(tx, role).await
}

/// Changes a role.
pub(crate) async fn update(
    tx: &Write,
    caller: Caller<'_>,
    tenant: Option<&str>,
    id: &str,
    change: RoleChange,
) -> DomainResult<RoleWithPermissions> {
    let (row, rank) = within_reach(tx, caller, tenant, id).await?;
    not_empty("", &[("key", change.key.as_deref()), ("name", change.name.as_deref())])?;
    change.key.as_deref().map_or(Ok(()), |key| input::check_id("key", key))?;
    if let Some(level) = change.level {
        rank.require(level)?;
    }
    if let Some(key) = &change.key {
        free_keys(tx, row.tenant_id.as_deref(), [key.as_str()].into_iter(), Some(id)).await?;
    }
    let migrate = change.migrate && change.is_default == Some(true);
    let mut row = row.into_active_model();
    if let Some(key) = change.key {
        row.key.set_ne(key);
    }
    if let Some(name) = change.name {
        row.name.set_ne(name);
    }
    if change.description.is_some() {
        row.description.set_ne(change.description);
    }
    if let Some(is_default) = change.is_default {
        row.is_default.set_ne(is_default);
    }
    if let Some(first_user_role) = change.first_user_role {
        row.first_user_role.set_ne(first_user_role);
    }
    if let Some(level) = change.level {
        row.level.set_ne(level);
    }
    if row.is_changed() {
        row.updated_at = Set(tx.now());
    }
    let row = row.update(tx).await?;
    if migrate {
        give_to_members(tx, vec![id]).await?;
    }
    with_its_permissions(tx, row).await
}

/// Deletes a role; whatever held it holds it no more.
pub(crate) async fn delete(tx: &Write, caller: Caller<'_>, tenant: Option<&str>, id: &str) -> DomainResult<()> {
    let (row, _) = within_reach(tx, caller, tenant, id).await?;
    role::Entity::delete_by_id(row.id).exec(tx).await?;
    Ok(())
}

/// Gives a role exactly these permissions.
pub(crate) async fn set_permissions(
    tx: &Write,
    caller: Caller<'_>,
    tenant: Option<&str>,
    id: &str,
    permission_ids: Vec<String>,
) -> DomainResult<RoleWithPermissions> {
    let (row, _) = within_reach(tx, caller, tenant, id).await?;
    let mut chosen = permissions::find(tx, permission_ids).await?;
    if caller.is_user() {
        chosen = permissions::for_customers(tx, chosen).await?;
    }
    let held = with_its_permissions(tx, row).await?;
    let before: BTreeSet<&str> = held.permissions.iter().map(String::as_str).collect();
    let after: BTreeSet<&str> = chosen.iter().map(|permission| permission.id.as_str()).collect();
    if before == after {
        return Ok(held);
    }
    role_permission::Entity::delete_many()
        .filter(role_permission::Column::RoleId.eq(id))
        .filter(role_permission::Column::PermissionId.is_in(before.difference(&after).copied()))
        .exec(tx)
        .await?;
    hold(tx, id, after.difference(&before).copied()).await?;
    let permissions = after.into_iter().map(str::to_owned).collect();
    let mut role = held.role.into_active_model();
    role.updated_at = Set(tx.now());
    Ok(RoleWithPermissions { role: role.update(tx).await?, permissions })
}

/// Makes another tenant, or the environment, the owner of a role. Whoever does not see it any more
/// loses it.
pub(crate) async fn set_tenant(tx: &Write, id: &str, owner: Option<&str>) -> DomainResult<RoleWithPermissions> {
    let row = role::Entity::find_by_id(id).fetch_one(tx).await?.ok_or_else(unknown)?;
    require_tenant(tx, owner).await?;
    if row.tenant_id.as_deref() == owner {
        return with_its_permissions(tx, row).await;
    }
    free_keys(tx, owner, [row.key.as_str()].into_iter(), Some(id)).await?;
    if let Some(owner) = owner {
        take_from_others(tx, id, owner).await?;
    }
    let mut row = row.into_active_model();
    row.tenant_id = Set(owner.map(str::to_owned));
    row.updated_at = Set(tx.now());
    let row = row.update(tx).await?;
    with_its_permissions(tx, row).await
}

/// The role that a caller may change or delete, with the caller's rank. With a tenant only the
/// roles that it owns are within reach; those of the environment it sees, no more.
async fn within_reach(
    tx: &Read,
    caller: Caller<'_>,
    tenant: Option<&str>,
    id: &str,
) -> DomainResult<(role::Model, Rank)> {
    let row = role::Entity::find_by_id(id).filter(owned_by(tenant)).fetch_one(tx).await?.ok_or_else(unknown)?;
    let rank = rank(tx, caller).await?;
    rank.require(row.level)?;
    Ok((row, rank))
}

/// 409 when a tenant would see two roles with one key: an owner sees its own and the environment's,
/// and what is the environment's is seen by all.
async fn free_keys<'a>(
    tx: &Read,
    owner: Option<&str>,
    keys: impl Iterator<Item = &'a str> + Clone,
    except: Option<&str>,
) -> DomainResult<()> {
    let mut seen = BTreeSet::new();
    let mut taken: BTreeSet<String> = keys.clone().filter(|key| !seen.insert(*key)).map(str::to_owned).collect();
    if seen.is_empty() {
        return Ok(());
    }
    let rows: Vec<String> = role::Entity::find()
        .select_only()
        .column(role::Column::Key)
        .filter(seen_by(owner))
        .filter(role::Column::Key.is_in(seen))
        .filter(except.map_or_else(Condition::all, |id| Condition::all().add(role::Column::Id.ne(id))))
        .one_column()
        .fetch_all(tx)
        .await?;
    taken.extend(rows);
    if taken.is_empty() {
        return Ok(());
    }
    let taken: Vec<String> = taken.into_iter().collect();
    // The provisioning client looks for these words.
    Err(DomainError::conflict(format!("Roles already exists: {}", taken.join(", "))))
}

async fn with_its_permissions(tx: &Read, role: role::Model) -> DomainResult<RoleWithPermissions> {
    let permissions = permission_ids(tx, vec![role.id.as_str()]).await?.remove(&role.id);
    Ok(RoleWithPermissions { role, permissions: permissions.unwrap_or_default() })
}
