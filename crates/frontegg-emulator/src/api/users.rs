//! Administration of people over all tenants.

use frontegg_contract::{
    ApiResult, RequestContext,
    users::{
        AddUserPhoneNumberGloballyParams, AddUserToTenantParams, DeleteUserPhoneNumberGloballyParams,
        GenerateUserActivationLinkParams, GenerateUserPasswordResetLinkParams, GetBulkInviteStatusParams,
        GetBulkRolesUpdateStatusParams, GetUserByEmailParams, GetUserGloballyParams, GetUserParams,
        ListUserTenantStatusesParams, LockUserParams, SetUserActiveTenantParams, SetUserEmailParams,
        SetUserInvisibleParams, SetUserSuperuserParams, UnenrollUserMfaGloballyParams, UnlockUserParams,
        UpdateUserGloballyParams, UpdateUserRolesAcrossTenantsParams, UsersApi, VerifyUserParams,
    },
};
use frontegg_model::types;

use super::{paging, user_answers, user_jobs};
use crate::{
    domain::{
        identifiers::{Proof, emails, phones},
        joining::{
            bulk_invitation,
            creation::{self, Mailing, UnknownTenant},
            onboarding::{self, Mail},
        },
        memberships::{self, AcrossTenants, TemporaryUsers},
        mfa,
        passwords::reset,
        people::{
            lists::{self, Status},
            profiles::{self, Viewer},
        },
        users::{self, Changes, NewUser},
    },
    service::Service,
    store::Read,
};

impl UsersApi for Service {
    async fn add_user_phone_number_globally(
        &self,
        _: &RequestContext,
        params: AddUserPhoneNumberGloballyParams,
        body: types::PreVerifyUserPhoneNumberRequestDto,
    ) -> ApiResult<()> {
        self.write(async |tx| Ok(users::add_phone_number(tx, &params.user_id, &body.phone_number).await?)).await
    }

    async fn add_user_to_tenant(
        &self,
        _: &RequestContext,
        params: AddUserToTenantParams,
        body: types::AddUserToTenantRequest,
    ) -> ApiResult<types::UserDto> {
        let mailing = if body.skip_invite_email.unwrap_or_default() { Mailing::Silent } else { Mailing::Send };
        let unknown = unknown_tenant(body.validate_tenant_exist);
        self.write(async |tx| {
            creation::add_to_tenant(tx, &params.user_id, &body.tenant_id, mailing, unknown).await?;
            self.seen_by_administrators(tx, &params.user_id).await
        })
        .await
    }

    async fn create_user_globally(
        &self,
        _: &RequestContext,
        body: types::CreateUserDtoVendorOnly,
    ) -> ApiResult<types::UserDto> {
        let password_hash = match &body.password {
            Some(password) => Some(self.newcomers_password(&body.tenant_id, password).await?),
            None => None,
        };
        let person = NewUser {
            email: body.email,
            username: body.username,
            name: body.name,
            phone_number: body.phone_number,
            password_hash,
            metadata: body.metadata,
            vendor_metadata: body.vendor_metadata,
            external_id: body.external_id,
            mfa_bypass: body.mfa_bypass.unwrap_or_default(),
            ..NewUser::default()
        };
        self.write(async |tx| {
            let joined =
                creation::create_in_tenant(tx, &body.tenant_id, person, body.role_ids, body.expiration_in_seconds)
                    .await?;
            self.seen_by_administrators(tx, &joined.person.user.id).await
        })
        .await
    }

    async fn delete_user_phone_number_globally(
        &self,
        _: &RequestContext,
        params: DeleteUserPhoneNumberGloballyParams,
    ) -> ApiResult<()> {
        self.write(async |tx| {
            users::require(tx, &params.user_id).await?;
            Ok(phones::remove(tx, &params.user_id, &params.phone_id).await?)
        })
        .await
    }

    async fn generate_user_activation_link(
        &self,
        _: &RequestContext,
        params: GenerateUserActivationLinkParams,
    ) -> ApiResult<types::GenerateUserActivationLinkResponseDto> {
        let (user, issued) = self
            .write(async |tx| {
                let user = users::require(tx, &params.user_id).await?;
                let address = emails::primary(tx, &user.id).await?;
                let address = address.as_ref().map(|row| row.email.as_str());
                let issued = onboarding::issue(tx, Mail::Activation, &user.id, None, address).await?;
                Ok((user, issued))
            })
            .await?;
        Ok(types::GenerateUserActivationLinkResponseDto {
            link: issued.link.into(),
            token: issued.token.into(),
            user_id: user.id,
        })
    }

    async fn generate_user_password_reset_link(
        &self,
        _: &RequestContext,
        params: GenerateUserPasswordResetLinkParams,
    ) -> ApiResult<types::GenerateUserResetPasswordLinkResponseDto> {
        let (link, token) = self.write(async |tx| Ok(reset::link(tx, &params.user_id).await?)).await?;
        Ok(types::GenerateUserResetPasswordLinkResponseDto {
            user_id: params.user_id,
            link: link.into(),
            token: token.into(),
        })
    }

    async fn get_bulk_invite_status(
        &self,
        _: &RequestContext,
        params: GetBulkInviteStatusParams,
    ) -> ApiResult<types::BulkInviteStatus> {
        let tx = self.store().read().await?;
        let report = bulk_invitation::report(&tx, &params.id).await?;
        Ok(user_jobs::invite_status(params.id, report))
    }

    async fn get_bulk_roles_update_status(
        &self,
        _: &RequestContext,
        params: GetBulkRolesUpdateStatusParams,
    ) -> ApiResult<types::BulkRolesTaskStatusResponseDto> {
        let tx = self.store().read().await?;
        user_jobs::roles_status(&tx, params.task_id).await
    }

    async fn get_user(&self, cx: &RequestContext, params: GetUserParams) -> ApiResult<types::UserDto> {
        let tenant_id = cx.tenant()?;
        let tx = self.store().read().await?;
        let full = profiles::full(&tx, &params.user_id, Viewer::Administrator, Some(tenant_id)).await?;
        Ok(user_answers::full(self, full.of_member()?))
    }

    async fn get_user_by_email(
        &self,
        _: &RequestContext,
        params: GetUserByEmailParams,
    ) -> ApiResult<types::CoreUserDto> {
        let tx = self.store().read().await?;
        let user = users::require_by_email(&tx, &params.email).await?;
        let profile = profiles::one(&tx, &user.id, Viewer::Administrator, None).await?;
        Ok(user_answers::core(self, profile))
    }

    async fn get_user_globally(&self, _: &RequestContext, params: GetUserGloballyParams) -> ApiResult<types::UserDto> {
        let tx = self.store().read().await?;
        self.seen_by_administrators(&tx, &params.user_id).await
    }

    async fn invite_users_in_bulk(
        &self,
        cx: &RequestContext,
        body: types::UsersBulkInviteRequestDto,
    ) -> ApiResult<types::TaskContext> {
        let tenant_id = cx.tenant()?;
        bulk_invitation::check(body.users.iter().map(|user| user.email.is_some() || user.username.is_some()))?;
        let mut entries = Vec::with_capacity(body.users.len());
        for user in body.users {
            entries.push(user_jobs::entry(self, tenant_id, user).await?);
        }
        Ok(types::TaskContext { id: user_jobs::invite(self, tenant_id, entries).await? })
    }

    async fn list_user_tenant_statuses(
        &self,
        _: &RequestContext,
        params: ListUserTenantStatusesParams,
    ) -> ApiResult<Vec<types::UserTenantStatusesResponse>> {
        let wanted = match &params.user_tenant_statuses {
            Some(words) => {
                let words = paging::ids(words).into_iter().map(|word| user_answers::parse_status(&word));
                Some(words.collect::<Result<Vec<_>, _>>()?)
            }
            None => None,
        };
        let tx = self.store().read().await?;
        let found = lists::statuses(&tx, paging::ids(&params.user_ids), wanted.as_deref()).await?;
        let status =
            |one: Status| types::TenantStatus { tenant_id: one.tenant_id, status: user_answers::status(one.status) };
        let person = |(user_id, states): (String, Vec<Status>)| types::UserTenantStatusesResponse {
            user_id,
            tenants_statuses: states.into_iter().map(status).collect(),
        };
        Ok(found.into_iter().map(person).collect())
    }

    async fn lock_user(&self, _: &RequestContext, params: LockUserParams) -> ApiResult<()> {
        self.write(async |tx| Ok(users::lock(tx, &params.user_id).await?)).await
    }

    async fn move_all_users_to_tenant(
        &self,
        _: &RequestContext,
        body: types::MigrateUsersFromTenantToTenantRequest,
    ) -> ApiResult<()> {
        self.write(async |tx| Ok(memberships::move_all(tx, &body.src_tenant_id, &body.target_tenant_id).await?)).await
    }

    async fn set_temporary_users_configuration(
        &self,
        _: &RequestContext,
        body: types::TemporaryUsersConfigurationDto,
    ) -> ApiResult<types::TemporaryUsersConfigurationDto> {
        self.write(
            async |tx| Ok(memberships::set_temporary_users(tx, TemporaryUsers { enabled: body.enabled }).await?),
        )
        .await?;
        Ok(body)
    }

    async fn set_user_active_tenant(
        &self,
        _: &RequestContext,
        params: SetUserActiveTenantParams,
        body: types::UpdateUserTenantWithValidationDto,
    ) -> ApiResult<types::UserDto> {
        let unknown = unknown_tenant(body.validate_tenant_exist);
        self.write(async |tx| {
            let user = creation::set_active_tenant(tx, &params.user_id, &body.tenant_id, unknown).await?;
            self.seen_by_administrators(tx, &user.id).await
        })
        .await
    }

    async fn set_user_email(
        &self,
        _: &RequestContext,
        params: SetUserEmailParams,
        body: types::UpdateUserEmailDto,
    ) -> ApiResult<types::UserDto> {
        self.write(async |tx| {
            let user = users::set_email(tx, &params.user_id, &body.email).await?;
            self.seen_by_administrators(tx, &user.id).await
        })
        .await
    }

    async fn set_user_invisible(
        &self,
        _: &RequestContext,
        params: SetUserInvisibleParams,
        body: types::UpdateUserInvisibleDto,
    ) -> ApiResult<types::UserDto> {
        self.write(async |tx| {
            let user = users::set_invisible(tx, &params.user_id, body.invisible).await?;
            self.seen_by_administrators(tx, &user.id).await
        })
        .await
    }

    async fn set_user_superuser(
        &self,
        _: &RequestContext,
        params: SetUserSuperuserParams,
        body: types::UpdateUserSuperuserDto,
    ) -> ApiResult<types::UserDto> {
        self.write(async |tx| {
            let user = users::set_super_user(tx, &params.user_id, body.super_user).await?;
            self.seen_by_administrators(tx, &user.id).await
        })
        .await
    }

    async fn unenroll_user_mfa_globally(
        &self,
        _: &RequestContext,
        params: UnenrollUserMfaGloballyParams,
    ) -> ApiResult<()> {
        self.write(async |tx| {
            let user = users::require(tx, &params.user_id).await?;
            Ok(mfa::changes::unenroll(tx, &user).await?)
        })
        .await
    }

    async fn unlock_user(&self, _: &RequestContext, params: UnlockUserParams) -> ApiResult<()> {
        self.write(async |tx| Ok(users::unlock(tx, &params.user_id).await?)).await
    }

    async fn update_user_globally(
        &self,
        _: &RequestContext,
        params: UpdateUserGloballyParams,
        body: types::UpdateVendorUserDto,
    ) -> ApiResult<types::UserDto> {
        let changes = Changes {
            name: body.name,
            profile_picture_url: body.profile_picture_url,
            phone_number: body.phone_number,
            metadata: body.metadata,
            vendor_metadata: body.vendor_metadata,
            mfa_bypass: body.mfa_bypass,
            external_id: body.external_id,
        };
        self.write(async |tx| {
            let user = users::require(tx, &params.user_id).await?;
            let user = users::update(tx, user, changes, Proof::Proven).await?;
            self.seen_by_administrators(tx, &user.id).await
        })
        .await
    }

    async fn update_user_roles_across_tenants(
        &self,
        _: &RequestContext,
        params: UpdateUserRolesAcrossTenantsParams,
        body: types::BulkUpdateUserRolesRequestDto,
    ) -> ApiResult<types::BulkUpdateUserRolesSyncResponseDto> {
        let change = AcrossTenants {
            add: body.add_role_ids.unwrap_or_default(),
            remove: body.remove_role_ids.unwrap_or_default(),
            tenant_ids: body.tenant_ids,
        };
        let answer = self
            .write(async |tx| {
                let outcome = memberships::across_tenants(tx, &params.user_id, change).await?;
                user_jobs::roles_changed(tx, params.user_id, outcome).await
            })
            .await?;
        Ok(answer)
    }

    async fn verify_user(&self, _: &RequestContext, params: VerifyUserParams) -> ApiResult<()> {
        self.write(async |tx| Ok(users::verify(tx, &params.user_id).await?)).await
    }

    async fn verify_user_password(
        &self,
        _: &RequestContext,
        body: types::ValidateUserPasswordRequest,
    ) -> ApiResult<types::ValidateUserPasswordResponse> {
        let tx = self.store().read().await?;
        let stored = users::password_hash(&tx, &body.email).await?;
        // Comparing takes its time; nobody has to wait for the transaction meanwhile.
        drop(tx);
        let is_valid = self.passwords().verify(body.password.expose(), stored.as_deref()).await?;
        Ok(types::ValidateUserPasswordResponse { is_valid })
    }
}

impl Service {
    /// A person with what holds in the tenant that they work in.
    async fn seen_by_administrators(&self, tx: &Read, user_id: &str) -> ApiResult<types::UserDto> {
        let full = profiles::full(tx, user_id, Viewer::Administrator, None).await?;
        Ok(user_answers::full(self, full))
    }
}

/// What becomes of a tenant id that nobody has, where the caller says whether it must exist.
fn unknown_tenant(must_exist: Option<bool>) -> UnknownTenant {
    if must_exist.unwrap_or_default() { UnknownTenant::Refuse } else { UnknownTenant::Create }
}
