//! Which mail domains may join.

use frontegg_contract::{
    ApiResult, RequestContext,
    domain_restrictions::{DeleteDomainRestrictionParams, DomainRestrictionsApi},
};
use frontegg_model::types;

use super::{
    caller::{caller, tenant},
    paging, restrictions,
};
use crate::{
    domain::{
        policies,
        restrictions::mail_domains::{self, Configuration, ConfigurationChange},
        settings::Owner,
    },
    service::Service,
    store::{entity::domain_restriction, query::Page},
};

impl DomainRestrictionsApi for Service {
    async fn create_domain_restriction(
        &self,
        cx: &RequestContext,
        body: types::DomainRestrictionsCreateRequest,
    ) -> ApiResult<types::DomainRestrictionsResponse> {
        let list = restrictions::list("type", &body.type_)?;
        let add = self.write(async |tx| Ok(mail_domains::add(tx, caller(cx), tenant(cx), &body.domain, list).await?));
        Ok(entry(add.await?))
    }

    async fn delete_domain_restriction(
        &self,
        cx: &RequestContext,
        params: DeleteDomainRestrictionParams,
    ) -> ApiResult<()> {
        self.write(async |tx| Ok(mail_domains::delete(tx, level(cx), &params.id).await?)).await
    }

    async fn get_domain_restrictions_configuration(
        &self,
        cx: &RequestContext,
    ) -> ApiResult<types::DomainRestrictionsConfigResponse> {
        let tx = self.store().read().await?;
        Ok(configuration(mail_domains::configuration(&tx, level(cx)).await?))
    }

    async fn list_domain_restrictions(&self, cx: &RequestContext) -> ApiResult<types::DomainRestrictionPage> {
        let tx = self.store().read().await?;
        let items: Vec<_> = mail_domains::list(&tx, level(cx)).await?.into_iter().map(entry).collect();
        let total = items.len() as u64;
        let page = Page { number: 0, size: total };
        let links = Some(paging::links(cx, page, total));
        Ok(types::DomainRestrictionPage { items, metadata: paging::metadata(page, total), links })
    }

    async fn replace_domain_restrictions(
        &self,
        cx: &RequestContext,
        body: types::DomainRestrictionsBulkRequestRequest,
    ) -> ApiResult<Vec<types::DomainRestrictionsResponse>> {
        let list = restrictions::list("type", &body.type_)?;
        let rows = self
            .write(async |tx| Ok(mail_domains::replace(tx, caller(cx), tenant(cx), body.domains, list).await?))
            .await?;
        Ok(rows.into_iter().map(entry).collect())
    }

    async fn set_domain_restrictions_configuration(
        &self,
        cx: &RequestContext,
        body: types::DomainRestrictionsConfigUpdateRequest,
    ) -> ApiResult<types::DomainRestrictionsConfigResponse> {
        let list = body.type_.as_ref().map(|kind| restrictions::list("type", kind)).transpose()?;
        let change = ConfigurationChange { active: body.active, list, block_public_domains: body.block_public_domains };
        let set = self.write(async |tx| Ok(mail_domains::configure(tx, caller(cx), tenant(cx), change).await?));
        Ok(configuration(set.await?))
    }
}

fn level(cx: &RequestContext) -> Owner<'_> {
    policies::level(caller(cx), tenant(cx))
}

fn configuration(configuration: Configuration) -> types::DomainRestrictionsConfigResponse {
    types::DomainRestrictionsConfigResponse {
        active: configuration.active,
        list_type: restrictions::kind(configuration.list),
        block_public_domains: configuration.block_public_domains,
    }
}

fn entry(row: domain_restriction::Model) -> types::DomainRestrictionsResponse {
    types::DomainRestrictionsResponse { id: row.id, domain: row.domain, type_: restrictions::kind(row.list) }
}
