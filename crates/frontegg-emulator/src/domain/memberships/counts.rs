//! How many members tenants have.

use std::collections::BTreeMap;

use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QuerySelect, RelationTrait,
    sea_query::{Expr, ExprTrait},
};

use super::entry::opens_below;
use crate::{
    domain::DomainResult,
    store::{
        Fetch, Read,
        entity::{membership, tenant, user},
        query::ROWS,
    },
};

/// Which members are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counted {
    Everybody,
    /// But for those who hide.
    Visible,
}

/// How many members a tenant has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Members {
    pub(crate) tenant_id: String,
    pub(crate) all: i64,
    /// Those who may reach into the tenants below.
    pub(crate) reaching_down: i64,
}

/// Members of one tenant who are alike in that.
#[derive(FromQueryResult)]
struct Alike {
    tenant_id: String,
    sub_tenant_access: bool,
    members: i64,
}

/// How many members each of these tenants has, in their order; unknown ones are left out.
pub(crate) async fn count(tx: &Read, tenant_ids: &[String], counted: Counted) -> DomainResult<Vec<Members>> {
    let mut found = Vec::with_capacity(tenant_ids.len());
    for tenant_ids in tenant_ids.chunks(ROWS) {
        let known = tenant::Entity::find()
            .filter(tenant::Column::TenantId.is_in(tenant_ids))
            .filter(tenant::Column::DeletedAt.is_null());
        let known: BTreeMap<String, tenant::Model> =
            known.fetch_all(tx).await?.into_iter().map(|row| (row.tenant_id.clone(), row)).collect();
        let mut counts: BTreeMap<String, Vec<Alike>> = BTreeMap::new();
        for alike in alike(tx, tenant_ids, counted).await? {
            counts.entry(alike.tenant_id.clone()).or_default().push(alike);
        }
        for tenant in tenant_ids.iter().filter_map(|id| known.get(id)) {
            let all_reach_down = opens_below(tenant.sub_account_access_type.as_deref());
            let counts = counts.get(&tenant.tenant_id).map_or(&[][..], Vec::as_slice);
            let reaching_down = counts.iter().filter(|alike| alike.sub_tenant_access || all_reach_down);
            found.push(Members {
                tenant_id: tenant.tenant_id.clone(),
                all: counts.iter().map(|alike| alike.members).sum(),
                reaching_down: reaching_down.map(|alike| alike.members).sum(),
            });
        }
    }
    Ok(found)
}

async fn alike(tx: &Read, tenant_ids: &[String], counted: Counted) -> DomainResult<Vec<Alike>> {
    let mut select = membership::Entity::find()
        .select_only()
        .column(membership::Column::TenantId)
        .column(membership::Column::SubTenantAccess)
        .column_as(Expr::col((membership::Entity, membership::Column::Id)).count(), "members")
        .filter(membership::Column::TenantId.is_in(tenant_ids))
        .group_by(membership::Column::TenantId)
        .group_by(membership::Column::SubTenantAccess);
    if counted == Counted::Visible {
        select = select
            .join(JoinType::InnerJoin, membership::Relation::User.def())
            .filter(user::Column::Invisible.eq(false));
    }
    Ok(select.into_model::<Alike>().fetch_all(tx).await?)
}
