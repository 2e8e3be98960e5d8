//! What login pages and signed-in browsers need around a sign-in.

use std::time::Duration;

use frontegg_contract::{
    ApiFailure, ApiResult, Principal, RequestContext,
    unpublished_sign_in::{
        BeginSocialSignInParams, CompleteSocialSignInParams, GetPublicIdentityConfigurationParams, UnpublishedSignInApi,
    },
};
use frontegg_model::{
    enums::{self, PasswordRecoveryChannel, SecondaryAuthStrategy, SignUpIdentifier},
    types,
};

use super::{core_settings::same_site, sign_in, social_sign_in};
use crate::{
    domain::{
        DomainError, DomainResult, Refusal,
        joining::sign_up,
        login::{self, captcha},
        mfa::{self, devices::WEBAUTHN, pending::Raising},
        passwords,
        settings::configuration,
    },
    service::Service,
    store::Read,
};

impl UnpublishedSignInApi for Service {
    async fn begin_social_sign_in(&self, cx: &RequestContext, params: BeginSocialSignInParams) -> ApiResult<()> {
        social_sign_in::begin(self, cx, params).await
    }

    async fn complete_social_sign_in(
        &self,
        cx: &RequestContext,
        params: CompleteSocialSignInParams,
        body: types::CompleteSocialSignInRequest,
    ) -> ApiResult<types::AuthenticationResponseDto> {
        social_sign_in::complete(self, cx, params, body).await
    }

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

    async fn get_public_auth_strategies(&self, _: &RequestContext) -> ApiResult<types::AuthStrategies> {
        let tx = self.store().read().await?;
        Ok(auth_strategies(&tx).await?)
    }

    async fn get_auth_strategies(&self, _: &RequestContext) -> ApiResult<types::AuthStrategies> {
        let tx = self.store().read().await?;
        Ok(auth_strategies(&tx).await?)
    }

    async fn get_public_captcha_policy(&self, _: &RequestContext) -> ApiResult<types::PublicCaptchaPolicy> {
        let tx = self.store().read().await?;
        let policy = captcha::in_force(&tx).await?;
        Ok(types::PublicCaptchaPolicy {
            enabled: policy.is_some(),
            min_score: policy.as_ref().map(|policy| policy.min_score),
            site_key: policy.map(|policy| policy.site_key),
        })
    }

    async fn list_sign_up_strategies(&self, _: &RequestContext) -> ApiResult<Vec<types::SignUpStrategy>> {
        let tx = self.store().read().await?;
        let configuration = configuration::get(&tx).await?;
        let by_username = sign_up::takes_usernames(&configuration);
        let strategy = |strategy, is_active, is_required| types::SignUpStrategy {
            strategy,
            is_active: configuration.allow_signups && is_active,
            is_required: configuration.allow_signups && is_required,
        };
        Ok(vec![
            strategy(SignUpIdentifier::Email, true, !by_username),
            // Nobody signs up by a number alone.
            strategy(SignUpIdentifier::PhoneNumber, false, false),
            strategy(SignUpIdentifier::Username, by_username, by_username),
        ])
    }

    async fn list_password_recovery_strategies(
        &self,
        _: &RequestContext,
    ) -> ApiResult<Vec<types::PasswordRecoveryStrategy>> {
        // The only operations that recover a password send a mail.
        let channels = [(PasswordRecoveryChannel::Email, true), (PasswordRecoveryChannel::Sms, false)];
        let strategy = |(strategy, is_active)| types::PasswordRecoveryStrategy { strategy, is_active };
        Ok(channels.map(strategy).to_vec())
    }

    async fn list_social_login_providers(&self, _: &RequestContext) -> ApiResult<Vec<types::SocialLoginProvider>> {
        // No operation sets one up.
        Ok(Vec::new())
    }

    async fn list_my_social_login_providers(&self, cx: &RequestContext) -> ApiResult<Vec<types::SocialLoginProvider>> {
        self.list_social_login_providers(cx).await
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

async fn auth_strategies(tx: &Read) -> DomainResult<types::AuthStrategies> {
    let main = enums::AuthStrategy::from(configuration::get(tx).await?.auth_strategy);
    let methods = mfa::configuration::get(tx).await?;
    let [platform, cross_platform] = WEBAUTHN.map(|kind| methods.is_active(&kind));
    let secondary = [
        (SecondaryAuthStrategy::Passkeys, platform || cross_platform),
        (SecondaryAuthStrategy::WebAuthnPlatform, platform),
        (SecondaryAuthStrategy::WebAuthnCrossPlatform, cross_platform),
    ];
    let setting = |(strategy, is_active)| types::SecondaryAuthStrategySetting { strategy, is_active };
    Ok(types::AuthStrategies {
        main_auth_strategies: vec![types::MainAuthStrategy { strategy: main }],
        secondary_auth_strategies: secondary.map(setting).to_vec(),
    })
}
