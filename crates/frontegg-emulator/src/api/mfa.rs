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
    domain::{
        login::{self, Visit},
        mfa::{
            Proven, Step, Tried,
            authenticators::{self, Offer, Remover},
            mail_codes, phones, policy, recovery,
        },
    },
    service::Service,
    store::Tx,
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
        let tx = self.store().write().await?;
        let app = (cx.user()?, params.device_id.as_str());
        let outcome = authenticators::remove(&tx, self.base_url(), app, remover).await?;
        done(tx, outcome).await
    }

    async fn disable_my_mfa(&self, cx: &RequestContext, body: types::DisableMfaAuthAppRequest) -> ApiResult<()> {
        let remover = remover(cx, body.token.as_ref());
        let tx = self.store().write().await?;
        let outcome = authenticators::disable(&tx, self.base_url(), cx.user()?, remover).await?;
        done(tx, outcome).await
    }

    async fn disable_my_sms_mfa(
        &self,
        cx: &RequestContext,
        params: DisableMySmsMfaParams,
        body: types::DisableMfasmsRequest,
    ) -> ApiResult<()> {
        let presented = (body.otc_token.expose(), body.code.expose());
        let tx = self.store().write().await?;
        let phone = (cx.user()?, params.device_id.as_str());
        let outcome = phones::remove(&tx, self.base_url(), phone, presented, remover(cx, None)).await?;
        done(tx, outcome).await
    }

    async fn enroll_login_mfa_authenticator(
        &self,
        _cx: &RequestContext,
        body: types::AuthRequestEnrollMfaRequest,
    ) -> ApiResult<types::RequestEnrollAuthenticatorAppMfaResponse> {
        let tx = self.store().write().await?;
        let offer = authenticators::offer_at_sign_in(&tx, body.mfa_token.expose()).await?;
        tx.commit().await?;
        Ok(offered(offer))
    }

    async fn enroll_login_mfa_sms(
        &self,
        _cx: &RequestContext,
        body: types::RequestEnrollMfasmsRequest,
    ) -> ApiResult<types::RequestEnrollMfasmsResponse> {
        let missing = || ApiFailure::bad_request("mfaToken is required");
        let mfa_token = body.mfa_token.as_ref().ok_or_else(missing)?.expose();
        let tx = self.store().write().await?;
        let sent = phones::enroll_at_sign_in(&tx, self.base_url(), mfa_token, &body.phone_number).await?;
        tx.commit().await?;
        Ok(types::RequestEnrollMfasmsResponse { otc_token: sent.otc_token.into(), phone_number: sent.number })
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
        let tx = self.store().write().await?;
        let offer = authenticators::offer_to(&tx, cx.user()?).await?;
        tx.commit().await?;
        Ok(offered(offer))
    }

    async fn enroll_my_mfa(&self, cx: &RequestContext) -> ApiResult<types::RequestEnrollAuthenticatorAppMfaResponse> {
        self.enroll_my_authenticator_mfa(cx).await
    }

    async fn enroll_my_sms_mfa(
        &self,
        cx: &RequestContext,
        body: types::RequestEnrollMfasmsRequest,
    ) -> ApiResult<types::RequestEnrollMfasmsResponse> {
        let tx = self.store().write().await?;
        let sent = phones::enroll(&tx, self.base_url(), cx.user()?, &body.phone_number).await?;
        tx.commit().await?;
        Ok(types::RequestEnrollMfasmsResponse { otc_token: sent.otc_token.into(), phone_number: sent.number })
    }

    async fn get_mfa_remember_device_setting(
        &self,
        cx: &RequestContext,
        params: GetMfaRememberDeviceSettingParams,
    ) -> ApiResult<types::CheckAllowRememberResponse> {
        let application_id = sign_in::application(cx);
        let tx = self.store().read().await?;
        let rule = policy::at_sign_in(&tx, params.mfa_token.expose(), application_id, cx.tenant_id.as_deref()).await?;
        Ok(types::CheckAllowRememberResponse {
            is_allowed_to_remember: rule.allow_remember,
            mfa_device_expiration: i64::try_from(rule.remembered_for.as_secs()).unwrap_or(i64::MAX),
        })
    }

    async fn recover_mfa(&self, _cx: &RequestContext, body: types::RecoverMfaDto) -> ApiResult<()> {
        let tx = self.store().write().await?;
        let recovered = recovery::recover(&tx, self.base_url(), &body.email, body.recovery_code.expose()).await?;
        done(tx, recovered).await
    }

    async fn send_login_mfa_email_code(
        &self,
        _cx: &RequestContext,
        body: types::AuthRequestVerifyMfaRequest,
    ) -> ApiResult<types::RequestVerifyMfaEmailResponse> {
        let tx = self.store().write().await?;
        let otc_token = mail_codes::send(&tx, self.base_url(), body.mfa_token.expose()).await?;
        tx.commit().await?;
        Ok(types::RequestVerifyMfaEmailResponse { otc_token: otc_token.into() })
    }

    async fn send_login_mfa_sms_code(
        &self,
        _cx: &RequestContext,
        params: SendLoginMfaSmsCodeParams,
        body: types::AuthRequestVerifyMfaRequest,
    ) -> ApiResult<types::RequestVerifyMfasmsResponse> {
        let tx = self.store().write().await?;
        let sent = phones::send(&tx, self.base_url(), body.mfa_token.expose(), &params.device_id).await?;
        tx.commit().await?;
        Ok(types::RequestVerifyMfasmsResponse { otc_token: sent.otc_token.into(), phone_number: sent.number })
    }

    async fn send_my_sms_mfa_disable_code(
        &self,
        cx: &RequestContext,
        params: SendMySmsMfaDisableCodeParams,
    ) -> ApiResult<types::RequestDisableMfasmsResponse> {
        let tx = self.store().write().await?;
        let sent = phones::ask_removal(&tx, self.base_url(), cx.user()?, &params.device_id).await?;
        tx.commit().await?;
        Ok(types::RequestDisableMfasmsResponse { otc_token: sent.otc_token.into(), phone_number: sent.number })
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
        let visit = sign_in::visit(self, cx);
        let (mfa_token, code) = (body.mfa_token.expose(), body.token.expose());
        let tx = self.store().write().await?;
        let step = step(self, body.remember_device);
        let outcome = authenticators::confirm_at_sign_in(&tx, mfa_token, code, step).await?;
        finish(self, cx, tx, outcome, &visit).await
    }

    async fn verify_login_mfa_email_code(
        &self,
        cx: &RequestContext,
        body: types::VerifyMfaEmailOtcRequest,
    ) -> ApiResult<types::AuthenticationResponseDto> {
        let visit = sign_in::visit(self, cx);
        let presented = (body.otc_token.expose(), body.code.expose());
        let tx = self.store().write().await?;
        let step = step(self, body.remember_device);
        let outcome = mail_codes::verify(&tx, body.mfa_token.expose(), presented, step).await?;
        finish(self, cx, tx, outcome, &visit).await
    }

    async fn verify_login_mfa_sms_code(
        &self,
        cx: &RequestContext,
        params: VerifyLoginMfaSmsCodeParams,
        body: types::VerifyMfasmsRequest,
    ) -> ApiResult<types::AuthenticationResponseDto> {
        let visit = sign_in::visit(self, cx);
        let presented = (body.otc_token.expose(), body.code.expose());
        let tx = self.store().write().await?;
        let step = step(self, body.remember_device);
        let outcome = phones::verify(&tx, body.mfa_token.expose(), &params.device_id, presented, step).await?;
        finish(self, cx, tx, outcome, &visit).await
    }

    async fn verify_login_mfa_sms_enrollment(
        &self,
        cx: &RequestContext,
        body: types::VerifyEnrollMfasmsRequest,
    ) -> ApiResult<types::AuthenticationResponseDto> {
        let visit = sign_in::visit(self, cx);
        let presented = (body.otc_token.expose(), body.code.expose());
        let mfa_token = body.mfa_token.as_ref().map(Secret::expose);
        let tx = self.store().write().await?;
        let step = step(self, body.remember_device);
        let outcome = phones::confirm_at_sign_in(&tx, mfa_token, presented, step).await?;
        finish(self, cx, tx, outcome, &visit).await
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
        let tx = self.store().write().await?;
        let confirmed = authenticators::confirm(&tx, self.base_url(), cx.user()?, body.token.expose()).await?;
        done(tx, confirmed).await.map(enrolled)
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
        body: types::VerifyEnrollMfasmsRequest,
    ) -> ApiResult<types::VerifyEnrollMfaResponse> {
        let presented = (body.otc_token.expose(), body.code.expose());
        let tx = self.store().write().await?;
        let confirmed = phones::confirm(&tx, self.base_url(), cx.user()?, presented).await?;
        done(tx, confirmed).await.map(enrolled)
    }
}

/// A code of an app in a sign-in.
async fn verify_app(
    service: &Service,
    cx: &RequestContext,
    device_id: Option<&str>,
    body: types::VerifyMfaAuthAppRequest,
) -> ApiResult<types::AuthenticationResponseDto> {
    let visit = sign_in::visit(service, cx);
    let (mfa_token, code) = (body.mfa_token.expose(), body.value.expose());
    let tx = service.store().write().await?;
    let step = step(service, body.remember_device);
    let outcome = authenticators::verify(&tx, mfa_token, device_id, code, step).await?;
    finish(service, cx, tx, outcome, &visit).await
}

/// The request by which a sign-in goes on.
fn step(service: &Service, remember: Option<bool>) -> Step<'_> {
    Step { base_url: service.base_url(), remember: remember.unwrap_or_default() }
}

/// Commits, since a wrong answer was counted, and answers or refuses.
async fn finish(
    service: &Service,
    cx: &RequestContext,
    tx: Tx,
    tried: Tried<Proven>,
    visit: &Visit,
) -> ApiResult<types::AuthenticationResponseDto> {
    let tried = match tried {
        Ok(proven) => Ok(login::second_factor_done(&tx, proven, visit).await?),
        Err(refusal) => Err(refusal),
    };
    let outcome = done(tx, tried).await?;
    sign_in::answer(service, cx, outcome).await
}

async fn done<T>(tx: Tx, tried: Tried<T>) -> ApiResult<T> {
    tx.commit().await?;
    Ok(tried?)
}

/// Who asks to be rid of something.
fn remover<'a>(cx: &RequestContext, code: Option<&'a Secret>) -> Remover<'a> {
    if caller(cx).is_user() { Remover::Oneself(code.map(Secret::expose)) } else { Remover::Administrator }
}

fn offered(offer: Offer) -> types::RequestEnrollAuthenticatorAppMfaResponse {
    types::RequestEnrollAuthenticatorAppMfaResponse { qr_code: offer.qr_code.into(), secret: Some(offer.secret.into()) }
}

/// Who has a factor already keeps the recovery code that came with it.
fn enrolled(recovery_code: Option<String>) -> types::VerifyEnrollMfaResponse {
    types::VerifyEnrollMfaResponse { recovery_code: Some(recovery_code.unwrap_or_default().into()) }
}
