//! WebAuthn devices as second factors of a sign-in, in the terms that browsers take and give.

use anyhow::anyhow;
use frontegg_contract::{
    ApiResult, RequestContext,
    mfa::{CreateLoginMfaWebauthnChallengeParams, VerifyLoginMfaWebauthnParams},
};
use frontegg_model::{Patch, enums::WebAuthnDeviceType, types};

use super::{finish, remember};
use crate::{
    domain::{
        DomainError, DomainResult,
        mfa::webauthn::{self, Assertion, Offer, Question, Registration, must_verify_user},
        webauthn::{Created, OFFERED, RelyingParty, Signed, challenges::LIFETIME},
    },
    service::Service,
    store::entity::WebAuthnDevice,
};

/// The only type of credentials that there is.
const PUBLIC_KEY: &str = "public-key";

pub(super) async fn enroll(
    service: &Service,
    body: types::AuthRequestEnrollMfaRequest,
) -> ApiResult<types::RequestEnrollMfaWebAuthnResponse> {
    let party = party(service)?;
    let offer = service.write(async |tx| Ok(webauthn::enroll_at_sign_in(tx, body.mfa_token.expose()).await?)).await?;
    Ok(types::RequestEnrollMfaWebAuthnResponse {
        webauthn_token: offer.posed.handle.clone().into(),
        options: creation_options(&party, offer),
    })
}

pub(super) async fn verify_enrollment(
    service: &Service,
    cx: &RequestContext,
    body: types::VerifyEnrollMfaWebAuthnRequest,
) -> ApiResult<types::AuthenticationResponseDto> {
    let party = party(service)?;
    let response = &body.options.response;
    let registration = Registration {
        handle: body.webauthn_token.expose(),
        device: device(&body.device_type)?,
        created: Created {
            id: &body.options.id,
            client_data: &response.client_data_json,
            attestation_object: &response.attestation_object,
        },
    };
    let remember = remember(body.remember_device);
    finish(service, cx, async |tx| {
        webauthn::confirm_at_sign_in(tx, &party, body.mfa_token.expose(), registration, remember).await
    })
    .await
}

pub(super) async fn challenge(
    service: &Service,
    params: CreateLoginMfaWebauthnChallengeParams,
    body: types::AuthRequestVerifyMfaRequest,
) -> ApiResult<types::RequestVerifyMfaWebAuthnResponse> {
    let party = party(service)?;
    let question =
        service.write(async |tx| Ok(webauthn::ask(tx, body.mfa_token.expose(), &params.device_id).await?)).await?;
    Ok(types::RequestVerifyMfaWebAuthnResponse {
        webauthn_token: question.posed.handle.clone().into(),
        options: request_options(&party, question),
    })
}

pub(super) async fn verify(
    service: &Service,
    cx: &RequestContext,
    params: VerifyLoginMfaWebauthnParams,
    body: types::VerifyMfaWebAuthnRequest,
) -> ApiResult<types::AuthenticationResponseDto> {
    let party = party(service)?;
    let response = &body.options.response;
    let signed = Signed {
        id: &body.options.id,
        client_data: &response.client_data_json,
        authenticator_data: &response.authenticator_data,
        signature: response.signature.expose(),
        user_handle: match &response.user_handle {
            Patch::Value(handle) => Some(handle),
            Patch::Absent | Patch::Null => None,
        },
    };
    let remember = remember(body.remember_device);
    let mfa_token = body.mfa_token.expose();
    let assertion = Assertion { device_id: &params.device_id, handle: body.webauthn_token.expose(), signed };
    finish(service, cx, async |tx| webauthn::verify(tx, &party, mfa_token, assertion, remember).await).await
}

/// Who asks for credentials at this address.
fn party(service: &Service) -> DomainResult<RelyingParty> {
    let party = RelyingParty::at(service.base_url());
    party.ok_or_else(|| DomainError::internal(anyhow!("the base URL is no address of the web")))
}

fn device(kind: &WebAuthnDeviceType) -> DomainResult<WebAuthnDevice> {
    match kind {
        WebAuthnDeviceType::Platform => Ok(WebAuthnDevice::Platform),
        WebAuthnDeviceType::CrossPlatform => Ok(WebAuthnDevice::CrossPlatform),
        _ => Err(DomainError::bad_request("deviceType must be Platform or CrossPlatform")),
    }
}

/// What `navigator.credentials.create` takes (WebAuthn §5.4).
fn creation_options(party: &RelyingParty, offer: Offer) -> types::WebAuthnCredentialCreationOptions {
    let attachment = offer.device.map(|device| match device {
        WebAuthnDevice::Platform => "platform",
        WebAuthnDevice::CrossPlatform => "cross-platform",
    });
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
            // The person is known by the time that the second factor is asked for.
            resident_key: Some("discouraged".to_owned()),
            require_resident_key: Some(false),
            user_verification: Some(user_verification(offer.device)),
        }),
    }
}

/// What `navigator.credentials.get` takes (WebAuthn §5.5).
fn request_options(party: &RelyingParty, question: Question) -> types::WebAuthnCredentialRequestOptions {
    types::WebAuthnCredentialRequestOptions {
        challenge: question.posed.challenge,
        allow_credentials: Some(vec![descriptor(question.credential_id)]),
        timeout: Some(timeout()),
        rp_id: Some(party.id().to_owned()),
        user_verification: Some(user_verification(Some(question.device))),
    }
}

fn descriptor(id: String) -> types::WebAuthnCredentialDescriptor {
    types::WebAuthnCredentialDescriptor { type_: PUBLIC_KEY.to_owned(), id, transports: None }
}

fn user_verification(device: Option<WebAuthnDevice>) -> String {
    let required = device.is_some_and(must_verify_user);
    if required { "required" } else { "preferred" }.to_owned()
}

fn timeout() -> i64 {
    i64::try_from(LIFETIME.as_millis()).unwrap_or(i64::MAX)
}
