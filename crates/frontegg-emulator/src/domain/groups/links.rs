//! Who is in a group, and which roles its members hold by it.

use std::collections::HashSet;

use sea_orm::{ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QuerySelect, sea_query::Query};

use super::{configuration, require};
use crate::{
    domain::{DomainError, DomainResult, caller::Caller, input, roles},
    store::{
        Fetch, Read, Write,
        entity::{group, group_member, group_role, membership, role},
        query::{self, OneColumn},
    },
};

/// Gives roles to all members of a group, as far as the caller may.
pub(crate) async fn add_roles(
    tx: &Write,
    caller: Caller<'_>,
    tenant_id: &str,
    id: &str,
    role_ids: Vec<String>,
) -> DomainResult<()> {
    require(tx, tenant_id, id).await?;
    if !configuration(tx).await?.roles_enabled {
        return Err(DomainError::bad_request("Roles of groups are disabled"));
    }
    let roles = roles::visible(tx, Some(tenant_id), role_ids).await?;
    roles::may_grant(tx, caller, &roles).await?;
    let held = roles_of(tx, id).await?;
    let link = |role_id: String| group_role::Model { group_id: id.to_owned(), role_id }.into_active_model();
    let new = roles.into_iter().filter(|role| !held.contains(role));
    Ok(query::insert_all(new.map(|role| link(role.id)).collect(), tx).await?)
}

/// Takes roles from a group, as far as the caller may. Those it does not carry do not matter.
pub(crate) async fn remove_roles(
    tx: &Write,
    caller: Caller<'_>,
    tenant_id: &str,
    id: &str,
    role_ids: Vec<String>,
) -> DomainResult<()> {
    require(tx, tenant_id, id).await?;
    let role_ids = input::distinct("roleIds", role_ids)?;
    let mut taken = roles_of(tx, id).await?;
    taken.retain(|role| role_ids.contains(&role.id));
    roles::may_grant(tx, caller, &taken).await?;
    group_role::Entity::delete_many()
        .filter(group_role::Column::GroupId.eq(id))
        .filter(group_role::Column::RoleId.is_in(taken.into_iter().map(|role| role.id)))
        .exec(tx)
        .await?;
    Ok(())
}

/// Puts members of the tenant into a group, whose roles the caller may give.
pub(crate) async fn add_users(
    tx: &Write,
    caller: Caller<'_>,
    tenant_id: &str,
    id: &str,
    user_ids: Vec<String>,
) -> DomainResult<()> {
    require(tx, tenant_id, id).await?;
    let user_ids = input::distinct("userIds", user_ids)?;
    let members: Vec<String> = membership::Entity::find()
        .select_only()
        .column(membership::Column::Id)
        .filter(membership::Column::TenantId.eq(tenant_id))
        .filter(membership::Column::UserId.is_in(user_ids.iter()))
        .one_column()
        .fetch_all(tx)
        .await?;
    if members.len() != user_ids.len() {
        return Err(DomainError::not_found("User not found"));
    }
    roles::may_grant(tx, caller, &roles_of(tx, id).await?).await?;
    link(tx, id, members).await
}

/// Puts those of these people who are members of the tenant into one of its groups, on nobody's behalf.
pub(crate) async fn add_members(tx: &Write, group: &group::Model, user_ids: &[String]) -> DomainResult<()> {
    for user_ids in user_ids.chunks(query::ROWS) {
        let members = membership::Entity::find()
            .select_only()
            .column(membership::Column::Id)
            .filter(membership::Column::TenantId.eq(group.tenant_id.as_str()))
            .filter(membership::Column::UserId.is_in(user_ids))
            .one_column()
            .fetch_all(tx)
            .await?;
        link(tx, &group.id, members).await?;
    }
    Ok(())
}

/// Puts members into a group, but for those who are in it.
async fn link(tx: &Write, id: &str, members: Vec<String>) -> DomainResult<()> {
    let within: HashSet<String> = group_member::Entity::find()
        .select_only()
        .column(group_member::Column::MembershipId)
        .filter(group_member::Column::GroupId.eq(id))
        .filter(group_member::Column::MembershipId.is_in(members.iter()))
        .one_column()
        .fetch_all(tx)
        .await?
        .into_iter()
        .collect();
    let link = |membership_id: String| group_member::Model { group_id: id.to_owned(), membership_id };
    let new = members.into_iter().filter(|member| !within.contains(member));
    Ok(query::insert_all(new.map(|member| link(member).into_active_model()).collect(), tx).await?)
}

/// Takes people out of a group, whose roles the caller may take. Those not in it do not matter.
pub(crate) async fn remove_users(
    tx: &Write,
    caller: Caller<'_>,
    tenant_id: &str,
    id: &str,
    user_ids: Vec<String>,
) -> DomainResult<()> {
    require(tx, tenant_id, id).await?;
    let user_ids = input::distinct("userIds", user_ids)?;
    roles::may_grant(tx, caller, &roles_of(tx, id).await?).await?;
    let members = Query::select()
        .column(membership::Column::Id)
        .from(membership::Entity)
        .and_where(membership::Column::TenantId.eq(tenant_id))
        .and_where(membership::Column::UserId.is_in(user_ids))
        .to_owned();
    group_member::Entity::delete_many()
        .filter(group_member::Column::GroupId.eq(id))
        .filter(group_member::Column::MembershipId.in_subquery(members))
        .exec(tx)
        .await?;
    Ok(())
}

/// The roles of a group.
pub(super) async fn roles_of(tx: &Read, id: &str) -> DomainResult<Vec<role::Model>> {
    let of_group = Query::select()
        .column(group_role::Column::RoleId)
        .from(group_role::Entity)
        .and_where(group_role::Column::GroupId.eq(id))
        .to_owned();
    Ok(role::Entity::find().filter(role::Column::Id.in_subquery(of_group)).fetch_all(tx).await?)
}
