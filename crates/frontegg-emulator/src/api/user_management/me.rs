//! The caller: profile, roles, tenants.

use frontegg_contract::{ApiResult, RequestContext};
use frontegg_model::types;

use super::members::changes;
use crate::{
    api::{
        caller::{caller, session_id, viewer},
        sign_in::client_info,
        user_answers,
    },
    clock::Timestamp,
    domain::{
        identifiers::Proof,
        login, memberships,
        people::{
            self,
            profiles::{self, FullProfile},
            tenants::Place,
        },
        roles, tenants, users,
    },
    service::Service,
    store::{Read, entity::tenant},
};

pub(super) async fn get_my_profile_v2(service: &Service, cx: &RequestContext) -> ApiResult<types::UserDto> {
    let tx = service.store().read().await?;
    Ok(user_answers::full(service, here(&tx, cx).await?))
}

pub(super) async fn get_my_profile_v3(service: &Service, cx: &RequestContext) -> ApiResult<types::UserV3Dto> {
    let tx = service.store().read().await?;
    let user_id = cx.user()?;
    let profile = profiles::one(&tx, user_id, viewer(cx, Some(user_id), &[]), Some(cx.tenant()?)).await?;
    Ok(user_answers::third(service, profile))
}

pub(super) async fn update_my_profile(
    service: &Service,
    cx: &RequestContext,
    body: types::UpdateUserDto,
) -> ApiResult<types::UserDto> {
    let full = service
        .write(async |tx| {
            let user = users::require(tx, cx.user()?).await?;
            users::update(tx, user, changes(body), Proof::Unproven).await?;
            here(tx, cx).await
        })
        .await?;
    Ok(user_answers::full(service, full))
}

/// Who asks, with what holds in the tenant of the request.
async fn here(tx: &Read, cx: &RequestContext) -> ApiResult<FullProfile> {
    let user_id = cx.user()?;
    Ok(profiles::full(tx, user_id, viewer(cx, Some(user_id), &[]), Some(cx.tenant()?)).await?)
}

pub(super) async fn get_my_authorization(
    service: &Service,
    cx: &RequestContext,
) -> ApiResult<types::MeAuthorizationResponseDto> {
    let tx = service.store().read().await?;
    let effective = roles::effective_in(&tx, cx.user()?, cx.tenant()?).await?;
    let (roles, permissions) = user_answers::held(service, effective);
    Ok(types::MeAuthorizationResponseDto { roles, permissions })
}

pub(super) async fn set_my_active_tenant(
    service: &Service,
    cx: &RequestContext,
    body: types::UpdateUserTenantDto,
) -> ApiResult<types::UserDto> {
    let user_id = cx.user()?;
    let full = service
        .write(async |tx| {
            let user = users::require(tx, user_id).await?;
            if caller(cx).is_user() {
                login::require_entry(tx, &user, &body.tenant_id, session_id(cx), &client_info(service, cx)).await?;
            } else {
                memberships::require_entry(tx, &user, &body.tenant_id).await?;
            }
            users::set_active_tenant(tx, user, &body.tenant_id).await?;
            Ok(profiles::full(tx, user_id, viewer(cx, Some(user_id), &[]), None).await?)
        })
        .await?;
    Ok(user_answers::full(service, full))
}

pub(super) async fn list_my_tenants_v1(
    service: &Service,
    cx: &RequestContext,
) -> ApiResult<types::GetUserTenantsResponseDto> {
    let tx = service.store().read().await?;
    let active = tenants::require(&tx, cx.tenant()?).await?;
    my_tenants(service, &tx, cx.user()?, active).await
}

pub(super) async fn list_my_tenants_v2(
    service: &Service,
    cx: &RequestContext,
) -> ApiResult<Vec<types::UserTenantDataDto>> {
    let tx = service.store().read().await?;
    let tenants = people::tenants::open(&tx, cx.user()?).await?;
    Ok(tenants.into_iter().map(|tenant| data(service, tenant)).collect())
}

/// The tenants that a person can enter, and the active one.
pub(in crate::api) async fn my_tenants(
    service: &Service,
    tx: &Read,
    user_id: &str,
    active: tenant::Model,
) -> ApiResult<types::GetUserTenantsResponseDto> {
    let tenants = people::tenants::open(tx, user_id).await?;
    Ok(types::GetUserTenantsResponseDto {
        active_tenant: data(service, active),
        tenants: tenants.into_iter().map(|tenant| data(service, tenant)).collect(),
    })
}

pub(super) async fn get_my_tenants_hierarchy(
    service: &Service,
    cx: &RequestContext,
) -> ApiResult<Vec<types::GetUserTenantsHierarchyResponseDto>> {
    let tx = service.store().read().await?;
    let places = people::tenants::hierarchy(&tx, cx.user()?).await?;
    let place = |place: Place| types::GetUserTenantsHierarchyResponseDto {
        tenant_id: Some(place.tenant.tenant_id),
        name: Some(place.tenant.name),
        is_reseller: Some(place.tenant.is_reseller),
        parent_tenant_id: place.parent_id,
        is_parent: Some(place.is_parent),
    };
    Ok(places.into_iter().map(place).collect())
}

fn data(service: &Service, tenant: tenant::Model) -> types::UserTenantDataDto {
    types::UserTenantDataDto {
        id: Some(tenant.id),
        vendor_id: Some(service.vendor_id().to_owned()),
        tenant_id: tenant.tenant_id,
        name: tenant.name,
        metadata: Some(tenant.metadata),
        is_reseller: Some(tenant.is_reseller),
        address: tenant.address,
        timezone: tenant.timezone,
        date_format: tenant.date_format,
        time_format: tenant.time_format,
        currency: tenant.currency,
        logo: tenant.logo,
        logo_url: tenant.logo_url,
        created_at: Some(tenant.created_at.utc()),
        updated_at: Some(tenant.updated_at.utc()),
        deleted_at: tenant.deleted_at.map(Timestamp::utc),
    }
}
