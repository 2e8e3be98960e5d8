//! What is asked about several people at once: roles, groups, states.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use crate::{
    domain::{DomainError, DomainResult, input, memberships},
    store::{
        Fetch, Read,
        entity::{MembershipStatus, group_member, membership, membership_role, user},
    },
};

/// Most people whose roles or groups are asked for at once.
const MOST_PEOPLE: usize = 250;
/// Most people whose states are asked for at once, and most states of one person.
const MOST_STATES_PEOPLE: usize = 200;
const MOST_STATES: usize = 2_000;

/// The state of a person in a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Status {
    pub(crate) tenant_id: String,
    pub(crate) status: MembershipStatus,
}

/// The ids of the roles that these members of a tenant hold themselves, in the order asked. Others
/// are left out.
pub(crate) async fn roles_of(
    tx: &Read,
    tenant_id: &str,
    user_ids: Vec<String>,
) -> DomainResult<Vec<(String, Vec<String>)>> {
    let members = members(tx, tenant_id, user_ids).await?;
    let links = membership_role::Entity::find()
        .filter(membership_role::Column::MembershipId.is_in(members.iter().map(|(_, id)| id.as_str())))
        .order_by_asc(membership_role::Column::RoleId)
        .fetch_all(tx)
        .await?;
    Ok(grouped(members, links.into_iter().map(|link| (link.membership_id, link.role_id))))
}

/// The ids of the groups that these members of a tenant are in, in the order asked. Others are left
/// out.
pub(crate) async fn groups_of(
    tx: &Read,
    tenant_id: &str,
    user_ids: Vec<String>,
) -> DomainResult<Vec<(String, Vec<String>)>> {
    let members = members(tx, tenant_id, user_ids).await?;
    let links = group_member::Entity::find()
        .filter(group_member::Column::MembershipId.is_in(members.iter().map(|(_, id)| id.as_str())))
        .order_by_asc(group_member::Column::GroupId)
        .fetch_all(tx)
        .await?;
    Ok(grouped(members, links.into_iter().map(|link| (link.membership_id, link.group_id))))
}

/// Ids of users with those of their memberships in the tenant.
async fn members(tx: &Read, tenant_id: &str, user_ids: Vec<String>) -> DomainResult<Vec<(String, String)>> {
    let user_ids = few("ids", user_ids, MOST_PEOPLE)?;
    let rows = membership::Entity::find()
        .filter(membership::Column::TenantId.eq(tenant_id))
        .filter(membership::Column::UserId.is_in(user_ids.iter()))
        .fetch_all(tx)
        .await?;
    let mut rows: BTreeMap<String, String> = rows.into_iter().map(|row| (row.user_id, row.id)).collect();
    Ok(user_ids.into_iter().filter_map(|id| rows.remove_entry(&id)).collect())
}

fn grouped(
    members: Vec<(String, String)>,
    links: impl Iterator<Item = (String, String)>,
) -> Vec<(String, Vec<String>)> {
    let mut of_member = BTreeMap::<String, Vec<String>>::new();
    for (membership_id, id) in links {
        of_member.entry(membership_id).or_default().push(id);
    }
    let found =
        |(user_id, membership_id): (String, String)| (user_id, of_member.remove(&membership_id).unwrap_or_default());
    members.into_iter().map(found).collect()
}

/// In which states the known ones of these people are in their tenants, in the order asked;
/// narrowed to `wanted` if that is given.
pub(crate) async fn statuses(
    tx: &Read,
    user_ids: Vec<String>,
    wanted: Option<&[MembershipStatus]>,
) -> DomainResult<Vec<(String, Vec<Status>)>> {
    let user_ids = few("userIds", user_ids, MOST_STATES_PEOPLE)?;
    let known = user::Entity::find().filter(user::Column::Id.is_in(user_ids.iter())).fetch_all(tx).await?;
    let known: BTreeSet<String> = known.into_iter().map(|user| user.id).collect();
    let mut states = BTreeMap::<String, Vec<Status>>::new();
    for row in memberships::of_users(tx, &user_ids).await? {
        if wanted.is_none_or(|wanted| wanted.contains(&row.status)) {
            states.entry(row.user_id).or_default().push(Status { tenant_id: row.tenant_id, status: row.status });
        }
    }
    let state = |id: String| {
        let mut states = states.remove(&id).unwrap_or_default();
        states.truncate(MOST_STATES);
        (id, states)
    };
    Ok(user_ids.into_iter().filter(|id| known.contains(id)).map(state).collect())
}

/// Each id once, if there are some and not too many.
fn few(parameter: &str, ids: Vec<String>, most: usize) -> DomainResult<Vec<String>> {
    let ids = input::distinct(parameter, ids)?;
    if ids.is_empty() {
        return Err(DomainError::bad_request(format!("{parameter} should not be empty")));
    }
    if ids.len() > most {
        return Err(DomainError::bad_request(format!("{parameter} must not have more than {most} ids")));
    }
    Ok(ids)
}
