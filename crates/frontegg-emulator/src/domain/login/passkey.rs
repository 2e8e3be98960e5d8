//! Signing in with a passkey (WebAuthn Level 2, §7.2): the device says who it is, and has checked its owner.

use super::{ClientInfo, FirstFactor, Outcome, captcha};
use crate::{
    domain::{
        DomainError, DomainResult, Tried, login,
        mfa::{configuration, devices, passkeys},
        users,
        webauthn::{
            RelyingParty, Signed,
            challenges::{self, Ceremony, Posed},
            claimed_challenge, credentials,
        },
    },
    store::{Write, entity::CeremonyPurpose},
};

/// What is said of an answer that proves nothing, whatever the reason.
const REFUSED: &str = "The passkey is unknown or does not answer the challenge";

/// Anybody's sign-in: whose it is turns out by the answer.
const SIGNING_IN: Ceremony<'_> =
    Ceremony { purpose: CeremonyPurpose::SignIn, user_id: None, pending_id: None, credential_id: None };

/// Poses the challenge. It is the same whoever asks, so that nobody learns from it who has a passkey (§14.6.2).
pub(crate) async fn ask(tx: &Write, email: Option<&str>, recaptcha_token: Option<&str>) -> DomainResult<Posed> {
    passkeys::require_active(tx).await?;
    captcha::check(tx, email, recaptcha_token).await?;
    SIGNING_IN.pose_bare(tx).await
}

/// Goes on with the owner of the passkey that has signed the challenge.
pub(crate) async fn sign_in(
    tx: &Write,
    party: &RelyingParty,
    signed: Signed<'_>,
    client: &ClientInfo,
) -> DomainResult<Tried<Outcome>> {
    passkeys::require_active(tx).await?;
    let claimed = claimed_challenge(signed.client_data).map_err(|fault| DomainError::bad_request(fault.to_string()))?;
    let refused = || Tried::Refused(DomainError::unauthorized(REFUSED));
    let Some(posed) = SIGNING_IN.find(tx, &claimed).await? else {
        return Ok(refused());
    };
    let Some(passkey) = credentials::passkey(tx, signed.id).await? else {
        return Ok(refused());
    };
    configuration::get(tx).await?.require_active(&[devices::method(passkey.device_type)])?;
    let verified = credentials::verify(party, &posed, &passkey, signed)?;
    let Tried::Done(using) = challenges::settle(tx, posed, verified).await? else {
        return Ok(refused());
    };
    let user = users::require(tx, &passkey.user_id).await?;
    credentials::used(tx, passkey, using).await?;
    login::first_factor_done(tx, user, FirstFactor::Passkey, client).await.map(Tried::Done)
}
