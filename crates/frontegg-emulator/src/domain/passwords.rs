//! Passwords: what makes a good one, how it is stored, compared, replaced.
//!
//! A password is set in two steps, as hashing takes its time and a transaction may not wait for it:
//! [`prepare`] checks it against the rules and hashes it, [`set`] stores it. It is compared by
//! [`lockout::attempt`](crate::domain::passwords::lockout::attempt), which counts failures.

mod change;
pub(crate) mod complexity;
mod hasher;
pub(crate) mod history;
pub(crate) mod import;
pub(crate) mod leaked;
pub(crate) mod lockout;
mod memory;
mod overrides;
pub(crate) mod reset;
pub(crate) mod rotation;
mod stored;
#[cfg(test)]
mod tests;
mod turns;

use std::fmt;

use sea_orm::{
    ActiveModelTrait,
    ActiveValue::Set,
    ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter,
    sea_query::{Expr, OnConflict},
};

pub(crate) use change::{Texts, change};
pub(crate) use hasher::{Cost, Passwords, check_size};
#[cfg(any(fuzzing, test))]
pub(crate) use {memory::Memory, stored::StoredHash};

use super::{
    DomainError, DomainResult,
    revocation::{self, Change},
};
use crate::store::{Fetch, Read, Store, Write, entity::password};

/// Refuses a text that is no hash which passwords can be compared with.
pub(crate) fn check_stored(hash: &str) -> DomainResult<()> {
    stored::StoredHash::parse(hash).map(drop).map_err(|error| DomainError::bad_request(error.to_string()))
}

/// Whose password it is to be.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PasswordOwner<'a> {
    /// Somebody who exists.
    User(&'a str),
    /// Somebody who is being created, in that tenant or in one of their own.
    Newcomer { tenant_id: Option<&'a str> },
}

/// A password that satisfies the rules, hashed.
pub(crate) struct NewPassword(String);

impl NewPassword {
    /// The hash, for a person who is created with it.
    pub(crate) fn into_hash(self) -> String {
        self.0
    }
}

impl fmt::Debug for NewPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NewPassword(…)")
    }
}

/// Checks a password against the rules that bind the person, 400 with a text for each that it
/// breaks, and hashes it. Begin no transaction before.
pub(crate) async fn prepare(
    store: &Store,
    passwords: &Passwords,
    subject: PasswordOwner<'_>,
    password: &str,
) -> DomainResult<NewPassword> {
    check_size(password)?;
    let tx = store.read().await?;
    check(&tx, subject, password).await?;
    let barred = match subject {
        PasswordOwner::User(id) => history::barred(&tx, id).await?,
        PasswordOwner::Newcomer { .. } => Vec::new(),
    };
    drop(tx);
    if passwords.matches_any(password, &barred).await? {
        let text = format!("The password must differ from the last {} passwords.", barred.len());
        return Err(DomainError::bad_request(text));
    }
    Ok(NewPassword(passwords.hash(password).await?))
}

/// Checks a password against the rules that bind the person, as far as nothing has to be hashed for it.
pub(crate) async fn check(tx: &Read, subject: PasswordOwner<'_>, password: &str) -> DomainResult<()> {
    let rules = match subject {
        PasswordOwner::User(id) => complexity::binding_user(tx, id).await?,
        PasswordOwner::Newcomer { tenant_id } => complexity::binding_newcomer(tx, tenant_id).await?,
    };
    rules.check(tx, password).await
}

/// The hash of a person's password, if they have one.
pub(crate) async fn stored(tx: &Read, user_id: &str) -> DomainResult<Option<String>> {
    Ok(password::Entity::find_by_id(user_id).fetch_one(tx).await?.map(|row| row.hash))
}

/// Stores a person's password, whose age begins anew, and voids what may not outlive the former one: a
/// sign-in that was begun with it, for one. Who set it, `change` says.
pub(crate) async fn set(tx: &Write, user_id: &str, new: NewPassword, change: Change<'_>) -> DomainResult<()> {
    if let Some(present) = password::Entity::find_by_id(user_id).fetch_one(tx).await? {
        history::remember(tx, &present).await?;
        let mut row = present.into_active_model();
        row.hash = Set(new.0);
        row.changed_at = Set(tx.now());
        row.update(tx).await?;
    } else {
        let (hash, changed_at) = (Set(new.0), Set(tx.now()));
        let row = password::ActiveModel { user_id: Set(user_id.to_owned()), hash, changed_at };
        row.insert(tx).await?;
    }
    revocation::void(tx, user_id, change).await
}

/// Stores the hash of the password that a person has had elsewhere, unless they have one here.
pub(crate) async fn adopt(tx: &Write, user_id: &str, hash: &str) -> DomainResult<()> {
    let (hash, changed_at) = (Set(hash.to_owned()), Set(tx.now()));
    let row = password::ActiveModel { user_id: Set(user_id.to_owned()), hash, changed_at };
    password::Entity::insert(row)
        .on_conflict(OnConflict::column(password::Column::UserId).do_nothing().to_owned())
        .exec_without_returning(tx)
        .await?;
    Ok(())
}

/// Stores a better hash of the same password, unless the password was replaced meanwhile.
pub(crate) async fn upgrade(tx: &Write, user_id: &str, from: &str, better: String) -> DomainResult<()> {
    password::Entity::update_many()
        .col_expr(password::Column::Hash, Expr::value(better))
        .filter(password::Column::UserId.eq(user_id))
        .filter(password::Column::Hash.eq(from))
        .exec(tx)
        .await?;
    Ok(())
}
