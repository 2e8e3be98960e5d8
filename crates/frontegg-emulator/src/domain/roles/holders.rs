//! What hangs on roles: members, groups, invites and machine tokens that have them, permissions
//! that they hold.

use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    sea_query::{Expr, ExprTrait, OnConflict, Query},
};

use crate::{
    domain::{DomainError, DomainResult},
    store::{
        Write,
        entity::{
            group, group_role, machine_token, machine_token_role, membership, membership_role, role, role_permission,
            tenant_invite, tenant_invite_role,
        },
        query,
    },
};

/// Gives roles to all who are members of a tenant that sees them.
pub(super) async fn give_to_members(tx: &Write, role_ids: Vec<&str>) -> DomainResult<()> {
    if role_ids.is_empty() {
        return Ok(());
    }
    let members = Query::select()
        .column((membership::Entity, membership::Column::Id))
        .column((role::Entity, role::Column::Id))
        .from(membership::Entity)
        .inner_join(
            role::Entity,
            Condition::any().add(Expr::col((role::Entity, role::Column::TenantId)).is_null()).add(
                Expr::col((role::Entity, role::Column::TenantId))
                    .equals((membership::Entity, membership::Column::TenantId)),
            ),
        )
        .and_where(Expr::col((role::Entity, role::Column::Id)).is_in(role_ids))
        .to_owned();
    let held = [membership_role::Column::MembershipId, membership_role::Column::RoleId];
    let insert = Query::insert()
        .into_table(membership_role::Entity)
        .columns(held)
        .select_from(members)
        .map_err(DomainError::internal)?
        .on_conflict(OnConflict::columns(held).do_nothing().to_owned())
        .to_owned();
    tx.execute(&insert).await?;
    Ok(())
}

/// Takes a role from members, groups, invites and machine tokens of all tenants but one.
pub(super) async fn take_from_others(tx: &Write, id: &str, owner: &str) -> DomainResult<()> {
    let members = Query::select()
        .column(membership::Column::Id)
        .from(membership::Entity)
        .and_where(membership::Column::TenantId.ne(owner))
        .to_owned();
    membership_role::Entity::delete_many()
        .filter(membership_role::Column::RoleId.eq(id))
        .filter(membership_role::Column::MembershipId.in_subquery(members))
        .exec(tx)
        .await?;
    let groups = Query::select()
        .column(group::Column::Id)
        .from(group::Entity)
        .and_where(group::Column::TenantId.ne(owner))
        .to_owned();
    group_role::Entity::delete_many()
        .filter(group_role::Column::RoleId.eq(id))
        .filter(group_role::Column::GroupId.in_subquery(groups))
        .exec(tx)
        .await?;
    let invites = Query::select()
        .column(tenant_invite::Column::Id)
        .from(tenant_invite::Entity)
        .and_where(tenant_invite::Column::TenantId.ne(owner))
        .to_owned();
    tenant_invite_role::Entity::delete_many()
        .filter(tenant_invite_role::Column::RoleId.eq(id))
        .filter(tenant_invite_role::Column::InviteId.in_subquery(invites))
        .exec(tx)
        .await?;
    let tokens = Query::select()
        .column(machine_token::Column::Id)
        .from(machine_token::Entity)
        .and_where(machine_token::Column::TenantId.ne(owner))
        .to_owned();
    machine_token_role::Entity::delete_many()
        .filter(machine_token_role::Column::RoleId.eq(id))
        .filter(machine_token_role::Column::MachineTokenId.in_subquery(tokens))
        .exec(tx)
        .await?;
    Ok(())
}

/// Lets a role hold more permissions, none of which it holds yet.
pub(super) async fn hold(tx: &Write, id: &str, permission_ids: impl Iterator<Item = &str>) -> DomainResult<()> {
    let row =
        |permission: &str| role_permission::Model { role_id: id.to_owned(), permission_id: permission.to_owned() };
    let rows = permission_ids.map(|permission| row(permission).into_active_model()).collect();
    Ok(query::insert_all(rows, tx).await?)
}
