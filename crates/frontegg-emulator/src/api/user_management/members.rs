//! Inviting, suspending, limiting and removing members, and their roles.

use frontegg_contract::{
    ApiFailure, ApiResult, RequestContext,
    user_management::{
        AssignRolesToUserParams, DisableUserInTenantParams, EnableUserInTenantParams, RemoveUserParams,
        SetUserPermanentParams, SetUserSubTenantAccessParams, SetUserTemporaryParams, UnassignRolesFromUserParams,
    },
};
use frontegg_model::types;

use crate::{
    api::{
        caller::{caller, caller_id, viewer},
        user_answers,
    },
    domain::{
        identifiers::Proof,
        joining::creation::{self, Invitation},
        memberships::{self, MemberKey},
        people::profiles,
        tenants,
        users::{self, Changes, NewUser},
    },
    service::Service,
    store::{Read, entity::membership},
};

pub(super) async fn create_user_v1(
    service: &Service,
    cx: &RequestContext,
    body: types::CreateUserDto,
) -> ApiResult<types::UserCreatedResponse> {
    create_user_v2(service, cx, body).await
}

pub(super) async fn create_user_v2(
    service: &Service,
    cx: &RequestContext,
    body: types::CreateUserDto,
) -> ApiResult<types::UserCreatedResponse> {
    let tenant_id = cx.tenant()?;
    let invitation = invitation(service, cx, body).await?;
    let answer = service
        .write(async |tx| {
            let joined = creation::invite(tx, caller(cx), tenant_id, invitation).await?;
            let scope = [tenant_id.to_owned()];
            let full = profiles::full_of(tx, joined.person, viewer(cx, None, &scope), Some(tenant_id)).await?;
            let answer = user_answers::created(service, full);
            Ok(answer)
        })
        .await?;
    Ok(answer)
}

async fn invitation(service: &Service, cx: &RequestContext, body: types::CreateUserDto) -> ApiResult<Invitation> {
    let password_hash = match &body.password {
        Some(password) => Some(service.newcomers_password(cx.tenant()?, password).await?),
        None => None,
    };
    let person = NewUser {
        email: body.email,
        username: body.username,
        name: body.name,
        profile_picture_url: body.profile_picture_url,
        phone_number: body.phone_number,
        password_hash,
        provider: body.provider.map(|provider| provider.as_str().to_owned()),
        metadata: body.metadata,
        ..NewUser::default()
    };
    Ok(Invitation {
        person,
        role_ids: body.role_ids,
        seconds: body.expiration_in_seconds,
        silent: body.skip_invite_email.unwrap_or_default(),
        application_id: cx.application_id.clone(),
        mail_context: body.email_metadata.unwrap_or_default(),
    })
}

pub(super) async fn update_user(
    service: &Service,
    cx: &RequestContext,
    body: types::UpdateUserDto,
) -> ApiResult<types::UserDto> {
    let (tenant_id, user_id) = (cx.tenant()?, cx.user()?);
    // An administrator vouches for the number.
    let number_is = Proof::from(!caller(cx).is_user());
    let full = service
        .write(async |tx| {
            memberships::require(tx, user_id, tenant_id).await?;
            let user = users::require(tx, user_id).await?;
            let user = users::update(tx, user, changes(body), number_is).await?;
            Ok(profiles::full(tx, &user.id, viewer(cx, Some(user_id), &[]), Some(tenant_id)).await?)
        })
        .await?;
    Ok(user_answers::full(service, full))
}

/// What people may change of themselves.
pub(super) fn changes(body: types::UpdateUserDto) -> Changes {
    Changes {
        name: body.name,
        profile_picture_url: body.profile_picture_url,
        phone_number: body.phone_number,
        metadata: body.metadata,
        ..Changes::default()
    }
}

pub(super) async fn assign_roles_to_user(
    service: &Service,
    cx: &RequestContext,
    params: AssignRolesToUserParams,
    body: types::AssignUserToRolesDto,
) -> ApiResult<types::AssignUserToRolesResponseDto> {
    let tenant_id = cx.tenant()?;
    let roles = service
        .write(async |tx| {
            Ok(memberships::assign(tx, caller(cx), MemberKey { user_id: &params.user_id, tenant_id }, body.role_ids)
                .await?)
        })
        .await?;
    Ok(types::AssignUserToRolesResponseDto {
        tenant_id: tenant_id.to_owned(),
        user_id: params.user_id,
        roles: roles.into_iter().map(user_answers::assigned).collect(),
    })
}

pub(super) async fn unassign_roles_from_user(
    service: &Service,
    cx: &RequestContext,
    params: UnassignRolesFromUserParams,
    body: types::UnassignUserFromRolesDto,
) -> ApiResult<types::DeleteUserToRolesResponseDto> {
    let tenant_id = cx.tenant()?;
    let roles = service
        .write(async |tx| {
            Ok(memberships::unassign(tx, caller(cx), MemberKey { user_id: &params.user_id, tenant_id }, body.role_ids)
                .await?)
        })
        .await?;
    Ok(types::DeleteUserToRolesResponseDto {
        tenant_id: tenant_id.to_owned(),
        user_id: params.user_id,
        roles: roles.into_iter().map(user_answers::assigned).collect(),
    })
}

pub(super) async fn disable_user_in_tenant(
    service: &Service,
    cx: &RequestContext,
    params: DisableUserInTenantParams,
) -> ApiResult<()> {
    let tenant_id = cx.tenant()?;
    service
        .write(async |tx| {
            let row = manageable(tx, cx, &params.user_id, tenant_id).await?;
            Ok(memberships::set_disabled(tx, row, true).await?)
        })
        .await
}

pub(super) async fn enable_user_in_tenant(
    service: &Service,
    cx: &RequestContext,
    params: EnableUserInTenantParams,
) -> ApiResult<()> {
    let tenant_id = cx.tenant()?;
    service
        .write(async |tx| {
            let row = manageable(tx, cx, &params.user_id, tenant_id).await?;
            Ok(memberships::set_disabled(tx, row, false).await?)
        })
        .await
}

pub(super) async fn get_temporary_users_configuration(
    service: &Service,
    _: &RequestContext,
) -> ApiResult<types::TemporaryUsersConfigurationDto> {
    let tx = service.store().read().await?;
    let document = memberships::temporary_users(&tx).await?;
    Ok(types::TemporaryUsersConfigurationDto::new(document.enabled))
}

pub(super) async fn set_user_temporary(
    service: &Service,
    cx: &RequestContext,
    params: SetUserTemporaryParams,
    body: types::TemporaryUserDto,
) -> ApiResult<types::TemporaryUserDto> {
    service
        .write(async |tx| {
            let row = somewhere(tx, cx, &params.user_id).await?;
            Ok(memberships::set_temporary(tx, row, body.expiration_in_seconds).await?)
        })
        .await?;
    Ok(body)
}

pub(super) async fn set_user_permanent(
    service: &Service,
    cx: &RequestContext,
    params: SetUserPermanentParams,
) -> ApiResult<()> {
    service
        .write(async |tx| {
            let row = somewhere(tx, cx, &params.user_id).await?;
            Ok(memberships::set_permanent(tx, row).await?)
        })
        .await
}

pub(super) async fn set_user_sub_tenant_access(
    service: &Service,
    cx: &RequestContext,
    params: SetUserSubTenantAccessParams,
    body: types::UpdateSubAccountAccessRequestDto,
) -> ApiResult<()> {
    service
        .write(async |tx| {
            let row = somewhere(tx, cx, &params.user_id).await?;
            let tenant = tenants::require(tx, &row.tenant_id).await?;
            Ok(memberships::set_sub_tenant_access(tx, row, &tenant, body.allow_access).await?)
        })
        .await
}

/// Ends a membership or, when no tenant is named, the person. People may leave by themselves.
pub(super) async fn remove_user(service: &Service, cx: &RequestContext, params: RemoveUserParams) -> ApiResult<()> {
    let user_id = &params.user_id;
    service
        .write(async |tx| {
            match cx.tenant_id.as_deref() {
                Some(tenant_id) => {
                    let row = memberships::require(tx, user_id, tenant_id).await?;
                    if caller_id(cx) != Some(user_id) {
                        memberships::may_manage(tx, caller(cx), &row).await?;
                    }
                    memberships::end(tx, row).await?;
                }
                None if caller(cx).is_user() => return Err(ApiFailure::forbidden("Tenant ID is not specified")),
                None => users::delete(tx, user_id).await?,
            }
            Ok(())
        })
        .await
}

/// A membership that the caller may suspend or limit: never their own.
async fn manageable(tx: &Read, cx: &RequestContext, user_id: &str, tenant_id: &str) -> ApiResult<membership::Model> {
    let row = memberships::require(tx, user_id, tenant_id).await?;
    if caller_id(cx) == Some(user_id) {
        return Err(ApiFailure::forbidden("Users cannot do this to themselves"));
    }
    memberships::may_manage(tx, caller(cx), &row).await?;
    Ok(row)
}

/// The same where no operation has a tenant header: in the tenant that is named nevertheless, else
/// in the one that the person works in.
async fn somewhere(tx: &Read, cx: &RequestContext, user_id: &str) -> ApiResult<membership::Model> {
    if let Some(tenant_id) = cx.tenant_id.as_deref() {
        return manageable(tx, cx, user_id, tenant_id).await;
    }
    let user = users::require(tx, user_id).await?;
    let tenant_id = user.active_tenant_id.ok_or_else(users::unknown)?;
    manageable(tx, cx, user_id, &tenant_id).await
}
