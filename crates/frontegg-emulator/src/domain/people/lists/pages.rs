//! Pages of people: in which order, from which end, and by their ids first.

use sea_orm::{
    ColumnTrait, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    sea_query::{Expr, Func, SelectStatement, SimpleExpr},
};

use super::{SortBy, UserListing};
use crate::{
    domain::{
        DomainResult,
        people::person::{self, Person},
    },
    store::{Fetch, Read, entity::user, query::Paged},
};

/// Whom a page is cut from.
pub(super) trait Candidates {
    /// Their ids, sorted.
    fn ids(&self, listing: &UserListing, direction: Direction, window: Window) -> SelectStatement;
}

/// From which end a list is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    AsAsked,
    /// From the end that was asked for as the last one.
    Backwards,
}

impl Direction {
    pub(super) fn order(self, listing: &UserListing) -> Order {
        if listing.descending == (self == Self::AsAsked) { Order::Desc } else { Order::Asc }
    }
}

/// Which of the sorted ids are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Window {
    /// How many are passed over.
    pub(super) skipped: u64,
    pub(super) size: u64,
}

/// One page of candidates, of which there are so many. It is read from the end that is nearer, since an engine passes
/// over all rows in front of a page; and it is the ids that are sorted and passed over, not all that is told of everybody.
pub(super) async fn page(
    tx: &Read,
    candidates: &impl Candidates,
    listing: &UserListing,
    total: u64,
) -> DomainResult<Paged<Person>> {
    let first = Ord::min(listing.page.number.saturating_mul(listing.page.size), total);
    let size = Ord::min(listing.page.size, total - first);
    if size == 0 {
        return Ok(Paged { items: Vec::new(), total });
    }
    let behind = total - first - size;
    let (direction, skipped) =
        if behind < first { (Direction::Backwards, behind) } else { (Direction::AsAsked, first) };
    let mut ids = candidates.ids(listing, direction, Window { skipped, size });
    ids.limit(size).offset(skipped);
    let people = user::Entity::find().filter(user::Column::Id.in_subquery(ids));
    let items = person::select(sorted(people, listing, Direction::AsAsked)).fetch_all(tx).await?;
    Ok(Paged { items, total })
}

impl Candidates for Select<user::Entity> {
    fn ids(&self, listing: &UserListing, direction: Direction, _: Window) -> SelectStatement {
        sorted(self.clone().select_only().column(user::Column::Id), listing, direction).into_query()
    }
}

/// Those without a value come first, on every engine; people with the same value by age.
pub(super) fn sorted(
    select: Select<user::Entity>,
    listing: &UserListing,
    direction: Direction,
) -> Select<user::Entity> {
    let order = direction.order(listing);
    // Written out, as the indexes have it, and no parameter.
    let or_empty = |value: SimpleExpr| Func::coalesce([value, Expr::cust("''")]).into();
    let column = |column: user::Column| Expr::col((user::Entity, column));
    let key: SimpleExpr = match listing.sort_by {
        SortBy::CreatedAt => column(user::Column::CreatedAt),
        SortBy::Name => or_empty(column(user::Column::Name)),
        SortBy::Email => or_empty(column(user::Column::AddressKey)),
        SortBy::Id => column(user::Column::Id),
        SortBy::Verified => column(user::Column::Verified),
        SortBy::IsLocked => column(user::Column::IsLocked),
        SortBy::Provider => column(user::Column::Provider),
        SortBy::TenantId => or_empty(column(user::Column::ActiveTenantId)),
    };
    // No column twice: SQLite would not see any more that an index has this order.
    let select = match listing.sort_by {
        SortBy::Id => return select.order_by(key, order),
        SortBy::CreatedAt => select,
        _ => select.order_by(key, order.clone()),
    };
    select.order_by(user::Column::CreatedAt, order.clone()).order_by(user::Column::Id, order)
}
