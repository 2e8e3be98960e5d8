//! People as answers show them, in three depths.

use frontegg_contract::ApiFailure;
use frontegg_model::{enums, types};

use super::{permissions, roles};
use crate::{
    clock::Timestamp,
    domain::{
        memberships::Place,
        people::profiles::{FullProfile, GroupPlace, Profile},
        permissions::PermissionWithRoles,
        roles::{Effective, RoleWithPermissions},
    },
    service::Service,
    store::entity::{MembershipStatus, permission},
};

/// What all depths have in common.
macro_rules! answer {
    ($answer:ident, $service:expr, $profile:expr, { $($member:ident: $value:expr),* $(,)? }) => {{
        let (service, profile) = ($service, $profile);
        types::$answer {
            activated_for_tenant: Some(profile.is_activated()),
            sub_account_access_allowed: profile.reaches_down(),
            id: profile.user.id.clone(),
            sub: profile.user.id,
            email: profile.email,
            name: profile.user.name,
            profile_picture_url: profile.user.profile_picture_url,
            phone_number: profile.user.phone_number,
            provider: Some(profile.user.provider),
            managed_by: Some(enums::ManagedBy::from(profile.user.managed_by)),
            verified: profile.user.verified,
            is_locked: Some(profile.user.is_locked),
            super_user: Some(profile.user.super_user),
            invisible: Some(profile.user.invisible),
            mfa_enrolled: profile.mfa_enrolled,
            mfa_bypass: Some(profile.user.mfa_bypass),
            metadata: Some(profile.user.metadata),
            vendor_metadata: Some(profile.vendor_metadata),
            external_id: profile.user.external_id,
            tenant_id: profile.active_tenant,
            tenant_ids: profile.members.iter().map(|member| member.row.tenant_id.clone()).collect(),
            tenants: profile.members.into_iter().map(|member| tenant(service, member)).collect(),
            created_at: Some(profile.user.created_at.utc()),
            last_login: profile.user.last_login.map(Timestamp::utc),
            $($member: $value),*
        }
    }};
}

/// With roles and permissions.
pub(super) fn full(service: &Service, full: FullProfile) -> types::UserDto {
    let FullProfile { profile, effective, groups } = full;
    let (roles, permissions) = held(service, effective);
    let groups = groups.into_iter().map(|place| group(service, place)).collect();
    answer!(UserDto, service, profile, { roles: roles, permissions: permissions, groups: Some(groups) })
}

/// Without them.
pub(super) fn core(service: &Service, profile: Profile) -> types::CoreUserDto {
    answer!(CoreUserDto, service, profile, {})
}

/// Without them, as the third version writes it.
pub(super) fn third(service: &Service, profile: Profile) -> types::UserV3Dto {
    answer!(UserV3Dto, service, profile, {})
}

/// After an invitation into the tenant in view.
pub(super) fn created(service: &Service, full: FullProfile) -> types::UserCreatedResponse {
    let FullProfile { profile, effective, .. } = full;
    let (roles, permissions) = held(service, effective);
    types::UserCreatedResponse {
        activated_for_tenant: Some(profile.is_activated()),
        temporary_expiration_date: profile.in_view().and_then(|place| place.row.expires_at).map(Timestamp::utc),
        id: profile.user.id,
        email: profile.email,
        name: profile.user.name,
        profile_picture_url: profile.user.profile_picture_url,
        verified: Some(profile.user.verified),
        metadata: Some(profile.user.metadata),
        roles: Some(roles),
        permissions: Some(permissions),
        created_at: Some(profile.user.created_at.utc()),
        last_login: profile.user.last_login.map(Timestamp::utc),
    }
}

/// Roles and permissions that hold somewhere.
pub(super) fn held(
    service: &Service,
    effective: Effective,
) -> (Vec<types::RoleResponse>, Vec<types::PermissionResponse>) {
    (
        effective.roles.into_iter().map(|role| roles::response(service, role)).collect(),
        effective.permissions.into_iter().map(permission).collect(),
    )
}

/// Which other roles hold a permission is not told about people.
fn permission(permission: permission::Model) -> types::PermissionResponse {
    let shown = permissions::response(PermissionWithRoles { permission, roles: Vec::new() });
    types::PermissionResponse { role_ids: None, ..shown }
}

fn tenant(service: &Service, member: Place) -> types::UserTenantDto {
    let roles = member.roles.map(|held| held.into_iter().map(|role| roles::response(service, role)).collect());
    types::UserTenantDto {
        tenant_id: member.row.tenant_id,
        roles,
        is_disabled: Some(member.row.is_disabled),
        temporary_expiration_date: member.row.expires_at.map(Timestamp::utc),
    }
}

fn group(service: &Service, place: GroupPlace) -> types::UserGroupMembership {
    let role = |role| roles::plain(service, role);
    types::UserGroupMembership { id: place.id, roles: Some(place.roles.into_iter().map(role).collect()) }
}

/// A role as shown when it is given or taken.
pub(super) fn assigned(held: RoleWithPermissions) -> types::AssignedRole {
    let role = held.role;
    types::AssignedRole {
        id: role.id,
        key: role.key,
        name: role.name,
        description: role.description,
        is_default: role.is_default,
        level: role.level,
        created_at: role.created_at.utc(),
    }
}

/// How far a membership has come.
pub(super) fn status(status: MembershipStatus) -> enums::UserTenantStatus {
    match status {
        MembershipStatus::NotActivated => enums::UserTenantStatus::NotActivated,
        MembershipStatus::PendingInvitation => enums::UserTenantStatus::PendingInvitation,
        MembershipStatus::PendingLogin => enums::UserTenantStatus::PendingLogin,
        MembershipStatus::Activated => enums::UserTenantStatus::Activated,
    }
}

/// The state of that name, or 400.
pub(super) fn parse_status(word: &str) -> Result<MembershipStatus, ApiFailure> {
    match enums::UserTenantStatus::from(word) {
        enums::UserTenantStatus::NotActivated => Ok(MembershipStatus::NotActivated),
        enums::UserTenantStatus::PendingInvitation => Ok(MembershipStatus::PendingInvitation),
        enums::UserTenantStatus::PendingLogin => Ok(MembershipStatus::PendingLogin),
        enums::UserTenantStatus::Activated => Ok(MembershipStatus::Activated),
        _ => {
            let known = enums::UserTenantStatus::KNOWN.join(", ");
            Err(ApiFailure::bad_request(format!("userTenantStatuses must be among {known}")))
        }
    }
}
