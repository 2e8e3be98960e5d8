//! Deleting a tenant with everything that hangs on it.

use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    sea_query::{Alias, Expr, ExprTrait, Query, SelectStatement, SimpleExpr},
};

use super::{hierarchy, record::require};
use crate::{
    domain::{
        DomainResult, revocation,
        settings::{self, Owner},
    },
    store::{
        Write,
        entity::{membership, session, tenant, tenant_edge, user},
    },
};

/// Tables whose rows name their tenant in `tenant_id` and go with it, children before parents. What
/// hangs on those rows goes by itself.
pub(super) const BELONGINGS: &[&str] = &[
    "application_tenants",
    "tenant_applications",
    "approval_executions",
    "approval_flows",
    "domain_restrictions",
    "ip_restrictions",
    "machine_tokens",
    "sso_domains",
    "sso_connections",
    "scim_connections",
    "tenant_invites",
    "groups",
    "memberships",
    "roles",
];

/// Deletes a tenant, or 404. Its record stays, marked; its people lose this membership, and those
/// who have no other are deleted; tenants below move up to its parent or become roots.
pub(crate) async fn delete(tx: &Write, tenant_id: &str) -> DomainResult<()> {
    let row = require(tx, tenant_id).await?;
    lift_children(tx, tenant_id).await?;
    delete_people(tx, tenant_id).await?;
    revocation::end_sessions(tx, Condition::all().add(session::Column::TenantId.eq(tenant_id))).await?;
    for table in BELONGINGS {
        let delete = Query::delete()
            .from_table(Alias::new(*table))
            .and_where(Expr::col(Alias::new("tenant_id")).eq(tenant_id))
            .to_owned();
        tx.execute(&delete).await?;
    }
    settings::delete_all(tx, Owner::Tenant(tenant_id)).await?;
    mark(tx, row).await
}

async fn mark(tx: &Write, row: tenant::Model) -> DomainResult<()> {
    let mut row = row.into_active_model();
    // Another tenant may want it meanwhile.
    row.alias = Set(None);
    row.deleted_at = Set(Some(tx.now()));
    row.updated_at = Set(tx.now());
    row.update(tx).await?;
    Ok(())
}

async fn lift_children(tx: &Write, tenant_id: &str) -> DomainResult<()> {
    let parent = hierarchy::parent(tx, tenant_id).await?;
    if let Some(parent) = parent {
        tenant_edge::Entity::update_many()
            .col_expr(tenant_edge::Column::ParentId, Expr::value(parent))
            .filter(tenant_edge::Column::ParentId.eq(tenant_id))
            .exec(tx)
            .await?;
    }
    tenant_edge::Entity::delete_many()
        .filter(tenant_edge::Column::ChildId.eq(tenant_id).or(tenant_edge::Column::ParentId.eq(tenant_id)))
        .exec(tx)
        .await?;
    Ok(())
}

/// Deletes who is at home here only, and sends the others to the oldest tenant they have left.
/// Memberships still stand while this runs.
async fn delete_people(tx: &Write, tenant_id: &str) -> DomainResult<()> {
    let here = membership::Column::TenantId.eq(tenant_id);
    let elsewhere = membership::Column::TenantId.ne(tenant_id);
    user::Entity::delete_many()
        .filter(user::Column::Id.in_subquery(people(here)))
        .filter(user::Column::Id.not_in_subquery(people(elsewhere)))
        .exec(tx)
        .await?;
    let oldest = Query::select()
        .column(membership::Column::TenantId)
        .from(membership::Entity)
        .and_where(Expr::col((membership::Entity, membership::Column::UserId)).equals((user::Entity, user::Column::Id)))
        .and_where(membership::Column::TenantId.ne(tenant_id))
        .order_by(membership::Column::CreatedAt, sea_orm::Order::Asc)
        .order_by(membership::Column::Id, sea_orm::Order::Asc)
        .limit(1)
        .to_owned();
    user::Entity::update_many()
        .col_expr(user::Column::ActiveTenantId, SimpleExpr::from(oldest))
        .filter(user::Column::ActiveTenantId.eq(tenant_id))
        .exec(tx)
        .await?;
    Ok(())
}

/// Users with a membership like that.
fn people(which: SimpleExpr) -> SelectStatement {
    Query::select().column(membership::Column::UserId).from(membership::Entity).and_where(which).to_owned()
}
