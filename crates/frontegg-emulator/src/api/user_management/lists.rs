//! Lists of people, and what is asked about several of them at once.

use frontegg_contract::{
    ApiFailure, ApiResult, RequestContext,
    user_management::{ListUsersGroupsParams, ListUsersParams, ListUsersRolesParams, SearchUsersParams},
};
use frontegg_model::{enums, types};

use crate::{
    api::{
        caller::{caller, caller_id, viewer},
        paging, user_answers,
    },
    domain::{
        memberships::Roles,
        people::{
            lists::{self, Phrase, Reach, Scope, SortBy, SoughtIdentifier, UserListing},
            profiles,
        },
    },
    service::Service,
};

/// What all listings of people take.
#[derive(Debug, Default)]
pub(in crate::api) struct Asked {
    pub(in crate::api) limit: Option<i64>,
    pub(in crate::api) offset: Option<i64>,
    pub(in crate::api) email: Option<String>,
    pub(in crate::api) tenant_id: Option<String>,
    pub(in crate::api) include_sub_tenants: Option<bool>,
    pub(in crate::api) name_prefix: Option<String>,
    pub(in crate::api) identifier: Option<String>,
    pub(in crate::api) identifier_type: Option<enums::IdentifierType>,
    pub(in crate::api) ids: Option<String>,
    pub(in crate::api) external_ids: Option<String>,
    pub(in crate::api) sort_by: Option<enums::UserSortField>,
    pub(in crate::api) order: Option<enums::SortOrder>,
    pub(in crate::api) phrase: Phrase,
    /// Whether memberships show their roles, as they did in older versions.
    pub(in crate::api) roles: Roles,
}

pub(super) async fn list_users(
    service: &Service,
    cx: &RequestContext,
    params: ListUsersParams,
) -> ApiResult<types::UserPage> {
    let asked = Asked {
        limit: params.limit,
        offset: params.offset,
        email: params.email,
        tenant_id: params.tenant_id,
        include_sub_tenants: params.include_sub_tenants,
        name_prefix: params.name_prefix,
        identifier: params.identifier,
        identifier_type: params.identifier_type,
        ids: params.ids,
        external_ids: params.external_ids,
        sort_by: params.sort_by,
        order: params.order,
        ..Asked::default()
    };
    page_of_users(service, cx, asked).await
}

pub(super) async fn search_users(
    service: &Service,
    cx: &RequestContext,
    params: SearchUsersParams,
) -> ApiResult<types::UserPage> {
    let phrase = Phrase::new(
        params.phrase_search_contains.as_deref(),
        params.phrase_search_excludes.as_deref(),
        params.phrase_search_optional.as_deref(),
        params.phrase_search_approximate.unwrap_or_default(),
    );
    let asked = Asked {
        limit: params.limit,
        offset: params.offset,
        email: params.email,
        tenant_id: params.tenant_id,
        include_sub_tenants: params.include_sub_tenants,
        name_prefix: params.name_prefix,
        identifier: params.identifier,
        identifier_type: params.identifier_type,
        ids: params.ids,
        external_ids: params.external_ids,
        sort_by: params.sort_by,
        order: params.order,
        phrase,
        roles: Roles::LeftOut,
    };
    page_of_users(service, cx, asked).await
}

/// One page of the people within the caller's reach.
pub(in crate::api) async fn page_of_users(
    service: &Service,
    cx: &RequestContext,
    asked: Asked,
) -> ApiResult<types::UserPage> {
    let page = paging::page(asked.limit, asked.offset)?;
    let listing = UserListing {
        email: asked.email,
        name_prefix: asked.name_prefix,
        identifier: identifier(asked.identifier_type, asked.identifier)?,
        ids: asked.ids.as_deref().map(paging::ids),
        external_ids: asked.external_ids.as_deref().map(paging::ids),
        visible_only: caller(cx).is_user(),
        sort_by: asked.sort_by.as_ref().map_or(SortBy::CreatedAt, sort_by),
        descending: asked.order == Some(enums::SortOrder::Desc),
        page,
    };
    let scope = Scope {
        tenant: cx.tenant_id.as_deref(),
        asked: asked.tenant_id.as_deref(),
        include_sub_tenants: asked.include_sub_tenants.unwrap_or(true),
    };
    let tx = service.store().read().await?;
    let reach = lists::reach(&tx, caller(cx), caller_id(cx), scope).await?;
    let found = lists::search(&tx, &reach, listing, &asked.phrase).await?;
    let within = match &reach {
        Reach::Tenants(tenants) => tenants.as_slice(),
        Reach::Environment => &[],
    };
    let view = scope.asked.or(scope.tenant);
    let profiles = profiles::load(&tx, found.items, viewer(cx, None, within), view, asked.roles).await?;
    Ok(types::UserPage {
        metadata: paging::metadata(page, found.total),
        links: Some(paging::links(cx, page, found.total)),
        items: profiles.into_iter().map(|profile| user_answers::third(service, profile)).collect(),
    })
}

/// Kind and beginning of an identifier only go together.
fn identifier(
    kind: Option<enums::IdentifierType>,
    beginning: Option<String>,
) -> ApiResult<Option<(SoughtIdentifier, String)>> {
    match (kind, beginning) {
        (None, None) => Ok(None),
        (Some(kind), Some(beginning)) => Ok(Some((kind_of(&kind), beginning))),
        _ => Err(ApiFailure::bad_request("_identifier and _identifierType only go together")),
    }
}

fn kind_of(kind: &enums::IdentifierType) -> SoughtIdentifier {
    match kind {
        enums::IdentifierType::PhoneNumber => SoughtIdentifier::PhoneNumber,
        enums::IdentifierType::Username => SoughtIdentifier::Username,
        _ => SoughtIdentifier::Email,
    }
}

fn sort_by(field: &enums::UserSortField) -> SortBy {
    match field {
        enums::UserSortField::Name => SortBy::Name,
        enums::UserSortField::Email => SortBy::Email,
        enums::UserSortField::Id => SortBy::Id,
        enums::UserSortField::Verified => SortBy::Verified,
        enums::UserSortField::IsLocked => SortBy::IsLocked,
        enums::UserSortField::Provider => SortBy::Provider,
        enums::UserSortField::TenantId => SortBy::TenantId,
        _ => SortBy::CreatedAt,
    }
}

pub(super) async fn list_users_roles(
    service: &Service,
    cx: &RequestContext,
    params: ListUsersRolesParams,
) -> ApiResult<Vec<types::GetUserRolesResponse>> {
    let tenant_id = cx.tenant()?;
    let tx = service.store().read().await?;
    let found = lists::roles_of(&tx, tenant_id, paging::ids(&params.ids)).await?;
    let response = |(user_id, role_ids)| types::GetUserRolesResponse {
        vendor_id: Some(service.vendor_id().to_owned()),
        tenant_id: tenant_id.to_owned(),
        user_id,
        role_ids,
    };
    Ok(found.into_iter().map(response).collect())
}

pub(super) async fn list_users_groups(
    service: &Service,
    cx: &RequestContext,
    params: ListUsersGroupsParams,
) -> ApiResult<Vec<types::GetUserGroupsResponse>> {
    let tenant_id = cx.tenant()?;
    let tx = service.store().read().await?;
    let found = lists::groups_of(&tx, tenant_id, paging::ids(&params.ids)).await?;
    let response = |(user_id, group_ids)| types::GetUserGroupsResponse {
        vendor_id: Some(service.vendor_id().to_owned()),
        tenant_id: tenant_id.to_owned(),
        user_id,
        group_ids,
    };
    Ok(found.into_iter().map(response).collect())
}
