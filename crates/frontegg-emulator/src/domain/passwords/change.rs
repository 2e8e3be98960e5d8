//! A new password for somebody who knows the old one.

use super::{PasswordOwner, Passwords, prepare, set};
use crate::{
    domain::{
        DomainError, DomainResult,
        passwords::lockout::{self, Attempt, Guess},
        revocation::Change,
        users,
    },
    store::Store,
};

/// The password that a person has, and the one that is to replace it.
#[derive(Clone, Copy)]
pub(crate) struct Texts<'a> {
    pub(crate) current: &'a str,
    pub(crate) new: &'a str,
}

/// Replaces a person's password. Their other sessions end: whoever got hold of one through the old
/// password must not keep it.
pub(crate) async fn change(
    store: &Store,
    passwords: &Passwords,
    user_id: &str,
    session: Option<&str>,
    texts: Texts<'_>,
) -> DomainResult<()> {
    let Texts { current, new } = texts;
    let tx = store.read().await?;
    users::require(&tx, user_id).await?;
    drop(tx);
    let guess = Guess { account: user_id, user_id: Some(user_id), password: current, hash_elsewhere: None };
    match lockout::attempt(store, passwords, guess).await? {
        Attempt::Right => {}
        Attempt::Wrong => return Err(DomainError::bad_request("The current password is wrong")),
        Attempt::Locked => return Err(DomainError::forbidden("User is locked")),
    }
    let new = prepare(store, passwords, PasswordOwner::User(user_id), new).await?;
    store
        .write(async |tx| {
            users::require(tx, user_id).await?;
            set(tx, user_id, new, Change::PasswordChanged { session }).await
        })
        .await
}
