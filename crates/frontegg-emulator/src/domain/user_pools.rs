//! User pools: places besides the directory of the environment that people come from. They are asked at sign-in
//! ([`login`](super::login)), in the order of their index, each for the applications that it serves.
//!
//! Nobody calls Auth0, Cognito, Firebase or custom code: what they would answer is a table ([`accounts`]).

pub(crate) mod accounts;
pub(crate) mod arrival;
pub(crate) mod configuration;
pub(crate) mod people;

use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

pub(crate) use self::configuration::Configuration;
use super::{DomainError, DomainResult, input, provider_sign_ins};
pub(crate) use crate::store::catalog::UserPool;
use crate::{
    ids,
    store::{
        Read, Write,
        catalog::Catalog,
        entity::{UserPoolKind, user_pool, user_pool_application},
        query,
    },
};

/// A pool to create.
#[derive(Clone, Debug)]
pub(crate) struct NewPool {
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    /// Its place in the order in which pools are asked.
    pub(crate) index: i64,
    /// The applications that it serves.
    pub(crate) app_ids: Vec<String>,
    pub(crate) configuration: Configuration,
}

/// What to change of a pool; what is absent stays.
#[derive(Clone, Debug)]
pub(crate) struct Changes {
    pub(crate) name: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) index: Option<i64>,
    pub(crate) configuration: Option<Configuration>,
}

/// All pools of every kind, in the order in which they are asked.
pub(crate) async fn list(tx: &Read) -> DomainResult<Vec<UserPool>> {
    Ok(tx.catalog().await?.user_pools.clone())
}

/// The pool with that id, or 404.
pub(crate) async fn require(tx: &Read, id: &str) -> DomainResult<UserPool> {
    tx.catalog().await?.user_pools.iter().find(|pool| pool.row.id == id).cloned().ok_or_else(unknown)
}

/// The pools that serve an application, the default one where none is named, in the order in which they are asked.
pub(crate) fn serving<'a>(catalog: &'a Catalog, application_id: Option<&'a str>) -> Vec<&'a UserPool> {
    let default = || catalog.default_application().map(|application| application.id.as_str());
    let Some(wanted) = application_id.or_else(default) else { return Vec::new() };
    catalog.user_pools.iter().filter(|pool| pool.app_ids.iter().any(|id| id == wanted)).collect()
}

/// Creates a pool. Its provider is not asked whether it takes the credentials.
pub(crate) async fn create(tx: &Write, new: NewPool) -> DomainResult<UserPool> {
    input::not_empty("", &[("name", Some(&new.name))])?;
    new.configuration.check()?;
    let app_ids = application_ids(new.app_ids)?;
    let created_at = tx.stamp();
    let row = user_pool::ActiveModel {
        id: Set(ids::new_id()),
        name: Set(new.name),
        description: Set(new.description),
        position: Set(new.index),
        kind: Set(new.configuration.kind()),
        configuration: Set(new.configuration.to_text()?),
        created_at: Set(created_at),
        updated_at: Set(created_at),
    };
    let row = row.insert(tx).await?;
    insert_applications(tx, &row.id, app_ids.clone()).await?;
    Ok(UserPool { row, app_ids })
}

/// Changes a pool, or 404: also where it is of another kind.
pub(crate) async fn update(tx: &Write, id: &str, kind: UserPoolKind, changes: Changes) -> DomainResult<()> {
    let UserPool { row, .. } = require(tx, id).await?;
    if row.kind != kind {
        return Err(unknown());
    }
    input::not_empty("", &[("name", changes.name.as_deref())])?;
    let mut row = row.into_active_model();
    if let Some(name) = changes.name {
        row.name.set_ne(name);
    }
    if changes.description.is_some() {
        row.description.set_ne(changes.description);
    }
    if let Some(index) = changes.index {
        row.position.set_ne(index);
    }
    if let Some(configuration) = changes.configuration {
        configuration.check()?;
        row.configuration.set_ne(configuration.to_text()?);
        provider_sign_ins::abandon(tx, id).await?;
    }
    if row.is_changed() {
        row.updated_at = Set(tx.now());
    }
    row.update(tx).await?;
    Ok(())
}

/// Removes a pool, or 404. Who came by it stays; the others keep their places.
pub(crate) async fn delete(tx: &Write, id: &str) -> DomainResult<()> {
    let deleted = user_pool::Entity::delete_by_id(id).exec(tx).await?;
    if deleted.rows_affected == 0 {
        return Err(unknown());
    }
    provider_sign_ins::abandon(tx, id).await
}

/// Lets a pool serve these applications too.
pub(crate) async fn assign(tx: &Write, id: &str, app_ids: Vec<String>) -> DomainResult<()> {
    let pool = require(tx, id).await?;
    let mut app_ids = application_ids(app_ids)?;
    app_ids.retain(|app_id| !pool.app_ids.contains(app_id));
    insert_applications(tx, id, app_ids).await
}

/// Lets a pool serve these applications no longer; those that it does not serve do not matter.
pub(crate) async fn unassign(tx: &Write, id: &str, app_ids: Vec<String>) -> DomainResult<()> {
    require(tx, id).await?;
    let app_ids = input::distinct("appIds", app_ids)?;
    user_pool_application::Entity::delete_many()
        .filter(user_pool_application::Column::PoolId.eq(id))
        .filter(user_pool_application::Column::AppId.is_in(app_ids))
        .exec(tx)
        .await?;
    Ok(())
}

/// Ids of applications, each once. Whether there are such applications is not asked.
fn application_ids(app_ids: Vec<String>) -> DomainResult<Vec<String>> {
    let app_ids = input::distinct("appIds", app_ids)?;
    app_ids.iter().try_for_each(|id| input::check_id("each value in appIds", id))?;
    Ok(app_ids)
}

async fn insert_applications(tx: &Write, pool_id: &str, app_ids: Vec<String>) -> DomainResult<()> {
    let link = |app_id| user_pool_application::Model { pool_id: pool_id.to_owned(), app_id }.into_active_model();
    Ok(query::insert_all(app_ids.into_iter().map(link).collect(), tx).await?)
}

pub(crate) fn unknown() -> DomainError {
    DomainError::not_found("User pool not found")
}
