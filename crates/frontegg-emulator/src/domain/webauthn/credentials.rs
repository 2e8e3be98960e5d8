//! The credentials that people have: what a browser is told to make one, how they are kept, and what is verified of
//! their answers.
//!
//! A credential is a second factor or a passkey, never both: a passkey is lost with its device, and whoever has one
//! must not find that their password asks for it.

use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter,
};

use super::{
    Created, Credential, Expected, Fault, Known, RelyingParty, Signed, Use,
    challenges::{Ceremony, Posed},
    verify_assertion, verify_registration,
};
use crate::{
    domain::{DomainError, DomainResult, Tried, identifiers::emails},
    ids,
    store::{
        Fetch, Read, Write,
        entity::{WebAuthnDevice, user, webauthn_challenge, webauthn_credential},
    },
};

/// What a credential is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Usage {
    /// A security key only has to be there, but a built-in device has to check who is using it, as all of them can.
    SecondFactor,
    /// The device keeps whose it is, and always checks who is using it.
    Passkey,
}

impl Usage {
    /// Whether such a device must have checked who is using it.
    pub(crate) fn verifies_user(self, device: Option<WebAuthnDevice>) -> bool {
        self == Self::Passkey || device == Some(WebAuthnDevice::Platform)
    }

    fn of(row: &webauthn_credential::Model) -> Self {
        if row.is_passkey { Self::Passkey } else { Self::SecondFactor }
    }
}

/// What a browser needs to make a credential. Binary values are base64url text.
pub(crate) struct Offer {
    pub(crate) posed: Posed,
    pub(crate) usage: Usage,
    /// Under which authenticators show what the credential is for.
    pub(crate) service_name: String,
    /// What stands for the person, to be given back by the authenticator.
    pub(crate) user_handle: String,
    pub(crate) user_name: String,
    pub(crate) display_name: String,
    /// Credentials of that usage that the person has.
    pub(crate) excluded: Vec<String>,
    /// The only kind of device that may be registered, where one is.
    pub(crate) device: Option<WebAuthnDevice>,
}

/// A wish to have a credential made.
pub(crate) struct Wish<'a> {
    pub(crate) ceremony: Ceremony<'a>,
    pub(crate) usage: Usage,
    pub(crate) service_name: String,
    pub(crate) excluded: Vec<String>,
    pub(crate) device: Option<WebAuthnDevice>,
}

/// Poses the challenge for a new credential of that person.
pub(crate) async fn offer(tx: &Write, user: &user::Model, wish: Wish<'_>) -> DomainResult<Offer> {
    let user_name = name(tx, user).await?;
    let posed = match wish.usage {
        Usage::SecondFactor => wish.ceremony.pose(tx).await?,
        Usage::Passkey => wish.ceremony.pose_bare(tx).await?,
    };
    Ok(Offer {
        posed,
        usage: wish.usage,
        service_name: wish.service_name,
        user_handle: super::encode(handle(&user.id)),
        display_name: user.name.clone().unwrap_or_else(|| user_name.clone()),
        user_name,
        excluded: wish.excluded,
        device: wish.device,
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

/// Holds a new credential against the challenge that it answers.
pub(crate) fn verify_new(
    party: &RelyingParty,
    posed: &webauthn_challenge::Model,
    usage: Usage,
    device: WebAuthnDevice,
    created: Created<'_>,
) -> Result<Credential, Fault> {
    let user_verification = usage.verifies_user(Some(device));
    verify_registration(&Expected { party, challenge: &posed.challenge, user_verification }, created)
}

/// Holds what was signed against what is known of the credential.
pub(crate) fn verify(
    party: &RelyingParty,
    posed: &webauthn_challenge::Model,
    row: &webauthn_credential::Model,
    signed: Signed<'_>,
) -> DomainResult<Result<Use, Fault>> {
    let user_verification = Usage::of(row).verifies_user(Some(row.device_type));
    let expected = Expected { party, challenge: &posed.challenge, user_verification };
    let known = Known {
        id: &super::decode(&row.credential_id).map_err(DomainError::internal)?,
        public_key: &super::decode(&row.public_key).map_err(DomainError::internal)?,
        sign_count: row.sign_count.try_into().map_err(DomainError::internal)?,
        is_backup_eligible: row.is_backup_eligible,
        user_handle: handle(&row.user_id),
    };
    Ok(verify_assertion(&expected, known, signed))
}

/// Notes that a credential was used.
pub(crate) async fn used(tx: &Write, row: webauthn_credential::Model, using: Use) -> DomainResult<()> {
    let mut row = row.into_active_model();
    row.sign_count = Set(using.sign_count.into());
    row.is_backed_up = Set(using.is_backed_up);
    row.last_used_at = Set(Some(tx.now()));
    row.update(tx).await?;
    Ok(())
}

/// The passkey that a browser names, whosever it is.
pub(crate) async fn passkey(tx: &Read, credential_id: &str) -> DomainResult<Option<webauthn_credential::Model>> {
    // However it is padded.
    let Ok(id) = super::decode(credential_id) else { return Ok(None) };
    let row = webauthn_credential::Entity::find()
        .filter(webauthn_credential::Column::CredentialId.eq(super::encode(id)))
        .filter(webauthn_credential::Column::IsPasskey.eq(true));
    Ok(row.fetch_one(tx).await?)
}

/// Keeps a credential that was verified; refused where somebody has it already, as a device draws its ids so that this
/// does not happen.
pub(crate) async fn keep(
    tx: &Write,
    user: &user::Model,
    usage: Usage,
    device: WebAuthnDevice,
    credential: Credential,
) -> DomainResult<Tried<()>> {
    let credential_id = super::encode(&credential.id);
    let same = webauthn_credential::Column::CredentialId.eq(credential_id.as_str());
    if webauthn_credential::Entity::find().filter(same).fetch_one(tx).await?.is_some() {
        return Ok(Tried::Refused(DomainError::unauthorized("The credential is registered already")));
    }
    let name = match device {
        WebAuthnDevice::Platform => "Built-in authenticator",
        WebAuthnDevice::CrossPlatform => "Security key",
    };
    let row = webauthn_credential::ActiveModel {
        id: Set(ids::new_id()),
        user_id: Set(user.id.clone()),
        credential_id: Set(credential_id),
        public_key: Set(super::encode(&credential.public_key)),
        sign_count: Set(credential.sign_count.into()),
        device_type: Set(device),
        name: Set(name.to_owned()),
        is_user_verified: Set(credential.is_user_verified),
        is_backup_eligible: Set(credential.is_backup_eligible),
        is_backed_up: Set(credential.is_backed_up),
        created_at: Set(tx.stamp()),
        last_used_at: NotSet,
        is_passkey: Set(usage == Usage::Passkey),
    };
    webauthn_credential::Entity::insert(row).exec_without_returning(tx).await?;
    Ok(Tried::Done(()))
}
