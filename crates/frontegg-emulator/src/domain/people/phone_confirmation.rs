//! People add and remove their own phone numbers by codes sent to them.

use crate::{
    domain::{
        DomainError, DomainResult,
        codes::{self, Flaw, Grant, Presented},
        identifiers::phones,
        messages::{outbox, templates::texts::SmsType},
        users,
    },
    store::{
        Tx,
        entity::{Purpose, user},
    },
};

/// Gives a person a number that they have yet to prove, and sends a code to it if asked to. The
/// handle of that code.
pub(crate) async fn add(
    tx: &Tx,
    base_url: &str,
    user_id: &str,
    number: &str,
    verify: bool,
) -> DomainResult<Option<String>> {
    let user = users::require(tx, user_id).await?;
    phones::add(tx, user_id, number, false).await?;
    if !verify {
        return Ok(None);
    }
    send(tx, base_url, &user, Purpose::PhoneVerification, number, number).await.map(Some)
}

/// Sends a code to a number that a person has or wants to have; its handle.
pub(crate) async fn ask(tx: &Tx, base_url: &str, user_id: &str, number: &str) -> DomainResult<String> {
    phones::check(number)?;
    let user = users::require(tx, user_id).await?;
    phones::require_free_for(tx, user_id, number).await?;
    send(tx, base_url, &user, Purpose::PhoneVerification, number, number).await
}

/// Proves the number behind a handle. Commit also where the code is no good.
pub(crate) async fn confirm(tx: &Tx, user_id: &str, token: &str, code: &str) -> DomainResult<Result<(), Flaw>> {
    let presented = Presented::new(Purpose::PhoneVerification, token).user(user_id);
    let row = match presented.spend_with(tx, code).await? {
        Ok(row) => row,
        Err(flaw) => return Ok(Err(flaw)),
    };
    phones::prove(tx, user_id, &row.target.unwrap_or_default()).await?;
    Ok(Ok(()))
}

/// Sends a code to a number that a person wants to be rid of; its handle.
pub(crate) async fn ask_removal(tx: &Tx, base_url: &str, user_id: &str, phone_id: &str) -> DomainResult<String> {
    let phone = phones::require_own(tx, user_id, phone_id).await?;
    let user = users::require(tx, user_id).await?;
    send(tx, base_url, &user, Purpose::PhoneRemoval, phone_id, &phone.phone_number).await
}

/// Takes a number away. Commit also where the code is no good.
pub(crate) async fn confirm_removal(
    tx: &Tx,
    user_id: &str,
    phone_id: &str,
    token: &str,
    code: &str,
) -> DomainResult<Result<(), Flaw>> {
    phones::require_own(tx, user_id, phone_id).await?;
    let presented = Presented::new(Purpose::PhoneRemoval, token).user(user_id).target(phone_id);
    if let Err(flaw) = presented.spend_with(tx, code).await? {
        return Ok(Err(flaw));
    }
    phones::remove(tx, user_id, phone_id).await?;
    codes::void(tx, Purpose::SmsSignIn, user_id).await?;
    Ok(Ok(()))
}

/// What is said of every code that is no good, whatever the reason.
pub(crate) fn refusal() -> DomainError {
    DomainError::bad_request("The code is wrong or has expired")
}

async fn send(
    tx: &Tx,
    base_url: &str,
    user: &user::Model,
    purpose: Purpose,
    target: &str,
    number: &str,
) -> DomainResult<String> {
    let kind = match purpose {
        Purpose::PhoneRemoval => SmsType::PhoneDeletion,
        _ => SmsType::PhoneVerification,
    };
    let handle = Grant::new(purpose, &user.id).target(target).code_per_target(tx).await?;
    outbox::sms(kind, number).user(user).code(&handle.code).send(tx, base_url).await?;
    Ok(handle.token)
}
