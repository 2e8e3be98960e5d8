//! How many wrong passwords lock a person out, and how they get in again.
//!
//! The smallest number among the enabled policies of the environment and of the person's tenants
//! counts. The lock is global and has no end of its own: the link of a mail lifts it, or an
//! administrator.

#[cfg(test)]
mod tests;

use std::{slice, time::Duration};

use frontegg_model::enums::EmailTemplateType;
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, Condition, EntityTrait, FromQueryResult, IntoActiveModel, JoinType, QueryFilter, QueryOrder,
    QuerySelect, RelationTrait, Select,
    sea_query::{Expr, ExprTrait},
};
use serde::{Deserialize, Serialize};

use super::Passwords;
use crate::{
    domain::{
        DomainError, DomainResult,
        audits::events,
        caller::Caller,
        codes::{Grant, Presented, dummy_work},
        identifiers::emails,
        messages::outbox,
        passwords,
        policies::{self, Applying, Record},
        settings::{Form, Owner},
        users,
    },
    store::{
        Fetch, Read, Store, Write,
        entity::{Purpose, one_time_token, password, user},
    },
};

/// The kind of the settings document.
const KIND: &str = "lockout";
/// How it reads.
pub(crate) const FORM: Form = Form::of::<Record<Lockout>>(KIND);

const WHAT: &str = "Lockout policy";
/// How long the link of the mail is valid.
const LIFETIME: Duration = Duration::from_hours(24);

/// The policy of a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Lockout {
    pub(crate) enabled: bool,
    pub(crate) max_attempts: i64,
}

/// A password that somebody presents.
#[derive(Clone, Copy)]
pub(crate) struct Guess<'a> {
    /// Whom was asked for, known or not: an address in lower case, or the id of the person.
    pub(crate) account: &'a str,
    pub(crate) user_id: Option<&'a str>,
    pub(crate) password: &'a str,
    /// The hash of the password that the person has elsewhere. It counts where they have none here.
    pub(crate) hash_elsewhere: Option<&'a str>,
}

/// What came of presenting a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Attempt {
    Right,
    /// Or nobody has it. The person may be locked from now on.
    Wrong,
    /// Nothing was compared.
    Locked,
}

/// The policy of a level, or 404.
pub(crate) async fn require(tx: &Read, owner: Owner<'_>) -> DomainResult<Record<Lockout>> {
    policies::require(tx, owner, KIND, WHAT).await
}

/// Makes the policy of a level; 409 when it has one.
pub(crate) async fn create(
    tx: &Write,
    caller: Caller<'_>,
    tenant: Option<&str>,
    policy: Lockout,
) -> DomainResult<Record<Lockout>> {
    let level = policies::level_to_write(tx, caller, tenant).await?;
    policies::create(tx, level, KIND, WHAT, policy).await
}

/// Changes the policy of a level; 404 when it has none.
pub(crate) async fn update(
    tx: &Write,
    caller: Caller<'_>,
    tenant: Option<&str>,
    policy: Lockout,
) -> DomainResult<Record<Lockout>> {
    let level = policies::level_to_write(tx, caller, tenant).await?;
    policies::update(tx, level, KIND, WHAT, policy).await
}

/// Compares a password and counts. Begin no transaction before; afterwards look again at the person
/// in your own one, as they may have been locked or removed meanwhile.
///
/// Attempts at one account are compared one after the other, so that no more of them are compared than the
/// policy allows, and as many right ones as there are all succeed. An unknown person takes the same work as a
/// known one.
pub(crate) async fn attempt(store: &Store, passwords: &Passwords, guess: Guess<'_>) -> DomainResult<Attempt> {
    let Guess { account, user_id, password, hash_elsewhere } = guess;
    let _turn = passwords.turns().take(user_id.unwrap_or(account)).await;
    let tx = store.read().await?;
    let account_of = user::Entity::find_by_id(user_id.unwrap_or_default())
        .join(JoinType::LeftJoin, password::Relation::User.def().rev())
        .column(password::Column::Hash)
        .into_model::<Account>();
    let (user, stored) = account_of.fetch_one(&tx).await?.map(|account| (account.user, account.hash)).unzip();
    let stored = stored.flatten();
    drop(tx);
    let is_locked = user.as_ref().is_some_and(|user| user.is_locked);
    // A locked person's password is not compared, or guessing could go on.
    let compared = stored.as_deref().or(hash_elsewhere).filter(|_| !is_locked);
    let comparison = passwords.verify_and_upgrade(password, compared).await?;
    if comparison.is_right && comparison.better.is_none() && user.is_none_or(|user| user.failed_logins == 0) {
        return Ok(Attempt::Right);
    }
    store
        .write(async |tx| {
            // Another process may have been at it.
            Ok(match find(tx, user_id).await? {
                // They are known elsewhere only.
                None if comparison.is_right => Attempt::Right,
                None => {
                    tx.trail().refused();
                    limit(tx, account).await?;
                    dummy_work::write(tx).await?;
                    Attempt::Wrong
                }
                Some(user) if is_locked || user.is_locked => {
                    tx.trail().refused();
                    tx.trail().person(&user.id);
                    limit(tx, &user.id).await?;
                    dummy_work::write(tx).await?;
                    Attempt::Locked
                }
                Some(user) if comparison.is_right => {
                    // What comes of it says the transaction that goes on with it.
                    tx.trail().unsaid();
                    if let (Some(from), Some(better)) = (&stored, comparison.better) {
                        passwords::upgrade(tx, &user.id, from, better).await?;
                    }
                    count(tx, user, 0).await?;
                    Attempt::Right
                }
                Some(user) => {
                    tx.trail().refused();
                    tx.trail().person(&user.id);
                    fail(tx, user).await?;
                    Attempt::Wrong
                }
            })
        })
        .await
}

/// A person with the hash of their password, if they have one.
#[derive(FromQueryResult)]
struct Account {
    #[sea_orm(nested)]
    user: user::Model,
    hash: Option<String>,
}

async fn find(tx: &Read, user_id: Option<&str>) -> DomainResult<Option<user::Model>> {
    Ok(user::Entity::find_by_id(user_id.unwrap_or_default()).fetch_one(tx).await?)
}

/// Writes how many attempts have failed; that is no change of the person.
async fn count(tx: &Write, user: user::Model, failed: i32) -> DomainResult<user::Model> {
    let mut row = user.into_active_model();
    row.failed_logins = Set(failed);
    Ok(row.update(tx).await?)
}

/// Counts a failed attempt, and locks the person when it was the last one allowed.
async fn fail(tx: &Write, user: user::Model) -> DomainResult<()> {
    let failed = user.failed_logins.saturating_add(1);
    let user = count(tx, user, failed).await?;
    if limit(tx, &user.id).await?.is_none_or(|limit| i64::from(failed) < limit) {
        return Ok(());
    }
    users::lock(tx, &user.id).await?;
    tx.trail().also(events::LOCKED);
    let token = Grant::new(Purpose::Unlock, &user.id).lifetime(LIFETIME).token(tx).await?;
    if let Some(email) = emails::primary_of(tx, slice::from_ref(&user.id)).await?.remove(&user.id) {
        let draft = outbox::mail(EmailTemplateType::UnlockUser, &email.email).user(&user);
        draft.parameter("userId", &user.id).token(&token).send(tx).await?;
    }
    Ok(())
}

/// How many failed attempts lock the person, if any number does.
async fn limit(tx: &Read, user_id: &str) -> DomainResult<Option<i64>> {
    let applying: Applying<Record<Lockout>> = policies::applying_to(tx, user_id, KIND).await?;
    let enabled = applying.all().map(|record| record.rule).filter(|policy| policy.enabled);
    Ok(enabled.map(|policy| policy.max_attempts).min())
}

/// Lifts a lock with the token of the mail; 400 where it is invalid.
pub(crate) async fn unlock(tx: &Write, token: &str) -> DomainResult<()> {
    let spent = Presented::new(Purpose::Unlock, token).spend(tx).await?;
    let row = spent.map_err(|_| DomainError::bad_request("The unlock token is invalid or has expired"))?;
    users::unlock(tx, &row.user_id).await
}

/// A person who is locked out, or on the way there.
#[derive(Clone, Debug)]
pub(crate) struct LockedOut {
    pub(crate) user: user::Model,
    pub(crate) email: Option<String>,
}

/// People who are locked or have failed to sign in since they last did, the oldest first.
pub(crate) async fn lockouts(tx: &Read) -> DomainResult<Vec<LockedOut>> {
    let people =
        locked_out().order_by_asc(user::Column::CreatedAt).order_by_asc(user::Column::Id).fetch_all(tx).await?;
    let ids: Vec<String> = people.iter().map(|user| user.id.clone()).collect();
    let mut addresses = emails::primary_of(tx, &ids).await?;
    let lockout = |user: user::Model| LockedOut { email: addresses.remove(&user.id).map(|row| row.email), user };
    Ok(people.into_iter().map(lockout).collect())
}

/// Lets a person in again, or 404.
pub(crate) async fn clear_lockout(tx: &Write, user_id: &str) -> DomainResult<()> {
    users::unlock(tx, user_id).await
}

/// Lets everybody in again.
pub(crate) async fn clear_lockouts(tx: &Write) -> DomainResult<()> {
    user::Entity::update_many()
        .col_expr(user::Column::IsLocked, Expr::value(false))
        .col_expr(user::Column::FailedLogins, Expr::value(0))
        .filter(is_locked_out())
        .exec(tx)
        .await?;
    let unlock = one_time_token::Column::Kind.eq(Purpose::Unlock);
    one_time_token::Entity::delete_many().filter(unlock).exec(tx).await?;
    Ok(())
}

fn locked_out() -> Select<user::Entity> {
    user::Entity::find().filter(is_locked_out())
}

fn is_locked_out() -> Condition {
    Condition::any()
        .add(Expr::col((user::Entity, user::Column::IsLocked)).eq(true))
        .add(Expr::col((user::Entity, user::Column::FailedLogins)).gt(0))
}
