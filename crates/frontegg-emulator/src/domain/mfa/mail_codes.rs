//! Codes by mail as a second factor. They need not be set up: the person's proven address will do.

use frontegg_model::enums::{EmailTemplateType, MfaStrategy};

use super::{
    Tried,
    changes::{self, Proven, Step},
    configuration, devices, pending,
};
use crate::{
    domain::{
        DomainError, DomainResult,
        codes::{Grant, Presented},
        messages::outbox,
        sessions::SecondFactor,
    },
    store::{Tx, entity::Purpose},
};

/// Mails the code for the second factor of a sign-in, in place of the one before; its handle.
pub(crate) async fn send(tx: &Tx, base_url: &str, mfa_token: &str) -> DomainResult<String> {
    let pending = pending::find(tx, mfa_token).await?;
    let configuration = configuration::get(tx).await?;
    configuration.require_active(&[MfaStrategy::EmailCode])?;
    let devices = devices::offered(tx, &pending.user, pending.first).await?;
    let no_address = || DomainError::bad_request("A code by email cannot be the second factor of this sign-in");
    let address = devices.emails.first().ok_or_else(no_address)?;
    let grant = Grant::new(Purpose::MailSecondFactor, &pending.user.id).target(address);
    let handle = grant.lifetime(configuration.email_lifetime()).code(tx).await?;
    let draft = outbox::mail(EmailTemplateType::Mfaotc, address).user(&pending.user).code(&handle.code);
    draft.from(&configuration.email.sender).send(tx, base_url).await?;
    Ok(handle.token)
}

/// Goes on with a sign-in for the code that was mailed, while the person has the address.
pub(crate) async fn verify(
    tx: &Tx,
    mfa_token: &str,
    (otc_token, code): (&str, &str),
    step: Step<'_>,
) -> DomainResult<Tried<Proven>> {
    let pending = pending::find(tx, mfa_token).await?;
    let devices = devices::offered(tx, &pending.user, pending.first).await?;
    let presented = Presented::new(Purpose::MailSecondFactor, otc_token).user(&pending.user.id);
    let spent = presented.spend_with(tx, code).await?;
    let is_right = spent.is_ok_and(|row| row.target.is_some_and(|address| devices.emails.contains(&address)));
    if !is_right {
        return changes::failed(tx, &pending).await;
    }
    Ok(Ok(changes::proven(pending, SecondFactor::EmailCode, step)))
}
