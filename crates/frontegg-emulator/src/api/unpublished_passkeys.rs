//! Passkeys: a signed-in person's own, and signing in with one.

use frontegg_contract::{
    ApiResult, RequestContext,
    unpublished_passkeys::{DeleteMyPasskeyParams, UnpublishedPasskeysApi},
};
use frontegg_model::{Secret, types};

use super::{
    sign_in,
    webauthn::{created, creation_options, device, device_type, party, passkey_options, signed},
};
use crate::{
    domain::{
        login::passkey,
        mfa::{devices::OwnDevice, passkeys},
    },
    service::Service,
    store::entity::WebAuthnDevice,
};

impl UnpublishedPasskeysApi for Service {
    async fn list_my_passkeys(&self, cx: &RequestContext) -> ApiResult<types::PasskeyList> {
        let tx = self.store().read().await?;
        let rows = passkeys::list(&tx, cx.user()?).await?.into_iter();
        let devices = rows.map(|row| types::Passkey {
            id: row.id,
            device_type: device_type(row.device_type),
            created_at: row.created_at.utc(),
        });
        Ok(types::PasskeyList { devices: devices.collect() })
    }

    async fn create_my_passkey_challenge(
        &self,
        cx: &RequestContext,
    ) -> ApiResult<types::WebAuthnCredentialCreationOptions> {
        let party = party(self)?;
        let offer = self.write(async |tx| Ok(passkeys::offer(tx, cx.user()?).await?)).await?;
        Ok(creation_options(&party, offer))
    }

    async fn verify_my_passkey(
        &self,
        cx: &RequestContext,
        body: types::VerifyNewWebAuthnDeviceRequest,
    ) -> ApiResult<()> {
        let party = party(self)?;
        let device = body.device_type.as_ref().map_or(Ok(WebAuthnDevice::CrossPlatform), device)?;
        self.attempt(async |tx| Ok(passkeys::confirm(tx, &party, cx.user()?, device, created(&body)).await?)).await
    }

    async fn delete_my_passkey(&self, cx: &RequestContext, params: DeleteMyPasskeyParams) -> ApiResult<()> {
        let passkey = OwnDevice { user_id: cx.user()?, device_id: &params.device_id };
        self.write(async |tx| Ok(passkeys::remove(tx, passkey).await?)).await
    }

    async fn create_passkey_login_challenge(
        &self,
        _: &RequestContext,
        body: types::PasskeyLoginChallengeRequest,
    ) -> ApiResult<types::WebAuthnCredentialRequestOptions> {
        let party = party(self)?;
        let recaptcha_token = body.recaptcha_token.as_ref().map(Secret::expose);
        let posed = self.write(async |tx| Ok(passkey::ask(tx, body.email.as_deref(), recaptcha_token).await?)).await?;
        Ok(passkey_options(&party, posed))
    }

    async fn authenticate_with_passkey(
        &self,
        cx: &RequestContext,
        body: types::AuthenticateUserWebAuthnDto,
    ) -> ApiResult<types::AuthenticationResponseDto> {
        let party = party(self)?;
        let invitation = body.invitation_token.as_ref().map(|token| token.expose().to_owned());
        let client = sign_in::client_info(self, cx).invited(invitation);
        let outcome = self.attempt(async |tx| Ok(passkey::sign_in(tx, &party, signed(&body), &client).await?)).await?;
        sign_in::answer(self, cx, outcome).await
    }
}
