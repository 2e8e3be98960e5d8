//! The passkeys of a signed-in person: devices that they sign in with, without a password.
//!
//! They are no second factors; what is switched on for those is switched on for passkeys too.

use sea_orm::{ColumnTrait, EntityTrait, ModelTrait, QueryFilter, QueryOrder};

use super::{
    changes, configuration,
    devices::{self, OwnDevice},
    webauthn::only_kind,
};
use crate::{
    domain::{
        DomainError, DomainResult, Tried, users,
        webauthn::{
            Created, RelyingParty,
            challenges::{self, Ceremony},
            claimed_challenge,
            credentials::{self, Offer, Usage, Wish},
        },
    },
    store::{
        Fetch, Read, Write,
        entity::{CeremonyPurpose, WebAuthnDevice, webauthn_credential},
    },
};

/// Refuses, with 400, what is done with passkeys while no kind of WebAuthn device is switched on.
pub(crate) async fn require_active(tx: &Read) -> DomainResult<()> {
    configuration::get(tx).await?.require_active(&devices::WEBAUTHN)
}

/// A person's passkeys, the oldest first.
pub(crate) async fn list(tx: &Read, user_id: &str) -> DomainResult<Vec<webauthn_credential::Model>> {
    let rows = webauthn_credential::Entity::find()
        .filter(webauthn_credential::Column::UserId.eq(user_id))
        .filter(webauthn_credential::Column::IsPasskey.eq(true))
        .order_by_asc(webauthn_credential::Column::CreatedAt)
        .order_by_asc(webauthn_credential::Column::Id);
    Ok(rows.fetch_all(tx).await?)
}

/// Poses the challenge for a new passkey.
pub(crate) async fn offer(tx: &Write, user_id: &str) -> DomainResult<Offer> {
    let user = users::require(tx, user_id).await?;
    let configuration = configuration::get(tx).await?;
    let device = only_kind(&configuration)?;
    let wish = Wish {
        ceremony: registering(user_id),
        usage: Usage::Passkey,
        service_name: configuration.authenticator.service_name,
        excluded: list(tx, user_id).await?.into_iter().map(|row| row.credential_id).collect(),
        device,
    };
    credentials::offer(tx, &user, wish).await
}

/// Keeps the new passkey, and tells the person.
pub(crate) async fn confirm(
    tx: &Write,
    party: &RelyingParty,
    user_id: &str,
    device: WebAuthnDevice,
    created: Created<'_>,
) -> DomainResult<Tried<()>> {
    let user = users::require(tx, user_id).await?;
    configuration::get(tx).await?.require_active(&[devices::method(device)])?;
    let claimed =
        claimed_challenge(created.client_data).map_err(|fault| DomainError::bad_request(fault.to_string()))?;
    let Some(posed) = registering(user_id).find(tx, &claimed).await? else {
        return Ok(Tried::Refused(DomainError::unauthorized(challenges::UNKNOWN)));
    };
    let verified = credentials::verify_new(party, &posed, Usage::Passkey, device, created);
    let kept = match challenges::settle(tx, posed, verified).await? {
        Tried::Done(credential) => credentials::keep(tx, &user, Usage::Passkey, device, credential).await?,
        Tried::Refused(refusal) => Tried::Refused(refusal),
    };
    if !kept.is_refused() {
        changes::passkey_added(tx, &user).await?;
    }
    Ok(kept)
}

fn registering(user_id: &str) -> Ceremony<'_> {
    Ceremony {
        purpose: CeremonyPurpose::PasskeyRegistration,
        user_id: Some(user_id),
        pending_id: None,
        credential_id: None,
    }
}

/// Takes a passkey from the person, or 404.
pub(crate) async fn remove(tx: &Write, passkey: OwnDevice<'_>) -> DomainResult<()> {
    let mut own = list(tx, passkey.user_id).await?.into_iter();
    let row = own.find(|row| row.id == passkey.device_id).ok_or_else(|| DomainError::not_found("Passkey not found"))?;
    row.delete(tx).await?;
    Ok(())
}
