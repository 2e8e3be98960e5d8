//! A new password for somebody who knows the old one.

use super::{Passwords, Subject, prepare, set};
use crate::{
    domain::{
        DomainError, DomainResult,
        passwords::lockout::{self, Attempt},
        sessions, users,
    },
    store::Store,
};

/// Replaces a person's password. Their other sessions end: whoever got hold of one through the old
/// password must not keep it.
pub(crate) async fn change(
    store: &Store,
    passwords: &Passwords,
    base_url: &str,
    user_id: &str,
    session: Option<&str>,
    (current, new): (&str, &str),
) -> DomainResult<()> {
    let tx = store.read().await?;
    users::require(&tx, user_id).await?;
    drop(tx);
    match lockout::attempt(store, passwords, base_url, user_id, Some(user_id), current).await? {
        Attempt::Right => {}
        Attempt::Wrong => return Err(DomainError::bad_request("The current password is wrong")),
        Attempt::Locked => return Err(DomainError::forbidden("User is locked")),
    }
    let new = prepare(store, passwords, Subject::User(user_id), new).await?;
    let tx = store.write().await?;
    users::require(&tx, user_id).await?;
    set(&tx, user_id, new).await?;
    sessions::end_all_of_user(&tx, user_id, session).await?;
    Ok(tx.commit().await?)
}
