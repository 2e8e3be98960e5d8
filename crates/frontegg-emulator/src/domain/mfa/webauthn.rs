//! WebAuthn devices as second factors: security keys, and what is built into computers and phones.

use sea_orm::ModelTrait;

use super::{
    authenticators,
    changes::{self, Proven, RememberDevice},
    configuration::{self, Configuration},
    devices::{self, OwnDevice},
    pending::{self, Pending},
};
use crate::{
    domain::{
        DomainError, DomainResult, Tried,
        sessions::SecondFactor,
        users,
        webauthn::{
            Created, RelyingParty, Signed,
            challenges::{self, Ceremony, Posed},
            credentials::{self, Offer, Usage, Wish},
        },
    },
    store::{
        Read, Write,
        entity::{CeremonyPurpose, WebAuthnDevice, user, webauthn_credential},
    },
};

/// What a browser needs to have a challenge signed.
pub(crate) struct Question {
    pub(crate) posed: Posed,
    /// In base64url.
    pub(crate) credential_id: String,
    pub(crate) device: WebAuthnDevice,
}

/// A new credential that answers a challenge.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Registration<'a> {
    pub(crate) handle: &'a str,
    pub(crate) device: WebAuthnDevice,
    pub(crate) created: Created<'a>,
}

/// What a device of the person has signed for a challenge.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Assertion<'a> {
    pub(crate) device_id: &'a str,
    /// The handle of the challenge.
    pub(crate) handle: &'a str,
    pub(crate) signed: Signed<'a>,
}

/// Poses the challenge for a new credential in a sign-in that demands one.
pub(crate) async fn enroll_at_sign_in(tx: &Write, mfa_token: &str) -> DomainResult<Offer> {
    let pending = pending::find(tx, mfa_token).await?;
    changes::require_enrolling(tx, &pending).await?;
    offer(tx, &pending.user, registering(&pending.user, Some(&pending))).await
}

/// The same for a signed-in person.
pub(crate) async fn enroll(tx: &Write, user_id: &str) -> DomainResult<Offer> {
    let user = users::require(tx, user_id).await?;
    offer(tx, &user, registering(&user, None)).await
}

async fn offer(tx: &Write, user: &user::Model, ceremony: Ceremony<'_>) -> DomainResult<Offer> {
    let configuration = configuration::get(tx).await?;
    let device = only_kind(&configuration)?;
    let owned = devices::of_user(tx, &user.id).await?.webauthn;
    let wish = Wish {
        ceremony,
        usage: Usage::SecondFactor,
        service_name: configuration.authenticator.service_name,
        excluded: owned.into_iter().map(|row| row.credential_id).collect(),
        device,
    };
    credentials::offer(tx, user, wish).await
}

/// The kind of devices that is switched on, where it is only one; 400 where none is.
pub(super) fn only_kind(configuration: &Configuration) -> DomainResult<Option<WebAuthnDevice>> {
    configuration.require_active(&devices::WEBAUTHN)?;
    let kinds = [WebAuthnDevice::Platform, WebAuthnDevice::CrossPlatform];
    let mut active = kinds.into_iter().filter(|kind| configuration.is_active(&devices::method(*kind)));
    Ok(active.next().filter(|_| active.next().is_none()))
}

fn registering<'a>(user: &'a user::Model, pending: Option<&'a Pending>) -> Ceremony<'a> {
    Ceremony {
        purpose: CeremonyPurpose::Registration,
        user_id: Some(&user.id),
        pending_id: pending.map(|pending| pending.id.as_str()),
        credential_id: None,
    }
}

/// Makes the new credential a factor, and goes on with the sign-in.
pub(crate) async fn confirm_at_sign_in(
    tx: &Write,
    party: &RelyingParty,
    mfa_token: &str,
    registration: Registration<'_>,
    remember: RememberDevice,
) -> DomainResult<Tried<Proven>> {
    let pending = pending::find(tx, mfa_token).await?;
    changes::require_enrolling(tx, &pending).await?;
    let registering = registering(&pending.user, Some(&pending));
    match register(tx, party, &pending.user, registering, registration).await? {
        Tried::Done(()) => {
            changes::enrolled_at_sign_in(tx, pending, SecondFactor::WebAuthn, remember).await.map(Tried::Done)
        }
        Tried::Refused(refusal) => count(tx, &pending, refusal).await,
    }
}

/// Makes the new credential a factor of a signed-in person. With the first factor comes a recovery code.
pub(crate) async fn confirm(
    tx: &Write,
    party: &RelyingParty,
    user_id: &str,
    registration: Registration<'_>,
) -> DomainResult<Tried<Option<String>>> {
    let user = users::require(tx, user_id).await?;
    match register(tx, party, &user, registering(&user, None), registration).await? {
        Tried::Done(()) => changes::enrolled(tx, &user).await.map(Tried::Done),
        Tried::Refused(refusal) => Ok(Tried::Refused(refusal)),
    }
}

async fn register(
    tx: &Write,
    party: &RelyingParty,
    user: &user::Model,
    ceremony: Ceremony<'_>,
    registration: Registration<'_>,
) -> DomainResult<Tried<()>> {
    let Registration { handle, device, created } = registration;
    configuration::get(tx).await?.require_active(&[devices::method(device)])?;
    let Some(posed) = ceremony.find(tx, handle).await? else {
        return Ok(Tried::Refused(DomainError::unauthorized(challenges::UNKNOWN)));
    };
    let verified = credentials::verify_new(party, &posed, Usage::SecondFactor, device, created);
    match challenges::settle(tx, posed, verified).await? {
        Tried::Done(credential) => credentials::keep(tx, user, Usage::SecondFactor, device, credential).await,
        Tried::Refused(refusal) => Ok(Tried::Refused(refusal)),
    }
}

/// Counts a wrong answer; what to refuse it with, after the commit.
async fn count<T>(tx: &Write, pending: &Pending, refusal: DomainError) -> DomainResult<Tried<T>> {
    pending::failed(tx, pending).await?;
    Ok(Tried::Refused(refusal))
}

/// Poses the challenge for a device of the person of a sign-in.
pub(crate) async fn ask(tx: &Write, mfa_token: &str, device_id: &str) -> DomainResult<Question> {
    let pending = pending::find(tx, mfa_token).await?;
    let device = offered(tx, &pending, device_id).await?;
    let posed = proving(&pending, &device).pose(tx).await?;
    Ok(question(posed, device))
}

fn question(posed: Posed, device: webauthn_credential::Model) -> Question {
    Question { posed, credential_id: device.credential_id, device: device.device_type }
}

/// Goes on with a sign-in for what the device has signed.
pub(crate) async fn verify(
    tx: &Write,
    party: &RelyingParty,
    mfa_token: &str,
    assertion: Assertion<'_>,
    remember: RememberDevice,
) -> DomainResult<Tried<Proven>> {
    let pending = pending::find(tx, mfa_token).await?;
    let device = offered(tx, &pending, assertion.device_id).await?;
    let proving = proving(&pending, &device);
    let Some(posed) = proving.find(tx, assertion.handle).await? else {
        return count(tx, &pending, DomainError::unauthorized(challenges::UNKNOWN)).await;
    };
    let verified = credentials::verify(party, &posed, &device, assertion.signed)?;
    match challenges::settle(tx, posed, verified).await? {
        Tried::Done(using) => {
            credentials::used(tx, device, using).await?;
            Ok(Tried::Done(changes::proven(pending, SecondFactor::WebAuthn, remember)))
        }
        Tried::Refused(refusal) => count(tx, &pending, refusal).await,
    }
}

async fn offered(tx: &Read, pending: &Pending, device_id: &str) -> DomainResult<webauthn_credential::Model> {
    let devices = devices::offered(tx, &pending.user, pending.first).await?;
    devices.webauthn(device_id).cloned()
}

fn proving<'a>(pending: &'a Pending, device: &'a webauthn_credential::Model) -> Ceremony<'a> {
    Ceremony {
        purpose: CeremonyPurpose::SecondFactor,
        user_id: Some(&pending.user.id),
        pending_id: Some(&pending.id),
        credential_id: Some(&device.id),
    }
}

/// Poses the challenge for a device that the person wants to be rid of.
pub(crate) async fn ask_removal(tx: &Write, device: OwnDevice<'_>) -> DomainResult<Question> {
    let row = owned(tx, device).await?;
    let posed = removing(&row).pose(tx).await?;
    Ok(question(posed, row))
}

/// Takes a device from the person, for what it has signed.
pub(crate) async fn remove(
    tx: &Write,
    party: &RelyingParty,
    user_id: &str,
    assertion: Assertion<'_>,
) -> DomainResult<Tried<()>> {
    let Assertion { device_id, handle, signed } = assertion;
    let user = users::require(tx, user_id).await?;
    let devices = devices::of_user(tx, user_id).await?;
    let row = devices.webauthn(device_id)?.clone();
    authenticators::require_removable(tx, &user, &devices).await?;
    let Some(posed) = removing(&row).find(tx, handle).await? else {
        return Ok(Tried::Refused(DomainError::unauthorized(challenges::UNKNOWN)));
    };
    let verified = credentials::verify(party, &posed, &row, signed)?;
    match challenges::settle(tx, posed, verified).await? {
        Tried::Done(_) => {
            row.delete(tx).await?;
            changes::removed(tx, &user).await.map(Tried::Done)
        }
        Tried::Refused(refusal) => Ok(Tried::Refused(refusal)),
    }
}

async fn owned(tx: &Read, device: OwnDevice<'_>) -> DomainResult<webauthn_credential::Model> {
    users::require(tx, device.user_id).await?;
    devices::of_user(tx, device.user_id).await?.webauthn(device.device_id).cloned()
}

fn removing(device: &webauthn_credential::Model) -> Ceremony<'_> {
    Ceremony {
        purpose: CeremonyPurpose::Removal,
        user_id: Some(&device.user_id),
        pending_id: None,
        credential_id: Some(&device.id),
    }
}
