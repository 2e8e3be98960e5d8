//! Tenants of the environment.

use frontegg_contract::{
    ApiFailure, ApiResult, RequestContext,
    accounts::{
        AccountsApi, AddTenantMetadataParams, DeleteTenantMetadataKeyParams, DeleteTenantParams,
        GetTenantByAliasParams, GetTenantV1Params, GetTenantV2Params, ListTenantsParams, UpdateTenantV1Params,
        UpdateTenantV2Params,
    },
};
use frontegg_model::{
    enums::{TenantSortField, TenantSortOrder},
    types,
};
use http::StatusCode;
use serde_json::json;

use super::paging;
use crate::{
    clock::Timestamp,
    domain::tenants::{self, Changes, Former, NewTenant, SortBy, TenantListing},
    service::Service,
    store::{entity::tenant, query::Page},
};

impl AccountsApi for Service {
    async fn create_tenant(&self, _: &RequestContext, body: types::CreateTenantRequest) -> ApiResult<types::Tenant> {
        let row = self.write(async |tx| Ok(tenants::create(tx, new_tenant(body)).await?)).await?;
        Ok(answer(self, row))
    }

    async fn get_tenant_v1(&self, _: &RequestContext, params: GetTenantV1Params) -> ApiResult<Vec<types::Tenant>> {
        tenants::check_id(&params.tenant_id)?;
        let tx = self.store().read().await?;
        let row = tenants::find(&tx, &params.tenant_id).await?;
        Ok(row.map(|row| answer(self, row)).into_iter().collect())
    }

    async fn get_tenant_v2(&self, _: &RequestContext, params: GetTenantV2Params) -> ApiResult<types::Tenant> {
        let tx = self.store().read().await?;
        match tenants::find(&tx, &params.tenant_id).await? {
            Some(row) => Ok(answer(self, row)),
            // The service says "none" as the retired form of this operation does.
            None => Err(ApiFailure::undocumented(StatusCode::OK, json!([]))),
        }
    }

    async fn get_tenant_by_alias(
        &self,
        _: &RequestContext,
        params: GetTenantByAliasParams,
    ) -> ApiResult<types::Tenant> {
        let tx = self.store().read().await?;
        let row = tenants::require_alias(&tx, &params.alias).await?;
        Ok(answer(self, row))
    }

    async fn list_tenants(&self, cx: &RequestContext, params: ListTenantsParams) -> ApiResult<types::TenantPage> {
        let page = paging::page(params.limit, params.offset)?;
        let listing = TenantListing {
            text: params.filter,
            tenant_ids: params.tenant_ids.as_deref().map(paging::ids),
            sort_by: sort_by(params.sort_by.as_ref()),
            descending: params.order == Some(TenantSortOrder::Desc),
            page,
        };
        let tx = self.store().read().await?;
        let found = tenants::list(&tx, listing).await?;
        Ok(types::TenantPage {
            items: found.items.into_iter().map(|row| answer(self, row)).collect(),
            metadata: page_metadata(page, found.total),
            links: Some(page_links(cx, page, found.total)),
        })
    }

    async fn update_tenant_v1(
        &self,
        _: &RequestContext,
        params: UpdateTenantV1Params,
        body: types::UpdateTenantRequest,
    ) -> ApiResult<types::Tenant> {
        let row =
            self.write(async |tx| Ok(tenants::update(tx, &params.tenant_id, changes_v1(body), None).await?)).await?;
        Ok(answer(self, row))
    }

    async fn update_tenant_v2(
        &self,
        _: &RequestContext,
        params: UpdateTenantV2Params,
        mut body: types::UpdateTenantRequestV2,
    ) -> ApiResult<types::Tenant> {
        let parent_id = body.parent_tenant_id.take();
        let row = self
            .write(async |tx| Ok(tenants::update(tx, &params.tenant_id, changes_v2(body), parent_id.as_deref()).await?))
            .await?;
        Ok(answer(self, row))
    }

    async fn add_tenant_metadata(
        &self,
        _: &RequestContext,
        params: AddTenantMetadataParams,
        body: types::AddTenantMetadataRequest,
    ) -> ApiResult<types::Tenant> {
        let row =
            self.write(async |tx| Ok(tenants::merge_metadata(tx, &params.tenant_id, &body.metadata).await?)).await?;
        Ok(answer(self, row))
    }

    async fn delete_tenant_metadata_key(
        &self,
        _: &RequestContext,
        params: DeleteTenantMetadataKeyParams,
    ) -> ApiResult<types::Tenant> {
        let row =
            self.write(async |tx| Ok(tenants::remove_metadata_key(tx, &params.tenant_id, &params.key).await?)).await?;
        Ok(answer(self, row))
    }

    async fn delete_tenant(&self, _: &RequestContext, params: DeleteTenantParams) -> ApiResult<()> {
        self.write(async |tx| Ok(tenants::delete(tx, &params.tenant_id).await?)).await
    }

    async fn delete_my_tenant(&self, cx: &RequestContext) -> ApiResult<()> {
        self.write(async |tx| Ok(tenants::delete(tx, cx.tenant()?).await?)).await
    }
}

/// By what a list of tenants is sorted.
pub(super) fn sort_by(field: Option<&TenantSortField>) -> SortBy {
    match field {
        Some(TenantSortField::Name) => SortBy::Name,
        Some(TenantSortField::TenantId) => SortBy::TenantId,
        _ => SortBy::CreatedAt,
    }
}

/// Size of a list of tenants.
pub(super) fn page_metadata(page: Page, total: u64) -> types::TenantPageMetadata {
    let types::FronteggPaginationMetadata { total_items, total_pages } = paging::metadata(page, total);
    types::TenantPageMetadata { total_items, total_pages }
}

/// Ways to the pages around one of a list of tenants.
pub(super) fn page_links(cx: &RequestContext, page: Page, total: u64) -> types::TenantPageLinks {
    let types::FronteggPaginationLinks { first, prev, next, last } = paging::links(cx, page, total);
    types::TenantPageLinks { first, prev, next, last }
}

/// A tenant as every operation shows it. Its parent it does not tell.
pub(super) fn answer(service: &Service, row: tenant::Model) -> types::Tenant {
    types::Tenant {
        id: Some(row.id),
        vendor_id: Some(service.vendor_id().to_owned()),
        tenant_id: row.tenant_id,
        name: row.name,
        status: row.status,
        website: row.website,
        application_url: row.application_url,
        login_url: row.login_url,
        logo: row.logo,
        logo_url: row.logo_url,
        address: row.address,
        timezone: row.timezone,
        date_format: row.date_format,
        time_format: row.time_format,
        currency: row.currency,
        creator_name: row.creator_name,
        creator_email: row.creator_email,
        is_reseller: Some(row.is_reseller),
        has_custom_login: Some(row.alias.is_some()),
        alias: row.alias,
        domain: row.domain,
        metadata: Some(row.metadata),
        created_at: Some(row.created_at.utc()),
        updated_at: Some(row.updated_at.utc()),
        deleted_at: row.deleted_at.map(Timestamp::utc),
    }
}

/// The members of a body that say something of a tenant's record.
macro_rules! changes {
    ($body:ident: $($member:ident)*) => {
        Changes { $($member: $body.$member,)* ..Changes::default() }
    };
}
pub(super) use changes;

/// A tenant to create, as callers describe it.
pub(super) fn new_tenant(body: types::CreateTenantRequest) -> NewTenant {
    NewTenant {
        tenant_id: body.tenant_id,
        parent_id: body.parent_tenant_id,
        record: Changes {
            creator_name: body.creator_name.into_option().flatten(),
            creator_email: body.creator_email.into_option().flatten(),
            ..changes!(body:
                name status website application_url logo logo_url address timezone currency is_reseller metadata)
        },
        former: Former::Kept,
    }
}

/// The retired form leaves alone who created a tenant.
fn changes_v1(body: types::UpdateTenantRequest) -> Changes {
    changes!(body:
        name status website application_url logo logo_url address timezone currency is_reseller metadata)
}

fn changes_v2(body: types::UpdateTenantRequestV2) -> Changes {
    changes!(body:
        name status website application_url logo logo_url address timezone currency creator_name creator_email
        is_reseller metadata)
}
