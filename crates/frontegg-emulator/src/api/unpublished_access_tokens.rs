//! What back ends ask about access tokens of tenants, and no document publishes.

use frontegg_contract::{ApiResult, RequestContext, unpublished_access_tokens::UnpublishedAccessTokensApi};

use crate::{domain::machine_tokens, service::Service, tokens::AccessKind};

impl UnpublishedAccessTokensApi for Service {
    async fn list_active_tenant_access_token_ids(&self, cx: &RequestContext) -> ApiResult<Vec<String>> {
        let tx = self.store().read().await?;
        Ok(machine_tokens::active_ids(&tx, AccessKind::Tenant, cx.tenant_id.as_deref()).await?)
    }
}
