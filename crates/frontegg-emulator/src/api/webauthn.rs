//! WebAuthn in the terms that browsers take and give: what is asked of them, and what they answer.

use anyhow::anyhow;
use frontegg_model::{Patch, enums::WebAuthnDeviceType, types};

use crate::{
    domain::{
        DomainError, DomainResult,
        mfa::webauthn::Question,
        webauthn::{
            Created, OFFERED, RelyingParty, Signed,
            challenges::{LIFETIME, Posed},
            credentials::{Offer, Usage},
        },
    },
    service::Service,
    store::entity::WebAuthnDevice,
};

/// The only type of credentials that there is.
const PUBLIC_KEY: &str = "public-key";

/// Who asks for credentials at this address.
pub(super) fn party(service: &Service) -> DomainResult<RelyingParty> {
    let party = RelyingParty::at(service.base_url());
    party.ok_or_else(|| DomainError::internal(anyhow!("the base URL is no address of the web")))
}

/// The kind of device of that name, or 400.
pub(super) fn device(kind: &WebAuthnDeviceType) -> DomainResult<WebAuthnDevice> {
    match kind {
        WebAuthnDeviceType::Platform => Ok(WebAuthnDevice::Platform),
        WebAuthnDeviceType::CrossPlatform => Ok(WebAuthnDevice::CrossPlatform),
        _ => Err(DomainError::bad_request("deviceType must be Platform or CrossPlatform")),
    }
}

/// The name of a kind of device.
pub(super) fn device_type(device: WebAuthnDevice) -> WebAuthnDeviceType {
    match device {
        WebAuthnDevice::Platform => WebAuthnDeviceType::Platform,
        WebAuthnDevice::CrossPlatform => WebAuthnDeviceType::CrossPlatform,
    }
}

/// A new credential as a browser sends it.
pub(super) fn created(sent: &types::VerifyNewWebAuthnDeviceRequest) -> Created<'_> {
    Created {
        id: &sent.id,
        client_data: &sent.response.client_data_json,
        attestation_object: &sent.response.attestation_object,
    }
}

/// What a device has signed, as a browser sends it.
pub(super) fn signed(sent: &types::AuthenticateUserWebAuthnDto) -> Signed<'_> {
    let response = &sent.response;
    Signed {
        id: &sent.id,
        client_data: &response.client_data_json,
        authenticator_data: &response.authenticator_data,
        signature: response.signature.expose(),
        user_handle: match &response.user_handle {
            Patch::Value(handle) => Some(handle),
            Patch::Absent | Patch::Null => None,
        },
    }
}

/// What `navigator.credentials.create` takes (WebAuthn §5.4).
pub(super) fn creation_options(party: &RelyingParty, offer: Offer) -> types::WebAuthnCredentialCreationOptions {
    let attachment = offer.device.map(|device| match device {
        WebAuthnDevice::Platform => "platform",
        WebAuthnDevice::CrossPlatform => "cross-platform",
    });
    // Of a second factor the person is known by the time that it is asked for.
    let (resident_key, is_required) = match offer.usage {
        Usage::Passkey => ("required", true),
        Usage::SecondFactor => ("discouraged", false),
    };
    types::WebAuthnCredentialCreationOptions {
        rp: types::WebAuthnRelyingParty { id: party.id().to_owned(), name: offer.service_name, icon: None },
        user: types::WebAuthnUser { id: offer.user_handle, name: offer.user_name, display_name: offer.display_name },
        challenge: offer.posed.challenge,
        pub_key_cred_params: OFFERED
            .map(|alg| types::WebAuthnCredentialParameter { type_: PUBLIC_KEY.to_owned(), alg })
            .to_vec(),
        exclude_credentials: Some(offer.excluded.into_iter().map(descriptor).collect()),
        timeout: Some(timeout()),
        authenticator_selection: Some(types::WebAuthnAuthenticatorSelection {
            authenticator_attachment: attachment.map(str::to_owned),
            resident_key: Some(resident_key.to_owned()),
            require_resident_key: Some(is_required),
            user_verification: Some(user_verification(offer.usage, offer.device)),
        }),
    }
}

/// What `navigator.credentials.get` takes (WebAuthn §5.5) for a device that is a second factor.
pub(super) fn request_options(party: &RelyingParty, question: Question) -> types::WebAuthnCredentialRequestOptions {
    types::WebAuthnCredentialRequestOptions {
        challenge: question.posed.challenge,
        allow_credentials: Some(vec![descriptor(question.credential_id)]),
        timeout: Some(timeout()),
        rp_id: Some(party.id().to_owned()),
        user_verification: Some(user_verification(Usage::SecondFactor, Some(question.device))),
    }
}

/// The same for any passkey.
pub(super) fn passkey_options(party: &RelyingParty, posed: Posed) -> types::WebAuthnCredentialRequestOptions {
    types::WebAuthnCredentialRequestOptions {
        challenge: posed.challenge,
        allow_credentials: None,
        timeout: Some(timeout()),
        rp_id: Some(party.id().to_owned()),
        user_verification: Some(user_verification(Usage::Passkey, None)),
    }
}

fn descriptor(id: String) -> types::WebAuthnCredentialDescriptor {
    types::WebAuthnCredentialDescriptor { type_: PUBLIC_KEY.to_owned(), id, transports: None }
}

fn user_verification(usage: Usage, device: Option<WebAuthnDevice>) -> String {
    if usage.verifies_user(device) { "required" } else { "preferred" }.to_owned()
}

fn timeout() -> i64 {
    i64::try_from(LIFETIME.as_millis()).unwrap_or(i64::MAX)
}
