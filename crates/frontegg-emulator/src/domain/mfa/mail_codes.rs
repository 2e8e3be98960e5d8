//! Codes by mail as a second factor. They need not be set up: the person's proven address will do.

use frontegg_model::enums::{EmailTemplateType, MfaStrategy};

use super::{
    changes::{self, Proven, RememberDevice},
    configuration, devices, pending,
};
use crate::{
    domain::{
        DomainError, DomainResult, Tried,
        codes::{Grant, Presented, TypedCode},
        messages::outbox,
        sessions::SecondFactor,
    },
    store::{
        Write,
        entity::{Purpose, one_time_token},
    },
};

/// Mails the code for the second factor of a sign-in, in place of the one before; its handle.
pub(crate) async fn send(tx: &Write, mfa_token: &str) -> DomainResult<String> {
    let pending = pending::find(tx, mfa_token).await?;
    let configuration = configuration::get(tx).await?;
    configuration.require_active(&[MfaStrategy::EmailCode])?;
    let devices = devices::offered(tx, &pending.user, pending.first).await?;
    let no_address = || DomainError::bad_request("A code by email cannot be the second factor of this sign-in");
    let address = devices.emails.first().ok_or_else(no_address)?;
    let grant = Grant::new(Purpose::MailSecondFactor, &pending.user.id).target(address);
    let handle = grant.lifetime(configuration.email_lifetime()).code(tx).await?;
    let draft = outbox::mail(EmailTemplateType::MfaOtc, address).user(&pending.user).code(&handle.code);
    draft.from(&configuration.email.sender).send(tx).await?;
    Ok(handle.token)
}

/// Goes on with a sign-in for the code that was mailed, while the person has the address.
pub(crate) async fn verify(
    tx: &Write,
    mfa_token: &str,
    typed: TypedCode<'_>,
    remember: RememberDevice,
) -> DomainResult<Tried<Proven>> {
    let pending = pending::find(tx, mfa_token).await?;
    let devices = devices::offered(tx, &pending.user, pending.first).await?;
    let presented = Presented::new(Purpose::MailSecondFactor, typed.handle).user(&pending.user.id);
    let spent = presented.spend_with(tx, typed.code).await?;
    let is_right =
        |row: &one_time_token::Model| row.target.as_ref().is_some_and(|address| devices.emails.contains(address));
    if !matches!(&spent, Tried::Done(row) if is_right(row)) {
        return changes::failed(tx, &pending).await;
    }
    Ok(Tried::Done(changes::proven(pending, SecondFactor::EmailCode, remember)))
}
