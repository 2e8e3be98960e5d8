//! Pages of emails, usernames and phone numbers with their owners.

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    sea_query::SelectStatement,
};

use super::emails;
use crate::{
    domain::{DomainResult, input},
    store::{
        Read,
        entity::{MembershipStatus, membership, phone_number, user, user_email, username},
        query::{self, Page, Paged},
    },
};

/// By what a list is sorted: its own field or the owner's id; by age when nothing is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SortBy {
    #[default]
    CreatedAt,
    UserId,
    Identifier,
}

/// Which records are wanted, and how.
#[derive(Clone, Debug, Default)]
pub(crate) struct IdentifierListing {
    /// Only of members of this tenant.
    pub(crate) tenant_id: Option<String>,
    /// Whether those of people who hide are left out, and of those who have not accepted to be in the tenant.
    pub(crate) visible_only: bool,
    /// How the identifier begins, without case.
    pub(crate) prefix: Option<String>,
    pub(crate) user_ids: Option<Vec<String>>,
    /// Only these identifiers, without case.
    pub(crate) identifiers: Option<Vec<String>>,
    pub(crate) sort_by: SortBy,
    pub(crate) descending: bool,
    pub(crate) page: Page,
}

impl IdentifierListing {
    fn order(&self) -> Order {
        if self.descending { Order::Desc } else { Order::Asc }
    }

    /// Whose records count; `None` for everybody's.
    fn owners(&self) -> Option<SelectStatement> {
        if self.tenant_id.is_none() && !self.visible_only {
            return None;
        }
        let mut people = user::Entity::find().select_only().column(user::Column::Id);
        if let Some(tenant_id) = &self.tenant_id {
            let members = membership::Entity::find()
                .select_only()
                .column(membership::Column::UserId)
                .filter(membership::Column::TenantId.eq(tenant_id));
            let accepted = self.visible_only.then(|| membership::Column::Status.is_not_in(MembershipStatus::PENDING));
            let members = members.filter(Condition::all().add_option(accepted));
            people = people.filter(user::Column::Id.in_subquery(members.into_query()));
        }
        if self.visible_only {
            people = people.filter(user::Column::Invisible.eq(false));
        }
        Some(people.into_query())
    }

    /// Applies what both lists have in common.
    fn narrow<E: EntityTrait>(
        &self,
        mut select: Select<E>,
        owner: E::Column,
        identifier: E::Column,
    ) -> DomainResult<Select<E>> {
        if let Some(owners) = self.owners() {
            select = select.filter(owner.in_subquery(owners));
        }
        if let Some(ids) = &self.user_ids {
            input::at_most("userIds", ids)?;
            select = select.filter(owner.is_in(ids));
        }
        if let Some(identifiers) = &self.identifiers {
            input::at_most("usernames", identifiers)?;
            select = select.filter(identifier.is_in(identifiers.iter().map(|one| super::usernames::key(one))));
        }
        Ok(select)
    }
}

/// One page of email records.
pub(crate) async fn emails(tx: &Read, listing: IdentifierListing) -> DomainResult<Paged<user_email::Model>> {
    let mut select =
        listing.narrow(user_email::Entity::find(), user_email::Column::UserId, user_email::Column::AddressKey)?;
    if let Some(prefix) = &listing.prefix {
        select = select.filter(emails::begins(prefix));
    }
    let key = match listing.sort_by {
        SortBy::CreatedAt => user_email::Column::CreatedAt,
        SortBy::UserId => user_email::Column::UserId,
        SortBy::Identifier => user_email::Column::AddressKey,
    };
    let order = listing.order();
    let select = select.order_by(key, order.clone()).order_by(user_email::Column::Id, order);
    Ok(query::page(select, listing.page, tx).await?)
}

/// One page of usernames.
pub(crate) async fn usernames(tx: &Read, listing: IdentifierListing) -> DomainResult<Paged<username::Model>> {
    let mut select = listing.narrow(username::Entity::find(), username::Column::UserId, username::Column::Username)?;
    if let Some(prefix) = &listing.prefix {
        select = select.filter(query::begins(username::Column::Username, &super::usernames::key(prefix)));
    }
    let key = match listing.sort_by {
        SortBy::CreatedAt => username::Column::CreatedAt,
        SortBy::UserId => username::Column::UserId,
        SortBy::Identifier => username::Column::Username,
    };
    let order = listing.order();
    let select = select.order_by(key, order.clone()).order_by(username::Column::Username, order);
    Ok(query::page(select, listing.page, tx).await?)
}

/// One page of phone numbers.
pub(crate) async fn phone_numbers(tx: &Read, listing: IdentifierListing) -> DomainResult<Paged<phone_number::Model>> {
    let mut select = listing.narrow(
        phone_number::Entity::find(),
        phone_number::Column::UserId,
        phone_number::Column::PhoneNumber,
    )?;
    if let Some(prefix) = &listing.prefix {
        select = select.filter(query::begins(phone_number::Column::PhoneNumber, prefix));
    }
    let key = match listing.sort_by {
        SortBy::CreatedAt => phone_number::Column::CreatedAt,
        SortBy::UserId => phone_number::Column::UserId,
        SortBy::Identifier => phone_number::Column::PhoneNumber,
    };
    let order = listing.order();
    let select = select.order_by(key, order.clone()).order_by(phone_number::Column::Id, order);
    Ok(query::page(select, listing.page, tx).await?)
}
