//! Which tenants have which application, and with which access.

use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{Set, Unchanged},
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    sea_query::OnConflict,
};

use crate::{
    domain::{
        DomainResult,
        applications::{self, tenants::missing},
        input, tenants,
    },
    store::{
        Fetch, Read, Write,
        entity::{AccessType, application, application_assignment, application_tenant, membership, tenant_application},
        query::OneColumn,
    },
};

/// Which assignments are meant: those for which all holds that is given.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) app_ids: Option<Vec<String>>,
    pub(crate) tenant_ids: Option<Vec<String>>,
    pub(crate) access_type: Option<AccessType>,
    /// The one tenant that the caller is confined to or names.
    pub(crate) within: Option<String>,
}

/// A tenant with applications that it has, the oldest application first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TenantApplications {
    pub(crate) tenant_id: String,
    pub(crate) applications: Vec<tenant_application::Model>,
}

/// The tenants that have any of the applications, by id.
pub(crate) async fn list(tx: &Read, filter: Filter) -> DomainResult<Vec<TenantApplications>> {
    let Filter { app_ids, tenant_ids, access_type, within } = filter;
    let mut select = tenant_application::Entity::find().inner_join(application::Entity);
    for (member, column, ids) in [
        ("appIds", tenant_application::Column::AppId, app_ids),
        ("tenantIds", tenant_application::Column::TenantId, tenant_ids),
    ] {
        if let Some(ids) = ids {
            select = select.filter(column.is_in(input::distinct(member, ids)?));
        }
    }
    if let Some(access_type) = access_type {
        select = select.filter(tenant_application::Column::AccessType.eq(access_type));
    }
    if let Some(tenant_id) = within {
        select = select.filter(tenant_application::Column::TenantId.eq(tenant_id));
    }
    let rows = select
        .order_by_asc(tenant_application::Column::TenantId)
        .order_by_asc(application::Column::CreatedAt)
        .order_by_asc(application::Column::Id)
        .fetch_all(tx)
        .await?;
    let mut tenants: Vec<TenantApplications> = Vec::new();
    for row in rows {
        match tenants.last_mut() {
            Some(last) if last.tenant_id == row.tenant_id => last.applications.push(row),
            _ => tenants.push(TenantApplications { tenant_id: row.tenant_id.clone(), applications: vec![row] }),
        }
    }
    Ok(tenants)
}

/// The ids of the tenants that have an application, in order; 404 for one that does not exist.
pub(crate) async fn tenants_of(tx: &Read, app_id: &str) -> DomainResult<Vec<String>> {
    applications::named(tx, Some(app_id)).await?;
    Ok(tenant_application::Entity::find()
        .select_only()
        .column(tenant_application::Column::TenantId)
        .filter(tenant_application::Column::AppId.eq(app_id))
        .order_by_asc(tenant_application::Column::TenantId)
        .one_column()
        .fetch_all(tx)
        .await?)
}

/// Gives an application to a tenant, with that access or the application's own; gives all applications that the tenant
/// has. One that it has already stays, but for an access that is given.
pub(crate) async fn assign(
    tx: &Write,
    app_id: &str,
    tenant_id: &str,
    access_type: Option<AccessType>,
) -> DomainResult<TenantApplications> {
    let application = applications::named(tx, Some(app_id)).await?;
    tenants::require(tx, tenant_id).await?;
    let row = tenant_application::ActiveModel {
        app_id: Set(app_id.to_owned()),
        tenant_id: Set(tenant_id.to_owned()),
        access_type: Set(access_type.unwrap_or(application.access_type)),
        created_at: Set(tx.now()),
    };
    let mut there = OnConflict::columns([tenant_application::Column::AppId, tenant_application::Column::TenantId]);
    match access_type {
        Some(_) => there.update_column(tenant_application::Column::AccessType),
        None => there.do_nothing(),
    };
    tenant_application::Entity::insert(row).on_conflict(there).exec_without_returning(tx).await?;
    let own = Filter { within: Some(tenant_id.to_owned()), ..Filter::default() };
    list(tx, own).await?.pop().ok_or_else(missing)
}

/// Changes the access of a tenant's members to an application that the tenant has, or 404.
pub(crate) async fn update(tx: &Write, app_id: &str, tenant_id: &str, access_type: AccessType) -> DomainResult<()> {
    let present = applications::tenants::require(tx, app_id, tenant_id).await?;
    let row = tenant_application::ActiveModel {
        app_id: Unchanged(present.app_id),
        tenant_id: Unchanged(present.tenant_id),
        access_type: Set(access_type),
        ..Default::default()
    };
    row.update(tx).await?;
    Ok(())
}

/// Takes an application away from a tenant, or 404: its members are assigned to it no longer, and it is the tenant in
/// which none of them works with it.
pub(crate) async fn unassign(tx: &Write, app_id: &str, tenant_id: &str) -> DomainResult<()> {
    let key = (app_id.to_owned(), tenant_id.to_owned());
    let deleted = tenant_application::Entity::delete_by_id(key).exec(tx).await?;
    if deleted.rows_affected == 0 {
        return Err(missing());
    }
    let members = membership::Entity::find()
        .select_only()
        .column(membership::Column::Id)
        .filter(membership::Column::TenantId.eq(tenant_id));
    application_assignment::Entity::delete_many()
        .filter(application_assignment::Column::AppId.eq(app_id))
        .filter(application_assignment::Column::MembershipId.in_subquery(members.into_query()))
        .exec(tx)
        .await?;
    application_tenant::Entity::delete_many()
        .filter(application_tenant::Column::AppId.eq(app_id))
        .filter(application_tenant::Column::TenantId.eq(tenant_id))
        .exec(tx)
        .await?;
    Ok(())
}
