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

/// Whether the browser with one of these cookies skips the second factor of that person: while the
/// rules as they are now allow it.
pub(super) async fn is_known(
    tx: &Read,
    user: &user::Model,
    tokens: &[String],
    rule: &policy::Strictest,
) -> DomainResult<bool> {
    if tokens.is_empty() || !rule.allow_remember {
        return Ok(false);
    }
    let rows = remembered_device::Entity::find()
        .filter(remembered_device::Column::Fingerprint.is_in(tokens.iter().map(|token| ids::fingerprint(token))))
        .filter(remembered_device::Column::UserId.eq(user.id.as_str()))
        .fetch_all(tx)
        .await?;
    let holds = |row: &remembered_device::Model| {
        row.expires_at > tx.now() && row.created_at.after(rule.remembered_for) > tx.now()
    };
    Ok(rows.iter().any(holds))
}
