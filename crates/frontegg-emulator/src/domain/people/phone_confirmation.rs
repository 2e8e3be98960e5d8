//! People add and remove their own phone numbers by codes sent to them.

use crate::{
    domain::{
        DomainError, DomainResult, Tried,
        codes::{Grant, Presented},
        identifiers::{Proof, phones},
        messages::{outbox, templates::texts::SmsType},
        users,
    },
    store::{
        Write,
        entity::{Purpose, user},
    },
};

/// Gives a person a number that they have yet to prove.
pub(crate) async fn add(tx: &Write, user_id: &str, number: &str) -> DomainResult<()> {
    users::require(tx, user_id).await?;
    phones::add(tx, user_id, number, Proof::Unproven).await?;
    Ok(())
}

/// The same, and sends a code to it; the handle of that code.
pub(crate) async fn add_and_ask(tx: &Write, user_id: &str, number: &str) -> DomainResult<String> {
    add(tx, user_id, number).await?;
    let user = users::require(tx, user_id).await?;
    send(tx, &user, Purpose::PhoneVerification, number, number).await
}

/// Sends a code to a number that a person has or wants to have; its handle.
pub(crate) async fn ask(tx: &Write, user_id: &str, number: &str) -> DomainResult<String> {
    phones::check(number)?;
    let user = users::require(tx, user_id).await?;
    phones::require_free_for(tx, user_id, number).await?;
    send(tx, &user, Purpose::PhoneVerification, number, number).await
}

/// Proves the number behind a handle.
pub(crate) async fn confirm(tx: &Write, user_id: &str, token: &str, code: &str) -> DomainResult<Tried<()>> {
    let presented = Presented::new(Purpose::PhoneVerification, token).user(user_id);
    let Tried::Done(row) = presented.spend_with(tx, code).await? else {
        return Ok(Tried::Refused(refusal()));
    };
    phones::prove(tx, user_id, &row.target.unwrap_or_default()).await?;
    Ok(Tried::Done(()))
}

/// Sends a code to a number that a person wants to be rid of; its handle.
pub(crate) async fn ask_removal(tx: &Write, user_id: &str, phone_id: &str) -> DomainResult<String> {
    let phone = phones::require_own(tx, user_id, phone_id).await?;
    let user = users::require(tx, user_id).await?;
    send(tx, &user, Purpose::PhoneRemoval, phone_id, &phone.phone_number).await
}

/// Takes a number away.
pub(crate) async fn confirm_removal(
    tx: &Write,
    user_id: &str,
    phone_id: &str,
    token: &str,
    code: &str,
) -> DomainResult<Tried<()>> {
    phones::require_own(tx, user_id, phone_id).await?;
    let presented = Presented::new(Purpose::PhoneRemoval, token).user(user_id).target(phone_id);
    if presented.spend_with(tx, code).await?.is_refused() {
        return Ok(Tried::Refused(refusal()));
    }
    phones::remove(tx, user_id, phone_id).await?;
    Ok(Tried::Done(()))
}

/// What is said of every code that is invalid, whatever the reason.
fn refusal() -> DomainError {
    DomainError::bad_request("The code is wrong or has expired")
}

async fn send(tx: &Write, user: &user::Model, purpose: Purpose, target: &str, number: &str) -> DomainResult<String> {
    let kind = match purpose {
        Purpose::PhoneRemoval => SmsType::PhoneDeletion,
        _ => SmsType::PhoneVerification,
    };
    let handle = Grant::new(purpose, &user.id).target(target).code_per_target(tx).await?;
    outbox::sms(kind, number).user(user).code(&handle.code).send(tx).await?;
    Ok(handle.token)
}
