//! People as lists and profiles read them: a row with what is told of everybody besides, in one statement.

use std::collections::BTreeMap;

use sea_orm::{
    ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QuerySelect, Select, SelectModel, Selector,
    sea_query::{Expr, ExprTrait, Query, SimpleExpr},
};

use crate::{
    domain::{DomainResult, mfa::devices, users},
    store::{
        Fetch, Read,
        entity::{user, user_email},
    },
};

/// A person.
#[derive(Clone, Debug, FromQueryResult)]
pub(crate) struct Person {
    #[sea_orm(nested)]
    pub(crate) user: user::Model,
    /// The primary address.
    pub(crate) email: Option<String>,
    /// How many second factors they have set up.
    second_factors: i64,
}

impl Person {
    /// Whether the person has set up a second factor.
    pub(crate) fn is_enrolled(&self) -> bool {
        self.second_factors > 0
    }
}

/// Somebody who was just created.
pub(crate) fn newcomer(user: user::Model, email: Option<String>) -> Person {
    Person { user, email, second_factors: 0 }
}

/// The person with that id, if there is one.
pub(crate) async fn find(tx: &Read, user_id: &str) -> DomainResult<Option<Person>> {
    Ok(select(user::Entity::find_by_id(user_id)).fetch_one(tx).await?)
}

/// The person with that id, or 404.
pub(crate) async fn require(tx: &Read, user_id: &str) -> DomainResult<Person> {
    find(tx, user_id).await?.ok_or_else(users::unknown)
}

/// The people with these ids, in their order.
pub(crate) async fn of_ids(tx: &Read, ids: &[String]) -> DomainResult<Vec<Person>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let people = select(user::Entity::find().filter(user::Column::Id.is_in(ids))).fetch_all(tx).await?;
    let mut people: BTreeMap<String, Person> =
        people.into_iter().map(|person| (person.user.id.clone(), person)).collect();
    Ok(ids.iter().filter_map(|id| people.remove(id)).collect())
}

/// People with what is told of them besides.
pub(crate) fn select(people: Select<user::Entity>) -> Selector<SelectModel<Person>> {
    let email = of_primary_address(user_email::Column::Email);
    people.column_as(email, "email").column_as(devices::set_up(), "second_factors").into_model()
}

/// A column of the primary address of the person of a row of `users`.
pub(super) fn of_primary_address(column: user_email::Column) -> SimpleExpr {
    let of_person =
        Expr::col((user_email::Entity, user_email::Column::UserId)).equals((user::Entity, user::Column::Id));
    let select = Query::select()
        .column(column)
        .from(user_email::Entity)
        .and_where(of_person)
        .and_where(user_email::Column::IsPrimary.eq(true))
        .to_owned();
    SimpleExpr::SubQuery(None, Box::new(select.into()))
}
