//! Categories: folders for permissions. Which permissions lie in one, they say themselves.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};

use crate::{
    domain::{
        DomainError, DomainResult,
        input::{id_or_new, not_empty},
    },
    store::{
        Fetch, FetchCount, Read, Write,
        entity::{permission, permission_category},
    },
};

/// A category with the ids of the permissions in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CategoryWithPermissions {
    pub(crate) category: permission_category::Model,
    pub(crate) permissions: Vec<String>,
}

/// A category to make, under an id of the caller's choice if it names one.
#[derive(Clone, Debug, Default)]
pub(crate) struct NewCategory {
    pub(crate) id: Option<String>,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
}

/// What to change of a category; `None` leaves a value as it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct CategoryChange {
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
}

/// All categories, by name.
pub(crate) async fn list(tx: &Read) -> DomainResult<Vec<CategoryWithPermissions>> {
    let categories =
        permission_category::Entity::find().order_by_asc(permission_category::Column::Name).fetch_all(tx).await?;
    let permissions = permission::Entity::find()
        .filter(permission::Column::CategoryId.is_not_null())
        .order_by_asc(permission::Column::Key)
        .fetch_all(tx)
        .await?;
    let mut within = BTreeMap::<String, Vec<String>>::new();
    for permission in permissions {
        within.entry(permission.category_id.unwrap_or_default()).or_default().push(permission.id);
    }
    let with = |category: permission_category::Model| CategoryWithPermissions {
        permissions: within.remove(&category.id).unwrap_or_default(),
        category,
    };
    Ok(categories.into_iter().map(with).collect())
}

/// The category with that name.
pub(crate) async fn by_name(tx: &Read, name: &str) -> DomainResult<Option<permission_category::Model>> {
    let of_name = permission_category::Entity::find().filter(permission_category::Column::Name.eq(name));
    Ok(of_name.fetch_one(tx).await?)
}

/// Makes an empty category.
pub(crate) async fn create(tx: &Write, new: NewCategory) -> DomainResult<CategoryWithPermissions> {
    not_empty("", &[("name", Some(&new.name))])?;
    let id = id_or_new("id", new.id)?;
    let taken = Condition::any()
        .add(permission_category::Column::Name.eq(&new.name))
        .add(permission_category::Column::Id.eq(&id));
    free(tx, taken).await?;
    let created_at = tx.stamp();
    let category = permission_category::ActiveModel {
        id: Set(id),
        name: Set(new.name),
        description: Set(new.description),
        fe_category: Set(false),
        created_at: Set(created_at),
        updated_at: Set(created_at),
    };
    Ok(CategoryWithPermissions { category: category.insert(tx).await?, permissions: Vec::new() })
}

/// Changes a category.
pub(crate) async fn update(tx: &Write, id: &str, change: CategoryChange) -> DomainResult<()> {
    let row = own(tx, id).await?;
    not_empty("", &[("name", change.name.as_deref())])?;
    if let Some(name) = &change.name {
        let taken = Condition::all()
            .add(permission_category::Column::Name.eq(name))
            .add(permission_category::Column::Id.ne(id));
        free(tx, taken).await?;
    }
    let mut row = row.into_active_model();
    if let Some(name) = change.name {
        row.name.set_ne(name);
    }
    if change.description.is_some() {
        row.description.set_ne(change.description);
    }
    if row.is_changed() {
        row.updated_at = Set(tx.now());
        row.update(tx).await?;
    }
    Ok(())
}

/// Deletes a category; its permissions stay, without one.
pub(crate) async fn delete(tx: &Write, id: &str) -> DomainResult<()> {
    let row = own(tx, id).await?;
    permission_category::Entity::delete_by_id(row.id).exec(tx).await?;
    Ok(())
}

/// 404 when one of these is no category.
pub(super) async fn require(tx: &Read, ids: BTreeSet<&str>) -> DomainResult<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let wanted = ids.len();
    let found =
        permission_category::Entity::find().filter(permission_category::Column::Id.is_in(ids)).fetch_count(tx).await?;
    if usize::try_from(found).is_ok_and(|found| found == wanted) { Ok(()) } else { Err(unknown()) }
}

/// The category, if it can be changed.
async fn own(tx: &Read, id: &str) -> DomainResult<permission_category::Model> {
    let row = permission_category::Entity::find_by_id(id).fetch_one(tx).await?.ok_or_else(unknown)?;
    if row.fe_category {
        return Err(DomainError::forbidden("Built-in permission categories cannot be changed"));
    }
    Ok(row)
}

/// 409 when there is such a category.
async fn free(tx: &Read, taken: Condition) -> DomainResult<()> {
    if permission_category::Entity::find().filter(taken).fetch_count(tx).await? == 0 {
        return Ok(());
    }
    // The provisioning client looks for the words "already exist".
    Err(DomainError::conflict("Permission category already exists"))
}

fn unknown() -> DomainError {
    DomainError::not_found("Permission category not found")
}
