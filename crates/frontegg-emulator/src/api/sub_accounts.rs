//! Tenants below a tenant.

use frontegg_contract::{
    ApiResult, RequestContext,
    sub_accounts::{
        DeleteSubTenantParams, SetSubTenantHierarchySettingsParams, SetSubTenantManagementParams, SubAccountsApi,
    },
};
use frontegg_model::types;

use super::{
    accounts::{answer, changes},
    caller::caller,
};
use crate::{
    domain::tenants::{
        Changes, branch,
        hierarchy::{self, Relative, Tree},
    },
    service::Service,
};

impl SubAccountsApi for Service {
    async fn create_sub_tenant(
        &self,
        cx: &RequestContext,
        body: types::CreateSubTenantRequest,
    ) -> ApiResult<types::Tenant> {
        let name = Some(body.name);
        let record = changes!(body:
            status website application_url logo logo_url address timezone currency creator_name creator_email
            is_reseller);
        let record = Changes { name, ..record };
        let row = self
            .write(async |tx| {
                Ok(branch::create_below(tx, caller(cx), &body.parent_tenant_id, body.tenant_id, record).await?)
            })
            .await?;
        Ok(answer(self, row))
    }

    async fn set_sub_tenant_management(
        &self,
        cx: &RequestContext,
        params: SetSubTenantManagementParams,
        body: types::UpdateSubTenantManagementRequest,
    ) -> ApiResult<types::Tenant> {
        let row = self
            .write(async |tx| Ok(branch::set_management(tx, caller(cx), &params.tenant_id, body.is_reseller).await?))
            .await?;
        Ok(answer(self, row))
    }

    async fn set_sub_tenant_hierarchy_settings(
        &self,
        cx: &RequestContext,
        params: SetSubTenantHierarchySettingsParams,
        body: types::UpdateSubTenantHierarchySettingsRequest,
    ) -> ApiResult<types::Tenant> {
        let access_type = body.sub_account_access_type.as_str();
        let row = self
            .write(async |tx| Ok(branch::set_access(tx, caller(cx), &params.tenant_id, access_type).await?))
            .await?;
        Ok(answer(self, row))
    }

    async fn delete_sub_tenant(&self, cx: &RequestContext, params: DeleteSubTenantParams) -> ApiResult<()> {
        self.write(async |tx| Ok(branch::delete_below(tx, caller(cx), &params.tenant_id).await?)).await
    }

    async fn list_sub_tenants(&self, cx: &RequestContext) -> ApiResult<Vec<types::SubTenant>> {
        let tx = self.store().read().await?;
        let below = hierarchy::descendants(&tx, cx.tenant()?).await?;
        Ok(below.into_iter().map(relative).collect())
    }

    async fn list_parent_tenants(&self, cx: &RequestContext) -> ApiResult<Vec<types::SubTenant>> {
        let tx = self.store().read().await?;
        let above = hierarchy::parents(&tx, cx.tenant()?).await?;
        Ok(above.into_iter().map(relative).collect())
    }

    async fn get_sub_tenants_tree(&self, cx: &RequestContext) -> ApiResult<types::TenantTree> {
        let tx = self.store().read().await?;
        Ok(tree(hierarchy::tree(&tx, cx.tenant()?).await?))
    }
}

fn relative(Relative { tenant, level }: Relative) -> types::SubTenant {
    types::SubTenant {
        tenant_id: tenant.tenant_id,
        tenant_name: Some(tenant.name),
        status: tenant.status,
        created_at: Some(tenant.created_at.utc()),
        level: Some(level),
    }
}

fn tree(Tree { tenant, children }: Tree) -> types::TenantTree {
    types::TenantTree {
        tenant_id: tenant.tenant_id,
        tenant_name: Some(tenant.name),
        status: tenant.status,
        created_at: Some(tenant.created_at.utc()),
        children: Some(children.into_iter().map(tree).collect()),
    }
}
