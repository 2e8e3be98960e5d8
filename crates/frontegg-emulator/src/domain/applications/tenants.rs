//! Which applications a tenant has, and with which access: what new ones get, and what somebody may enter there.

use sea_orm::{ActiveValue::Set, EntityTrait, sea_query::OnConflict};

use crate::{
    domain::{DomainError, DomainResult},
    store::{
        Fetch, Read, Write,
        catalog::Application,
        entity::{AccessType, tenant_application},
        query,
    },
};

/// What a tenant lets somebody do with an application.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Access {
    /// None where the tenant does not have it.
    pub(crate) access_type: Option<AccessType>,
    /// Whether the person is assigned to it as a member of the tenant.
    pub(crate) is_assigned: bool,
}

impl Access {
    /// Refuses an application that the tenant does not have, with 404, and one that lets the person not in, with 403.
    pub(crate) fn require(self, application: &Application) -> DomainResult<()> {
        let access_type = self.access_type.ok_or_else(missing)?;
        if !application.is_active {
            return Err(DomainError::forbidden("The application is not active"));
        }
        if access_type == AccessType::Managed && !self.is_assigned {
            return Err(DomainError::forbidden("User is not assigned to the application"));
        }
        Ok(())
    }
}

/// Said where a tenant does not have an application.
pub(crate) fn missing() -> DomainError {
    DomainError::not_found("This account/tenant is not assigned to the requested application").code("ER-01008")
}

/// That a tenant has an application, or 404.
pub(crate) async fn require(tx: &Read, app_id: &str, tenant_id: &str) -> DomainResult<tenant_application::Model> {
    find(tx, app_id, tenant_id).await?.ok_or_else(missing)
}

/// What a tenant lets those do with an application who are no members of it.
pub(crate) async fn access(tx: &Read, app_id: &str, tenant_id: &str) -> DomainResult<Access> {
    let row = find(tx, app_id, tenant_id).await?;
    Ok(Access { access_type: row.map(|row| row.access_type), is_assigned: false })
}

async fn find(tx: &Read, app_id: &str, tenant_id: &str) -> DomainResult<Option<tenant_application::Model>> {
    let key = (app_id.to_owned(), tenant_id.to_owned());
    Ok(tenant_application::Entity::find_by_id(key).fetch_one(tx).await?)
}

/// Gives new tenants what every new one gets: the default application, and the active ones with free access.
pub(crate) async fn give_to_new(tx: &Write, tenant_ids: &[&str]) -> DomainResult<()> {
    let catalog = tx.catalog().await?;
    let given = || catalog.applications().iter().filter(|application| goes_to_new_tenants(application));
    let created_at = tx.now();
    let rows = tenant_ids.iter().flat_map(|tenant_id| {
        given().map(move |application| tenant_application::ActiveModel {
            app_id: Set(application.id.clone()),
            tenant_id: Set((*tenant_id).to_owned()),
            access_type: Set(application.access_type),
            created_at: Set(created_at),
        })
    });
    for rows in rows.collect::<Vec<_>>().chunks(query::ROWS) {
        tenant_application::Entity::insert_many(rows.to_vec())
            .on_conflict(unless_there())
            .exec_without_returning(tx)
            .await?;
    }
    Ok(())
}

/// Whether every new tenant gets it.
pub(crate) fn goes_to_new_tenants(application: &Application) -> bool {
    application.is_default || (application.is_active && application.access_type == AccessType::Free)
}

/// A tenant that has an application already keeps it as it is.
pub(super) fn unless_there() -> OnConflict {
    let key = [tenant_application::Column::AppId, tenant_application::Column::TenantId];
    OnConflict::columns(key).do_nothing().to_owned()
}
