//! From which addresses people may enter a tenant.

use frontegg_contract::{
    ApiResult, RequestContext,
    ip_restrictions::{DeleteIpRestrictionParams, IpRestrictionsApi, ListIpRestrictionsParams},
};
use frontegg_model::types;

use super::{caller::caller, paging, restrictions, sign_in::address};
use crate::{
    domain::restrictions::networks::{self, ConfigurationChange, Entry},
    service::Service,
    store::entity::{RestrictionList, ip_restriction},
};

impl IpRestrictionsApi for Service {
    async fn create_ip_restriction(
        &self,
        cx: &RequestContext,
        body: types::CreateOrUpdateIpRestrictionDto,
    ) -> ApiResult<()> {
        let tenant_id = cx.tenant()?;
        let list = body.strategy.as_ref().map(|kind| restrictions::list("strategy", kind)).transpose()?;
        // A back end does not lock itself out.
        let own_address = if caller(cx).is_user() { address(cx) } else { None };
        let entry =
            Entry { network: body.ip, list, is_active: body.is_active.unwrap_or(true), description: body.description };
        self.write(async |tx| Ok(networks::put(tx, tenant_id, entry, own_address).await?)).await
    }

    async fn delete_ip_restriction(&self, cx: &RequestContext, params: DeleteIpRestrictionParams) -> ApiResult<()> {
        let tenant_id = cx.tenant()?;
        self.write(async |tx| Ok(networks::delete(tx, tenant_id, &params.id).await?)).await
    }

    async fn get_ip_restrictions_configuration(
        &self,
        cx: &RequestContext,
    ) -> ApiResult<types::IpRestrictionsConfiguration> {
        let tx = self.store().read().await?;
        let configuration = networks::configuration(&tx, cx.tenant()?).await?;
        Ok(types::IpRestrictionsConfiguration {
            is_active: configuration.is_active,
            strategy: configuration.list.map(restrictions::kind),
        })
    }

    async fn list_ip_restrictions(
        &self,
        cx: &RequestContext,
        params: ListIpRestrictionsParams,
    ) -> ApiResult<types::IpRestrictionPage> {
        let page = paging::page(params.limit, params.offset)?;
        let tx = self.store().read().await?;
        let text = params.filter.as_deref().filter(|text| !text.is_empty());
        let found = networks::list(&tx, cx.tenant()?, text, page).await?;
        Ok(types::IpRestrictionPage {
            items: found.items.into_iter().map(entry).collect(),
            metadata: paging::metadata(page, found.total),
            links: Some(paging::links(cx, page, found.total)),
        })
    }

    async fn set_ip_restrictions_configuration(
        &self,
        cx: &RequestContext,
        body: types::CreateOrUpdateIpRestrictionConfigDto,
    ) -> ApiResult<()> {
        let tenant_id = cx.tenant()?;
        let list = body.strategy.as_ref().map(|kind| restrictions::list("strategy", kind)).transpose()?;
        let change = ConfigurationChange { is_active: body.is_active, list };
        self.write(async |tx| Ok(networks::configure(tx, tenant_id, change).await?)).await
    }

    async fn verify_current_ip(&self, cx: &RequestContext) -> ApiResult<types::IpVerification> {
        let tx = self.store().read().await?;
        Ok(types::IpVerification { valid: networks::admits(&tx, cx.tenant()?, address(cx)).await? })
    }

    async fn verify_current_ip_in_allow_list(&self, cx: &RequestContext) -> ApiResult<types::IpVerification> {
        let tx = self.store().read().await?;
        let valid = networks::is_listed(&tx, cx.tenant()?, RestrictionList::Allow, address(cx)).await?;
        Ok(types::IpVerification { valid })
    }
}

fn entry(row: ip_restriction::Model) -> types::GetIpRestrictionResponse {
    types::GetIpRestrictionResponse {
        created_at: row.created_at.utc(),
        updated_at: row.updated_at.utc(),
        id: row.id,
        ip: row.ip,
        strategy: restrictions::kind(row.list),
        is_active: row.is_active,
        description: row.description,
    }
}
