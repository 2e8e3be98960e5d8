//! Which tenants have which application.

use frontegg_contract::{ApiResult, RequestContext};
use frontegg_model::{enums::ApplicationAccessType, types};

use super::{access_type, shown_access};
use crate::{
    api::{caller::tenant, paging},
    domain::application_assignments::tenants::{self, Filter, TenantApplications},
    service::Service,
    store::entity::tenant_application,
};

/// The assignments that a request asks for; those of one tenant where it is confined to one or names one.
pub(super) fn filter(
    cx: &RequestContext,
    app_ids: Option<String>,
    tenant_ids: Option<String>,
    access: Option<&ApplicationAccessType>,
) -> ApiResult<Filter> {
    Ok(Filter {
        app_ids: app_ids.map(|text| paging::ids(&text)),
        tenant_ids: tenant_ids.map(|text| paging::ids(&text)),
        access_type: access.map(access_type).transpose()?,
        within: tenant(cx).map(str::to_owned),
    })
}

pub(super) async fn list(service: &Service, filter: Filter) -> ApiResult<Vec<TenantApplications>> {
    let tx = service.store().read().await?;
    Ok(tenants::list(&tx, filter).await?)
}

/// A tenant as the first version shows it.
pub(super) fn first(tenant: TenantApplications) -> types::ApplicationsTenantAssignmentResponseV1 {
    types::ApplicationsTenantAssignmentResponseV1 {
        tenant_id: tenant.tenant_id,
        app_ids: tenant.applications.into_iter().map(|row| row.app_id).collect(),
    }
}

/// A tenant as the second version shows it.
pub(super) fn second(tenant: TenantApplications) -> types::ApplicationsTenantAssignmentsResponseV2 {
    let assignment = |row: tenant_application::Model| types::ApplicationTenantAssignmentAccessType {
        app_id: row.app_id,
        access_type: shown_access(row.access_type),
    };
    types::ApplicationsTenantAssignmentsResponseV2 {
        tenant_id: tenant.tenant_id,
        assignments: tenant.applications.into_iter().map(assignment).collect(),
    }
}

pub(super) async fn tenants_of(service: &Service, app_id: &str) -> ApiResult<types::ApplicationTenantsResponseV1> {
    let tx = service.store().read().await?;
    Ok(types::ApplicationTenantsResponseV1 { tenant_ids: tenants::tenants_of(&tx, app_id).await? })
}

pub(super) async fn assign(
    service: &Service,
    app_id: &str,
    body: types::CreateApplicationTenantRequestV1,
) -> ApiResult<types::ApplicationsTenantAssignmentResponseV1> {
    let access = body.access_type.as_ref().map(access_type).transpose()?;
    let assign = service.write(async |tx| Ok(tenants::assign(tx, app_id, &body.tenant_id, access).await?));
    Ok(first(assign.await?))
}

pub(super) async fn update(
    service: &Service,
    app_id: &str,
    tenant_id: &str,
    access: &ApplicationAccessType,
) -> ApiResult<()> {
    let access = access_type(access)?;
    service.write(async |tx| Ok(tenants::update(tx, app_id, tenant_id, access).await?)).await
}

pub(super) async fn unassign(service: &Service, app_id: &str, tenant_id: &str) -> ApiResult<()> {
    service.write(async |tx| Ok(tenants::unassign(tx, app_id, tenant_id).await?)).await
}
