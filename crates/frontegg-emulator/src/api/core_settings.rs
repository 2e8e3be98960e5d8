//! The identity configuration, the captcha policy, and templates of tokens with their targeting.

mod jwt_templates;

use frontegg_contract::{
    ApiResult, Principal, RequestContext,
    core_settings::{
        CoreSettingsApi, DeleteJwtTemplateParams, DeleteJwtTemplateTargetingParams, GetJwtTemplateParams,
        ListJwtTemplatesParams, UpdateJwtTemplateParams, UpdateJwtTemplateTargetingParams,
    },
};
use frontegg_model::{Secret, enums, types};

use super::paging;
use crate::{
    domain::{
        jwt_templates::{self as templates, targeting},
        login::captcha::{self, Captcha},
        policies::Record,
        settings::configuration::{self, Change, CookieSameSite, IdentityConfiguration},
    },
    ids,
    service::Service,
    tokens::Algorithm,
};

impl CoreSettingsApi for Service {
    async fn create_captcha_policy(
        &self,
        _: &RequestContext,
        body: types::CaptchaPolicyRequest,
    ) -> ApiResult<types::CaptchaPolicyResponse> {
        let record = self.write(async |tx| Ok(captcha::create(tx, policy(body, Vec::new())).await?)).await?;
        Ok(captcha_response(record))
    }

    async fn create_jwt_template(
        &self,
        _: &RequestContext,
        body: types::CreateJwtTemplateDto,
    ) -> ApiResult<types::JwtTemplateResponseDto> {
        let new = jwt_templates::new(body);
        let row = self.write(async |tx| Ok(templates::create(tx, new).await?)).await?;
        jwt_templates::template(self, row)
    }

    async fn create_jwt_template_targeting(
        &self,
        _: &RequestContext,
        body: types::UpdateJwtTemplateTargetingRequestDto,
    ) -> ApiResult<types::JwtTemplateTargetingResponseDto> {
        let targeting = jwt_templates::targeting(body)?;
        let record = self.write(async |tx| Ok(targeting::create(tx, targeting).await?)).await?;
        Ok(jwt_templates::targeting_response(record))
    }

    async fn delete_jwt_template(&self, _: &RequestContext, params: DeleteJwtTemplateParams) -> ApiResult<()> {
        self.write(async |tx| Ok(templates::delete(tx, &params.id).await?)).await
    }

    async fn delete_jwt_template_targeting(
        &self,
        _: &RequestContext,
        params: DeleteJwtTemplateTargetingParams,
    ) -> ApiResult<()> {
        self.write(async |tx| Ok(targeting::delete(tx, &params.id).await?)).await
    }

    async fn get_basic_identity_configuration(
        &self,
        _: &RequestContext,
    ) -> ApiResult<types::VendorConfigBasicResponse> {
        let tx = self.store().read().await?;
        let configuration = configuration::get(&tx).await?;
        Ok(types::VendorConfigBasicResponse {
            force_permissions: configuration.force_permissions,
            machine_to_machine_auth_strategy: configuration.machine_to_machine_auth_strategy.into(),
        })
    }

    async fn get_captcha_policy(&self, _: &RequestContext) -> ApiResult<types::CaptchaPolicyResponse> {
        let tx = self.store().read().await?;
        Ok(captcha_response(captcha::require(&tx).await?))
    }

    async fn get_identity_configuration(&self, cx: &RequestContext) -> ApiResult<types::VendorConfigResponse> {
        let tx = self.store().read().await?;
        let configuration = configuration::get(&tx).await?;
        drop(tx);
        response(self, cx, configuration).await
    }

    async fn get_jwt_template(
        &self,
        _: &RequestContext,
        params: GetJwtTemplateParams,
    ) -> ApiResult<types::JwtTemplateResponseDto> {
        let tx = self.store().read().await?;
        jwt_templates::template(self, templates::require(&tx, &params.id).await?)
    }

    async fn get_jwt_template_targeting(
        &self,
        _: &RequestContext,
    ) -> ApiResult<types::JwtTemplateTargetingResponseDto> {
        let tx = self.store().read().await?;
        Ok(jwt_templates::targeting_response(targeting::require(&tx).await?))
    }

    async fn list_jwt_templates(
        &self,
        cx: &RequestContext,
        params: ListJwtTemplatesParams,
    ) -> ApiResult<types::JwtTemplatePage> {
        let page = paging::page(params.limit, params.offset)?;
        let tx = self.store().read().await?;
        let found = templates::list(&tx, jwt_templates::listing(&params, page)).await?;
        let items = found.items.into_iter().map(|row| jwt_templates::template(self, row));
        Ok(types::JwtTemplatePage {
            items: items.collect::<ApiResult<_>>()?,
            metadata: paging::metadata(page, found.total),
            links: Some(paging::links(cx, page, found.total)),
        })
    }

    async fn replace_captcha_policy(
        &self,
        _: &RequestContext,
        body: types::CaptchaPolicyRequest,
    ) -> ApiResult<types::CaptchaPolicyResponse> {
        let record = self
            .write(async |tx| {
                let present = captcha::require(tx).await?.rule.ignored_emails;
                Ok(captcha::update(tx, policy(body, present)).await?)
            })
            .await?;
        Ok(captcha_response(record))
    }

    async fn set_jwt_template_targeting(
        &self,
        _: &RequestContext,
        body: types::UpdateJwtTemplateTargetingRequestDto,
    ) -> ApiResult<()> {
        let targeting = jwt_templates::targeting(body)?;
        self.write(async |tx| Ok(targeting::set(tx, targeting).await?)).await
    }

    async fn update_identity_configuration(
        &self,
        cx: &RequestContext,
        body: types::VendorConfigRequest,
    ) -> ApiResult<types::VendorConfigResponse> {
        let configuration = self.write(async |tx| Ok(configuration::change(tx, change(body)).await?)).await?;
        response(self, cx, configuration).await
    }

    async fn update_jwt_template(
        &self,
        _: &RequestContext,
        params: UpdateJwtTemplateParams,
        body: types::UpdateJwtTemplateDto,
    ) -> ApiResult<types::JwtTemplateResponseDto> {
        let change = jwt_templates::change(body);
        let row = self.write(async |tx| Ok(templates::update(tx, &params.id, change).await?)).await?;
        jwt_templates::template(self, row)
    }

    async fn update_jwt_template_targeting(
        &self,
        _: &RequestContext,
        params: UpdateJwtTemplateTargetingParams,
        body: types::UpdateJwtTemplateTargetingRequestDto,
    ) -> ApiResult<()> {
        let rules = body.rules.map(jwt_templates::rules).transpose()?;
        self.write(async |tx| Ok(targeting::update(tx, &params.id, rules).await?)).await
    }
}

fn change(body: types::VendorConfigRequest) -> Change {
    Change {
        default_token_expiration: body.default_token_expiration,
        default_refresh_token_expiration: body.default_refresh_token_expiration,
        default_passwordless_token_expiration: body.default_passwordless_token_expiration,
        cookie_same_site: body.cookie_same_site.as_ref().map(read_same_site),
        auth_strategy: body.auth_strategy.map(|name| name.as_str().to_owned()),
        machine_to_machine_auth_strategy: body.machine_to_machine_auth_strategy.map(|name| name.as_str().to_owned()),
        jwt_algorithm: body.jwt_algorithm.as_ref().map(read_algorithm),
        allow_signups: body.allow_signups,
        api_tokens_enabled: body.api_tokens_enabled,
        allow_override_password_complexity: body.allow_override_password_complexity,
        allow_override_password_expiration: body.allow_override_password_expiration,
        allow_override_enforce_password_history: body.allow_override_enforce_password_history,
        allow_not_verified_users_login: body.allow_not_verified_users_login,
        allow_tenant_invitations: body.allow_tenant_invitations,
        allow_custom_login_tenant_switch: body.allow_custom_login_tenant_switch,
        force_permissions: body.force_permissions,
        force_same_device_on_auth: body.force_same_device_on_auth,
        rotate_refresh_tokens: body.rotate_refresh_tokens,
        add_roles_to_jwt: body.add_roles_to_jwt,
        add_permissions_to_jwt: body.add_permissions_to_jwt,
        add_saml_attributes_to_jwt: body.add_saml_attributes_to_jwt,
        skip_tenant_validation: body.skip_tenant_validation,
    }
}

fn read_same_site(value: &enums::CookieSameSite) -> CookieSameSite {
    match value {
        enums::CookieSameSite::Strict => CookieSameSite::Strict,
        enums::CookieSameSite::Lax => CookieSameSite::Lax,
        _ => CookieSameSite::None,
    }
}

fn read_algorithm(value: &enums::JwtAlgorithm) -> Algorithm {
    match value {
        enums::JwtAlgorithm::Hs256 => Algorithm::Hs256,
        _ => Algorithm::Rs256,
    }
}

pub(super) fn same_site(value: CookieSameSite) -> enums::CookieSameSite {
    match value {
        CookieSameSite::Strict => enums::CookieSameSite::Strict,
        CookieSameSite::Lax => enums::CookieSameSite::Lax,
        CookieSameSite::None => enums::CookieSameSite::None,
    }
}

async fn response(
    service: &Service,
    cx: &RequestContext,
    configuration: IdentityConfiguration,
) -> ApiResult<types::VendorConfigResponse> {
    let ring = service.shown_keys().await?;
    // People are not shown what everybody's tokens can be made with.
    let jwt_secret = match cx.principal {
        Principal::Environment(_) => ring.secret().expose().to_owned(),
        Principal::User(_) | Principal::Anonymous => String::new(),
    };
    Ok(types::VendorConfigResponse {
        id: Some(ids::fixed_id(&format!("identity-configuration:{}", service.vendor_id()))),
        public_key: ring.active().pem().to_owned(),
        jwt_secret: Some(Secret::from(jwt_secret)),
        refresh_tokens_rotation_limit: Some(configuration::ROTATION_LIMIT),
        jwt_algorithm: configuration.jwt_algorithm.name().into(),
        default_token_expiration: configuration.default_token_expiration,
        default_refresh_token_expiration: configuration.default_refresh_token_expiration,
        default_passwordless_token_expiration: configuration.default_passwordless_token_expiration,
        cookie_same_site: same_site(configuration.cookie_same_site),
        auth_strategy: configuration.auth_strategy.into(),
        machine_to_machine_auth_strategy: configuration.machine_to_machine_auth_strategy.into(),
        allow_signups: configuration.allow_signups,
        api_tokens_enabled: configuration.api_tokens_enabled,
        allow_override_password_complexity: configuration.allow_override_password_complexity,
        allow_override_password_expiration: configuration.allow_override_password_expiration,
        allow_override_enforce_password_history: configuration.allow_override_enforce_password_history,
        allow_not_verified_users_login: configuration.allow_not_verified_users_login,
        allow_tenant_invitations: configuration.allow_tenant_invitations,
        allow_custom_login_tenant_switch: Some(configuration.allow_custom_login_tenant_switch),
        force_permissions: configuration.force_permissions,
        force_same_device_on_auth: configuration.force_same_device_on_auth,
        rotate_refresh_tokens: configuration.rotate_refresh_tokens,
        add_roles_to_jwt: configuration.add_roles_to_jwt,
        add_permissions_to_jwt: configuration.add_permissions_to_jwt,
        add_saml_attributes_to_jwt: Some(configuration.add_saml_attributes_to_jwt),
    })
}

fn policy(body: types::CaptchaPolicyRequest, ignored_emails: Vec<String>) -> Captcha {
    Captcha {
        enabled: body.enabled,
        site_key: body.site_key,
        secret_key: body.secret_key.expose().to_owned(),
        min_score: body.min_score,
        ignored_emails: body.ignored_emails.unwrap_or(ignored_emails),
    }
}

fn captcha_response(record: Record<Captcha>) -> types::CaptchaPolicyResponse {
    types::CaptchaPolicyResponse {
        created_at: record.created_at().utc(),
        updated_at: record.updated_at().utc(),
        id: record.id,
        enabled: record.rule.enabled,
        site_key: record.rule.site_key,
        secret_key: Secret::from(record.rule.secret_key),
        min_score: record.rule.min_score,
        ignored_emails: record.rule.ignored_emails,
    }
}
