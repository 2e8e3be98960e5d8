//! Lists of people: filtered, sorted, searched, in pages.

mod crowd;
mod lookup;
mod pages;
mod phrase;
mod reach;

use std::collections::HashSet;

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, QueryFilter, QuerySelect, QueryTrait, Select,
    sea_query::{Expr, ExprTrait, IntoCondition, SimpleExpr},
};

use super::person::{self, Person};
use crate::{
    domain::{
        DomainResult,
        identifiers::{emails, phones, usernames},
        input,
    },
    store::{
        Fetch, FetchCount, Read,
        entity::{MembershipStatus, membership, phone_number, search_text, user, user_email, username},
        query::{self, OneColumn, Page, Paged},
    },
};

use crowd::Crowd;
pub(crate) use lookup::{Status, groups_of, roles_of, statuses};
use pages::Direction;
pub(crate) use phrase::Phrase;
pub(crate) use reach::{Reach, Scope, reach};

/// By what a list is sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SortBy {
    #[default]
    CreatedAt,
    Name,
    Email,
    Id,
    Verified,
    IsLocked,
    Provider,
    TenantId,
}

/// What people are known by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SoughtIdentifier {
    Email,
    PhoneNumber,
    Username,
}

/// Which people are wanted, and how.
#[derive(Clone, Debug, Default)]
pub(crate) struct UserListing {
    /// A whole address, without case.
    pub(crate) email: Option<String>,
    /// How a name begins, without case.
    pub(crate) name_prefix: Option<String>,
    /// How an identifier of that kind begins, without case.
    pub(crate) identifier: Option<(SoughtIdentifier, String)>,
    pub(crate) ids: Option<Vec<String>>,
    pub(crate) external_ids: Option<Vec<String>>,
    /// Whether people who hide are left out, and what is not told of invited people is not looked at.
    pub(crate) visible_only: bool,
    pub(crate) sort_by: SortBy,
    pub(crate) descending: bool,
    pub(crate) page: Page,
}

/// What people are looked for by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asked {
    /// Nothing but what is told of people who have not accepted their invitation, too.
    Address,
    More,
}

impl UserListing {
    /// Whether not everybody is wanted.
    fn narrows(&self) -> bool {
        self.email.is_some() || self.ids.is_some() || self.asked() == Asked::More
    }

    fn asked(&self) -> Asked {
        let more = self.name_prefix.is_some() || self.identifier.is_some() || self.external_ids.is_some();
        if more { Asked::More } else { Asked::Address }
    }
}

/// One page of the people within reach.
pub(crate) async fn list(tx: &Read, reach: &Reach, listing: UserListing) -> DomainResult<Paged<Person>> {
    if !listing.narrows()
        && let Some(crowd) = Crowd::within(tx, reach).await?
    {
        let total = crowd.total(tx, &listing).await?;
        return pages::page(tx, &crowd, &listing, total).await;
    }
    found(tx, select(reach, &listing, listing.asked())?, &listing).await
}

/// One page of people who have to be counted.
async fn found(tx: &Read, found: Select<user::Entity>, listing: &UserListing) -> DomainResult<Paged<Person>> {
    let total = found.clone().select_only().column(user::Column::Id).fetch_count(tx).await?;
    pages::page(tx, &found, listing, total).await
}

/// One page of the people within reach in whom the words are found.
pub(crate) async fn search(
    tx: &Read,
    reach: &Reach,
    listing: UserListing,
    phrase: &Phrase,
) -> DomainResult<Paged<Person>> {
    if phrase.is_empty() {
        return list(tx, reach, listing).await;
    }
    let candidates = select(reach, &listing, Asked::More)?;
    match phrase.condition() {
        Some(condition) => found(tx, candidates.filter(texts(reach, condition)), &listing).await,
        None => fitting(tx, candidates, &listing, phrase).await,
    }
}

/// People whose texts are like that. Those of everybody are read one after the other; where few are within reach, the
/// text of each of them is looked up.
fn texts(reach: &Reach, which: Condition) -> SimpleExpr {
    match reach {
        Reach::Environment => among(search_text::Entity, search_text::Column::UserId, which),
        Reach::Tenants(_) => have(search_text::Entity, search_text::Column::UserId, which),
    }
}

/// One page of those in whose texts the words are found as no engine finds them.
async fn fitting(
    tx: &Read,
    candidates: Select<user::Entity>,
    listing: &UserListing,
    phrase: &Phrase,
) -> DomainResult<Paged<Person>> {
    let candidates = candidates.select_only().column(user::Column::Id);
    let texts = search_text::Entity::find()
        .filter(search_text::Column::UserId.in_subquery(candidates.clone().into_query()))
        .fetch_all(tx)
        .await?;
    let fitting: HashSet<String> =
        texts.into_iter().filter(|row| phrase.fits(&row.text)).map(|row| row.user_id).collect();
    let sorted = pages::sorted(candidates, listing, Direction::AsAsked);
    let mut ids: Vec<String> = sorted.one_column().fetch_all(tx).await?;
    ids.retain(|id| fitting.contains(id));
    let first = usize::try_from(listing.page.number.saturating_mul(listing.page.size)).unwrap_or(usize::MAX);
    let size = usize::try_from(listing.page.size).unwrap_or(usize::MAX);
    let total = ids.len() as u64;
    let ids: Vec<String> = ids.into_iter().skip(first).take(size).collect();
    Ok(Paged { items: person::of_ids(tx, &ids).await?, total })
}

fn select(reach: &Reach, listing: &UserListing, asked: Asked) -> DomainResult<Select<user::Entity>> {
    let mut select = crowd::visible(listing);
    if let Reach::Tenants(tenants) = reach {
        input::at_most("tenants within reach", tenants)?;
        let accepted = listing.visible_only && asked == Asked::More;
        let accepted = accepted.then(|| membership::Column::Status.is_not_in(MembershipStatus::PENDING));
        select = select
            .filter(members(Condition::all().add(membership::Column::TenantId.is_in(tenants)).add_option(accepted)));
    }
    if let Some(email) = &listing.email {
        let address = user_email::Column::AddressKey.eq(emails::key(email));
        let address = Condition::all().add(address).add(emails::counts());
        select = select.filter(among(user_email::Entity, user_email::Column::UserId, address));
    }
    if let Some(prefix) = &listing.name_prefix {
        select = select.filter(query::starts_with(user::Column::NameFolded, prefix));
    }
    if let Some((kind, beginning)) = &listing.identifier {
        select = select.filter(known_by(*kind, beginning));
    }
    if let Some(ids) = &listing.ids {
        input::at_most("ids", ids)?;
        select = select.filter(user::Column::Id.is_in(ids));
    }
    if let Some(ids) = &listing.external_ids {
        input::at_most("_externalIds", ids)?;
        select = select.filter(user::Column::ExternalId.is_in(ids));
    }
    Ok(select)
}

fn known_by(kind: SoughtIdentifier, beginning: &str) -> SimpleExpr {
    match kind {
        SoughtIdentifier::Email => {
            let fits = Condition::all().add(emails::begins(beginning)).add(emails::counts());
            among(user_email::Entity, user_email::Column::UserId, fits)
        }
        SoughtIdentifier::PhoneNumber => {
            // A plus that was not encoded for the address line arrives as a blank.
            let digits = beginning.trim_start_matches([' ', '+']);
            let fits = query::begins(phone_number::Column::PhoneNumber, &format!("+{digits}"));
            among(phone_number::Entity, phone_number::Column::UserId, Condition::all().add(fits).add(phones::counts()))
        }
        SoughtIdentifier::Username => {
            let fits = query::begins(username::Column::Username, &usernames::key(beginning));
            among(username::Entity, username::Column::UserId, fits)
        }
    }
}

/// People with a membership like that.
fn members(which: impl IntoCondition) -> SimpleExpr {
    among(membership::Entity, membership::Column::UserId, which)
}

/// People who have a row like that in another table.
fn among<E: EntityTrait>(_: E, owner: E::Column, which: impl IntoCondition) -> SimpleExpr {
    let rows = E::find().select_only().column(owner).filter(which);
    user::Column::Id.in_subquery(rows.into_query())
}

/// The same, to be asked of each row of people.
fn have<E: EntityTrait>(_: E, owner: E::Column, which: impl IntoCondition) -> SimpleExpr {
    let of_person = owner.into_expr().eq(user::Column::Id.into_expr());
    let rows = E::find().select_only().expr(Expr::cust("1")).filter(of_person).filter(which);
    Expr::exists(rows.into_query())
}

#[cfg(test)]
mod tests;
