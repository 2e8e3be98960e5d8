//! Phones that get codes by SMS.

use frontegg_model::enums::MfaStrategy;
use sea_orm::{ActiveValue::Set, EntityTrait, ModelTrait};

use super::{
    authenticators,
    authenticators::Remover,
    bad_code,
    changes::{self, Proven, RememberDevice},
    configuration,
    devices::{self, OwnDevice},
    pending::{self, Pending},
};
use crate::{
    domain::{
        DomainError, DomainResult, Tried,
        codes::{Grant, Presented, TypedCode},
        identifiers::phones,
        messages::{outbox, templates::texts::SmsType},
        sessions::SecondFactor,
        users,
    },
    store::{
        Read, Write,
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
pub(crate) async fn enroll(tx: &Write, user_id: &str, number: &str) -> DomainResult<Sent> {
    let user = users::require(tx, user_id).await?;
    ask(tx, &user, number, None).await
}

/// The same in a sign-in that demands it.
pub(crate) async fn enroll_at_sign_in(tx: &Write, mfa_token: &str, number: &str) -> DomainResult<Sent> {
    let pending = pending::find(tx, mfa_token).await?;
    changes::require_enrolling(tx, &pending).await?;
    ask(tx, &pending.user, number, Some(&pending.id)).await
}

async fn ask(tx: &Write, user: &user::Model, number: &str, pending_id: Option<&str>) -> DomainResult<Sent> {
    let configuration = configuration::get(tx).await?;
    configuration.require_active(&[MfaStrategy::Sms])?;
    let number = number.replace('-', "");
    phones::check(&number)?;
    require_new(tx, user, &number).await?;
    let target = Wanted { number: &number, pending_id }.to_text();
    let grant = Grant::new(Purpose::SecondFactorEnrollment, &user.id).target(&target);
    let handle = grant.lifetime(configuration.sms_lifetime()).code(tx).await?;
    outbox::sms(SmsType::MfaEnroll, &number).user(user).code(&handle.code).send(tx).await?;
    Ok(Sent { otc_token: handle.token, number })
}

async fn require_new(tx: &Read, user: &user::Model, number: &str) -> DomainResult<()> {
    let devices = devices::of_user(tx, &user.id).await?;
    if devices.phones.iter().any(|row| row.phone_number == number) {
        return Err(DomainError::bad_request("This phone is a second factor already"));
    }
    Ok(())
}

/// Makes the phone a factor of a signed-in person, for the code sent to it. With the first factor
/// comes a recovery code.
pub(crate) async fn confirm(tx: &Write, user_id: &str, typed: TypedCode<'_>) -> DomainResult<Tried<Option<String>>> {
    let user = users::require(tx, user_id).await?;
    let presented = Presented::new(Purpose::SecondFactorEnrollment, typed.handle).user(user_id);
    let Tried::Done(row) = presented.spend_with(tx, typed.code).await? else {
        return Ok(Tried::Refused(bad_code()));
    };
    let target = row.target.unwrap_or_default();
    let wanted = Wanted::read(&target);
    if wanted.pending_id.is_some() {
        return Ok(Tried::Refused(bad_code()));
    }
    add(tx, &user, wanted.number).await?;
    changes::enrolled(tx, &user).await.map(Tried::Done)
}

/// The same in a sign-in that demands it, which goes on. The handle alone says which sign-in is
/// meant; where its token comes along too they have to belong together.
pub(crate) async fn confirm_at_sign_in(
    tx: &Write,
    mfa_token: Option<&str>,
    typed: TypedCode<'_>,
    remember: RememberDevice,
) -> DomainResult<Tried<Proven>> {
    let refused = || DomainError::unauthorized(super::BAD_CODE);
    let presented = Presented::new(Purpose::SecondFactorEnrollment, typed.handle);
    let pending = if let Some(token) = mfa_token {
        pending::find(tx, token).await?
    } else {
        let Ok(row) = presented.look(tx).await? else { return Ok(Tried::Refused(refused())) };
        let target = row.target.unwrap_or_default();
        let id = Wanted::read(&target).pending_id.ok_or_else(refused)?;
        pending::find_by_id(tx, id).await?
    };
    changes::require_enrolling(tx, &pending).await?;
    let Tried::Done(row) = presented.user(&pending.user.id).spend_with(tx, typed.code).await? else {
        return changes::failed(tx, &pending).await;
    };
    let target = row.target.unwrap_or_default();
    let wanted = Wanted::read(&target);
    if wanted.pending_id != Some(&pending.id) {
        return Ok(Tried::Refused(refused()));
    }
    add(tx, &pending.user, wanted.number).await?;
    changes::enrolled_at_sign_in(tx, pending, SecondFactor::Sms, remember).await.map(Tried::Done)
}

async fn add(tx: &Write, user: &user::Model, number: &str) -> DomainResult<()> {
    configuration::get(tx).await?.require_active(&[MfaStrategy::Sms])?;
    require_new(tx, user, number).await?;
    bring(tx, &user.id, number).await
}

/// Gives somebody a phone that they get codes at already.
pub(crate) async fn bring(tx: &Write, user_id: &str, number: &str) -> DomainResult<()> {
    let row = mfa_phone::ActiveModel {
        id: Set(tx.row_id::<mfa_phone::Entity>(&[user_id, number]).await?),
        user_id: Set(user_id.to_owned()),
        phone_number: Set(number.to_owned()),
        created_at: Set(tx.stamp()),
    };
    mfa_phone::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

/// Sends the code for the second factor of a sign-in to a phone of the person.
pub(crate) async fn send(tx: &Write, mfa_token: &str, device_id: &str) -> DomainResult<Sent> {
    let pending = pending::find(tx, mfa_token).await?;
    let phone = offered(tx, &pending, device_id).await?;
    send_to(tx, &pending.user, &phone, Purpose::SmsSecondFactor, SmsType::MfaOtc).await
}

/// Goes on with a sign-in for the code that was sent.
pub(crate) async fn verify(
    tx: &Write,
    mfa_token: &str,
    device_id: &str,
    typed: TypedCode<'_>,
    remember: RememberDevice,
) -> DomainResult<Tried<Proven>> {
    let pending = pending::find(tx, mfa_token).await?;
    let phone = offered(tx, &pending, device_id).await?;
    let presented = Presented::new(Purpose::SmsSecondFactor, typed.handle).user(&pending.user.id).target(&phone.id);
    if presented.spend_with(tx, typed.code).await?.is_refused() {
        return changes::failed(tx, &pending).await;
    }
    Ok(Tried::Done(changes::proven(pending, SecondFactor::Sms, remember)))
}

async fn offered(tx: &Read, pending: &Pending, device_id: &str) -> DomainResult<mfa_phone::Model> {
    let devices = devices::offered(tx, &pending.user, pending.first).await?;
    devices.phone(device_id).cloned()
}

/// Sends a code to a phone that the person wants to be rid of.
pub(crate) async fn ask_removal(tx: &Write, user_id: &str, device_id: &str) -> DomainResult<Sent> {
    let user = users::require(tx, user_id).await?;
    let phone = devices::of_user(tx, user_id).await?.phone(device_id)?.clone();
    send_to(tx, &user, &phone, Purpose::SecondFactorRemoval, SmsType::MfaUnenroll).await
}

/// Takes a phone from the person, for the code sent to it.
pub(crate) async fn remove(
    tx: &Write,
    device: OwnDevice<'_>,
    typed: TypedCode<'_>,
    remover: Remover<'_>,
) -> DomainResult<Tried<()>> {
    let OwnDevice { user_id, device_id } = device;
    let user = users::require(tx, user_id).await?;
    let devices = devices::of_user(tx, user_id).await?;
    let phone = devices.phone(device_id)?.clone();
    if matches!(remover, Remover::Oneself(_)) {
        authenticators::require_removable(tx, &user, &devices).await?;
    }
    let presented = Presented::new(Purpose::SecondFactorRemoval, typed.handle).user(user_id).target(device_id);
    if pending::is_guessing(tx, user_id).await? {
        return Ok(Tried::Refused(bad_code()));
    }
    if presented.spend_with(tx, typed.code).await?.is_refused() {
        pending::guessed_wrong(tx, user_id).await?;
        return Ok(Tried::Refused(bad_code()));
    }
    phone.delete(tx).await?;
    changes::removed(tx, &user).await.map(Tried::Done)
}

/// Sends a code to a phone, in place of the one that was sent before for that purpose.
async fn send_to(
    tx: &Write,
    user: &user::Model,
    phone: &mfa_phone::Model,
    purpose: Purpose,
    kind: SmsType,
) -> DomainResult<Sent> {
    let lifetime = configuration::get(tx).await?.sms_lifetime();
    let handle = Grant::new(purpose, &user.id).target(&phone.id).lifetime(lifetime).code(tx).await?;
    outbox::sms(kind, &phone.phone_number).user(user).code(&handle.code).send(tx).await?;
    Ok(Sent { otc_token: handle.token, number: phones::masked(&phone.phone_number) })
}
