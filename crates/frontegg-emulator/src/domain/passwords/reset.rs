//! A new password for somebody who lost the old one: a token by mail, or a code by SMS that gives
//! such a token.

use std::{slice, time::Duration};

use frontegg_model::enums::EmailTemplateType;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, IntoActiveModel};
use serde_json::{Map, Value};

use super::{PasswordOwner, Passwords, prepare, set};
use crate::{
    domain::{
        DomainError, DomainResult, Tried,
        codes::{self, Grant, InvalidCode, Presented, dummy_work},
        identifiers::{Identifier, emails, phones},
        messages::{
            outbox,
            templates::{mails, texts::SmsType},
        },
        revocation::Change,
        users,
    },
    ids,
    store::{
        Read, Store, Write,
        entity::{Purpose, one_time_token, user, user_email},
    },
};

/// How long a reset token is valid.
const LIFETIME: Duration = Duration::from_hours(24);

/// What a right code gives.
pub(crate) struct SmsReset {
    pub(crate) user_id: String,
    pub(crate) token: String,
}

/// The person who may have a new password.
async fn person(tx: &Read, identifier: Identifier<'_>) -> DomainResult<Option<user::Model>> {
    Ok(identifier.user(tx).await?.filter(|user| !user.is_locked))
}

/// Makes a token that sets a new password, in place of an earlier one.
pub(crate) async fn issue(tx: &Write, user_id: &str) -> DomainResult<String> {
    Grant::new(Purpose::PasswordReset, user_id).lifetime(LIFETIME).token(tx).await
}

/// A link with a token, for somebody else to hand on, and the token; 404 for nobody.
pub(crate) async fn link(tx: &Write, user_id: &str) -> DomainResult<(String, String)> {
    users::require(tx, user_id).await?;
    let token = issue(tx, user_id).await?;
    let parameters = [("userId", user_id), ("token", &token)];
    let link = mails::link(tx, &EmailTemplateType::ResetPassword, &parameters).await?;
    Ok((link, token))
}

/// Mails a link with a token to the person, if there is one. Nobody is told whether there was.
pub(crate) async fn mail(tx: &Write, identifier: Identifier<'_>, values: Map<String, Value>) -> DomainResult<()> {
    let draft = |address: &str, user_id: &str, token: &str| {
        let draft = outbox::mail(EmailTemplateType::ResetPassword, address).values(values);
        draft.parameter("userId", user_id).token(token)
    };
    let user = person(tx, identifier).await?;
    let nobody = ids::new_id();
    let email = primary_email(tx, user.as_ref().map_or(&nobody, |user| &user.id)).await?;
    if let (Some(user), Some(email)) = (user, email) {
        // Whoever uses it has the address.
        let grant = Grant::new(Purpose::PasswordReset, &user.id).target(&email.address_key);
        let token = grant.lifetime(LIFETIME).token(tx).await?;
        return draft(&email.email, &user.id, &token).user(&user).send(tx).await;
    }
    codes::void(tx, Purpose::PasswordReset, &nobody).await?;
    dummy_work::message(tx, draft("nobody@nowhere.invalid", &nobody, &ids::new_secret())).await
}

async fn primary_email(tx: &Read, user_id: &str) -> DomainResult<Option<user_email::Model>> {
    let user_id = user_id.to_owned();
    Ok(emails::primary_of(tx, slice::from_ref(&user_id)).await?.remove(&user_id))
}

/// Sends a code to the person's phone, if there is one; gives the handle to which it belongs, or
/// one to which none does.
pub(crate) async fn text(tx: &Write, identifier: Identifier<'_>) -> DomainResult<String> {
    let user = person(tx, identifier).await?;
    let nobody = ids::new_id();
    let numbers = phones::of_user(tx, user.as_ref().map_or(&nobody, |user| &user.id)).await?;
    let wanted = |number: &str| match identifier {
        Identifier::PhoneNumber(asked) => asked == number,
        _ => true,
    };
    let phone = numbers.into_iter().find(|row| row.verified && wanted(&row.phone_number));
    if let (Some(user), Some(phone)) = (user, phone) {
        let handle = Grant::new(Purpose::SmsPasswordReset, &user.id).code(tx).await?;
        let draft = outbox::sms(SmsType::ResetPassword, &phone.phone_number).user(&user).code(&handle.code);
        draft.send(tx).await?;
        return Ok(handle.token);
    }
    codes::void(tx, Purpose::SmsPasswordReset, &nobody).await?;
    let draft = outbox::sms(SmsType::ResetPassword, "+10000000000").code(&ids::new_code());
    dummy_work::message(tx, draft).await?;
    Ok(ids::new_secret())
}

/// Takes a code for a token; a wrong one is counted.
pub(crate) async fn exchange(tx: &Write, handle: &str, code: &str) -> DomainResult<Tried<SmsReset>> {
    match Presented::new(Purpose::SmsPasswordReset, handle).spend_with(tx, code).await? {
        Tried::Done(row) => Ok(Tried::Done(SmsReset { token: issue(tx, &row.user_id).await?, user_id: row.user_id })),
        Tried::Refused(_) => Ok(Tried::Refused(DomainError::unauthorized("The code is wrong or has expired"))),
    }
}

/// Whether a token is valid, of that person where one is named: 401 if it is not theirs, 410 if it
/// was. It stays as it is.
pub(crate) async fn check(tx: &Read, user_id: Option<&str>, token: &str) -> DomainResult<one_time_token::Model> {
    presented(user_id, token).look(tx).await?.map_err(refusal)
}

/// Sets a new password with a token. Nobody is signed in; all sessions end.
pub(crate) async fn redeem(
    store: &Store,
    passwords: &Passwords,
    user_id: &str,
    token: &str,
    password: &str,
) -> DomainResult<()> {
    let tx = store.read().await?;
    check(&tx, Some(user_id), token).await?;
    drop(tx);
    let new = prepare(store, passwords, PasswordOwner::User(user_id), password).await?;
    store
        .write(async |tx| {
            let spent = presented(Some(user_id), token).spend(tx).await?.map_err(refusal)?;
            let mut user = users::require(tx, user_id).await?.into_active_model();
            user.failed_logins = Set(0);
            user.update(tx).await?;
            if let Some(proven) = spent.target {
                let primary = primary_email(tx, user_id).await?;
                if primary.is_some_and(|primary| primary.address_key == proven) {
                    users::prove(tx, user_id).await?;
                }
            }
            set(tx, user_id, new, Change::PasswordReset).await
        })
        .await
}

fn presented<'a>(user_id: Option<&'a str>, token: &'a str) -> Presented<'a> {
    let presented = Presented::new(Purpose::PasswordReset, token);
    match user_id {
        Some(user_id) => presented.user(user_id),
        None => presented,
    }
}

fn refusal(invalid: InvalidCode) -> DomainError {
    match invalid {
        InvalidCode::Expired | InvalidCode::Spent => DomainError::gone("The reset token has expired or was used"),
        InvalidCode::Unknown | InvalidCode::Wrong | InvalidCode::Exhausted => {
            DomainError::unauthorized("Invalid reset token")
        }
    }
}
