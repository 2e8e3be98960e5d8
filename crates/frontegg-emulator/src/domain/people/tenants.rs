//! The tenants that a person can enter, and where they stand.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Statement};

use crate::{
    domain::{DomainResult, memberships},
    store::{
        Fetch, Read,
        entity::{membership, tenant, tenant_edge},
        query::parameters,
    },
};

/// A tenant with its place among others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) tenant: tenant::Model,
    pub(crate) parent_id: Option<String>,
    /// Whether other tenants lie below.
    pub(crate) is_parent: bool,
}

/// The tenants where a person has a membership that nothing bars, the oldest membership first.
pub(crate) async fn open(tx: &Read, user_id: &str) -> DomainResult<Vec<tenant::Model>> {
    Ok(with_memberships(tx, user_id).await?.into_iter().map(|(_, tenant)| tenant).collect())
}

async fn with_memberships(tx: &Read, user_id: &str) -> DomainResult<Vec<(membership::Model, tenant::Model)>> {
    let rows = memberships::with_tenants(tx, user_id).await?;
    Ok(rows.into_iter().filter(|(row, _)| memberships::is_open(tx, row)).collect())
}

/// The same tenants with their places. One that lies below another of them, from which the person
/// reaches down anyway, is left out.
pub(crate) async fn hierarchy(tx: &Read, user_id: &str) -> DomainResult<Vec<Place>> {
    let rows = with_memberships(tx, user_id).await?;
    let ids: Vec<&str> = rows.iter().map(|(row, _)| row.tenant_id.as_str()).collect();
    let parents = ways_up(tx, &ids).await?;
    let children = tenant_edge::Entity::find()
        .filter(tenant_edge::Column::ParentId.is_in(ids.iter().copied()))
        .fetch_all(tx)
        .await?;
    let with_children: BTreeSet<String> = children.into_iter().map(|edge| edge.parent_id).collect();
    let reaching: BTreeSet<String> = rows
        .iter()
        .filter(|(row, tenant)| memberships::reaches_down(row, Some(tenant)))
        .map(|(row, _)| row.tenant_id.clone())
        .collect();
    let place = |(_, tenant): (membership::Model, tenant::Model)| Place {
        parent_id: parents.get(&tenant.tenant_id).cloned(),
        is_parent: with_children.contains(&tenant.tenant_id),
        tenant,
    };
    let covered = |tenant_id: &str| above(&parents, tenant_id).any(|id| reaching.contains(id));
    Ok(rows.into_iter().filter(|(row, _)| !covered(&row.tenant_id)).map(place).collect())
}

/// The tenants above one, nearest first. As many as there are edges at most, should they form a
/// circle.
fn above<'a>(parents: &'a BTreeMap<String, String>, tenant_id: &str) -> impl Iterator<Item = &'a str> {
    let next = |id: &str| parents.get(id).map(String::as_str);
    std::iter::successors(next(tenant_id), move |id| next(id)).take(parents.len())
}

/// Child and parent, all the way up from these tenants.
async fn ways_up(tx: &Read, tenant_ids: &[&str]) -> DomainResult<BTreeMap<String, String>> {
    if tenant_ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let sql = format!(
        "WITH RECURSIVE way (child_id, parent_id) AS (
            SELECT child_id, parent_id FROM tenant_edges WHERE child_id IN ({})
            UNION
            SELECT edge.child_id, edge.parent_id FROM tenant_edges edge JOIN way ON edge.child_id = way.parent_id
        )
        SELECT child_id, parent_id FROM way",
        parameters(1, tenant_ids.len())
    );
    let values = tenant_ids.iter().map(|id| (*id).into());
    let statement = Statement::from_sql_and_values(tx.backend(), sql, values);
    let edges = tenant_edge::Entity::find().from_raw_sql(statement).fetch_all(tx).await?;
    Ok(edges.into_iter().map(|edge| (edge.child_id, edge.parent_id)).collect())
}
