//! What login pages and signed-in browsers need around a sign-in.

use std::time::Duration;

use frontegg_contract::{
    ApiFailure, ApiResult, Principal, RequestContext,
    unpublished_sign_in::{GetPublicIdentityConfigurationParams, UnpublishedSignInApi},
};
use frontegg_model::{enums, types};

use super::{core_settings::same_site, sign_in};
use crate::{
    domain::{DomainError, Refusal, login, mfa::pending::Raising, passwords, settings::configuration},
    service::Service,
};

impl UnpublishedSignInApi for Service {
    async fn generate_step_up_session(
        &self,
        cx: &RequestContext,
        body: types::GenerateStepUpSessionRequest,
    ) -> ApiResult<types::AuthenticationResponseDto> {
        let Principal::User(token) = &cx.principal else {
            return Err(ApiFailure::unauthorized("Failed to verify user JWT"));
        };
        let max_age = body.max_age.into_option().flatten();
        let max_age = max_age.map(|seconds| Duration::from_secs(u64::try_from(seconds).unwrap_or_default()));
        let client = sign_in::client_info(self, cx);
        let raising = Raising { session_id: token.token_id.clone(), tenant_id: token.tenant_id.clone() };
        let outcome = self.write(async |tx| Ok(login::step_up(tx, raising, max_age, &client).await?)).await?;
        sign_in::answer(self, cx, outcome).await
    }

    async fn get_public_identity_configuration(
        &self,
        _: &RequestContext,
        _: GetPublicIdentityConfigurationParams,
    ) -> ApiResult<types::PublicIdentityConfiguration> {
        let tx = self.store().read().await?;
        let configuration = configuration::get(&tx).await?;
        Ok(types::PublicIdentityConfiguration {
            allow_custom_login_tenant_switch: Some(configuration.allow_custom_login_tenant_switch),
            allow_not_verified_users_login: Some(configuration.allow_not_verified_users_login),
            allow_override_enforce_password_history: Some(configuration.allow_override_enforce_password_history),
            allow_override_password_complexity: Some(configuration.allow_override_password_complexity),
            allow_override_password_expiration: Some(configuration.allow_override_password_expiration),
            allow_signups: Some(configuration.allow_signups),
            allow_tenant_invitations: Some(configuration.allow_tenant_invitations),
            api_tokens_enabled: Some(configuration.api_tokens_enabled),
            auth_strategy: Some(enums::AuthStrategy::from(configuration.auth_strategy)),
            cookie_same_site: Some(same_site(configuration.cookie_same_site)),
            default_passwordless_token_expiration: Some(configuration.default_passwordless_token_expiration),
            default_refresh_token_expiration: Some(configuration.default_refresh_token_expiration),
            default_token_expiration: Some(configuration.default_token_expiration),
            force_permissions: Some(configuration.force_permissions),
            force_same_device_on_auth: Some(configuration.force_same_device_on_auth),
            machine_to_machine_auth_strategy: Some(enums::MachineToMachineAuthStrategy::from(
                configuration.machine_to_machine_auth_strategy,
            )),
            rotate_refresh_tokens: Some(configuration.rotate_refresh_tokens),
        })
    }

    async fn validate_password_reset_token(
        &self,
        _: &RequestContext,
        body: types::ValidatePasswordResetTokenRequest,
    ) -> ApiResult<()> {
        let tx = self.store().read().await?;
        let checked = passwords::reset::check(&tx, body.user_id.as_deref(), body.token.expose()).await;
        // Here an unknown token looks like a spent one.
        checked.map(|_| ()).map_err(|error| match error.refusal() {
            Refusal::Unauthorized => DomainError::gone("The token is invalid or has expired").into(),
            _ => error.into(),
        })
    }
}
