//! The environment's own credentials and token, and whose a bearer token is.

use aws_lc_rs::digest::{SHA256, digest};
use sea_orm::EntityTrait;
use subtle::ConstantTimeEq;

use super::{DomainError, DomainResult};
use crate::{
    store::{
        Tx,
        entity::{session, user},
    },
    tokens::UserClaims,
};

/// Whether two secrets are equal, in a time that tells nothing about them, not even their length.
pub(crate) fn same_secret(given: &str, expected: &str) -> bool {
    let given = digest(&SHA256, given.as_bytes());
    let expected = digest(&SHA256, expected.as_bytes());
    given.as_ref().ct_eq(expected.as_ref()).into()
}

/// Refuses credentials that are not the environment's; which of the two is wrong is not told.
pub(crate) fn check_credentials(
    given: (&str, &str),
    (client_id, api_key): (&str, &str),
) -> DomainResult<()> {
    // Both are always compared.
    let known = same_secret(given.0, client_id) & same_secret(given.1, api_key);
    if known {
        Ok(())
    } else {
        Err(DomainError::unauthorized("Invalid authentication"))
    }
}

/// Refuses a user's token whose session has ended or whose user may not act any more.
pub(crate) async fn check_session(tx: &Tx, claims: &UserClaims) -> DomainResult<()> {
    let session = session::Entity::find_by_id(&claims.sid)
        .find_also_related(user::Entity)
        .one(tx)
        .await?;
    let live = session.is_some_and(|(session, user)| {
        session.ended_at.is_none()
            && session.user_id == claims.sub
            && session.tenant_id == claims.tenant_id
            && user.is_some_and(|user| !user.is_locked)
    });
    if live {
        Ok(())
    } else {
        Err(DomainError::unauthorized("Session not found"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_credentials_count() {
        let own = ("client", "key");
        assert!(check_credentials(own, own).is_ok());
        for given in [("client", "other"), ("other", "key"), ("", ""), ("client", "")] {
            assert!(check_credentials(given, own).is_err(), "{given:?}");
        }
    }
}
