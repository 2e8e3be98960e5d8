//! WebAuthn devices: security keys, and what is built into computers and phones.
//!
//! A built-in device has to check who is using it, as all of them can; of a security key it is only
//! wished for, since having it is the second factor.

use frontegg_model::enums::MfaStrategy;
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

use super::{
    changes::{self, Proven, RememberDevice},
    configuration, devices,
    pending::{self, Pending},
};
use crate::{
    domain::{
        DomainError, DomainResult, Tried,
        identifiers::emails,
        sessions::SecondFactor,
        webauthn::{
            self, Created, Credential, Expected, Fault, Known, RelyingParty, Signed, Use,
            challenges::{self as challenges, Ceremony, Posed},
        },
    },
    ids,
    store::{
        Fetch, Read, Write,
        entity::{CeremonyPurpose, WebAuthnDevice, user, webauthn_challenge, webauthn_credential},
    },
};

/// What is said of a challenge that was never posed for this, has been answered, or is too old.
const NO_CHALLENGE: &str = "The WebAuthn challenge is unknown or has expired";

/// What a browser needs to make a credential. Binary values are base64url text.
pub(crate) struct Offer {
    pub(crate) posed: Posed,
    /// Under which authenticators show what the credential is for.
    pub(crate) service_name: String,
    /// What stands for the person, to be given back by the authenticator.
    pub(crate) user_handle: String,
    pub(crate) user_name: String,
    pub(crate) display_name: String,
    /// Credentials that the person has.
    pub(crate) excluded: Vec<String>,
    /// The only kind of device that may be enrolled, where one is.
    pub(crate) device: Option<WebAuthnDevice>,
}

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

/// Whether such a device must have checked who is using it.
pub(crate) fn must_verify_user(device: WebAuthnDevice) -> bool {
    device == WebAuthnDevice::Platform
}

/// Poses the challenge for a new credential in a sign-in that demands one.
pub(crate) async fn enroll_at_sign_in(tx: &Write, mfa_token: &str) -> DomainResult<Offer> {
    let pending = pending::find(tx, mfa_token).await?;
    changes::require_enrolling(tx, &pending).await?;
    let configuration = configuration::get(tx).await?;
    configuration.require_active(&[MfaStrategy::WebAuthnPlatform, MfaStrategy::WebAuthnCrossPlatform])?;
    let kinds = [WebAuthnDevice::Platform, WebAuthnDevice::CrossPlatform];
    let mut active = kinds.into_iter().filter(|kind| configuration.is_active(&devices::method(*kind)));
    let device = active.next().filter(|_| active.next().is_none());
    let user = &pending.user;
    let user_name = name(tx, user).await?;
    let owned = devices::of_user(tx, &user.id).await?.webauthn;
    Ok(Offer {
        posed: registering(&pending).pose(tx).await?,
        service_name: configuration.authenticator.service_name,
        user_handle: webauthn::encode(handle(&user.id)),
        display_name: user.name.clone().unwrap_or_else(|| user_name.clone()),
        user_name,
        excluded: owned.into_iter().map(|row| row.credential_id).collect(),
        device,
    })
}

/// What authenticators list the person under.
async fn name(tx: &Read, user: &user::Model) -> DomainResult<String> {
    let primary = emails::primary_of(tx, std::slice::from_ref(&user.id)).await?.remove(&user.id);
    let known = primary.map(|row| row.email).or_else(|| user.phone_number.clone()).or_else(|| user.name.clone());
    Ok(known.unwrap_or_else(|| user.id.clone()))
}

/// What authenticators know the person by: it says nothing about them.
fn handle(user_id: &str) -> &[u8] {
    user_id.as_bytes()
}

fn registering(pending: &Pending) -> Ceremony<'_> {
    Ceremony {
        purpose: CeremonyPurpose::Registration,
        user_id: Some(&pending.user.id),
        pending_id: Some(&pending.id),
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
    configuration::get(tx).await?.require_active(&[devices::method(registration.device)])?;
    let Some(posed) = registering(&pending).find(tx, registration.handle).await? else {
        return refuse(tx, &pending, NO_CHALLENGE).await;
    };
    let user_verification = must_verify_user(registration.device);
    let expected = Expected { party, challenge: &posed.challenge, user_verification };
    let verified = webauthn::verify_registration(&expected, registration.created);
    let credential = match settle(tx, &pending, posed, verified).await? {
        Tried::Done(credential) => credential,
        Tried::Refused(refusal) => return Ok(Tried::Refused(refusal)),
    };
    if is_taken(tx, &credential).await? {
        return refuse(tx, &pending, "The credential is registered already").await;
    }
    add(tx, &pending.user, registration.device, credential).await?;
    changes::enrolled_at_sign_in(tx, pending, SecondFactor::WebAuthn, remember).await.map(Tried::Done)
}

/// Whether somebody has that credential: a device draws its ids so that this does not happen.
async fn is_taken(tx: &Read, credential: &Credential) -> DomainResult<bool> {
    let id = webauthn_credential::Column::CredentialId.eq(webauthn::encode(&credential.id));
    Ok(webauthn_credential::Entity::find().filter(id).fetch_one(tx).await?.is_some())
}

async fn add(tx: &Write, user: &user::Model, device: WebAuthnDevice, credential: Credential) -> DomainResult<()> {
    let name = match device {
        WebAuthnDevice::Platform => "Built-in authenticator",
        WebAuthnDevice::CrossPlatform => "Security key",
    };
    let row = webauthn_credential::ActiveModel {
        id: Set(ids::new_id()),
        user_id: Set(user.id.clone()),
        credential_id: Set(webauthn::encode(&credential.id)),
        public_key: Set(webauthn::encode(&credential.public_key)),
        sign_count: Set(credential.sign_count.into()),
        device_type: Set(device),
        name: Set(name.to_owned()),
        is_user_verified: Set(credential.is_user_verified),
        is_backup_eligible: Set(credential.is_backup_eligible),
        is_backed_up: Set(credential.is_backed_up),
        created_at: Set(tx.stamp()),
        last_used_at: Set(None),
    };
    webauthn_credential::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

/// Poses the challenge for a device of the person of a sign-in.
pub(crate) async fn ask(tx: &Write, mfa_token: &str, device_id: &str) -> DomainResult<Question> {
    let pending = pending::find(tx, mfa_token).await?;
    let device = offered(tx, &pending, device_id).await?;
    let posed = proving(&pending, &device).pose(tx).await?;
    Ok(Question { posed, credential_id: device.credential_id, device: device.device_type })
}

/// Goes on with a sign-in for what the device has signed.
pub(crate) async fn verify(
    tx: &Write,
    party: &RelyingParty,
    mfa_token: &str,
    assertion: Assertion<'_>,
    remember: RememberDevice,
) -> DomainResult<Tried<Proven>> {
    let Assertion { device_id, handle, signed } = assertion;
    let pending = pending::find(tx, mfa_token).await?;
    let device = offered(tx, &pending, device_id).await?;
    let Some(posed) = proving(&pending, &device).find(tx, handle).await? else {
        return refuse(tx, &pending, NO_CHALLENGE).await;
    };
    let verified = check(party, &posed, &device, signed)?;
    let using = match settle(tx, &pending, posed, verified).await? {
        Tried::Done(using) => using,
        Tried::Refused(refusal) => return Ok(Tried::Refused(refusal)),
    };
    let mut row = device.into_active_model();
    row.sign_count = Set(using.sign_count.into());
    row.is_backed_up = Set(using.is_backed_up);
    row.last_used_at = Set(Some(tx.now()));
    row.update(tx).await?;
    Ok(Tried::Done(changes::proven(pending, SecondFactor::WebAuthn, remember)))
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

/// Holds what was signed against what is known of the device.
fn check(
    party: &RelyingParty,
    posed: &webauthn_challenge::Model,
    device: &webauthn_credential::Model,
    signed: Signed<'_>,
) -> DomainResult<Result<Use, Fault>> {
    let user_verification = must_verify_user(device.device_type);
    let expected = Expected { party, challenge: &posed.challenge, user_verification };
    let known = Known {
        id: &webauthn::decode(&device.credential_id).map_err(DomainError::internal)?,
        public_key: &webauthn::decode(&device.public_key).map_err(DomainError::internal)?,
        sign_count: device.sign_count.try_into().map_err(DomainError::internal)?,
        is_backup_eligible: device.is_backup_eligible,
        user_handle: handle(&device.user_id),
    };
    Ok(webauthn::verify_assertion(&expected, known, signed))
}

/// Spends the challenge and counts an answer that does not hold. One that cannot be read is no
/// answer: it is refused with 400 and changes nothing.
async fn settle<T>(
    tx: &Write,
    pending: &Pending,
    posed: webauthn_challenge::Model,
    verified: Result<T, Fault>,
) -> DomainResult<Tried<T>> {
    if let Err(Fault::Unreadable(text)) = verified {
        return Err(DomainError::bad_request(text));
    }
    challenges::spend(tx, posed).await?;
    match verified {
        Ok(verified) => Ok(Tried::Done(verified)),
        Err(fault) => refuse(tx, pending, fault.to_string()).await,
    }
}

/// Counts a wrong answer; what to refuse it with, after the commit.
async fn refuse<T>(tx: &Write, pending: &Pending, text: impl Into<String>) -> DomainResult<Tried<T>> {
    pending::failed(tx, pending).await?;
    Ok(Tried::Refused(DomainError::unauthorized(text)))
}
