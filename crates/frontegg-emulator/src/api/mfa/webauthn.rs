//! WebAuthn devices as second factors of a sign-in.

use frontegg_contract::{
    ApiResult, RequestContext,
    mfa::{CreateLoginMfaWebauthnChallengeParams, VerifyLoginMfaWebauthnParams},
};
use frontegg_model::types;

use super::{finish, remember};
use crate::{
    api::webauthn::{created, creation_options, device, party, request_options, signed},
    domain::mfa::webauthn::{self, Assertion, Registration},
    service::Service,
};

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
    let registration = Registration {
        handle: body.webauthn_token.expose(),
        device: device(&body.device_type)?,
        created: created(&body.options),
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
    let remember = remember(body.remember_device);
    let mfa_token = body.mfa_token.expose();
    let assertion =
        Assertion { device_id: &params.device_id, handle: body.webauthn_token.expose(), signed: signed(&body.options) };
    finish(service, cx, async |tx| webauthn::verify(tx, &party, mfa_token, assertion, remember).await).await
}
