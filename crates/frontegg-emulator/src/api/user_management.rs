//! People as members of a tenant, and what people do to their own identity.
//!
//! The operations are spread over modules by what they are about.

mod identifiers;
mod joining;
mod lists;
mod me;
mod members;

use frontegg_contract::{
    ApiResult, RequestContext,
    user_management::{
        ActivateUserParams, ActivateUserWithCodeParams, AddUserEmailParams, AssignRolesToUserParams,
        DeleteMyEmailParams, DeleteUserEmailParams, DeleteUsernameParams, DisableUserInTenantParams,
        EnableUserInTenantParams, GetUserActivationStrategyParams, ListUserEmailsParams, ListUsernamesParams,
        ListUsersGroupsParams, ListUsersParams, ListUsersRolesParams, RemoveUserParams, SearchUsersParams,
        SetUserPermanentParams, SetUserPrimaryEmailParams, SetUserSubTenantAccessParams, SetUserTemporaryParams,
        UnassignRolesFromUserParams, UserManagementApi,
    },
};
use frontegg_model::types;

use crate::{domain::passwords::lockout, service::Service};

pub(super) use lists::{Asked, page_of_users};
pub(super) use me::my_tenants;

impl UserManagementApi for Service {
    async fn accept_invitation(&self, cx: &RequestContext, body: types::AcceptInvitationDto) -> ApiResult<()> {
        joining::accept_invitation(self, cx, body).await
    }

    async fn accept_invitation_with_code(
        &self,
        cx: &RequestContext,
        body: types::AcceptInvitationWithCodeDto,
    ) -> ApiResult<()> {
        joining::accept_invitation_with_code(self, cx, body).await
    }

    async fn activate_user(
        &self,
        cx: &RequestContext,
        _: ActivateUserParams,
        body: types::ActivateUserDto,
    ) -> ApiResult<types::AuthenticationResponseDto> {
        joining::activate_user(self, cx, body).await
    }

    async fn activate_user_with_code(
        &self,
        cx: &RequestContext,
        _: ActivateUserWithCodeParams,
        body: types::ActivateUserWithCodeDto,
    ) -> ApiResult<types::AuthenticationResponseDto> {
        joining::activate_user_with_code(self, cx, body).await
    }

    async fn add_my_email(
        &self,
        cx: &RequestContext,
        body: types::CreateUserEmailRequestDto,
    ) -> ApiResult<types::UserEmailResponseDto> {
        identifiers::add_my_email(self, cx, body).await
    }

    async fn add_user_email(
        &self,
        cx: &RequestContext,
        params: AddUserEmailParams,
        body: types::CreateUserEmailVendorRequestDto,
    ) -> ApiResult<types::UserEmailResponseDto> {
        identifiers::add_user_email(self, cx, params, body).await
    }

    async fn assign_roles_to_user(
        &self,
        cx: &RequestContext,
        params: AssignRolesToUserParams,
        body: types::AssignUserToRolesDto,
    ) -> ApiResult<types::AssignUserToRolesResponseDto> {
        members::assign_roles_to_user(self, cx, params, body).await
    }

    async fn create_my_username(&self, cx: &RequestContext, body: types::CreateUsernameRequestDto) -> ApiResult<()> {
        identifiers::create_my_username(self, cx, body).await
    }

    async fn create_user_v1(
        &self,
        cx: &RequestContext,
        body: types::CreateUserDto,
    ) -> ApiResult<types::UserCreatedResponse> {
        members::create_user_v1(self, cx, body).await
    }

    async fn create_user_v2(
        &self,
        cx: &RequestContext,
        body: types::CreateUserDto,
    ) -> ApiResult<types::UserCreatedResponse> {
        members::create_user_v2(self, cx, body).await
    }

    async fn delete_my_email(&self, cx: &RequestContext, params: DeleteMyEmailParams) -> ApiResult<()> {
        identifiers::delete_my_email(self, cx, params).await
    }

    async fn delete_user_email(&self, cx: &RequestContext, params: DeleteUserEmailParams) -> ApiResult<()> {
        identifiers::delete_user_email(self, cx, params).await
    }

    async fn delete_username(&self, cx: &RequestContext, params: DeleteUsernameParams) -> ApiResult<()> {
        identifiers::delete_username(self, cx, params).await
    }

    async fn disable_user_in_tenant(&self, cx: &RequestContext, params: DisableUserInTenantParams) -> ApiResult<()> {
        members::disable_user_in_tenant(self, cx, params).await
    }

    async fn enable_user_in_tenant(&self, cx: &RequestContext, params: EnableUserInTenantParams) -> ApiResult<()> {
        members::enable_user_in_tenant(self, cx, params).await
    }

    async fn get_my_authorization(&self, cx: &RequestContext) -> ApiResult<types::MeAuthorizationResponseDto> {
        me::get_my_authorization(self, cx).await
    }

    async fn get_my_profile_v2(&self, cx: &RequestContext) -> ApiResult<types::UserDto> {
        me::get_my_profile_v2(self, cx).await
    }

    async fn get_my_profile_v3(&self, cx: &RequestContext) -> ApiResult<types::UserV3Dto> {
        me::get_my_profile_v3(self, cx).await
    }

    async fn get_my_tenants_hierarchy(
        &self,
        cx: &RequestContext,
    ) -> ApiResult<Vec<types::GetUserTenantsHierarchyResponseDto>> {
        me::get_my_tenants_hierarchy(self, cx).await
    }

    async fn get_my_username(&self, cx: &RequestContext) -> ApiResult<types::UsernameResponseDto> {
        identifiers::get_my_username(self, cx).await
    }

    async fn get_temporary_users_configuration(
        &self,
        cx: &RequestContext,
    ) -> ApiResult<types::TemporaryUsersConfigurationDto> {
        members::get_temporary_users_configuration(self, cx).await
    }

    async fn get_user_activation_strategy(
        &self,
        cx: &RequestContext,
        params: GetUserActivationStrategyParams,
    ) -> ApiResult<types::GetActivateStrategyResponseDto> {
        joining::get_user_activation_strategy(self, cx, params).await
    }

    async fn list_my_emails(&self, cx: &RequestContext) -> ApiResult<Vec<types::UserEmailResponseDto>> {
        identifiers::list_my_emails(self, cx).await
    }

    async fn list_my_tenants_v1(&self, cx: &RequestContext) -> ApiResult<types::GetUserTenantsResponseDto> {
        me::list_my_tenants_v1(self, cx).await
    }

    async fn list_my_tenants_v2(&self, cx: &RequestContext) -> ApiResult<Vec<types::UserTenantDataDto>> {
        me::list_my_tenants_v2(self, cx).await
    }

    async fn list_user_emails(
        &self,
        cx: &RequestContext,
        params: ListUserEmailsParams,
    ) -> ApiResult<types::UserEmailPage> {
        identifiers::list_user_emails(self, cx, params).await
    }

    async fn list_usernames(&self, cx: &RequestContext, params: ListUsernamesParams) -> ApiResult<types::UsernamePage> {
        identifiers::list_usernames(self, cx, params).await
    }

    async fn list_users(&self, cx: &RequestContext, params: ListUsersParams) -> ApiResult<types::UserPage> {
        lists::list_users(self, cx, params).await
    }

    async fn list_users_groups(
        &self,
        cx: &RequestContext,
        params: ListUsersGroupsParams,
    ) -> ApiResult<Vec<types::GetUserGroupsResponse>> {
        lists::list_users_groups(self, cx, params).await
    }

    async fn list_users_roles(
        &self,
        cx: &RequestContext,
        params: ListUsersRolesParams,
    ) -> ApiResult<Vec<types::GetUserRolesResponse>> {
        lists::list_users_roles(self, cx, params).await
    }

    async fn remove_user(&self, cx: &RequestContext, params: RemoveUserParams) -> ApiResult<()> {
        members::remove_user(self, cx, params).await
    }

    async fn request_my_email_change(
        &self,
        cx: &RequestContext,
        body: types::SelfEmailUpdateRequestDto,
    ) -> ApiResult<()> {
        identifiers::request_my_email_change(self, cx, body).await
    }

    async fn reset_all_tenant_invitations(
        &self,
        cx: &RequestContext,
        body: types::ResetTenantInvitationDto,
    ) -> ApiResult<()> {
        joining::reset_all_tenant_invitations(self, cx, body).await
    }

    async fn reset_tenant_invitation(
        &self,
        cx: &RequestContext,
        body: types::ResetTenantInvitationDto,
    ) -> ApiResult<()> {
        joining::reset_tenant_invitation(self, cx, body).await
    }

    async fn reset_user_activation_token(
        &self,
        cx: &RequestContext,
        body: types::ResetActivationTokenDto,
    ) -> ApiResult<()> {
        joining::reset_user_activation_token(self, cx, body).await
    }

    async fn search_users(&self, cx: &RequestContext, params: SearchUsersParams) -> ApiResult<types::UserPage> {
        lists::search_users(self, cx, params).await
    }

    async fn set_my_active_tenant(
        &self,
        cx: &RequestContext,
        body: types::UpdateUserTenantDto,
    ) -> ApiResult<types::UserDto> {
        me::set_my_active_tenant(self, cx, body).await
    }

    async fn set_my_primary_email(
        &self,
        cx: &RequestContext,
        body: types::MarkEmailAsPrimaryRequestDto,
    ) -> ApiResult<()> {
        identifiers::set_my_primary_email(self, cx, body).await
    }

    async fn set_user_permanent(&self, cx: &RequestContext, params: SetUserPermanentParams) -> ApiResult<()> {
        members::set_user_permanent(self, cx, params).await
    }

    async fn set_user_primary_email(
        &self,
        cx: &RequestContext,
        params: SetUserPrimaryEmailParams,
        body: types::MarkEmailAsPrimaryRequestDto,
    ) -> ApiResult<()> {
        identifiers::set_user_primary_email(self, cx, params, body).await
    }

    async fn set_user_sub_tenant_access(
        &self,
        cx: &RequestContext,
        params: SetUserSubTenantAccessParams,
        body: types::UpdateSubAccountAccessRequestDto,
    ) -> ApiResult<()> {
        members::set_user_sub_tenant_access(self, cx, params, body).await
    }

    async fn set_user_temporary(
        &self,
        cx: &RequestContext,
        params: SetUserTemporaryParams,
        body: types::TemporaryUserDto,
    ) -> ApiResult<types::TemporaryUserDto> {
        members::set_user_temporary(self, cx, params, body).await
    }

    async fn unassign_roles_from_user(
        &self,
        cx: &RequestContext,
        params: UnassignRolesFromUserParams,
        body: types::UnassignUserFromRolesDto,
    ) -> ApiResult<types::DeleteUserToRolesResponseDto> {
        members::unassign_roles_from_user(self, cx, params, body).await
    }

    async fn unlock_me(&self, _: &RequestContext, body: types::UnlockUserRequestDto) -> ApiResult<()> {
        self.write(async |tx| Ok(lockout::unlock(tx, body.token.expose()).await?)).await
    }

    async fn update_my_profile(&self, cx: &RequestContext, body: types::UpdateUserDto) -> ApiResult<types::UserDto> {
        me::update_my_profile(self, cx, body).await
    }

    async fn update_user(&self, cx: &RequestContext, body: types::UpdateUserDto) -> ApiResult<types::UserDto> {
        members::update_user(self, cx, body).await
    }

    async fn verify_my_email(
        &self,
        cx: &RequestContext,
        body: types::CreateUserEmailVerifyRequestDto,
    ) -> ApiResult<()> {
        identifiers::verify_my_email(self, cx, body).await
    }

    async fn verify_my_email_change(
        &self,
        cx: &RequestContext,
        body: types::SelfEmailUpdateVerifyRequestDto,
    ) -> ApiResult<()> {
        identifiers::verify_my_email_change(self, cx, body).await
    }
}
