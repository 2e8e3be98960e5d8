//! People add addresses of their own, or change the one that they have, by codes mailed to them.

use std::time::Duration;

use frontegg_model::enums::EmailTemplateType;

use super::emails_policy;
use crate::{
    domain::{
        DomainError, DomainResult, Tried,
        codes::{self, Grant, Own},
        identifiers::{Proof, emails},
        memberships,
        messages::outbox,
        users,
    },
    store::{
        Write,
        entity::{Purpose, user_email},
    },
};

/// How long the codes are valid.
const LIFETIME: Duration = Duration::from_mins(10);

/// Gives a person a further address that they have yet to prove, and mails a code to it.
pub(crate) async fn add(tx: &Write, user_id: &str, address: &str) -> DomainResult<user_email::Model> {
    users::require(tx, user_id).await?;
    let row = emails::add(tx, user_id, address, Proof::Unproven).await?;
    send(tx, Purpose::EmailVerification, user_id, address).await?;
    Ok(row)
}

/// Proves an address that a person has added.
pub(crate) async fn confirm(tx: &Write, user_id: &str, address: &str, code: &str) -> DomainResult<Tried<()>> {
    let row = emails::require_own(tx, user_id, address).await?;
    let own = Own { user_id, target: &row.address_key };
    if codes::spend_own(tx, Purpose::EmailVerification, own, code).await?.is_refused() {
        return Ok(Tried::Refused(refusal()));
    }
    take_over(tx, user_id, address).await?;
    emails::verify(tx, row).await?;
    Ok(Tried::Done(()))
}

/// Mails a code to the address that a person wants to have instead of theirs; one sent before, to
/// whatever address, is void. 403 while the policy forbids it.
pub(crate) async fn ask_change(tx: &Write, user_id: &str, address: &str) -> DomainResult<()> {
    users::require(tx, user_id).await?;
    if !emails_policy::allows_change(tx).await? {
        return Err(DomainError::forbidden("Changing the email is not allowed in this environment"));
    }
    emails::require_free_for(tx, user_id, address).await?;
    codes::void(tx, Purpose::EmailChange, user_id).await?;
    send(tx, Purpose::EmailChange, user_id, address).await
}

/// Puts a new address in the place of a person's own, and tells the former one.
pub(crate) async fn confirm_change(tx: &Write, user_id: &str, address: &str, code: &str) -> DomainResult<Tried<()>> {
    let user = users::require(tx, user_id).await?;
    let key = emails::key(address);
    if codes::spend_own(tx, Purpose::EmailChange, Own { user_id, target: &key }, code).await?.is_refused() {
        return Ok(Tried::Refused(refusal()));
    }
    let former = emails::primary(tx, user_id).await?;
    emails::require_free_for(tx, user_id, address).await?;
    take_over(tx, user_id, address).await?;
    emails::replace_primary(tx, user_id, address, Proof::Proven).await?;
    users::verify(tx, user_id).await?;
    if let Some(former) = former {
        let notice = outbox::mail(EmailTemplateType::EmailAddressChanged, &former.email).user(&user);
        notice.value("newEmail", address).value("oldEmail", &former.email).send(tx).await?;
    }
    Ok(Tried::Done(()))
}

/// Whoever proves an address takes over what waited for its owner.
async fn take_over(tx: &Write, user_id: &str, address: &str) -> DomainResult<()> {
    match emails::find(tx, address).await? {
        Some(row) if row.user_id != user_id && !row.verified => memberships::inherit(tx, &row.user_id, user_id).await,
        _ => Ok(()),
    }
}

/// What is said of every code that is invalid, whatever the reason.
fn refusal() -> DomainError {
    DomainError::bad_request("The code is wrong or has expired")
}

async fn send(tx: &Write, purpose: Purpose, user_id: &str, address: &str) -> DomainResult<()> {
    let template = match purpose {
        Purpose::EmailChange => EmailTemplateType::VerifyNewEmail,
        _ => EmailTemplateType::EmailVerification,
    };
    let user = users::require(tx, user_id).await?;
    let key = emails::key(address);
    let code = Grant::new(purpose, user_id).target(&key).lifetime(LIFETIME).own_code(tx).await?;
    outbox::mail(template, address).user(&user).code(&code).send(tx).await
}
