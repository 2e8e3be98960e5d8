//! Groups with their roles and members, one by one and in lists.

use std::collections::BTreeMap;

use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, JoinType, Order, QueryFilter, QueryOrder, QuerySelect, RelationTrait,
    sea_query::{Expr, ExprTrait},
};

use super::require;
use crate::{
    clock::Timestamp,
    domain::{DomainResult, caller::Caller, input, tenants},
    store::{
        Fetch, Read,
        entity::{MembershipStatus, group, group_member, group_role, membership, role, user, user_email},
        query::{self, Page, Paged},
    },
};

/// What is shown of a group besides itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Relations {
    pub(crate) roles: bool,
    pub(crate) users: bool,
}

/// A group with the relations that were asked for.
#[derive(Clone, Debug)]
pub(crate) struct GroupWithRelations {
    pub(crate) group: group::Model,
    /// By level and key.
    pub(crate) roles: Vec<role::Model>,
    /// In the order in which they came to the tenant.
    pub(crate) users: Vec<GroupUser>,
}

/// A member of a group.
#[derive(Clone, Debug, FromQueryResult)]
pub(crate) struct GroupUser {
    group_id: String,
    pub(crate) id: String,
    pub(crate) email: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) profile_picture_url: Option<String>,
    pub(crate) created_at: Timestamp,
    /// How far they have come in the tenant.
    pub(crate) status: MembershipStatus,
    invited_as: Option<String>,
}

impl GroupUser {
    /// What may be told of somebody who has not accepted their invitation.
    fn pending(self) -> Self {
        Self { email: self.invited_as.clone().or(self.email), name: None, profile_picture_url: None, ..self }
    }
}

/// What a list of groups is sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SortBy {
    #[default]
    CreatedAt,
    Id,
    Name,
    UpdatedAt,
}

/// How to list groups.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct GroupListing {
    pub(crate) sort_by: SortBy,
    pub(crate) descending: bool,
    pub(crate) page: Page,
}

/// A group of the tenant, or 404.
pub(crate) async fn one(
    tx: &Read,
    caller: Caller<'_>,
    tenant_id: &str,
    id: &str,
    relations: Relations,
) -> DomainResult<GroupWithRelations> {
    let group = require(tx, tenant_id, id).await?;
    let mut groups = with_relations(tx, caller, vec![group], relations).await?;
    Ok(groups.remove(0))
}

/// All groups of a tenant, by name.
pub(crate) async fn all(
    tx: &Read,
    caller: Caller<'_>,
    tenant_id: &str,
    relations: Relations,
) -> DomainResult<Vec<GroupWithRelations>> {
    tenants::require(tx, tenant_id).await?;
    let groups = group::Entity::find()
        .filter(group::Column::TenantId.eq(tenant_id))
        .order_by_asc(group::Column::Name)
        .fetch_all(tx)
        .await?;
    with_relations(tx, caller, groups, relations).await
}

/// Those of a tenant's groups that are named, each once and in this order; unknown ones are left out.
pub(crate) async fn by_ids(
    tx: &Read,
    caller: Caller<'_>,
    tenant_id: &str,
    ids: Vec<String>,
    relations: Relations,
) -> DomainResult<Vec<GroupWithRelations>> {
    tenants::require(tx, tenant_id).await?;
    let ids = input::distinct("groupsIds", ids)?;
    let groups = group::Entity::find()
        .filter(group::Column::TenantId.eq(tenant_id))
        .filter(group::Column::Id.is_in(ids.iter()))
        .fetch_all(tx)
        .await?;
    let mut found: BTreeMap<String, group::Model> = groups.into_iter().map(|group| (group.id.clone(), group)).collect();
    let groups = ids.iter().filter_map(|id| found.remove(id)).collect();
    with_relations(tx, caller, groups, relations).await
}

/// A page of a tenant's groups.
pub(crate) async fn page(
    tx: &Read,
    caller: Caller<'_>,
    tenant_id: &str,
    listing: GroupListing,
    relations: Relations,
) -> DomainResult<Paged<GroupWithRelations>> {
    tenants::require(tx, tenant_id).await?;
    let column = match listing.sort_by {
        SortBy::CreatedAt => group::Column::CreatedAt,
        SortBy::Id => group::Column::Id,
        SortBy::Name => group::Column::Name,
        SortBy::UpdatedAt => group::Column::UpdatedAt,
    };
    let order = if listing.descending { Order::Desc } else { Order::Asc };
    let select = group::Entity::find()
        .filter(group::Column::TenantId.eq(tenant_id))
        .order_by(column, order)
        .order_by_asc(group::Column::Id);
    let Paged { items, total } = query::page(select, listing.page, tx).await?;
    Ok(Paged { items: with_relations(tx, caller, items, relations).await?, total })
}

async fn with_relations(
    tx: &Read,
    caller: Caller<'_>,
    groups: Vec<group::Model>,
    relations: Relations,
) -> DomainResult<Vec<GroupWithRelations>> {
    let ids: Vec<&str> = groups.iter().map(|group| group.id.as_str()).collect();
    let mut roles = if relations.roles { roles_of(tx, &ids).await? } else { BTreeMap::new() };
    let mut users = if relations.users { users_of(tx, caller, &ids).await? } else { BTreeMap::new() };
    let with = |group: group::Model| GroupWithRelations {
        roles: roles.remove(&group.id).unwrap_or_default(),
        users: users.remove(&group.id).unwrap_or_default(),
        group,
    };
    Ok(groups.into_iter().map(with).collect())
}

async fn roles_of(tx: &Read, ids: &[&str]) -> DomainResult<BTreeMap<String, Vec<role::Model>>> {
    let mut held = BTreeMap::<String, Vec<role::Model>>::new();
    let rows = group_role::Entity::find()
        .find_also_related(role::Entity)
        .filter(group_role::Column::GroupId.is_in(ids.iter().copied()))
        .order_by_asc(role::Column::Level)
        .order_by_asc(role::Column::Key)
        .fetch_all(tx)
        .await?;
    for (link, role) in rows {
        held.entry(link.group_id).or_default().extend(role);
    }
    Ok(held)
}

/// Members of groups. With a user's token the invisible ones are left out.
async fn users_of(tx: &Read, caller: Caller<'_>, ids: &[&str]) -> DomainResult<BTreeMap<String, Vec<GroupUser>>> {
    let mut select = group_member::Entity::find()
        .select_only()
        .column(group_member::Column::GroupId)
        .column(user::Column::Id)
        .column(user::Column::Name)
        .column(user::Column::ProfilePictureUrl)
        .column(user::Column::CreatedAt)
        .column(membership::Column::Status)
        .column(membership::Column::InvitedAs)
        .column(user_email::Column::Email)
        .inner_join(membership::Entity)
        .join(JoinType::InnerJoin, membership::Relation::User.def())
        .join(
            JoinType::LeftJoin,
            user_email::Relation::User
                .def()
                .rev()
                .on_condition(|_, emails| Expr::col((emails, user_email::Column::IsPrimary)).eq(true).into()),
        )
        .filter(group_member::Column::GroupId.is_in(ids.iter().copied()))
        .order_by_asc(membership::Column::CreatedAt)
        .order_by_asc(membership::Column::Id);
    if caller.is_user() {
        select = select.filter(user::Column::Invisible.eq(false));
    }
    let mut members = BTreeMap::<String, Vec<GroupUser>>::new();
    for member in select.into_model::<GroupUser>().fetch_all(tx).await? {
        let member = if caller.is_user() && member.status.is_pending() { member.pending() } else { member };
        members.entry(member.group_id.clone()).or_default().push(member);
    }
    Ok(members)
}
