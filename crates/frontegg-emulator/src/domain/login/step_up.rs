//! Proving once more who one is, in the middle of a session.

use std::time::Duration;

use sea_orm::EntityTrait;

use super::{ClientInfo, Extras, FirstFactor, Outcome, entry, signed_in};
use crate::{
    domain::{
        DomainResult, applications, approvals,
        mfa::{
            self, Demand,
            pending::{self, Raising},
        },
        sessions,
        settings::configuration::{self, IdentityConfiguration},
    },
    store::{Fetch, Write, entity::user},
};

/// Asks the holder of a session for a second factor, unless they gave one within that time; then, and
/// only then, the session is as good as it gets.
pub(crate) async fn step_up(
    tx: &Write,
    raising: Raising,
    max_age: Option<Duration>,
    client: &ClientInfo,
) -> DomainResult<Outcome> {
    approvals::settle(tx).await?;
    let session = sessions::find(tx, &raising.session_id).await?.ok_or_else(sessions::dead)?;
    let user = user::Entity::find_by_id(session.user_id.as_str()).fetch_one(tx).await?.ok_or_else(sessions::dead)?;
    let is_recent = max_age.is_none_or(|age| session.proven_at.after(age) >= tx.now());
    if sessions::is_multi_factor(&session) && is_recent {
        let configuration = configuration::get(tx).await?;
        let opened = sessions::reopen(tx, &configuration, session).await?;
        return signed_in(tx, &configuration, &user, &raising.tenant_id, opened, Extras::default()).await;
    }
    let first = FirstFactor::from_amr(&session.amr);
    match mfa::step_up(tx, &user, first).await? {
        Demand::Nothing => Err(mfa::not_enrolled()),
        demand => Ok(pending::open(tx, &user, first, client, Some(raising), demand).await?.into()),
    }
}

/// The session once its holder has given the second factor.
pub(super) async fn finish(
    tx: &Write,
    configuration: &IdentityConfiguration,
    user: user::Model,
    raising: &Raising,
    amr: &[&str],
    client: &ClientInfo,
    extras: Extras,
) -> DomainResult<Outcome> {
    let session = sessions::find(tx, &raising.session_id).await?;
    let session = session.filter(|session| session.ended_at.is_none() && session.expires_at > tx.now());
    let session = session.ok_or_else(sessions::dead)?;
    let application = applications::known_or_default(tx, session.application_id.as_deref()).await?;
    entry::require(tx, &user, &raising.tenant_id, &application, client).await?;
    let opened = sessions::prove_again(tx, configuration, session, amr).await?;
    signed_in(tx, configuration, &user, &raising.tenant_id, opened, extras).await
}
