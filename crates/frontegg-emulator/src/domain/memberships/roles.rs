//! Which roles members hold, and who may give and take them.

use std::collections::BTreeSet;

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QuerySelect, sea_query::OnConflict};

use super::{MemberKey, of_user, require};
use crate::{
    domain::{
        DomainError, DomainResult,
        caller::Caller,
        input,
        roles::{self, Rank, RoleWithPermissions},
        users,
    },
    store::{
        Fetch, Read, Write,
        entity::{membership, membership_role, role},
        query::{OneColumn, ROWS},
    },
};

/// The roles for a new member: those named or else the default ones, with those for the first member
/// when the tenant has none yet; in either case as far as the caller may give them.
pub(crate) async fn named_or_default(
    tx: &Read,
    caller: Caller<'_>,
    tenant_id: &str,
    named: Option<Vec<String>>,
) -> DomainResult<Vec<role::Model>> {
    if let Some(ids) = named {
        let roles = roles::visible(tx, Some(tenant_id), ids).await?;
        roles::may_grant(tx, caller, &roles).await?;
        return Ok(roles);
    }
    let mut roles = roles::defaults(tx, tenant_id).await?;
    if super::is_empty(tx, tenant_id).await? {
        let first = roles::first_user(tx, tenant_id).await?;
        roles.extend(first.into_iter().filter(|role| !role.is_default));
    }
    roles::may_grant(tx, caller, &roles).await?;
    Ok(roles)
}

/// Gives a member further roles and says which they have now.
pub(crate) async fn assign(
    tx: &Write,
    caller: Caller<'_>,
    member: MemberKey<'_>,
    role_ids: Vec<String>,
) -> DomainResult<Vec<RoleWithPermissions>> {
    let row = require(tx, member.user_id, member.tenant_id).await?;
    may_manage(tx, caller, &row).await?;
    let roles = roles::visible(tx, Some(member.tenant_id), role_ids).await?;
    roles::may_grant(tx, caller, &roles).await?;
    give(tx, &row.id, roles.iter().map(|role| role.id.as_str())).await?;
    of_membership(tx, &row.id).await
}

/// Takes roles from a member and says which are left. Those not held, unknown ones among them, do
/// not matter.
pub(crate) async fn unassign(
    tx: &Write,
    caller: Caller<'_>,
    member: MemberKey<'_>,
    role_ids: Vec<String>,
) -> DomainResult<Vec<RoleWithPermissions>> {
    let row = require(tx, member.user_id, member.tenant_id).await?;
    may_manage(tx, caller, &row).await?;
    let role_ids = input::distinct("roleIds", role_ids)?;
    let held = of_membership(tx, &row.id).await?;
    let (taken, left): (Vec<_>, Vec<_>) = held.into_iter().partition(|held| role_ids.contains(&held.role.id));
    let taken: Vec<role::Model> = taken.into_iter().map(|taken| taken.role).collect();
    roles::may_grant(tx, caller, &taken).await?;
    membership_role::Entity::delete_many()
        .filter(membership_role::Column::MembershipId.eq(row.id.as_str()))
        .filter(membership_role::Column::RoleId.is_in(taken.iter().map(|role| role.id.as_str())))
        .exec(tx)
        .await?;
    Ok(left)
}

/// Leaves a member just these roles.
pub(crate) async fn replace(
    tx: &Write,
    caller: Caller<'_>,
    member: MemberKey<'_>,
    role_ids: Vec<String>,
) -> DomainResult<Vec<RoleWithPermissions>> {
    let row = require(tx, member.user_id, member.tenant_id).await?;
    let role_ids = input::distinct("roleIds", role_ids)?;
    let held = of_membership(tx, &row.id).await?.into_iter().map(|held| held.role.id);
    let others = held.filter(|id| !role_ids.contains(id)).collect();
    unassign(tx, caller, member, others).await?;
    assign(tx, caller, member, role_ids).await
}

/// Refuses to let a user's token change the place of somebody who is stronger than its holder, by a
/// role of their own, of a group or from above.
pub(crate) async fn may_manage(tx: &Read, caller: Caller<'_>, row: &membership::Model) -> DomainResult<()> {
    let rank = roles::rank(tx, caller).await?;
    if rank == Rank::Unlimited {
        return Ok(());
    }
    let held = roles::effective_in(tx, &row.user_id, &row.tenant_id).await?.roles;
    if held.iter().all(|held| rank.reaches(held.role.level)) {
        return Ok(());
    }
    Err(DomainError::forbidden("Users can only be managed up to your own level"))
}

/// The roles that one membership holds itself, by level and key.
async fn of_membership(tx: &Read, membership_id: &str) -> DomainResult<Vec<RoleWithPermissions>> {
    let ids = membership_role::Entity::find()
        .select_only()
        .column(membership_role::Column::RoleId)
        .filter(membership_role::Column::MembershipId.eq(membership_id));
    roles::of_ids(tx, &ids.one_column::<String>().fetch_all(tx).await?).await
}

/// Adds roles to a membership; those held already stay as they are.
pub(super) async fn give(tx: &Write, membership_id: &str, role_ids: impl Iterator<Item = &str>) -> DomainResult<()> {
    let link = |role_id: &str| (membership_id.to_owned(), role_id.to_owned());
    add(tx, &role_ids.map(link).collect::<Vec<_>>()).await
}

async fn add(tx: &Write, links: &[(String, String)]) -> DomainResult<()> {
    let row = |(membership_id, role_id): &(String, String)| membership_role::Model {
        membership_id: membership_id.clone(),
        role_id: role_id.clone(),
    };
    let key = [membership_role::Column::MembershipId, membership_role::Column::RoleId];
    for links in links.chunks(ROWS) {
        membership_role::Entity::insert_many(links.iter().map(row).map(membership_role::ActiveModel::from))
            .on_conflict(OnConflict::columns(key).do_nothing().to_owned())
            .exec_without_returning(tx)
            .await?;
    }
    Ok(())
}

/// A change of one person's roles in many tenants.
#[derive(Clone, Debug, Default)]
pub(crate) struct AcrossTenants {
    pub(crate) add: Vec<String>,
    pub(crate) remove: Vec<String>,
    /// All tenants of the person when absent.
    pub(crate) tenant_ids: Option<Vec<String>>,
}

/// What came of such a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) added: Vec<String>,
    pub(crate) removed: Vec<String>,
    pub(crate) tenants: usize,
    /// A role to add and the tenants that do not see it.
    pub(crate) out_of_sight: Vec<(String, Vec<String>)>,
}

/// Adds and then removes roles in the tenants named, as far as the person is there.
pub(crate) async fn across_tenants(tx: &Write, user_id: &str, change: AcrossTenants) -> DomainResult<Outcome> {
    if change.add.is_empty() && change.remove.is_empty() {
        return Err(DomainError::bad_request("addRoleIds or removeRoleIds is required"));
    }
    let user = users::require(tx, user_id).await?;
    let added = roles::visible(tx, None, change.add).await?;
    let removed = roles::visible(tx, None, change.remove).await?;
    let mut rows = of_user(tx, &user.id).await?;
    if let Some(tenant_ids) = change.tenant_ids {
        let wanted: BTreeSet<String> = tenant_ids.into_iter().collect();
        rows.retain(|row| wanted.contains(&row.tenant_id));
    }
    let (mut links, mut out_of_sight) = (Vec::new(), Vec::new());
    for role in &added {
        let sees = |row: &&membership::Model| role.tenant_id.as_ref().is_none_or(|owner| *owner == row.tenant_id);
        let (seeing, blind): (Vec<_>, Vec<_>) = rows.iter().partition(sees);
        links.extend(seeing.into_iter().map(|row| (row.id.clone(), role.id.clone())));
        if !blind.is_empty() {
            out_of_sight.push((role.id.clone(), blind.into_iter().map(|row| row.tenant_id.clone()).collect()));
        }
    }
    add(tx, &links).await?;
    let removed: Vec<String> = removed.into_iter().map(|role| role.id).collect();
    for rows in rows.chunks(ROWS) {
        membership_role::Entity::delete_many()
            .filter(membership_role::Column::MembershipId.is_in(rows.iter().map(|row| row.id.as_str())))
            .filter(membership_role::Column::RoleId.is_in(removed.iter().map(String::as_str)))
            .exec(tx)
            .await?;
    }
    Ok(Outcome { added: added.into_iter().map(|role| role.id).collect(), removed, tenants: rows.len(), out_of_sight })
}
