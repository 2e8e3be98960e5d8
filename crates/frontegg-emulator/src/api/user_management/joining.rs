//! Activating accounts and accepting invitations, with what was mailed.

use frontegg_contract::{ApiResult, RequestContext, user_management::GetUserActivationStrategyParams};
use frontegg_model::{Secret, types};

use crate::{
    api::{
        caller::{caller, caller_id},
        sign_in,
    },
    domain::joining::{
        activation::{self, Activating},
        invitations,
    },
    service::Service,
};

pub(super) async fn activate_user(
    service: &Service,
    cx: &RequestContext,
    body: types::ActivateUserDto,
) -> ApiResult<types::AuthenticationResponseDto> {
    let activating = Activating {
        user_id: &body.user_id,
        token: body.token.expose(),
        code: None,
        password: given(body.password.as_ref()),
        recaptcha_token: body.recaptcha_token.as_ref().map(Secret::expose),
    };
    activate(service, cx, activating).await
}

pub(super) async fn activate_user_with_code(
    service: &Service,
    cx: &RequestContext,
    body: types::ActivateUserWithCodeDto,
) -> ApiResult<types::AuthenticationResponseDto> {
    let activating = Activating {
        user_id: &body.user_id,
        token: body.token.expose(),
        code: Some(body.code.expose()),
        password: given(body.password.as_ref()),
        recaptcha_token: body.recaptcha_token.as_ref().map(Secret::expose),
    };
    activate(service, cx, activating).await
}

async fn activate(
    service: &Service,
    cx: &RequestContext,
    activating: Activating<'_>,
) -> ApiResult<types::AuthenticationResponseDto> {
    let client = sign_in::client_info(service, cx);
    // On the heap, as it is large.
    let outcome = Box::pin(activation::activate(service.store(), service.passwords(), activating, &client)).await?;
    sign_in::answer(service, cx, outcome).await
}

/// Forms send an empty text for a field that nobody filled in.
fn given(password: Option<&Secret>) -> Option<&str> {
    password.map(Secret::expose).filter(|password| !password.is_empty())
}

pub(super) async fn get_user_activation_strategy(
    service: &Service,
    _: &RequestContext,
    params: GetUserActivationStrategyParams,
) -> ApiResult<types::GetActivateStrategyResponseDto> {
    let tx = service.store().read().await?;
    let should_set_password = activation::wants_password(&tx, &params.user_id, params.token.expose()).await?;
    Ok(types::GetActivateStrategyResponseDto { should_set_password })
}

pub(super) async fn reset_user_activation_token(
    service: &Service,
    cx: &RequestContext,
    body: types::ResetActivationTokenDto,
) -> ApiResult<()> {
    let context = body.email_metadata.unwrap_or_default();
    service.write(async |tx| Ok(activation::resend(tx, caller(cx), &body.email, context).await?)).await
}

pub(super) async fn accept_invitation(
    service: &Service,
    _: &RequestContext,
    body: types::AcceptInvitationDto,
) -> ApiResult<()> {
    accept(service, &body.user_id, &body.token, None).await
}

pub(super) async fn accept_invitation_with_code(
    service: &Service,
    _: &RequestContext,
    body: types::AcceptInvitationWithCodeDto,
) -> ApiResult<()> {
    accept(service, &body.user_id, &body.token, Some(body.code.expose())).await
}

async fn accept(service: &Service, user_id: &str, token: &Secret, code: Option<&str>) -> ApiResult<()> {
    service.attempt(async |tx| Ok(invitations::accept(tx, user_id, token.expose(), code).await?)).await
}

pub(super) async fn reset_tenant_invitation(
    service: &Service,
    cx: &RequestContext,
    body: types::ResetTenantInvitationDto,
) -> ApiResult<()> {
    service.write(async |tx| Ok(invitations::renew(tx, caller(cx), cx.tenant()?, &body.email).await?)).await
}

pub(super) async fn reset_all_tenant_invitations(
    service: &Service,
    cx: &RequestContext,
    body: types::ResetTenantInvitationDto,
) -> ApiResult<()> {
    service
        .write(async |tx| Ok(invitations::renew_all(tx, caller(cx), caller_id(cx), cx.tenant()?, &body.email).await?))
        .await
}
