//! Second factors, during a sign-in and of a signed-in person.

mod webauthn;

use frontegg_contract::{
    ApiFailure, ApiResult, RequestContext,
    mfa::{
        CreateLoginMfaWebauthnChallengeParams, DisableMyAuthenticatorMfaParams, DisableMySmsMfaParams,
        GetMfaRememberDeviceSettingParams, MfaApi, SendLoginMfaSmsCodeParams, SendMySmsMfaDisableCodeParams,
        VerifyLoginMfaAuthenticatorDeviceParams, VerifyLoginMfaSmsCodeParams, VerifyLoginMfaWebauthnParams,
    },
};
use frontegg_model::{Secret, types};

use super::{caller::caller, sign_in};
use crate::{
    clock::whole_seconds,
    domain::{
        DomainResult, Tried,
        codes::TypedCode,
        login,
        mfa::{
            Proven, RememberDevice,
            authenticators::{self, Offer, Remover},
            devices::OwnDevice,
            mail_codes, phones, policy, recovery,
        },
    },
    service::Service,
    store::Write,
};

impl MfaApi for Service {
    async fn create_login_mfa_webauthn_challenge(
        &self,
        _cx: &RequestContext,
        params: CreateLoginMfaWebauthnChallengeParams,
        body: types::AuthRequestVerifyMfaRequest,
    ) -> ApiResult<types::RequestVerifyMfaWebAuthnResponse> {
        webauthn::challenge(self, params, body).await
    }

    async fn disable_my_authenticator_mfa(
        &self,
        cx: &RequestContext,
        params: DisableMyAuthenticatorMfaParams,
        body: types::DisableMfaAuthAppRequest,
    ) -> ApiResult<()> {
        let remover = remover(cx, body.token.as_ref());
        let app = OwnDevice { user_id: cx.user()?, device_id: &params.device_id };
        self.attempt(async |tx| Ok(authenticators::remove(tx, app, remover).await?)).await
    }

    async fn disable_my_mfa(&self, cx: &RequestContext, body: types::DisableMfaAuthAppRequest) -> ApiResult<()> {
        let remover = remover(cx, body.token.as_ref());
        self.attempt(async |tx| Ok(authenticators::disable(tx, cx.user()?, remover).await?)).await
    }

    async fn disable_my_sms_mfa(
        &self,
        cx: &RequestContext,
        params: DisableMySmsMfaParams,
        body: types::DisableMfaSmsRequest,
    ) -> ApiResult<()> {
        let typed = TypedCode { handle: body.otc_token.expose(), code: body.code.expose() };
        let phone = OwnDevice { user_id: cx.user()?, device_id: &params.device_id };
        self.attempt(async |tx| Ok(phones::remove(tx, phone, typed, remover(cx, None)).await?)).await
    }

    async fn enroll_login_mfa_authenticator(
        &self,
        _cx: &RequestContext,
        body: types::AuthRequestEnrollMfaRequest,
    ) -> ApiResult<types::RequestEnrollAuthenticatorAppMfaResponse> {
        let offer =
            self.write(async |tx| Ok(authenticators::offer_at_sign_in(tx, body.mfa_token.expose()).await?)).await?;
        Ok(offered(offer))
    }

    async fn enroll_login_mfa_sms(
        &self,
        _cx: &RequestContext,
        body: types::RequestEnrollMfaSmsRequest,
    ) -> ApiResult<types::RequestEnrollMfaSmsResponse> {
        let missing = || ApiFailure::bad_request("mfaToken is required");
        let mfa_token = body.mfa_token.as_ref().ok_or_else(missing)?.expose();
        let sent =
            self.write(async |tx| Ok(phones::enroll_at_sign_in(tx, mfa_token, &body.phone_number).await?)).await?;
        Ok(types::RequestEnrollMfaSmsResponse { otc_token: sent.otc_token.into(), phone_number: sent.number })
    }

    async fn enroll_login_mfa_webauthn(
        &self,
        _cx: &RequestContext,
        body: types::AuthRequestEnrollMfaRequest,
    ) -> ApiResult<types::RequestEnrollMfaWebAuthnResponse> {
        webauthn::enroll(self, body).await
    }

    async fn enroll_my_authenticator_mfa(
        &self,
        cx: &RequestContext,
    ) -> ApiResult<types::RequestEnrollAuthenticatorAppMfaResponse> {
        let offer = self.write(async |tx| Ok(authenticators::offer_to(tx, cx.user()?).await?)).await?;
        Ok(offered(offer))
    }

    async fn enroll_my_mfa(&self, cx: &RequestContext) -> ApiResult<types::RequestEnrollAuthenticatorAppMfaResponse> {
        self.enroll_my_authenticator_mfa(cx).await
    }

    async fn enroll_my_sms_mfa(
        &self,
        cx: &RequestContext,
        body: types::RequestEnrollMfaSmsRequest,
    ) -> ApiResult<types::RequestEnrollMfaSmsResponse> {
        let sent = self.write(async |tx| Ok(phones::enroll(tx, cx.user()?, &body.phone_number).await?)).await?;
        Ok(types::RequestEnrollMfaSmsResponse { otc_token: sent.otc_token.into(), phone_number: sent.number })
    }

    async fn get_mfa_remember_device_setting(
        &self,
        cx: &RequestContext,
        params: GetMfaRememberDeviceSettingParams,
    ) -> ApiResult<types::CheckAllowRememberResponse> {
        let application_id = cx.application_id.as_deref();
        let tx = self.store().read().await?;
        let rule = policy::at_sign_in(&tx, params.mfa_token.expose(), application_id, cx.tenant_id.as_deref()).await?;
        Ok(types::CheckAllowRememberResponse {
            is_allowed_to_remember: rule.allow_remember,
            mfa_device_expiration: whole_seconds(rule.remembered_for),
        })
    }

    async fn recover_mfa(&self, _cx: &RequestContext, body: types::RecoverMfaDto) -> ApiResult<()> {
        self.attempt(async |tx| Ok(recovery::recover(tx, &body.email, body.recovery_code.expose()).await?)).await
    }

    async fn send_login_mfa_email_code(
        &self,
        _cx: &RequestContext,
        body: types::AuthRequestVerifyMfaRequest,
    ) -> ApiResult<types::RequestVerifyMfaEmailResponse> {
        let otc_token = self.write(async |tx| Ok(mail_codes::send(tx, body.mfa_token.expose()).await?)).await?;
        Ok(types::RequestVerifyMfaEmailResponse { otc_token: otc_token.into() })
    }

    async fn send_login_mfa_sms_code(
        &self,
        _cx: &RequestContext,
        params: SendLoginMfaSmsCodeParams,
        body: types::AuthRequestVerifyMfaRequest,
    ) -> ApiResult<types::RequestVerifyMfaSmsResponse> {
        let sent =
            self.write(async |tx| Ok(phones::send(tx, body.mfa_token.expose(), &params.device_id).await?)).await?;
        Ok(types::RequestVerifyMfaSmsResponse { otc_token: sent.otc_token.into(), phone_number: sent.number })
    }

    async fn send_my_sms_mfa_disable_code(
        &self,
        cx: &RequestContext,
        params: SendMySmsMfaDisableCodeParams,
    ) -> ApiResult<types::RequestDisableMfaSmsResponse> {
        let sent = self.write(async |tx| Ok(phones::ask_removal(tx, cx.user()?, &params.device_id).await?)).await?;
        Ok(types::RequestDisableMfaSmsResponse { otc_token: sent.otc_token.into(), phone_number: sent.number })
    }

    async fn verify_login_mfa_authenticator(
        &self,
        cx: &RequestContext,
        body: types::VerifyMfaAuthAppRequest,
    ) -> ApiResult<types::AuthenticationResponseDto> {
        verify_app(self, cx, None, body).await
    }

    async fn verify_login_mfa_authenticator_device(
        &self,
        cx: &RequestContext,
        params: VerifyLoginMfaAuthenticatorDeviceParams,
        body: types::VerifyMfaAuthAppRequest,
    ) -> ApiResult<types::AuthenticationResponseDto> {
        verify_app(self, cx, Some(&params.device_id), body).await
    }

    async fn verify_login_mfa_authenticator_enrollment(
        &self,
        cx: &RequestContext,
        body: types::VerifyEnrollMfaAuthAppRequest,
    ) -> ApiResult<types::AuthenticationResponseDto> {
        let (mfa_token, code) = (body.mfa_token.expose(), body.token.expose());
        let remember = remember(body.remember_device);
        finish(self, cx, async |tx| authenticators::confirm_at_sign_in(tx, mfa_token, code, remember).await).await
    }

    async fn verify_login_mfa_email_code(
        &self,
        cx: &RequestContext,
        body: types::VerifyMfaEmailOtcRequest,
    ) -> ApiResult<types::AuthenticationResponseDto> {
        let typed = TypedCode { handle: body.otc_token.expose(), code: body.code.expose() };
        let remember = remember(body.remember_device);
        finish(self, cx, async |tx| mail_codes::verify(tx, body.mfa_token.expose(), typed, remember).await).await
    }

    async fn verify_login_mfa_sms_code(
        &self,
        cx: &RequestContext,
        params: VerifyLoginMfaSmsCodeParams,
        body: types::VerifyMfaSmsRequest,
    ) -> ApiResult<types::AuthenticationResponseDto> {
        let typed = TypedCode { handle: body.otc_token.expose(), code: body.code.expose() };
        let remember = remember(body.remember_device);
        finish(self, cx, async |tx| {
            phones::verify(tx, body.mfa_token.expose(), &params.device_id, typed, remember).await
        })
        .await
    }

    async fn verify_login_mfa_sms_enrollment(
        &self,
        cx: &RequestContext,
        body: types::VerifyEnrollMfaSmsRequest,
    ) -> ApiResult<types::AuthenticationResponseDto> {
        let typed = TypedCode { handle: body.otc_token.expose(), code: body.code.expose() };
        let mfa_token = body.mfa_token.as_ref().map(Secret::expose);
        let remember = remember(body.remember_device);
        finish(self, cx, async |tx| phones::confirm_at_sign_in(tx, mfa_token, typed, remember).await).await
    }

    async fn verify_login_mfa_webauthn(
        &self,
        cx: &RequestContext,
        params: VerifyLoginMfaWebauthnParams,
        body: types::VerifyMfaWebAuthnRequest,
    ) -> ApiResult<types::AuthenticationResponseDto> {
        webauthn::verify(self, cx, params, body).await
    }

    async fn verify_login_mfa_webauthn_enrollment(
        &self,
        cx: &RequestContext,
        body: types::VerifyEnrollMfaWebAuthnRequest,
    ) -> ApiResult<types::AuthenticationResponseDto> {
        webauthn::verify_enrollment(self, cx, body).await
    }

    async fn verify_my_authenticator_mfa_enrollment(
        &self,
        cx: &RequestContext,
        body: types::VerifyEnrollMfaUserAuthAppRequest,
    ) -> ApiResult<types::VerifyEnrollMfaResponse> {
        self.attempt(async |tx| Ok(authenticators::confirm(tx, cx.user()?, body.token.expose()).await?))
            .await
            .map(enrolled)
    }

    async fn verify_my_mfa_enrollment(
        &self,
        cx: &RequestContext,
        body: types::VerifyEnrollMfaUserAuthAppRequest,
    ) -> ApiResult<types::VerifyEnrollMfaResponse> {
        self.verify_my_authenticator_mfa_enrollment(cx, body).await
    }

    async fn verify_my_sms_mfa_enrollment(
        &self,
        cx: &RequestContext,
        body: types::VerifyEnrollMfaSmsRequest,
    ) -> ApiResult<types::VerifyEnrollMfaResponse> {
        let typed = TypedCode { handle: body.otc_token.expose(), code: body.code.expose() };
        self.attempt(async |tx| Ok(phones::confirm(tx, cx.user()?, typed).await?)).await.map(enrolled)
    }
}

/// A code of an app in a sign-in.
async fn verify_app(
    service: &Service,
    cx: &RequestContext,
    device_id: Option<&str>,
    body: types::VerifyMfaAuthAppRequest,
) -> ApiResult<types::AuthenticationResponseDto> {
    let (mfa_token, code) = (body.mfa_token.expose(), body.value.expose());
    let remember = remember(body.remember_device);
    finish(service, cx, async |tx| authenticators::verify(tx, mfa_token, device_id, code, remember).await).await
}

/// Whether the browser is to skip the second factor from now on.
fn remember(wish: Option<bool>) -> RememberDevice {
    if wish.unwrap_or_default() { RememberDevice::Yes } else { RememberDevice::No }
}

/// Proves a second factor and goes on with its sign-in.
async fn finish(
    service: &Service,
    cx: &RequestContext,
    prove: impl AsyncFnOnce(&Write) -> DomainResult<Tried<Proven>>,
) -> ApiResult<types::AuthenticationResponseDto> {
    let client = sign_in::client_info(service, cx);
    let go_on = async |tx: &Write| match prove(tx).await? {
        Tried::Done(proven) => Ok(Tried::Done(login::second_factor_done(tx, proven, &client).await?)),
        Tried::Refused(refusal) => Ok(Tried::Refused(refusal)),
    };
    let outcome = service.attempt(go_on).await?;
    sign_in::answer(service, cx, outcome).await
}

/// Who asks to be rid of something.
fn remover<'a>(cx: &RequestContext, code: Option<&'a Secret>) -> Remover<'a> {
    if caller(cx).is_user() { Remover::Oneself(code.map(Secret::expose)) } else { Remover::Administrator }
}

fn offered(offer: Offer) -> types::RequestEnrollAuthenticatorAppMfaResponse {
    types::RequestEnrollAuthenticatorAppMfaResponse { qr_code: offer.qr_code.into(), secret: Some(offer.secret.into()) }
}

/// Who has a factor already keeps the recovery code that came with it.
pub(super) fn enrolled(recovery_code: Option<String>) -> types::VerifyEnrollMfaResponse {
    types::VerifyEnrollMfaResponse { recovery_code: Some(recovery_code.unwrap_or_default().into()) }
}
