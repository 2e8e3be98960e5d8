//! What back ends ask about access tokens that they are shown.

use frontegg_contract::{
    ApiResult, RequestContext,
    m2m_tokens::{GetTenantAccessTokenParams, GetUserAccessTokenParams, M2mTokensApi},
};
use frontegg_model::types;

use crate::{domain::machine_tokens, service::Service, tokens::AccessKind};

impl M2mTokensApi for Service {
    async fn get_tenant_access_token(
        &self,
        cx: &RequestContext,
        params: GetTenantAccessTokenParams,
    ) -> ApiResult<types::AuthTenantAccessTokenResponse> {
        let tx = self.store().read().await?;
        let tenant = cx.tenant_id.as_deref();
        let token = machine_tokens::look_up(&tx, AccessKind::Tenant, tenant, &params.id).await?;
        Ok(types::AuthTenantAccessTokenResponse {
            id: token.row.id,
            tenant_id: token.row.tenant_id,
            description: token.row.description,
            created_by_user_id: token.row.created_by_user_id,
            expires: token.row.expires_at.map(Into::into),
            roles: token.roles,
            permissions: token.permissions,
        })
    }

    async fn get_user_access_token(
        &self,
        cx: &RequestContext,
        params: GetUserAccessTokenParams,
    ) -> ApiResult<types::AuthUserAccessTokenResponse> {
        let tx = self.store().read().await?;
        let tenant = cx.tenant_id.as_deref();
        let token = machine_tokens::look_up(&tx, AccessKind::User, tenant, &params.id).await?;
        Ok(types::AuthUserAccessTokenResponse {
            id: token.row.id,
            user_id: token.user_id.unwrap_or_default(),
            tenant_id: token.row.tenant_id,
            expires: token.row.expires_at.map(Into::into),
            roles: token.roles,
            permissions: token.permissions,
        })
    }

    async fn list_active_user_access_token_ids(&self, cx: &RequestContext) -> ApiResult<Vec<String>> {
        let tx = self.store().read().await?;
        Ok(machine_tokens::active_ids(&tx, AccessKind::User, cx.tenant_id.as_deref()).await?)
    }
}
