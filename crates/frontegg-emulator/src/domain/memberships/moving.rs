//! Moving everybody from one tenant to another.

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{Expr, Query, SelectStatement},
};

use crate::{
    domain::{DomainError, DomainResult, revocation, tenants},
    store::{
        Write,
        entity::{
            application_tenant, group_member, machine_token, membership, membership_role, one_time_token, role,
            session, user,
        },
        query,
    },
};

/// Makes every membership of `from` one of `to`. People who are in both keep what they are in `to`.
/// Roles, groups, personal tokens and open invitations of `from` stay behind.
pub(crate) async fn move_all(tx: &Write, from: &str, to: &str) -> DomainResult<()> {
    if from == to {
        return Err(DomainError::bad_request("srcTenantId and targetTenantId must differ"));
    }
    tenants::require(tx, from).await?;
    tenants::require(tx, to).await?;

    membership::Entity::delete_many()
        .filter(membership::Column::TenantId.eq(from))
        .filter(membership::Column::UserId.in_subquery(members(to, membership::Column::UserId)))
        .exec(tx)
        .await?;
    leave_behind(tx, from).await?;
    user::Entity::update_many()
        .col_expr(user::Column::ActiveTenantId, Expr::value(to))
        .filter(user::Column::ActiveTenantId.eq(from))
        .exec(tx)
        .await?;
    application_tenant::Entity::update_many()
        .col_expr(application_tenant::Column::TenantId, Expr::value(to))
        .filter(application_tenant::Column::TenantId.eq(from))
        .exec(tx)
        .await?;
    revocation::end_sessions(tx, Condition::all().add(session::Column::TenantId.eq(from))).await?;
    membership::Entity::update_many()
        .col_expr(membership::Column::TenantId, Expr::value(to))
        .col_expr(membership::Column::UpdatedAt, query::touched(membership::Column::CreatedAt, tx))
        .filter(membership::Column::TenantId.eq(from))
        .exec(tx)
        .await?;
    Ok(())
}

/// Takes from the memberships of a tenant what only means something there.
async fn leave_behind(tx: &Write, tenant_id: &str) -> DomainResult<()> {
    let ids = || members(tenant_id, membership::Column::Id);
    let own_roles =
        role::Entity::find().select_only().column(role::Column::Id).filter(role::Column::TenantId.eq(tenant_id));
    membership_role::Entity::delete_many()
        .filter(membership_role::Column::MembershipId.in_subquery(ids()))
        .filter(membership_role::Column::RoleId.in_subquery(own_roles.into_query()))
        .exec(tx)
        .await?;
    group_member::Entity::delete_many().filter(group_member::Column::MembershipId.in_subquery(ids())).exec(tx).await?;
    machine_token::Entity::delete_many()
        .filter(machine_token::Column::MembershipId.in_subquery(ids()))
        .exec(tx)
        .await?;
    one_time_token::Entity::delete_many()
        .filter(one_time_token::Column::MembershipId.in_subquery(ids()))
        .exec(tx)
        .await?;
    Ok(())
}

fn members(tenant_id: &str, column: membership::Column) -> SelectStatement {
    Query::select()
        .column(column)
        .from(membership::Entity)
        .and_where(membership::Column::TenantId.eq(tenant_id))
        .to_owned()
}
