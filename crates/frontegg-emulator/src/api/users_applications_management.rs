//! Which people use which application, and in which tenant they work there.

use frontegg_contract::{
    ApiResult, RequestContext,
    users_applications_management::{
        ListApplicationUsersParams, ListUserApplicationsParams, UsersApplicationsManagementApi,
    },
};
use frontegg_model::types;

use super::caller::{caller, caller_id};
use crate::{
    domain::application_assignments::people,
    service::Service,
    store::entity::{application_assignment, application_tenant},
};

impl UsersApplicationsManagementApi for Service {
    async fn assign_users_to_application(
        &self,
        cx: &RequestContext,
        body: types::AssignUsersToAppRequestDto,
    ) -> ApiResult<Vec<types::ApplicationUserTenantsResponseDto>> {
        let rows = self
            .write(async |tx| Ok(people::assign(tx, caller(cx), &body.app_id, &body.tenant_id, body.user_ids).await?))
            .await?;
        let response = |row: application_assignment::Model| types::ApplicationUserTenantsResponseDto {
            app_id: row.app_id,
            user_tenant_id: row.membership_id,
            created_at: row.created_at.utc(),
        };
        Ok(rows.into_iter().map(response).collect())
    }

    async fn list_application_users(
        &self,
        cx: &RequestContext,
        params: ListApplicationUsersParams,
    ) -> ApiResult<Vec<String>> {
        let tx = self.store().read().await?;
        Ok(people::users_of(&tx, caller(cx), &params.app_id).await?)
    }

    async fn list_user_application_active_tenants(
        &self,
        cx: &RequestContext,
    ) -> ApiResult<types::UserApplicationActiveTenantsResponseDto> {
        let tx = self.store().read().await?;
        let rows = people::active_tenants(&tx, cx.user()?).await?;
        let response = |row: application_tenant::Model| types::UserApplicationActiveTenantResponse {
            application_id: row.app_id,
            tenant_id: row.tenant_id,
        };
        let application_active_tenants = rows.into_iter().map(response).collect();
        Ok(types::UserApplicationActiveTenantsResponseDto { application_active_tenants })
    }

    async fn list_user_applications(
        &self,
        cx: &RequestContext,
        params: ListUserApplicationsParams,
    ) -> ApiResult<Vec<String>> {
        let tx = self.store().read().await?;
        Ok(people::applications_of(&tx, caller(cx), caller_id(cx), &params.user_id).await?)
    }

    async fn set_user_application_active_tenants(
        &self,
        cx: &RequestContext,
        body: types::SwitchApplicationActiveUserTenantsRequestDto,
    ) -> ApiResult<()> {
        let choices = body.active_application_tenants.into_iter().map(|one| (one.application_id, one.tenant_id));
        self.write(async |tx| Ok(people::set_active_tenants(tx, cx.user()?, choices.collect()).await?)).await
    }

    async fn unassign_users_from_application(
        &self,
        cx: &RequestContext,
        body: types::UnassignUsersFromAppRequestDto,
    ) -> ApiResult<()> {
        self.write(async |tx| Ok(people::unassign(tx, caller(cx), &body.app_id, &body.tenant_id, body.user_ids).await?))
            .await
    }
}
