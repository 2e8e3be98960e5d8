//! Making, changing, classifying and deleting permissions, and giving them to roles.

use std::collections::BTreeSet;

use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect,
    sea_query::Expr,
};

use super::{PermissionWithRoles, categories, find, offered, unknown, with_its_roles, with_roles};
use crate::{
    domain::{
        DomainError, DomainResult,
        caller::Caller,
        input::{self, not_empty},
        roles::{self, RoleWithPermissions},
    },
    store::{
        Fetch, Read, Write,
        entity::{AssignmentType, permission, role, role_permission},
        query::{self, OneColumn},
    },
};

/// What the keys of the product's own permissions begin with.
const BUILT_IN: &str = "fe.";

/// A permission to make.
#[derive(Clone, Debug)]
pub(crate) struct NewPermission {
    /// Made up when absent.
    pub(crate) id: Option<String>,
    pub(crate) key: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) category_id: Option<String>,
    pub(crate) assignment_type: AssignmentType,
}

/// What to change of a permission; `None` leaves a value as it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct PermissionChange {
    pub(crate) key: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) category_id: Option<String>,
}

/// Makes permissions, all of them or none. No role holds them yet.
pub(crate) async fn create(tx: &Write, new: Vec<NewPermission>) -> DomainResult<Vec<permission::Model>> {
    input::at_most("body", &new)?;
    for (index, new) in new.iter().enumerate() {
        let place = format!("[{index}].");
        not_empty(&place, &[("key", Some(&new.key)), ("name", Some(&new.name))])?;
        own_key(&place, &new.key)?;
    }
    categories::require(tx, new.iter().filter_map(|new| new.category_id.as_deref()).collect()).await?;
    free_keys(tx, new.iter().map(|new| new.key.as_str()), None).await?;
    let row = |new: NewPermission| {
        let created_at = tx.stamp();
        Ok(permission::Model {
            id: input::id_or_new("id", new.id)?,
            key: new.key,
            name: new.name,
            description: new.description,
            category_id: new.category_id,
            fe_permission: false,
            assignment_type: new.assignment_type,
            created_at,
            updated_at: created_at,
        })
    };
    let rows = new.into_iter().map(row).collect::<DomainResult<Vec<permission::Model>>>()?;
    query::insert_all(rows.iter().cloned().map(IntoActiveModel::into_active_model).collect(), tx).await?;
    Ok(rows)
}

/// Changes a permission. Roles that hold it go on holding it.
pub(crate) async fn update(tx: &Write, id: &str, change: PermissionChange) -> DomainResult<PermissionWithRoles> {
    let row = own(tx, id).await?;
    not_empty("", &[("key", change.key.as_deref()), ("name", change.name.as_deref())])?;
    if let Some(key) = &change.key {
        own_key("", key)?;
    }
    categories::require(tx, change.category_id.iter().map(String::as_str).collect()).await?;
    if let Some(key) = &change.key {
        free_keys(tx, [key.as_str()].into_iter(), Some(id)).await?;
    }
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
    if change.category_id.is_some() {
        row.category_id.set_ne(change.category_id);
    }
    if row.is_changed() {
        row.updated_at = Set(tx.now());
    }
    let row = row.update(tx).await?;
    with_its_roles(tx, None, row).await
}

/// Deletes a permission; roles and tokens that held it hold it no more.
pub(crate) async fn delete(tx: &Write, id: &str) -> DomainResult<()> {
    let row = own(tx, id).await?;
    permission::Entity::delete_by_id(row.id).exec(tx).await?;
    Ok(())
}

/// Says what customers may do with permissions in roles they build. Existing roles stay as they are.
pub(crate) async fn classify(
    tx: &Write,
    ids: Vec<String>,
    assignment_type: AssignmentType,
) -> DomainResult<Vec<PermissionWithRoles>> {
    if ids.is_empty() {
        return Err(DomainError::bad_request("permissionIds should not be empty"));
    }
    let mut rows = find(tx, ids).await?;
    let changed: Vec<&str> =
        rows.iter().filter(|row| row.assignment_type != assignment_type).map(|row| row.id.as_str()).collect();
    if !changed.is_empty() {
        permission::Entity::update_many()
            .col_expr(permission::Column::AssignmentType, Expr::value(assignment_type))
            .col_expr(permission::Column::UpdatedAt, query::touched(permission::Column::CreatedAt, tx))
            .filter(permission::Column::Id.is_in(changed))
            .exec(tx)
            .await?;
    }
    for row in &mut rows {
        if row.assignment_type != assignment_type {
            row.assignment_type = assignment_type;
            row.updated_at = tx.now();
        }
    }
    let of = Condition::all().add(role_permission::Column::PermissionId.is_in(rows.iter().map(|row| &row.id)));
    with_roles(tx, None, of, rows).await
}

/// Gives a permission to roles; those that hold it already keep it. A user's token reaches the roles
/// that its tenant owns, up to the caller's level.
pub(crate) async fn add_to_roles(
    tx: &Write,
    caller: Caller<'_>,
    id: &str,
    role_ids: Vec<String>,
) -> DomainResult<PermissionWithRoles> {
    let row = permission::Entity::find_by_id(id).fetch_one(tx).await?.ok_or_else(unknown)?;
    let chosen = roles::owned(tx, caller.tenant(), role_ids).await?;
    roles::may_grant(tx, caller, &chosen).await?;
    if caller.is_user() {
        offered(std::slice::from_ref(&row))?;
    }
    let chosen = roles::with_permissions(tx, chosen).await?;
    let lacks = |role: &RoleWithPermissions| !role.permissions.iter().any(|held| held == id);
    let gaining: Vec<String> = chosen.into_iter().filter(lacks).map(|held| held.role.id).collect();
    let link = |role: &String| role_permission::Model { role_id: role.clone(), permission_id: id.to_owned() };
    query::insert_all(gaining.iter().map(|role| link(role).into_active_model()).collect(), tx).await?;
    role::Entity::update_many()
        .col_expr(role::Column::UpdatedAt, query::touched(role::Column::CreatedAt, tx))
        .filter(role::Column::Id.is_in(gaining))
        .exec(tx)
        .await?;
    with_its_roles(tx, caller.tenant(), row).await
}

/// The permission, if it can be changed.
async fn own(tx: &Read, id: &str) -> DomainResult<permission::Model> {
    let row = permission::Entity::find_by_id(id).fetch_one(tx).await?.ok_or_else(unknown)?;
    if row.fe_permission {
        return Err(DomainError::forbidden("Built-in permissions cannot be changed"));
    }
    Ok(row)
}

/// 400 for a key that looks like one of the product's own.
fn own_key(place: &str, key: &str) -> DomainResult<()> {
    input::check_id(&format!("{place}key"), key)?;
    if key.starts_with(BUILT_IN) {
        return Err(DomainError::bad_request(format!("{place}key must not start with {BUILT_IN}")));
    }
    Ok(())
}

/// 409 when a key is taken, or named twice.
async fn free_keys<'a>(tx: &Read, keys: impl Iterator<Item = &'a str>, except: Option<&str>) -> DomainResult<()> {
    let mut seen = BTreeSet::new();
    let mut taken: BTreeSet<String> = keys.filter(|key| !seen.insert(*key)).map(str::to_owned).collect();
    if seen.is_empty() {
        return Ok(());
    }
    let mut rows = permission::Entity::find()
        .select_only()
        .column(permission::Column::Key)
        .filter(permission::Column::Key.is_in(seen));
    if let Some(id) = except {
        rows = rows.filter(permission::Column::Id.ne(id));
    }
    taken.extend(rows.one_column::<String>().fetch_all(tx).await?);
    if taken.is_empty() {
        return Ok(());
    }
    let taken: Vec<String> = taken.into_iter().collect();
    // The provisioning client looks for the words "already exist".
    Err(DomainError::conflict(format!("Permissions already exist: {}", taken.join(", "))))
}
