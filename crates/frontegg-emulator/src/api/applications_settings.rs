//! Applications of the environment, the tenants that have them, their secrets and OAuth clients.

mod assignments;
mod clients;
mod records;

use frontegg_contract::{
    ApiFailure, ApiResult, RequestContext,
    applications_settings::{
        ApplicationsSettingsApi, AssignApplicationToTenantParams, DeleteApplicationClientParams,
        DeleteApplicationParams, GetApplicationClientParams, GetApplicationCredentialsParams, GetApplicationParams,
        ListApplicationClientsParams, ListApplicationTenantAssignmentsV1Params,
        ListApplicationTenantAssignmentsV2Params, ListApplicationTenantsParams, ListApplicationsParams,
        UnassignApplicationFromTenantParams, UpdateApplicationClientParams, UpdateApplicationParams,
        UpdateApplicationTenantAssignmentParams,
    },
};
use frontegg_model::{enums::ApplicationAccessType, types};
use serde::de::DeserializeOwned;

use crate::{
    domain::{DomainError, applications::record::SecretKind},
    service::Service,
    store::entity::AccessType,
};

impl ApplicationsSettingsApi for Service {
    async fn assign_application_to_tenant(
        &self,
        _: &RequestContext,
        params: AssignApplicationToTenantParams,
        body: types::CreateApplicationTenantRequestV1,
    ) -> ApiResult<types::ApplicationsTenantAssignmentResponseV1> {
        assignments::assign(self, &params.app_id, body).await
    }

    async fn create_application(
        &self,
        _: &RequestContext,
        body: types::CreateApplicationRequest,
    ) -> ApiResult<types::ApplicationsResponse> {
        records::create(self, body).await
    }

    async fn create_application_client(
        &self,
        cx: &RequestContext,
        body: types::CreateApplicationClientRequestDto,
    ) -> ApiResult<types::ApplicationClientResponseDto> {
        clients::create(self, cx, body).await
    }

    async fn delete_application(&self, _: &RequestContext, params: DeleteApplicationParams) -> ApiResult<()> {
        records::delete(self, &params.id).await
    }

    async fn delete_application_client(
        &self,
        _: &RequestContext,
        params: DeleteApplicationClientParams,
    ) -> ApiResult<()> {
        clients::delete(self, &params.id).await
    }

    async fn get_application(
        &self,
        _: &RequestContext,
        params: GetApplicationParams,
    ) -> ApiResult<types::ApplicationsResponse> {
        records::get(self, &params.id).await
    }

    async fn get_application_client(
        &self,
        _: &RequestContext,
        params: GetApplicationClientParams,
    ) -> ApiResult<types::ApplicationClientResponseDto> {
        clients::get(self, &params.id).await
    }

    async fn get_application_credentials(
        &self,
        _: &RequestContext,
        params: GetApplicationCredentialsParams,
    ) -> ApiResult<types::ApplicationsClientCredentialsResponse> {
        records::credentials(self, &params.app_id).await
    }

    async fn get_default_application(&self, _: &RequestContext) -> ApiResult<types::ApplicationsResponse> {
        records::get_default(self).await
    }

    async fn list_application_clients(
        &self,
        _: &RequestContext,
        params: ListApplicationClientsParams,
    ) -> ApiResult<Vec<types::ApplicationClientResponseDto>> {
        clients::list(self, &params.app_id).await
    }

    async fn list_application_tenant_assignments_v1(
        &self,
        cx: &RequestContext,
        params: ListApplicationTenantAssignmentsV1Params,
    ) -> ApiResult<Vec<types::ApplicationsTenantAssignmentResponseV1>> {
        let filter = assignments::filter(cx, params.app_ids, params.tenant_ids, params.access_type.as_ref())?;
        Ok(assignments::list(self, filter).await?.into_iter().map(assignments::first).collect())
    }

    async fn list_application_tenant_assignments_v2(
        &self,
        cx: &RequestContext,
        params: ListApplicationTenantAssignmentsV2Params,
    ) -> ApiResult<Vec<types::ApplicationsTenantAssignmentsResponseV2>> {
        let filter = assignments::filter(cx, params.app_ids, params.tenant_ids, params.access_type.as_ref())?;
        Ok(assignments::list(self, filter).await?.into_iter().map(assignments::second).collect())
    }

    async fn list_application_tenants(
        &self,
        _: &RequestContext,
        params: ListApplicationTenantsParams,
    ) -> ApiResult<types::ApplicationTenantsResponseV1> {
        assignments::tenants_of(self, &params.app_id).await
    }

    async fn list_applications(
        &self,
        cx: &RequestContext,
        params: ListApplicationsParams,
    ) -> ApiResult<Vec<types::ApplicationsResponse>> {
        records::list(self, cx, params).await
    }

    async fn regenerate_application_client_secret(
        &self,
        _: &RequestContext,
        body: types::RegenerateApplicationClientCredentialsRequest,
    ) -> ApiResult<()> {
        records::regenerate(self, &body.app_id, SecretKind::Client).await
    }

    async fn regenerate_application_shared_secret(
        &self,
        _: &RequestContext,
        body: types::RegenerateApplicationClientCredentialsRequest,
    ) -> ApiResult<()> {
        records::regenerate(self, &body.app_id, SecretKind::Shared).await
    }

    async fn unassign_application_from_tenant(
        &self,
        _: &RequestContext,
        params: UnassignApplicationFromTenantParams,
    ) -> ApiResult<()> {
        assignments::unassign(self, &params.app_id, &params.tenant_id).await
    }

    async fn update_application(
        &self,
        _: &RequestContext,
        params: UpdateApplicationParams,
        body: types::UpdateApplicationRequest,
    ) -> ApiResult<()> {
        records::update(self, &params.id, body).await
    }

    async fn update_application_client(
        &self,
        _: &RequestContext,
        params: UpdateApplicationClientParams,
        body: types::UpdateApplicationClientRequestDto,
    ) -> ApiResult<types::ApplicationClientResponseDto> {
        clients::update(self, &params.id, body).await
    }

    async fn update_application_tenant_assignment(
        &self,
        _: &RequestContext,
        params: UpdateApplicationTenantAssignmentParams,
        body: types::EditApplicationTenantRequestV1,
    ) -> ApiResult<()> {
        assignments::update(self, &params.app_id, &params.tenant_id, &body.access_type).await
    }
}

/// JSON as the store keeps it.
fn stored<T: DeserializeOwned>(text: &str) -> ApiResult<T> {
    Ok(serde_json::from_str(text).map_err(DomainError::internal)?)
}

/// The access that is meant by a member of a body or a query.
fn access_type(named: &ApplicationAccessType) -> ApiResult<AccessType> {
    match named {
        ApplicationAccessType::FreeAccess => Ok(AccessType::Free),
        ApplicationAccessType::ManagedAccess => Ok(AccessType::Managed),
        _ => {
            Err(ApiFailure::bad_request("accessType must be one of the following values: FREE_ACCESS, MANAGED_ACCESS"))
        }
    }
}

fn shown_access(access_type: AccessType) -> ApplicationAccessType {
    match access_type {
        AccessType::Free => ApplicationAccessType::FreeAccess,
        AccessType::Managed => ApplicationAccessType::ManagedAccess,
    }
}
