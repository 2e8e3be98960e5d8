//! Roles that tenants build themselves: lists page by page, roles made after another.

use frontegg_contract::{
    ApiFailure, ApiResult, RequestContext,
    account_roles::{AccountRolesApi, ListRolesV2Params},
};
use frontegg_model::{
    enums::{RoleSortField, SortOrder},
    types,
};

use super::{
    caller::{caller, tenant},
    paging, roles as shown,
};
use crate::{
    domain::roles::{self, DerivedRole, RoleListing, SortBy},
    service::Service,
};

/// Most entries of a page.
const LARGEST: u64 = 2000;

impl AccountRolesApi for Service {
    async fn list_roles_v2(&self, cx: &RequestContext, params: ListRolesV2Params) -> ApiResult<types::RolePage> {
        let listing = listing(cx, params)?;
        let page = listing.page;
        let tx = self.store().read().await?;
        let roles = roles::page(&tx, tenant(cx), listing).await?;
        Ok(types::RolePage {
            links: Some(paging::links(cx, page, roles.total)),
            metadata: paging::metadata(page, roles.total),
            items: roles.items.into_iter().map(|role| shown::response(self, role)).collect(),
        })
    }

    async fn create_role_v2(
        &self,
        cx: &RequestContext,
        body: types::AddRoleWithPermissionsRequest,
    ) -> ApiResult<types::AddRoleWithPermissionsResponse> {
        let new = DerivedRole {
            key: body.key,
            name: body.name,
            description: body.description,
            is_default: body.is_default.unwrap_or_default(),
            base_role_id: body.base_role_id,
            permission_ids: body.permission_ids,
        };
        let held = self.write(async |tx| Ok(roles::derive(tx, caller(cx), tenant(cx), new).await?)).await?;
        let role = held.role;
        Ok(types::AddRoleWithPermissionsResponse {
            id: role.id,
            vendor_id: self.vendor_id().to_owned(),
            tenant_id: role.tenant_id,
            key: role.key,
            name: role.name,
            description: role.description,
            is_default: role.is_default,
            first_user_role: Some(role.first_user_role),
            level: Some(role.level),
            permissions: held.permissions,
            created_at: Some(role.created_at.utc()),
            updated_at: Some(role.updated_at.utc()),
        })
    }

    async fn list_role_levels(&self, cx: &RequestContext) -> ApiResult<Vec<i32>> {
        let tx = self.store().read().await?;
        Ok(roles::levels(&tx, tenant(cx)).await?)
    }

    async fn list_role_tenants(&self, _: &RequestContext) -> ApiResult<Vec<String>> {
        let tx = self.store().read().await?;
        Ok(roles::owners(&tx).await?)
    }
}

fn listing(cx: &RequestContext, params: ListRolesV2Params) -> ApiResult<RoleListing> {
    let owners = owners(cx, params.tenant_ids.as_deref());
    Ok(RoleListing {
        text: params.filter,
        levels: params.levels.as_deref().map(levels).transpose()?,
        owners: (!owners.is_empty()).then_some(owners),
        sort_by: params.sort_by.map_or(Ok(SortBy::default()), sort_by)?,
        descending: params.order == Some(SortOrder::Desc),
        page: paging::page_up_to(LARGEST, params.limit, params.offset)?,
    })
}

fn levels(list: &str) -> ApiResult<Vec<i32>> {
    let level = |text: String| text.parse().map_err(|_| ApiFailure::bad_request("_levels must be whole numbers"));
    paging::ids(list).into_iter().map(level).collect()
}

/// The owners that the list is narrowed to. An empty entry and the word null stand for the
/// environment; where the parameter itself is empty, it has not come through as one.
fn owners(cx: &RequestContext, list: Option<&str>) -> Vec<Option<String>> {
    let is_empty = |pair: &str| matches!(pair, "_tenantIds=" | "_tenantIds[]=" | "_tenantIds%5B%5D=");
    let owner = |id: &str| Some(id.trim()).filter(|id| !id.is_empty() && *id != "null").map(str::to_owned);
    let named = list.into_iter().flat_map(|list| list.split(',')).map(owner);
    let empty = cx.query.split('&').filter(|pair| is_empty(pair)).map(|_| None);
    named.chain(empty).collect()
}

fn sort_by(field: RoleSortField) -> ApiResult<SortBy> {
    Ok(match field {
        RoleSortField::Key => SortBy::Key,
        RoleSortField::Name => SortBy::Name,
        RoleSortField::Description => SortBy::Description,
        RoleSortField::IsDefault => SortBy::IsDefault,
        RoleSortField::FirstUserRole => SortBy::FirstUserRole,
        RoleSortField::Level => SortBy::Level,
        RoleSortField::UpdatedAt => SortBy::UpdatedAt,
        RoleSortField::CreatedAt => SortBy::CreatedAt,
        RoleSortField::Permissions => SortBy::Permissions,
        RoleSortField::UserTenants => SortBy::Members,
        RoleSortField::Groups => SortBy::Groups,
        other => return Err(ApiFailure::bad_request(format!("_sortBy must not be {other}"))),
    })
}
