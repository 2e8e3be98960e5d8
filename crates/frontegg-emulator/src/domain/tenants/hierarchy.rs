//! Who stands above whom: a forest, every tenant with at most one parent.
//!
//! Circles are refused when an edge is written. Reading still ends should a store hold one.

use std::collections::BTreeMap;

use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, Statement, sea_query::OnConflict};

use super::record::{PARENT_NOT_FOUND, require};
use crate::{
    domain::{DomainError, DomainResult},
    store::{
        Fetch, Read, Write,
        entity::{tenant, tenant_edge},
    },
};

/// The way up from `$1`, edge by edge. `UNION` drops what was seen, so that a circle ends.
const ABOVE: &str = "
WITH RECURSIVE way (child_id, parent_id) AS (
    SELECT child_id, parent_id FROM tenant_edges WHERE child_id = $1
    UNION
    SELECT edge.child_id, edge.parent_id FROM tenant_edges edge
    JOIN way ON edge.child_id = way.parent_id
)";

/// The ways down from `$1`.
const BELOW: &str = "
WITH RECURSIVE way (child_id, parent_id) AS (
    SELECT child_id, parent_id FROM tenant_edges WHERE parent_id = $1
    UNION
    SELECT edge.child_id, edge.parent_id FROM tenant_edges edge
    JOIN way ON edge.parent_id = way.child_id
)";

const EDGES: &str = "SELECT child_id, parent_id FROM way";
/// What ends the way up, and what the ways down.
const UPPER: &str = "SELECT * FROM tenants WHERE tenant_id IN (SELECT parent_id FROM way)";
const LOWER: &str = "SELECT * FROM tenants WHERE tenant_id IN (SELECT child_id FROM way)";

/// A tenant's place seen from another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Relative {
    pub(crate) tenant: tenant::Model,
    /// Steps between the two, 1 for a neighbour.
    pub(crate) level: i64,
}

/// A tenant with everything below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Tree {
    pub(crate) tenant: tenant::Model,
    /// By age.
    pub(crate) children: Vec<Tree>,
}

/// Deeper trees are not shown: readers of JSON stop at about twice as many brackets as these have.
const DEEPEST_TREE: i64 = 60;

/// The parent of a tenant, if it has one.
pub(crate) async fn parent(tx: &Read, tenant_id: &str) -> DomainResult<Option<String>> {
    let edge = tenant_edge::Entity::find_by_id(tenant_id).fetch_one(tx).await?;
    Ok(edge.map(|edge| edge.parent_id))
}

/// Ids of the tenants above, the parent first.
pub(crate) async fn above(tx: &Read, tenant_id: &str) -> DomainResult<Vec<String>> {
    let mut parents: BTreeMap<String, String> =
        edges(tx, ABOVE, tenant_id).await?.into_iter().map(|edge| (edge.child_id, edge.parent_id)).collect();
    let mut above = Vec::with_capacity(parents.len());
    let mut next = parents.remove(tenant_id);
    while let Some(id) = next {
        next = parents.remove(&id);
        if next.is_none() && (id == tenant_id || above.contains(&id)) {
            // A circle, closed here.
            break;
        }
        above.push(id);
    }
    Ok(above)
}

/// Ids of the tenants below at any depth, each with its distance, nearer ones first.
pub(crate) async fn below(tx: &Read, tenant_id: &str) -> DomainResult<Vec<(String, i64)>> {
    let mut children = BTreeMap::<String, Vec<String>>::new();
    for edge in edges(tx, BELOW, tenant_id).await? {
        if edge.child_id != tenant_id {
            children.entry(edge.parent_id).or_default().push(edge.child_id);
        }
    }
    let (mut below, mut level) = (Vec::new(), 1);
    let mut row = children.remove(tenant_id).unwrap_or_default();
    while !row.is_empty() {
        let next = row.iter().filter_map(|id| children.remove(id)).flatten().collect();
        below.extend(row.into_iter().map(|id| (id, level)));
        (row, level) = (next, level + 1);
    }
    Ok(below)
}

/// How many tenants lie below a tenant and below each of those, by id.
pub(crate) async fn sizes(tx: &Read, tenant_id: &str) -> DomainResult<BTreeMap<String, i64>> {
    let parents: BTreeMap<String, String> =
        edges(tx, BELOW, tenant_id).await?.into_iter().map(|edge| (edge.child_id, edge.parent_id)).collect();
    let below = below(tx, tenant_id).await?;
    let mut sizes: BTreeMap<String, i64> = below.iter().map(|(id, _)| (id.clone(), 0)).collect();
    sizes.insert(tenant_id.to_owned(), 0);
    // The deepest first, whose own number is known by then.
    for (id, _) in below.iter().rev() {
        let own = sizes.get(id).copied().unwrap_or_default();
        if let Some(upper) = parents.get(id).and_then(|parent| sizes.get_mut(parent)) {
            *upper += own + 1;
        }
    }
    Ok(sizes)
}

/// Whether a tenant lies somewhere below another one.
pub(crate) async fn is_below(tx: &Read, tenant_id: &str, upper: &str) -> DomainResult<bool> {
    Ok(above(tx, tenant_id).await?.iter().any(|id| id == upper))
}

/// The tenants above, the parent first.
pub(crate) async fn parents(tx: &Read, tenant_id: &str) -> DomainResult<Vec<Relative>> {
    let levels = (1..).zip(above(tx, tenant_id).await?);
    let levels = levels.map(|(level, id)| (id, level)).collect();
    let tenants = ways::<tenant::Entity>(tx, ABOVE, UPPER, tenant_id).await?;
    Ok(relatives(tenants, levels))
}

/// The tenants below, by level and then by age.
pub(crate) async fn descendants(tx: &Read, tenant_id: &str) -> DomainResult<Vec<Relative>> {
    let levels = below(tx, tenant_id).await?;
    let tenants = ways::<tenant::Entity>(tx, BELOW, LOWER, tenant_id).await?;
    Ok(relatives(tenants, levels))
}

/// The tenant with all below it, or 404; 400 where that has no end or is too deep to be shown.
pub(crate) async fn tree(tx: &Read, tenant_id: &str) -> DomainResult<Tree> {
    let root = require(tx, tenant_id).await?;
    if is_circular(tx, tenant_id).await? {
        return Err(DomainError::bad_request("The hierarchy has a circle"));
    }
    let below = descendants(tx, tenant_id).await?;
    if below.last().is_some_and(|deepest| deepest.level > DEEPEST_TREE) {
        return Err(DomainError::bad_request("The hierarchy is too deep to be shown as a tree"));
    }
    let mut parents: BTreeMap<String, String> =
        edges(tx, BELOW, tenant_id).await?.into_iter().map(|edge| (edge.child_id, edge.parent_id)).collect();
    let mut children = BTreeMap::<String, Vec<Tree>>::new();
    let grown = |tenant: tenant::Model, children: &mut BTreeMap<String, Vec<Tree>>| {
        let mut children = children.remove(&tenant.tenant_id).unwrap_or_default();
        // They were put there from the youngest to the oldest.
        children.reverse();
        Tree { tenant, children }
    };
    // From the leaves to the root.
    for Relative { tenant, .. } in below.into_iter().rev() {
        let Some(parent) = parents.remove(&tenant.tenant_id) else { continue };
        let tree = grown(tenant, &mut children);
        children.entry(parent).or_default().push(tree);
    }
    Ok(grown(root, &mut children))
}

/// Whether the stored edges lead from a tenant back to itself.
pub(crate) async fn is_circular(tx: &Read, tenant_id: &str) -> DomainResult<bool> {
    let edges = edges(tx, ABOVE, tenant_id).await?;
    Ok(edges.iter().any(|edge| edge.parent_id == tenant_id))
}

/// The tenant to hang another one below, or 404.
pub(crate) async fn require_parent(tx: &Read, parent_id: &str) -> DomainResult<tenant::Model> {
    match super::find(tx, parent_id).await? {
        Some(parent) => Ok(parent),
        None => Err(DomainError::not_found(PARENT_NOT_FOUND)),
    }
}

/// Hangs a tenant, with all that lies below it, under a parent, away from where it was. Both exist.
pub(crate) async fn attach(tx: &Write, child_id: &str, parent_id: &str) -> DomainResult<()> {
    if child_id == parent_id || is_below(tx, parent_id, child_id).await? {
        return Err(DomainError::bad_request("A tenant must not lie below itself"));
    }
    let edge = tenant_edge::ActiveModel { child_id: Set(child_id.to_owned()), parent_id: Set(parent_id.to_owned()) };
    let moved =
        OnConflict::column(tenant_edge::Column::ChildId).update_column(tenant_edge::Column::ParentId).to_owned();
    tenant_edge::Entity::insert(edge).on_conflict(moved).exec_without_returning(tx).await?;
    Ok(())
}

/// Ties two tenants that exist. A child that has a parent already is refused, even by the same
/// parent.
pub(crate) async fn tie(tx: &Write, parent_id: &str, child_id: &str) -> DomainResult<()> {
    if parent_id == child_id {
        return Err(DomainError::bad_request("parentTenantId and childTenantId must differ"));
    }
    require_parent(tx, parent_id).await?;
    require(tx, child_id).await?;
    if parent(tx, child_id).await?.is_some() {
        return Err(DomainError::bad_request("The tenant already has a parent tenant"));
    }
    attach(tx, child_id, parent_id).await
}

/// Makes a child a root of its own; 404 where the two are not parent and child.
pub(crate) async fn untie(tx: &Write, parent_id: &str, child_id: &str) -> DomainResult<()> {
    let cut = tenant_edge::Entity::delete_many()
        .filter(tenant_edge::Column::ChildId.eq(child_id))
        .filter(tenant_edge::Column::ParentId.eq(parent_id))
        .exec(tx)
        .await?;
    if cut.rows_affected == 0 {
        return Err(DomainError::not_found("Sub-tenant not found"));
    }
    Ok(())
}

async fn edges(tx: &Read, ways: &str, tenant_id: &str) -> DomainResult<Vec<tenant_edge::Model>> {
    self::ways::<tenant_edge::Entity>(tx, ways, EDGES, tenant_id).await
}

async fn ways<E: EntityTrait>(tx: &Read, ways: &str, select: &str, tenant_id: &str) -> DomainResult<Vec<E::Model>> {
    let backend = tx.backend();
    let sql = format!("{ways}\n{select}");
    let statement = Statement::from_sql_and_values(backend, sql, [tenant_id.into()]);
    Ok(E::find().from_raw_sql(statement).fetch_all(tx).await?)
}

fn relatives(tenants: Vec<tenant::Model>, levels: Vec<(String, i64)>) -> Vec<Relative> {
    let levels: BTreeMap<String, i64> = levels.into_iter().collect();
    let mut relatives: Vec<Relative> = tenants
        .into_iter()
        .filter_map(|tenant| {
            let level = *levels.get(&tenant.tenant_id)?;
            Some(Relative { tenant, level })
        })
        .collect();
    relatives.sort_by_key(|relative| (relative.level, relative.tenant.created_at));
    relatives
}
