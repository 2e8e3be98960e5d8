//! What portals show and change of the caller's second factors.

use frontegg_contract::{
    ApiResult, RequestContext,
    unpublished_mfa::{CreateMyWebauthnMfaDisableChallengeParams, DisableMyWebauthnMfaParams, UnpublishedMfaApi},
};
use frontegg_model::types;

use super::{
    mfa::enrolled,
    sign_in,
    webauthn::{created, creation_options, device, party, request_options, signed},
};
use crate::{
    domain::mfa::{
        devices::{self, OwnDevice},
        webauthn::{self, Assertion, Registration},
    },
    service::Service,
};

impl UnpublishedMfaApi for Service {
    async fn list_my_mfa_devices(&self, cx: &RequestContext) -> ApiResult<types::UserMfaDevicesResponse> {
        let tx = self.store().read().await?;
        Ok(sign_in::devices_response(&devices::all(&tx, cx.user()?).await?))
    }

    async fn enroll_my_webauthn_mfa(&self, cx: &RequestContext) -> ApiResult<types::RequestEnrollMfaWebAuthnResponse> {
        let party = party(self)?;
        let offer = self.write(async |tx| Ok(webauthn::enroll(tx, cx.user()?).await?)).await?;
        Ok(types::RequestEnrollMfaWebAuthnResponse {
            webauthn_token: offer.posed.handle.clone().into(),
            options: creation_options(&party, offer),
        })
    }

    async fn verify_my_webauthn_mfa_enrollment(
        &self,
        cx: &RequestContext,
        body: types::VerifyMyWebAuthnEnrollmentRequest,
    ) -> ApiResult<types::VerifyEnrollMfaResponse> {
        let party = party(self)?;
        let registration = Registration {
            handle: body.webauthn_token.expose(),
            device: device(&body.device_type)?,
            created: created(&body.options),
        };
        self.attempt(async |tx| Ok(webauthn::confirm(tx, &party, cx.user()?, registration).await?)).await.map(enrolled)
    }

    async fn create_my_webauthn_mfa_disable_challenge(
        &self,
        cx: &RequestContext,
        params: CreateMyWebauthnMfaDisableChallengeParams,
    ) -> ApiResult<types::RequestVerifyMfaWebAuthnResponse> {
        let party = party(self)?;
        let device = OwnDevice { user_id: cx.user()?, device_id: &params.device_id };
        let question = self.write(async |tx| Ok(webauthn::ask_removal(tx, device).await?)).await?;
        Ok(types::RequestVerifyMfaWebAuthnResponse {
            webauthn_token: question.posed.handle.clone().into(),
            options: request_options(&party, question),
        })
    }

    async fn disable_my_webauthn_mfa(
        &self,
        cx: &RequestContext,
        params: DisableMyWebauthnMfaParams,
        body: types::DisableMyWebAuthnRequest,
    ) -> ApiResult<()> {
        let party = party(self)?;
        let assertion = Assertion {
            device_id: &params.device_id,
            handle: body.webauthn_token.expose(),
            signed: signed(&body.options),
        };
        self.attempt(async |tx| Ok(webauthn::remove(tx, &party, cx.user()?, assertion).await?)).await
    }
}
