//! Memberships as profiles show them, all that is told of each in one statement.

use std::collections::BTreeMap;

use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, JoinType, QueryFilter, QueryOrder, QuerySelect, RelationTrait,
};

use super::entry::opens_below;
use crate::{
    domain::{
        DomainResult,
        roles::{self, RoleWithPermissions},
    },
    store::{
        Fetch, Read,
        entity::{membership, membership_role, tenant},
    },
};

/// Whether memberships are shown with their own roles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Roles {
    Shown,
    #[default]
    LeftOut,
}

/// A membership, with its own roles where they were asked for.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) row: membership::Model,
    pub(crate) roles: Option<Vec<RoleWithPermissions>>,
    /// Whether the tenant lets all its members reach into the tenants below.
    pub(crate) opens_below: bool,
}

#[derive(FromQueryResult)]
struct Row {
    #[sea_orm(nested)]
    membership: membership::Model,
    access: Option<String>,
    role_id: Option<String>,
}

/// All memberships of these people, the oldest first.
pub(crate) async fn places(tx: &Read, user_ids: &[String], roles: Roles) -> DomainResult<Vec<Place>> {
    let mut select = membership::Entity::find()
        .join(JoinType::LeftJoin, membership::Relation::Tenant.def())
        .column_as(tenant::Column::SubAccountAccessType, "access")
        .filter(membership::Column::UserId.is_in(user_ids))
        .order_by_asc(membership::Column::CreatedAt)
        .order_by_asc(membership::Column::Id);
    if roles == Roles::Shown {
        let held = membership_role::Relation::Membership.def().rev();
        select = select.join(JoinType::LeftJoin, held).column_as(membership_role::Column::RoleId, "role_id");
    }
    let mut places: Vec<Place> = Vec::new();
    let mut holders = BTreeMap::<String, Vec<usize>>::new();
    for row in select.into_model::<Row>().fetch_all(tx).await? {
        let Row { membership, access, role_id } = row;
        if places.last().is_none_or(|last| last.row.id != membership.id) {
            let opens_below = opens_below(access.as_deref());
            places.push(Place { row: membership, roles: (roles == Roles::Shown).then(Vec::new), opens_below });
        }
        if let Some(role_id) = role_id {
            holders.entry(role_id).or_default().push(places.len() - 1);
        }
    }
    let ids: Vec<String> = holders.keys().cloned().collect();
    // Role by role, so that every membership has its own in their order.
    for role in roles::of_ids(tx, &ids).await? {
        for place in holders.remove(&role.role.id).unwrap_or_default() {
            places[place].roles.get_or_insert_default().push(role.clone());
        }
    }
    Ok(places)
}
