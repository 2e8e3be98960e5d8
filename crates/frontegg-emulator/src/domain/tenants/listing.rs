//! Lists of tenants.

use sea_orm::{ColumnTrait, EntityTrait, Order, QueryFilter, QueryOrder};

use crate::{
    domain::DomainResult,
    store::{
        Fetch, Read,
        entity::tenant,
        query::{self, Page, Paged},
    },
};

/// By what a list is sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SortBy {
    #[default]
    CreatedAt,
    Name,
    TenantId,
}

/// Which tenants are wanted.
#[derive(Clone, Debug, Default)]
pub(crate) struct TenantListing {
    /// Part of a name or id, without case.
    pub(crate) text: Option<String>,
    /// Only these.
    pub(crate) tenant_ids: Option<Vec<String>>,
    pub(crate) sort_by: SortBy,
    pub(crate) descending: bool,
    pub(crate) page: Page,
}

/// One page of tenants.
pub(crate) async fn list(tx: &Read, listing: TenantListing) -> DomainResult<Paged<tenant::Model>> {
    let mut select = live();
    if let Some(text) = &listing.text {
        select = select.filter(query::contains(tenant::Column::Folded, text));
    }
    if let Some(tenant_ids) = listing.tenant_ids {
        select = select.filter(tenant::Column::TenantId.is_in(tenant_ids));
    }
    let column = match listing.sort_by {
        SortBy::CreatedAt => tenant::Column::CreatedAt,
        SortBy::Name => tenant::Column::Name,
        SortBy::TenantId => tenant::Column::TenantId,
    };
    let order = if listing.descending { Order::Desc } else { Order::Asc };
    select = select.order_by(column, order).order_by_asc(tenant::Column::TenantId);
    Ok(query::page(select, listing.page, tx).await?)
}

/// All tenants, by id.
pub(crate) async fn all(tx: &Read) -> DomainResult<Vec<tenant::Model>> {
    let select = live().order_by_asc(tenant::Column::TenantId);
    Ok(select.fetch_all(tx).await?)
}

fn live() -> sea_orm::Select<tenant::Entity> {
    tenant::Entity::find().filter(tenant::Column::DeletedAt.is_null())
}
