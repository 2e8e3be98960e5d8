//! WebAuthn devices as second factors of a sign-in.

use frontegg_contract::{
    ApiFailure, ApiResult, RequestContext,
    mfa::{CreateLoginMfaWebauthnChallengeParams, VerifyLoginMfaWebauthnParams},
};
use frontegg_model::types;

use crate::service::Service;

#[expect(clippy::unused_async, reason = "not served yet")]
pub(super) async fn enroll(
    _service: &Service,
    cx: &RequestContext,
    _body: types::AuthRequestEnrollMfaRequest,
) -> ApiResult<types::RequestEnrollMfaWebAuthnResponse> {
    Err(ApiFailure::not_served(cx.operation))
}

#[expect(clippy::unused_async, reason = "not served yet")]
pub(super) async fn verify_enrollment(
    _service: &Service,
    cx: &RequestContext,
    _body: types::VerifyEnrollMfaWebAuthnRequest,
) -> ApiResult<types::AuthenticationResponseDto> {
    Err(ApiFailure::not_served(cx.operation))
}

#[expect(clippy::unused_async, reason = "not served yet")]
pub(super) async fn challenge(
    _service: &Service,
    cx: &RequestContext,
    _params: CreateLoginMfaWebauthnChallengeParams,
    _body: types::AuthRequestVerifyMfaRequest,
) -> ApiResult<types::RequestVerifyMfaWebAuthnResponse> {
    Err(ApiFailure::not_served(cx.operation))
}

#[expect(clippy::unused_async, reason = "not served yet")]
pub(super) async fn verify(
    _service: &Service,
    cx: &RequestContext,
    _params: VerifyLoginMfaWebauthnParams,
    _body: types::VerifyMfaWebAuthnRequest,
) -> ApiResult<types::AuthenticationResponseDto> {
    Err(ApiFailure::not_served(cx.operation))
}
