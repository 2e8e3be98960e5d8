//! Tying existing tenants together and apart.

use frontegg_contract::{ApiResult, RequestContext, sub_accounts_and_hierarchy::SubAccountsAndHierarchyApi};
use frontegg_model::types;

use crate::{domain::tenants::hierarchy, service::Service};

impl SubAccountsAndHierarchyApi for Service {
    async fn add_sub_tenant_to_hierarchy(
        &self,
        _: &RequestContext,
        body: types::CreateSubTenantRequestDto,
    ) -> ApiResult<()> {
        self.write(async |tx| Ok(hierarchy::tie(tx, &body.parent_tenant_id, &body.child_tenant_id).await?)).await
    }

    async fn remove_sub_tenant_from_hierarchy(
        &self,
        _: &RequestContext,
        body: types::DeleteSubTenantRequestDto,
    ) -> ApiResult<()> {
        self.write(async |tx| Ok(hierarchy::untie(tx, &body.parent_tenant_id, &body.child_tenant_id).await?)).await
    }
}
