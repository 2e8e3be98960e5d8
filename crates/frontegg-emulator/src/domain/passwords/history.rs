//! Former passwords that may not return.
//!
//! They are remembered while a rule asks for it, and kept when it is switched off.

use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};

use super::overrides::Rules;
use crate::{
    domain::{
        DomainResult,
        caller::Caller,
        policies::{self, Record},
        settings::{Form, Owner},
    },
    ids,
    store::{
        Fetch, Read, Write,
        entity::{old_password, password},
    },
};

/// The kind of the settings document.
const KIND: &str = "password-history";
/// How it reads.
pub(crate) const FORM: Form = Form::of::<Record<History>>(KIND);

/// As many former passwords as a rule can ask for besides the present one.
const MOST: u64 = 9;

/// The rule of a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct History {
    pub(crate) enabled: bool,
    /// With the present password.
    pub(crate) size: i64,
}

/// The rule of a level, or 404.
pub(crate) async fn require(tx: &Read, owner: Owner<'_>) -> DomainResult<Record<History>> {
    policies::require(tx, owner, KIND, "Password history policy").await
}

/// Makes the rule of a level; 409 when it has one.
pub(crate) async fn create(
    tx: &Write,
    caller: Caller<'_>,
    tenant: Option<&str>,
    rule: History,
) -> DomainResult<Record<History>> {
    let level = policies::level_to_write(tx, caller, tenant).await?;
    Rules::History.require(tx, level).await?;
    policies::create(tx, level, KIND, "Password history policy", rule).await
}

/// Changes the rule of a level; 404 when it has none.
pub(crate) async fn update(
    tx: &Write,
    caller: Caller<'_>,
    tenant: Option<&str>,
    rule: History,
) -> DomainResult<Record<History>> {
    let level = policies::level_to_write(tx, caller, tenant).await?;
    policies::update(tx, level, KIND, "Password history policy", rule).await
}

/// How many of a person's passwords may not return, with the present one; the strictest rule counts.
async fn size_for(tx: &Read, user_id: &str) -> DomainResult<Option<u64>> {
    let mut applying: policies::Applying<Record<History>> = policies::applying_to(tx, user_id, KIND).await?;
    if !Rules::History.are_free(tx).await? {
        applying.tenants.clear();
    }
    let enabled = applying.all().filter(|record| record.rule.enabled);
    Ok(enabled.filter_map(|record| u64::try_from(record.rule.size).ok()).max())
}

/// The hashes of a person's passwords that may not return.
pub(super) async fn barred(tx: &Read, user_id: &str) -> DomainResult<Vec<String>> {
    let Some(size) = size_for(tx, user_id).await? else {
        return Ok(Vec::new());
    };
    let present = password::Entity::find_by_id(user_id).fetch_one(tx).await?;
    let former = newest(user_id).limit(size.saturating_sub(1)).fetch_all(tx).await?;
    Ok(present.map(|row| row.hash).into_iter().chain(former.into_iter().map(|row| row.hash)).collect())
}

/// Remembers the password that is about to be replaced, where a rule asks for it.
pub(super) async fn remember(tx: &Write, present: &password::Model) -> DomainResult<()> {
    let user_id = &present.user_id;
    if size_for(tx, user_id).await?.is_none() {
        return Ok(());
    }
    let row = old_password::ActiveModel {
        id: Set(ids::new_id()),
        user_id: Set(user_id.clone()),
        hash: Set(present.hash.clone()),
        created_at: Set(tx.stamp()),
    };
    row.insert(tx).await?;
    let kept = newest(user_id).limit(MOST).fetch_all(tx).await?;
    old_password::Entity::delete_many()
        .filter(old_password::Column::UserId.eq(user_id))
        .filter(old_password::Column::Id.is_not_in(kept.into_iter().map(|row| row.id)))
        .exec(tx)
        .await?;
    Ok(())
}

fn newest(user_id: &str) -> sea_orm::Select<old_password::Entity> {
    old_password::Entity::find()
        .filter(old_password::Column::UserId.eq(user_id))
        .order_by_desc(old_password::Column::CreatedAt)
        .order_by_desc(old_password::Column::Id)
}
