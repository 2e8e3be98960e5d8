//! Browsers that skip the second factor.

use std::time::Duration;

use sea_orm::{ActiveValue::Set, ColumnTrait, Condition, EntityTrait, QueryFilter};

use super::policy;
use crate::{
    domain::DomainResult,
    ids,
    store::{
        Fetch, Read, Write,
        entity::{remembered_device, user},
    },
};

/// A browser that skips the second factor from now on: what it has to show, and for how long.
#[derive(Clone)]
pub(crate) struct Remembered {
    pub(crate) token: String,
    pub(crate) lifetime: Duration,
}

impl std::fmt::Debug for Remembered {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Remembered").field("lifetime", &self.lifetime).finish_non_exhaustive()
    }
}

/// Makes the browser one that skips the second factor, where the rules allow.
pub(crate) async fn remember(
    tx: &Write,
    user: &user::Model,
    application_id: Option<&str>,
) -> DomainResult<Option<Remembered>> {
    let rule = policy::applying_to(tx, user, application_id).await?;
    if !rule.allow_remember {
        return Ok(None);
    }
    let over = Condition::all()
        .add(remembered_device::Column::UserId.eq(user.id.as_str()))
        .add(remembered_device::Column::ExpiresAt.lte(tx.now()));
    remembered_device::Entity::delete_many().filter(over).exec(tx).await?;
    let token = ids::new_secret();
    let row = remembered_device::ActiveModel {
        fingerprint: Set(ids::fingerprint(&token)),
        user_id: Set(user.id.clone()),
        created_at: Set(tx.now()),
        expires_at: Set(tx.now().after(rule.remembered_for)),
    };
    remembered_device::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(Some(Remembered { token, lifetime: rule.remembered_for }))
}

/// Whether the browser with that cookie skips the second factor of that person: while the rules as
/// they are now allow it.
pub(super) async fn is_known(
    tx: &Read,
    user: &user::Model,
    token: Option<&str>,
    rule: &policy::Strictest,
) -> DomainResult<bool> {
    let Some(token) = token.filter(|_| rule.allow_remember) else {
        return Ok(false);
    };
    let row = remembered_device::Entity::find_by_id(ids::fingerprint(token))
        .filter(remembered_device::Column::UserId.eq(user.id.as_str()))
        .fetch_one(tx)
        .await?;
    Ok(row.is_some_and(|row| row.expires_at > tx.now() && row.created_at.after(rule.remembered_for) > tx.now()))
}
