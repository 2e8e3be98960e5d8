//! Older listings of people, and the caller's tenants with the stored active one.

use frontegg_contract::{
    ApiResult, RequestContext,
    unpublished_users::{ListUsersV1Params, ListUsersV2Params, UnpublishedUsersApi},
};
use frontegg_model::types;

use super::user_management::{Asked, my_tenants, page_of_users};
use crate::{
    domain::{memberships::Roles, tenants, users},
    service::Service,
};

impl UnpublishedUsersApi for Service {
    async fn list_my_tenants_v3(&self, cx: &RequestContext) -> ApiResult<types::GetUserTenantsResponseDto> {
        let user_id = cx.user()?;
        let tx = self.store().read().await?;
        let stored = users::require(&tx, user_id).await?.active_tenant_id;
        let active = match &stored {
            Some(tenant_id) => tenants::require(&tx, tenant_id).await?,
            None => tenants::require(&tx, cx.tenant()?).await?,
        };
        my_tenants(self, &tx, user_id, active).await
    }

    async fn list_users_v1(&self, cx: &RequestContext, params: ListUsersV1Params) -> ApiResult<types::UserPage> {
        let asked = Asked {
            limit: params.limit,
            offset: params.offset,
            email: params.email,
            tenant_id: params.tenant_id,
            include_sub_tenants: params.include_sub_tenants,
            ids: params.ids,
            sort_by: params.sort_by,
            order: params.order,
            roles: Roles::Shown,
            ..Asked::default()
        };
        page_of_users(self, cx, asked).await
    }

    async fn list_users_v2(&self, cx: &RequestContext, params: ListUsersV2Params) -> ApiResult<types::UserPage> {
        let asked = Asked {
            limit: params.limit,
            offset: params.offset,
            email: params.email,
            tenant_id: params.tenant_id,
            include_sub_tenants: params.include_sub_tenants,
            ids: params.ids,
            sort_by: params.sort_by,
            order: params.order,
            roles: Roles::Shown,
            ..Asked::default()
        };
        page_of_users(self, cx, asked).await
    }
}
