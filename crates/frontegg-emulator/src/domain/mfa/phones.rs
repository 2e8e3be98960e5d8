//! Phones that get codes by SMS.

use frontegg_model::enums::MfaStrategy;
use sea_orm::{ActiveValue::Set, EntityTrait, ModelTrait};

use super::{
    Tried, authenticators,
    authenticators::Remover,
    bad_code,
    changes::{self, Proven, Step},
    configuration, devices,
    pending::{self, Pending},
};
use crate::{
    domain::{
        DomainError, DomainResult,
        codes::{Grant, Presented},
        identifiers::phones,
        messages::{outbox, templates::texts::SmsType},
        sessions::SecondFactor,
        users,
    },
    ids,
    store::{
        Tx,
        entity::{Purpose, mfa_phone, user},
    },
};

/// A code is on its way.
pub(crate) struct Sent {
    /// The handle of the code.
    pub(crate) otc_token: String,
    /// Where it was sent, as far as it is shown.
    pub(crate) number: String,
}

/// A phone to be set up: the number, and the sign-in that demands it. A code is bound to both.
struct Wanted<'a> {
    number: &'a str,
    pending_id: Option<&'a str>,
}

impl<'a> Wanted<'a> {
    fn to_text(&self) -> String {
        format!("{} {}", self.number, self.pending_id.unwrap_or_default())
    }

    fn read(text: &'a str) -> Self {
        let (number, pending_id) = text.split_once(' ').unwrap_or((text, ""));
        Self { number, pending_id: Some(pending_id).filter(|id| !id.is_empty()) }
    }
}

/// Sends a code to a number that a signed-in person wants to get codes at.
pub(crate) async fn enroll(tx: &Tx, base_url: &str, user_id: &str, number: &str) -> DomainResult<Sent> {
    let user = users::require(tx, user_id).await?;
    ask(tx, base_url, &user, number, None).await
}

/// The same in a sign-in that demands it.
pub(crate) async fn enroll_at_sign_in(tx: &Tx, base_url: &str, mfa_token: &str, number: &str) -> DomainResult<Sent> {
    let pending = pending::find(tx, mfa_token).await?;
    changes::require_enrolling(tx, &pending).await?;
    ask(tx, base_url, &pending.user, number, Some(&pending.id)).await
}

async fn ask(
    tx: &Tx,
    base_url: &str,
    user: &user::Model,
    number: &str,
    pending_id: Option<&str>,
) -> DomainResult<Sent> {
    let configuration = configuration::get(tx).await?;
    configuration.require_active(&[MfaStrategy::Sms])?;
    let number = number.replace('-', "");
    phones::check(&number)?;
    require_new(tx, user, &number).await?;
    let target = Wanted { number: &number, pending_id }.to_text();
    let grant = Grant::new(Purpose::SecondFactorEnrollment, &user.id).target(&target);
    let handle = grant.lifetime(configuration.sms_lifetime()).code(tx).await?;
    outbox::sms(SmsType::MfaEnroll, &number).user(user).code(&handle.code).send(tx, base_url).await?;
    Ok(Sent { otc_token: handle.token, number })
}

async fn require_new(tx: &Tx, user: &user::Model, number: &str) -> DomainResult<()> {
    let devices = devices::of_user(tx, &user.id).await?;
    if devices.phones.iter().any(|row| row.phone_number == number) {
        return Err(DomainError::bad_request("This phone is a second factor already"));
    }
    Ok(())
}

/// Makes the phone a factor of a signed-in person, for the code sent to it. With the first factor
/// comes a recovery code.
pub(crate) async fn confirm(
    tx: &Tx,
    base_url: &str,
    user_id: &str,
    (otc_token, code): (&str, &str),
) -> DomainResult<Tried<Option<String>>> {
    let user = users::require(tx, user_id).await?;
    let presented = Presented::new(Purpose::SecondFactorEnrollment, otc_token).user(user_id);
    let Ok(row) = presented.spend_with(tx, code).await? else {
        return Ok(Err(bad_code()));
    };
    let target = row.target.unwrap_or_default();
    let wanted = Wanted::read(&target);
    if wanted.pending_id.is_some() {
        return Ok(Err(bad_code()));
    }
    add(tx, &user, wanted.number).await?;
    changes::enrolled(tx, base_url, &user).await.map(Ok)
}

/// The same in a sign-in that demands it, which goes on. The handle alone says which sign-in is
/// meant; where its token comes along too they have to belong together.
pub(crate) async fn confirm_at_sign_in(
    tx: &Tx,
    mfa_token: Option<&str>,
    (otc_token, code): (&str, &str),
    step: Step<'_>,
) -> DomainResult<Tried<Proven>> {
    let refused = || DomainError::unauthorized(super::BAD_CODE);
    let presented = Presented::new(Purpose::SecondFactorEnrollment, otc_token);
    let pending = if let Some(token) = mfa_token {
        pending::find(tx, token).await?
    } else {
        let Ok(row) = presented.look(tx).await? else { return Ok(Err(refused())) };
        let target = row.target.unwrap_or_default();
        let id = Wanted::read(&target).pending_id.ok_or_else(refused)?;
        pending::find_by_id(tx, id).await?
    };
    changes::require_enrolling(tx, &pending).await?;
    let Ok(row) = presented.user(&pending.user.id).spend_with(tx, code).await? else {
        return changes::failed(tx, &pending).await;
    };
    let target = row.target.unwrap_or_default();
    let wanted = Wanted::read(&target);
    if wanted.pending_id != Some(&pending.id) {
        return Ok(Err(refused()));
    }
    add(tx, &pending.user, wanted.number).await?;
    changes::enrolled_at_sign_in(tx, pending, SecondFactor::Sms, step).await.map(Ok)
}

async fn add(tx: &Tx, user: &user::Model, number: &str) -> DomainResult<()> {
    configuration::get(tx).await?.require_active(&[MfaStrategy::Sms])?;
    require_new(tx, user, number).await?;
    let row = mfa_phone::ActiveModel {
        id: Set(ids::new_id()),
        user_id: Set(user.id.clone()),
        phone_number: Set(number.to_owned()),
        created_at: Set(tx.stamp()),
    };
    mfa_phone::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

/// Sends the code for the second factor of a sign-in to a phone of the person.
pub(crate) async fn send(tx: &Tx, base_url: &str, mfa_token: &str, device_id: &str) -> DomainResult<Sent> {
    let pending = pending::find(tx, mfa_token).await?;
    let phone = offered(tx, &pending, device_id).await?;
    send_to(tx, base_url, &pending.user, &phone, Purpose::SmsSecondFactor, SmsType::MfaOtc).await
}

/// Goes on with a sign-in for the code that was sent.
pub(crate) async fn verify(
    tx: &Tx,
    mfa_token: &str,
    device_id: &str,
    (otc_token, code): (&str, &str),
    step: Step<'_>,
) -> DomainResult<Tried<Proven>> {
    let pending = pending::find(tx, mfa_token).await?;
    let phone = offered(tx, &pending, device_id).await?;
    let presented = Presented::new(Purpose::SmsSecondFactor, otc_token).user(&pending.user.id).target(&phone.id);
    if presented.spend_with(tx, code).await?.is_err() {
        return changes::failed(tx, &pending).await;
    }
    Ok(Ok(changes::proven(pending, SecondFactor::Sms, step)))
}

async fn offered(tx: &Tx, pending: &Pending, device_id: &str) -> DomainResult<mfa_phone::Model> {
    let devices = devices::offered(tx, &pending.user, pending.first).await?;
    devices.phone(device_id).cloned()
}

/// Sends a code to a phone that the person wants to be rid of.
pub(crate) async fn ask_removal(tx: &Tx, base_url: &str, user_id: &str, device_id: &str) -> DomainResult<Sent> {
    let user = users::require(tx, user_id).await?;
    let phone = devices::of_user(tx, user_id).await?.phone(device_id)?.clone();
    send_to(tx, base_url, &user, &phone, Purpose::SecondFactorRemoval, SmsType::MfaUnenroll).await
}

/// Takes a phone from the person, for the code sent to it.
pub(crate) async fn remove(
    tx: &Tx,
    base_url: &str,
    (user_id, device_id): (&str, &str),
    (otc_token, code): (&str, &str),
    remover: Remover<'_>,
) -> DomainResult<Tried<()>> {
    let user = users::require(tx, user_id).await?;
    let devices = devices::of_user(tx, user_id).await?;
    let phone = devices.phone(device_id)?.clone();
    if matches!(remover, Remover::Oneself(_)) {
        authenticators::require_removable(tx, &user, &devices).await?;
    }
    let presented = Presented::new(Purpose::SecondFactorRemoval, otc_token).user(user_id).target(device_id);
    if pending::is_guessing(tx, user_id).await? {
        return Ok(Err(bad_code()));
    }
    if presented.spend_with(tx, code).await?.is_err() {
        pending::guessed_wrong(tx, user_id).await?;
        return Ok(Err(bad_code()));
    }
    phone.delete(tx).await?;
    changes::removed(tx, base_url, &user).await.map(Ok)
}

/// Sends a code to a phone, in place of the one that was sent before for that purpose.
async fn send_to(
    tx: &Tx,
    base_url: &str,
    user: &user::Model,
    phone: &mfa_phone::Model,
    purpose: Purpose,
    kind: SmsType,
) -> DomainResult<Sent> {
    let lifetime = configuration::get(tx).await?.sms_lifetime();
    let handle = Grant::new(purpose, &user.id).target(&phone.id).lifetime(lifetime).code(tx).await?;
    outbox::sms(kind, &phone.phone_number).user(user).code(&handle.code).send(tx, base_url).await?;
    Ok(Sent { otc_token: handle.token, number: phones::masked(&phone.phone_number) })
}
