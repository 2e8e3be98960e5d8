//! Groups: members of a tenant bundled, with roles that all of them hold.

mod change;
mod configuration;
mod links;
mod reading;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::{DomainError, DomainResult};
use crate::store::{Fetch, Read, entity::group};

pub(crate) use change::{GroupChange, NewGroup, create, delete, set_managed_by, update};
pub(crate) use configuration::{FORM, configuration, configure};
pub(crate) use links::{add_members, add_roles, add_users, remove_roles, remove_users};
pub(crate) use reading::{GroupListing, GroupUser, GroupWithRelations, Relations, SortBy, all, by_ids, one, page};

/// The group of the tenant with that name.
pub(crate) async fn by_name(tx: &Read, tenant_id: &str, name: &str) -> DomainResult<Option<group::Model>> {
    let of_name = group::Entity::find().filter(group::Column::Name.eq(name));
    Ok(of_name.filter(group::Column::TenantId.eq(tenant_id)).fetch_one(tx).await?)
}

/// The group of the tenant with that id, or 404.
pub(crate) async fn require(tx: &Read, tenant_id: &str, id: &str) -> DomainResult<group::Model> {
    let row = group::Entity::find_by_id(id).filter(group::Column::TenantId.eq(tenant_id)).fetch_one(tx).await?;
    row.ok_or_else(|| DomainError::not_found("Group not found"))
}
