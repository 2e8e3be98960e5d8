//! The application that counts where none is named: one is marked, always, and no other beside it.

use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    sea_query::{Expr, Query},
};

use super::{record, require, tenants::unless_there};
use crate::{
    domain::{DomainError, DomainResult},
    store::{
        Read, Write,
        catalog::Application,
        entity::{AccessType, application, tenant, tenant_application},
        query,
    },
};

/// The name of the application that a fresh environment has.
const FIRST: &str = "Default application";

/// The default application.
pub(crate) async fn get(tx: &Read) -> DomainResult<Application> {
    let missing = || DomainError::internal(anyhow::anyhow!("the environment has no default application"));
    tx.catalog().await?.default_application().cloned().ok_or_else(missing)
}

/// Makes the application with that id the default one, unless there is one.
pub(crate) async fn ensure(tx: &Write, id: &str) -> DomainResult<()> {
    if tx.catalog().await?.default_application().is_some() { Ok(()) } else { mark(tx, id).await }
}

/// Makes the application with that id the default one; one that does not exist is made first.
pub(crate) async fn mark(tx: &Write, id: &str) -> DomainResult<()> {
    let catalog = tx.catalog().await?;
    let present = catalog.application(id);
    if present.is_some_and(|application| application.is_default) {
        return Ok(());
    }
    unmark(tx).await?;
    let is_new = present.is_none();
    let mut row = if is_new { first(tx, id) } else { require(tx, id).await?.into_active_model() };
    row.is_default = Set(true);
    row.is_active = Set(true);
    row.updated_at = Set(tx.now());
    let row = if is_new { row.insert(tx).await? } else { row.update(tx).await? };
    give_to_all(tx, &row).await
}

/// The application of an environment that nobody has given any, under the address of the emulator.
fn first(tx: &Write, id: &str) -> application::ActiveModel {
    application::ActiveModel {
        name: Set(FIRST.to_owned()),
        app_url: Set(tx.origin().to_owned()),
        login_url: Set(tx.origin().to_owned()),
        ..record::blank(tx, id)
    }
}

/// Takes the mark off, to be set on another one.
pub(super) async fn unmark(tx: &Write) -> DomainResult<()> {
    application::Entity::update_many()
        .col_expr(application::Column::IsDefault, Expr::value(false))
        .col_expr(application::Column::UpdatedAt, query::touched(application::Column::CreatedAt, tx))
        .filter(application::Column::IsDefault.eq(true))
        .exec(tx)
        .await?;
    Ok(())
}

/// Gives the new default application to every tenant that lacks it, if access to it is free.
pub(super) async fn give_to_all(tx: &Write, row: &application::Model) -> DomainResult<()> {
    if row.access_type == AccessType::Managed {
        return Ok(());
    }
    let tenants = Query::select()
        .expr(Expr::value(row.id.as_str()))
        .column(tenant::Column::TenantId)
        .expr(Expr::value(row.access_type))
        .expr(Expr::value(tx.now()))
        .from(tenant::Entity)
        .and_where(tenant::Column::DeletedAt.is_null())
        .to_owned();
    let insert = Query::insert()
        .into_table(tenant_application::Entity)
        .columns([
            tenant_application::Column::AppId,
            tenant_application::Column::TenantId,
            tenant_application::Column::AccessType,
            tenant_application::Column::CreatedAt,
        ])
        .select_from(tenants)
        .map_err(DomainError::internal)?
        .on_conflict(unless_there())
        .to_owned();
    tx.execute(&insert).await?;
    Ok(())
}
