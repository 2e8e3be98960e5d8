//! Rules for passwords, and the ways to a new one.

pub(super) mod rules;

use frontegg_contract::{
    ApiFailure, ApiResult, Principal, RequestContext,
    password_settings::{GetStrictestPasswordConfigurationParams, PasswordSettingsApi},
};
use frontegg_model::{enums::IdentifierType, types};

use super::caller::{caller, tenant};
use crate::{
    domain::{
        identifiers::Identifier,
        passwords::{self, Texts, complexity, history, reset, rotation},
        policies,
        settings::Owner,
    },
    ids,
    service::Service,
};

impl PasswordSettingsApi for Service {
    async fn get_password_configuration(&self, cx: &RequestContext) -> ApiResult<types::PasswordConfigResponse> {
        let level = match &cx.principal {
            // A page that asks before a sign-in: whose tenant it is cannot be known.
            Principal::Anonymous => Owner::Environment,
            Principal::Environment(_) | Principal::User(_) => policies::level(caller(cx), tenant(cx)),
        };
        let tx = self.store().read().await?;
        Ok(rules::complexity(&complexity::of(&tx, level).await?))
    }

    async fn update_password_configuration(
        &self,
        cx: &RequestContext,
        body: types::PasswordConfigRequest,
    ) -> ApiResult<types::PasswordConfigResponse> {
        let changed = self
            .write(async |tx| Ok(complexity::change(tx, caller(cx), tenant(cx), rules::complexity_change(body)).await?))
            .await?;
        Ok(rules::complexity(&changed))
    }

    async fn get_strictest_password_configuration(
        &self,
        cx: &RequestContext,
        params: GetStrictestPasswordConfigurationParams,
    ) -> ApiResult<types::PasswordConfigResponse> {
        let caller = match &cx.principal {
            Principal::User(token) => Some(token.user_id.as_str()),
            Principal::Anonymous | Principal::Environment(_) => None,
        };
        let tx = self.store().read().await?;
        let binding = match params.user_id.as_deref().or(caller) {
            // Of nobody's tenants nothing is known, so that an unknown id gets the environment's.
            Some(user_id) => complexity::binding_user(&tx, user_id).await?,
            None => complexity::binding_newcomer(&tx, None).await?,
        };
        Ok(rules::complexity(&binding))
    }

    async fn create_password_history_policy(
        &self,
        cx: &RequestContext,
        body: types::PasswordHistoryPolicyRequest,
    ) -> ApiResult<types::PasswordHistoryPolicyResponse> {
        let record = self
            .write(async |tx| Ok(history::create(tx, caller(cx), tenant(cx), rules::history_rule(&body)).await?))
            .await?;
        Ok(rules::history(record))
    }

    async fn get_password_history_policy(
        &self,
        cx: &RequestContext,
    ) -> ApiResult<types::PasswordHistoryPolicyResponse> {
        let tx = self.store().read().await?;
        Ok(rules::history(history::require(&tx, policies::level(caller(cx), tenant(cx))).await?))
    }

    async fn update_password_history_policy(
        &self,
        cx: &RequestContext,
        body: types::PasswordHistoryPolicyRequest,
    ) -> ApiResult<types::PasswordHistoryPolicyResponse> {
        let record = self
            .write(async |tx| Ok(history::update(tx, caller(cx), tenant(cx), rules::history_rule(&body)).await?))
            .await?;
        Ok(rules::history(record))
    }

    async fn get_password_rotation(
        &self,
        cx: &RequestContext,
    ) -> ApiResult<types::PasswordRotationConfigurationResponse> {
        let tx = self.store().read().await?;
        let level = policies::level(caller(cx), tenant(cx));
        Ok(rules::rotation(level, &rotation::require(&tx, level).await?))
    }

    async fn get_environment_password_rotation(
        &self,
        _: &RequestContext,
    ) -> ApiResult<types::PasswordRotationConfigurationResponse> {
        let tx = self.store().read().await?;
        let level = Owner::Environment;
        Ok(rules::rotation(level, &rotation::require(&tx, level).await?))
    }

    async fn set_password_rotation(
        &self,
        cx: &RequestContext,
        body: types::CreateOrUpdatePasswordRotationDto,
    ) -> ApiResult<()> {
        self.write(async |tx| Ok(rotation::set(tx, caller(cx), tenant(cx), rules::rotation_change(&body)).await?)).await
    }

    async fn change_my_password(&self, cx: &RequestContext, body: types::UpdateUserPasswordDto) -> ApiResult<()> {
        let session = match &cx.principal {
            Principal::User(token) => Some(token.token_id.as_str()),
            Principal::Anonymous | Principal::Environment(_) => None,
        };
        let user_id = cx.user()?;
        let texts = Texts { current: body.password.expose(), new: body.new_password.expose() };
        passwords::change(self.store(), self.passwords(), user_id, session, texts).await?;
        Ok(())
    }

    async fn send_password_reset_email_v1(&self, _: &RequestContext, body: types::ResetPasswordV1Dto) -> ApiResult<()> {
        let identifier = match (&body.email, &body.identifier, &body.identifier_type) {
            (_, Some(value), Some(kind)) => identifier(kind, value)?,
            (Some(email), _, _) => Identifier::Email(email),
            (None, Some(_), None) => return Err(ApiFailure::bad_request("identifierType is required")),
            (None, None, _) => return Err(ApiFailure::bad_request("email or identifier is required")),
        };
        self.write(async |tx| Ok(reset::mail(tx, identifier, body.email_metadata.unwrap_or_default()).await?)).await
    }

    async fn send_password_reset_email_v2(
        &self,
        _: &RequestContext,
        body: types::ResetPasswordDto,
    ) -> ApiResult<types::ResetPasswordViaSmsResponseDto> {
        let identifier = identifier(&body.identifier_type, &body.identifier)?;
        self.write(async |tx| Ok(reset::mail(tx, identifier, body.email_metadata.unwrap_or_default()).await?)).await?;
        // Good for nothing; the document promises one.
        Ok(types::ResetPasswordViaSmsResponseDto { session_id: Some(ids::new_id()) })
    }

    async fn send_password_reset_sms(
        &self,
        _: &RequestContext,
        body: types::ResetPasswordDto,
    ) -> ApiResult<types::ResetPasswordViaSmsResponseDto> {
        let identifier = identifier(&body.identifier_type, &body.identifier)?;
        let handle = self.write(async |tx| Ok(reset::text(tx, identifier).await?)).await?;
        Ok(types::ResetPasswordViaSmsResponseDto { session_id: Some(handle) })
    }

    async fn verify_password_reset_sms_code(
        &self,
        _: &RequestContext,
        body: types::VerifyPasswordViaSmsRequestDto,
    ) -> ApiResult<types::VerifyPasswordViaSmsResponseDto> {
        let code = body.otc_token.expose();
        let exchanged = self.attempt(async |tx| Ok(reset::exchange(tx, &body.session_id, code).await?)).await?;
        Ok(types::VerifyPasswordViaSmsResponseDto { user_id: exchanged.user_id, token: exchanged.token.into() })
    }

    async fn reset_password_with_token(&self, _: &RequestContext, body: types::VerifyPasswordDto) -> ApiResult<()> {
        let (token, password) = (body.token.expose(), body.password.expose());
        passwords::check_size(password)?;
        Ok(reset::redeem(self.store(), self.passwords(), &body.user_id, token, password).await?)
    }
}

fn identifier<'a>(kind: &IdentifierType, value: &'a str) -> ApiResult<Identifier<'a>> {
    if value.is_empty() {
        return Err(ApiFailure::bad_request("identifier should not be empty"));
    }
    match kind {
        IdentifierType::Email => Ok(Identifier::Email(value)),
        IdentifierType::PhoneNumber => Ok(Identifier::PhoneNumber(value)),
        IdentifierType::Username => Ok(Identifier::Username(value)),
        _ => Err(ApiFailure::bad_request("identifierType must be one of email, phoneNumber, username")),
    }
}
