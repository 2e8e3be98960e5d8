//! People add addresses of their own, or change the one that they have, by codes mailed to them.

use std::time::Duration;

use frontegg_model::enums::EmailTemplateType;

use super::emails_policy;
use crate::{
    domain::{
        DomainError, DomainResult,
        codes::{self, Flaw, Grant},
        identifiers::emails,
        messages::outbox,
        users,
    },
    store::{
        Tx,
        entity::{Purpose, user_email},
    },
};

/// How long the codes are good.
const LIFETIME: Duration = Duration::from_mins(10);

/// Gives a person a further address that they have yet to prove, and mails a code to it.
pub(crate) async fn add(tx: &Tx, base_url: &str, user_id: &str, address: &str) -> DomainResult<user_email::Model> {
    users::require(tx, user_id).await?;
    let row = emails::add(tx, user_id, address, false).await?;
    send(tx, base_url, Purpose::EmailVerification, user_id, address).await?;
    Ok(row)
}

/// Proves an address that a person has added. Commit also where the code is no good.
pub(crate) async fn confirm(tx: &Tx, user_id: &str, address: &str, code: &str) -> DomainResult<Result<(), Flaw>> {
    let row = emails::require_own(tx, user_id, address).await?;
    let about = (user_id, row.address_key.as_str());
    if let Err(flaw) = codes::spend_own(tx, Purpose::EmailVerification, about, code).await? {
        return Ok(Err(flaw));
    }
    emails::verify(tx, row).await?;
    Ok(Ok(()))
}

/// Mails a code to the address that a person wants to have instead of theirs; one sent before, to
/// whatever address, is void. 403 while the policy forbids it.
pub(crate) async fn ask_change(tx: &Tx, base_url: &str, user_id: &str, address: &str) -> DomainResult<()> {
    users::require(tx, user_id).await?;
    if !emails_policy::allows_change(tx).await? {
        return Err(DomainError::forbidden("Changing the email is not allowed in this environment"));
    }
    emails::require_free_for(tx, user_id, address).await?;
    codes::void(tx, Purpose::EmailChange, user_id).await?;
    send(tx, base_url, Purpose::EmailChange, user_id, address).await
}

/// Puts a new address in the place of a person's own, and tells the former one. Commit also where the
/// code is no good.
pub(crate) async fn confirm_change(
    tx: &Tx,
    base_url: &str,
    user_id: &str,
    address: &str,
    code: &str,
) -> DomainResult<Result<(), Flaw>> {
    let user = users::require(tx, user_id).await?;
    let key = emails::key(address);
    if let Err(flaw) = codes::spend_own(tx, Purpose::EmailChange, (user_id, &key), code).await? {
        return Ok(Err(flaw));
    }
    let former = emails::primary(tx, user_id).await?;
    emails::require_free_for(tx, user_id, address).await?;
    emails::replace_primary(tx, user_id, address, true).await?;
    users::verify(tx, user_id).await?;
    // What was mailed to the former address is for somebody else from now on.
    codes::void(tx, Purpose::PasswordReset, user_id).await?;
    if let Some(former) = former {
        let notice = outbox::mail(EmailTemplateType::EmailAddressChanged, &former.email).user(&user);
        notice.value("newEmail", address).value("oldEmail", &former.email).send(tx, base_url).await?;
    }
    Ok(Ok(()))
}

/// What is said of every code that is no good, whatever the reason.
pub(crate) fn refusal() -> DomainError {
    DomainError::bad_request("The code is wrong or has expired")
}

async fn send(tx: &Tx, base_url: &str, purpose: Purpose, user_id: &str, address: &str) -> DomainResult<()> {
    let template = match purpose {
        Purpose::EmailChange => EmailTemplateType::VerifyNewEmail,
        _ => EmailTemplateType::EmailVerification,
    };
    let user = users::require(tx, user_id).await?;
    let key = emails::key(address);
    let code = Grant::new(purpose, user_id).target(&key).lifetime(LIFETIME).own_code(tx).await?;
    outbox::mail(template, address).user(&user).code(&code).send(tx, base_url).await
}
