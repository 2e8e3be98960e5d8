//! All people of the environment, or of one tenant. The store keeps how many they are, and has them in order in its
//! indexes, so that a page of them takes as long among a million as among ten.

use sea_orm::{
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    sea_query::{Expr, ExprTrait, SelectStatement, SimpleExpr},
};

use super::{
    Reach, SortBy, UserListing, have, members,
    pages::{Candidates, Direction, Window},
};
use crate::{
    domain::DomainResult,
    store::{
        Fetch, FetchCount, Read,
        entity::{membership, people_count, user},
    },
};

/// By what the count of all people is known.
const EVERYBODY: &str = "";

/// How many rows an engine sorts while it looks a membership up.
const SORTED_A_PROBE: u64 = 2;

#[derive(Debug)]
pub(super) struct Crowd<'a> {
    /// Whose members they are, unless that is everybody.
    pub(super) tenant_id: Option<&'a str>,
    pub(super) size: u64,
    pub(super) everybody: u64,
}

impl<'a> Crowd<'a> {
    /// Those within reach, unless that is several tenants, which may share people.
    pub(super) async fn within(tx: &Read, reach: &'a Reach) -> DomainResult<Option<Self>> {
        let tenant_id = match reach {
            Reach::Environment => EVERYBODY,
            Reach::Tenants(tenants) => match tenants.as_slice() {
                [tenant_id] => tenant_id,
                _ => return Ok(None),
            },
        };
        let kept = people_count::Column::TenantId.is_in([EVERYBODY, tenant_id]);
        let kept = people_count::Entity::find().filter(kept).fetch_all(tx).await?;
        let people = |id: &str| kept.iter().find(|row| row.tenant_id == id).map_or(0, |row| row.people.cast_unsigned());
        let (size, everybody) = (people(tenant_id), people(EVERYBODY));
        let tenant_id = (size < everybody).then_some(tenant_id);
        Ok(Some(Self { tenant_id, size, everybody }))
    }

    /// How many a list of them holds.
    pub(super) async fn total(&self, tx: &Read, listing: &UserListing) -> DomainResult<u64> {
        if !listing.visible_only {
            return Ok(self.size);
        }
        let hidden = user::Entity::find().filter(is_hidden());
        let hidden = match self.tenant_id {
            Some(tenant_id) => hidden.filter(is_member(tenant_id)),
            None => hidden,
        };
        let hidden = hidden.select_only().column(user::Column::Id).fetch_count(tx).await?;
        Ok(self.size.saturating_sub(hidden))
    }

    /// By age, as their memberships are.
    fn by_age(tenant_id: &str, listing: &UserListing, direction: Direction) -> SelectStatement {
        let mut select = membership::Entity::find().filter(membership::Column::TenantId.eq(tenant_id));
        if listing.visible_only {
            let hidden = user::Entity::find().select_only().column(user::Column::Id).filter(is_hidden());
            select = select.filter(membership::Column::UserId.not_in_subquery(hidden.into_query()));
        }
        let order = direction.order(listing);
        select
            .select_only()
            .column(membership::Column::UserId)
            .order_by(membership::Column::UserCreatedAt, order.clone())
            .order_by(membership::Column::UserId, order)
            .into_query()
    }

    /// Whether most people have to be members, so that to look each of them up in the order of the list is less than to
    /// sort all members.
    fn is_dense(&self, Window { skipped, size }: Window) -> bool {
        let looked_up = (skipped + size).saturating_mul(self.everybody) / Ord::max(self.size, 1);
        looked_up.saturating_mul(SORTED_A_PROBE) < self.size
    }
}

impl Candidates for Crowd<'_> {
    fn ids(&self, listing: &UserListing, direction: Direction, window: Window) -> SelectStatement {
        let people = visible(listing);
        let people = match self.tenant_id {
            None => people,
            Some(tenant_id) if listing.sort_by == SortBy::CreatedAt => {
                return Self::by_age(tenant_id, listing, direction);
            }
            Some(tenant_id) if self.is_dense(window) => people.filter(is_member(tenant_id)),
            Some(tenant_id) => people.filter(members(membership::Column::TenantId.eq(tenant_id))),
        };
        people.ids(listing, direction, window)
    }
}

/// People, without those who hide where they are to be left out.
pub(super) fn visible(listing: &UserListing) -> Select<user::Entity> {
    let people = user::Entity::find();
    if listing.visible_only { people.filter(is_hidden().not()) } else { people }
}

/// Written as the index of them has it.
fn is_hidden() -> SimpleExpr {
    Expr::col((user::Entity, user::Column::Invisible))
}

fn is_member(tenant_id: &str) -> SimpleExpr {
    have(membership::Entity, membership::Column::UserId, membership::Column::TenantId.eq(tenant_id))
}
