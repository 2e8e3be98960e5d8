//! Who has come from which pool.

use std::collections::HashMap;

use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait},
};

use super::require;
use crate::{
    domain::{
        DomainResult,
        people::person::{self, Person},
    },
    store::{
        Fetch, Read, Write,
        entity::{user, user_pool_user},
        query::{self, Page, Paged},
    },
};

/// Somebody of a pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PoolKey<'a> {
    pub(crate) pool_id: &'a str,
    /// By which the pool knows them.
    pub(crate) account_key: &'a str,
}

/// How many people have come from a pool.
#[derive(FromQueryResult)]
struct Count {
    pool_id: String,
    people: i64,
}

/// How many people are known from each pool that any are known from.
pub(crate) async fn counts(tx: &Read) -> DomainResult<HashMap<String, i64>> {
    let counts = user_pool_user::Entity::find()
        .select_only()
        .column(user_pool_user::Column::PoolId)
        .column_as(Expr::col(user_pool_user::Column::UserId).count(), "people")
        .group_by(user_pool_user::Column::PoolId)
        .into_model::<Count>()
        .fetch_all(tx)
        .await?;
    Ok(counts.into_iter().map(|count| (count.pool_id, count.people)).collect())
}

/// One page of the people known from a pool, those who came first before the others; 404 without the pool.
pub(crate) async fn list(tx: &Read, pool_id: &str, page: Page) -> DomainResult<Paged<Person>> {
    require(tx, pool_id).await?;
    let select = user_pool_user::Entity::find()
        .filter(user_pool_user::Column::PoolId.eq(pool_id))
        .order_by_asc(user_pool_user::Column::CreatedAt)
        .order_by_asc(user_pool_user::Column::UserId);
    let Paged { items, total } = query::page(select, page, tx).await?;
    let ids: Vec<String> = items.into_iter().map(|row| row.user_id).collect();
    Ok(Paged { items: person::of_ids(tx, &ids).await?, total })
}

/// Whom somebody of a pool has become by now.
pub(crate) async fn user_id(tx: &Read, key: PoolKey<'_>) -> DomainResult<Option<String>> {
    let row = user_pool_user::Entity::find()
        .filter(user_pool_user::Column::PoolId.eq(key.pool_id))
        .filter(user_pool_user::Column::AccountKey.eq(key.account_key))
        .fetch_one(tx)
        .await?;
    Ok(row.map(|row| row.user_id))
}

/// Notes whom somebody of a pool has become: a person who was made just now.
pub(super) async fn note(tx: &Write, key: PoolKey<'_>, user: &user::Model) -> DomainResult<()> {
    let row = user_pool_user::ActiveModel {
        user_id: Set(user.id.clone()),
        pool_id: Set(key.pool_id.to_owned()),
        account_key: Set(key.account_key.to_owned()),
        created_at: Set(user.created_at),
    };
    row.insert(tx).await?;
    Ok(())
}
