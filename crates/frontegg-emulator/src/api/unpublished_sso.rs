//! Signing in by an identity provider of a tenant. Between leaving and coming back the browser is known by a cookie.

use frontegg_contract::{
    ApiFailure, ApiResult, RequestContext,
    unpublished_sso::{
        ListMetadataEntitiesParams, ReturnFromOidcProviderParams, ReturnFromSamlProviderParams, UnpublishedSsoApi,
        UpdateSsoConfigurationV2Params,
    },
};
use frontegg_model::{
    Secret,
    enums::{SsoAddressType, SsoIdpType},
    types,
};
use http::{HeaderValue, header};

use super::{
    sign_in::{self, NewCookie},
    sso as sso_shown, user_answers,
    user_management::my_tenants,
};
use crate::{
    domain::{
        login::Outcome,
        people::profiles::{self, Viewer},
        provider_sign_ins::LIFETIME,
        settings::configuration::CookieSameSite,
        sso::{
            choice::Applicant,
            connections,
            environment::{self, SamlRecord},
            oidc, saml,
            sign_in::{self as sso, Way},
        },
        tenants,
    },
    ids,
    service::Service,
};

/// The name of the cookie.
const BROWSER: &str = "fe_sso";

impl UnpublishedSsoApi for Service {
    async fn begin_sso_sign_in(
        &self,
        cx: &RequestContext,
        body: types::SsoPreloginRequest,
    ) -> ApiResult<types::SsoPreloginResponse> {
        let address = body.email.or(body.username).filter(|address| !address.is_empty());
        let address = address.ok_or_else(|| ApiFailure::bad_request("email or username is required"))?;
        let tenant_id = body.tenant_id.into_option().flatten().filter(|id| !id.is_empty());
        // One that the browser has is kept, so that two tabs can sign in at once.
        let browser = cx.cookies(BROWSER).find(|value| !value.is_empty()).map_or_else(ids::new_secret, str::to_owned);
        let applicant = Applicant { address: &address, tenant_id: tenant_id.as_deref() };
        // Boxed, as it is a long way.
        let Way { address, is_openid } =
            Box::pin(sso::begin(self.store(), self.outgoing(), applicant, &browser)).await?;
        cx.add_header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        let cookie = NewCookie { name: BROWSER, value: &browser, lifetime: LIFETIME };
        // The answer of a provider is sent from its site.
        sign_in::set_cookie(self, cx, CookieSameSite::None, &cookie);
        Ok(types::SsoPreloginResponse {
            address: Secret::from(address),
            idp_type: if is_openid { SsoIdpType::Oidc } else { SsoIdpType::Saml },
            address_type: SsoAddressType::Sso,
        })
    }

    async fn begin_sso_sign_in_v1(
        &self,
        cx: &RequestContext,
        body: types::SsoPreloginRequest,
    ) -> ApiResult<types::SsoPreloginResponse> {
        self.begin_sso_sign_in(cx, body).await
    }

    async fn create_sso_configuration_v2(
        &self,
        cx: &RequestContext,
        body: types::SsoConfigurationV2Request,
    ) -> ApiResult<types::SsoConfiguration> {
        let (tenant_id, new) = sso_shown::of_tenant(body)?;
        self.write(async |tx| {
            let connection = connections::create(tx, &tenant_id, new).await?;
            sso_shown::shown_one(tx, cx, connection).await
        })
        .await
    }

    async fn update_sso_configuration_v2(
        &self,
        cx: &RequestContext,
        params: UpdateSsoConfigurationV2Params,
        body: types::SsoConfigurationV2Request,
    ) -> ApiResult<types::SsoConfiguration> {
        let (tenant_id, changes) = sso_shown::of_tenant(body)?;
        self.write(async |tx| {
            let connection = connections::update(tx, &tenant_id, &params.configuration_id, changes).await?;
            sso_shown::shown_one(tx, cx, connection).await
        })
        .await
    }

    async fn list_metadata_entities(
        &self,
        _: &RequestContext,
        params: ListMetadataEntitiesParams,
    ) -> ApiResult<types::MetadataEntityPage> {
        let tx = self.store().read().await?;
        let record = if params.entity_name == SAML { environment::saml_record(&tx).await? } else { None };
        Ok(types::MetadataEntityPage { rows: record.into_iter().map(|record| entity(self, record)).collect() })
    }

    async fn set_metadata_entity(
        &self,
        _: &RequestContext,
        body: types::MetadataEntityRequest,
    ) -> ApiResult<types::MetadataEntity> {
        // There is no other name.
        let record =
            self.write(async |tx| Ok(environment::set_saml(tx, body.is_active, body.configuration).await?)).await?;
        Ok(entity(self, record))
    }

    async fn complete_oidc_sign_in(
        &self,
        cx: &RequestContext,
        body: types::CompleteOidcSignInRequest,
    ) -> ApiResult<types::AuthenticationResponseDto> {
        let returned = oidc::Return {
            state: body.relay_state.expose(),
            code: body.code.as_ref().map(Secret::expose),
            error: body.error.as_deref(),
            issuer: body.iss.as_deref(),
            redirect_uri: body.redirect_uri.as_deref(),
            browsers: &browsers(cx),
        };
        let outcome = from_openid(self, cx, returned).await?;
        sign_in::answer(self, cx, outcome).await
    }

    async fn complete_oidc_sign_in_v1(
        &self,
        cx: &RequestContext,
        body: types::CompleteOidcSignInV1Request,
    ) -> ApiResult<types::AuthenticationResponseDto> {
        let returned = oidc::Return {
            state: body.state.expose(),
            code: body.code.as_ref().map(Secret::expose),
            error: body.error.as_deref(),
            issuer: body.iss.as_deref(),
            redirect_uri: body.redirect_uri.as_deref(),
            browsers: &browsers(cx),
        };
        let outcome = from_openid(self, cx, returned).await?;
        sign_in::answer(self, cx, outcome).await
    }

    async fn complete_saml_sign_in_v1(
        &self,
        cx: &RequestContext,
        body: types::SamlAnswerRequest,
    ) -> ApiResult<types::AuthenticationResponseDto> {
        let outcome = from_saml(self, cx, &body, None).await?;
        sign_in::answer(self, cx, outcome).await
    }

    async fn return_from_saml_provider(
        &self,
        cx: &RequestContext,
        params: ReturnFromSamlProviderParams,
        body: types::SamlAnswerRequest,
    ) -> ApiResult<()> {
        let outcome = from_saml(self, cx, &body, params.tenant_id.as_deref()).await?;
        arrive(self, cx, outcome).await
    }

    async fn get_public_sso_configuration(&self, _: &RequestContext) -> ApiResult<types::PublicSsoConfiguration> {
        let tx = self.store().read().await?;
        Ok(types::PublicSsoConfiguration { is_active: sso::is_in_use(&tx).await? })
    }

    async fn refresh_user_token_v2(
        &self,
        cx: &RequestContext,
        body: types::RefreshTokenDto,
    ) -> ApiResult<types::RefreshTokenV2Response> {
        let outcome = sign_in::renew(self, cx, body).await?;
        let holder = match &outcome {
            Outcome::SignedIn(signed_in) => {
                Some((signed_in.user_id.clone(), signed_in.opened.session.tenant_id.clone()))
            }
            _ => None,
        };
        let auth = sign_in::answer(self, cx, outcome).await?;
        let (mut user, mut user_tenants) = (None, None);
        if let Some((user_id, tenant_id)) = holder {
            let tx = self.store().read().await?;
            let full = profiles::full(&tx, &user_id, Viewer::Oneself, Some(&tenant_id)).await?;
            user = Some(user_answers::full(self, full));
            let active = tenants::require(&tx, &tenant_id).await?;
            user_tenants = Some(my_tenants(self, &tx, &user_id, active).await?);
        }
        Ok(types::RefreshTokenV2Response { auth, user, user_tenants })
    }

    async fn return_from_oidc_provider(
        &self,
        cx: &RequestContext,
        params: ReturnFromOidcProviderParams,
    ) -> ApiResult<()> {
        let returned = oidc::Return {
            state: params.state.expose(),
            code: params.code.as_ref().map(Secret::expose),
            error: params.error.as_deref(),
            issuer: params.iss.as_deref(),
            redirect_uri: None,
            browsers: &browsers(cx),
        };
        let outcome = from_openid(self, cx, returned).await?;
        arrive(self, cx, outcome).await
    }
}

/// The name of the settings of SAML.
const SAML: &str = "saml";

fn entity(service: &Service, record: SamlRecord) -> types::MetadataEntity {
    types::MetadataEntity {
        id: record.id,
        vendor_id: service.vendor_id().to_owned(),
        entity_name: SAML.to_owned(),
        is_active: record.is_active,
        configuration: record.configuration,
    }
}

/// What the browser knows.
fn browsers(cx: &RequestContext) -> Vec<&str> {
    cx.cookies(BROWSER).filter(|value| !value.is_empty()).collect()
}

async fn from_openid(service: &Service, cx: &RequestContext, returned: oidc::Return<'_>) -> ApiResult<Outcome> {
    let client = sign_in::client_info(service, cx);
    // Boxed, as it is a long way.
    Ok(Box::pin(oidc::finish(service.store(), service.outgoing(), returned, &client)).await?)
}

async fn from_saml(
    service: &Service,
    cx: &RequestContext,
    body: &types::SamlAnswerRequest,
    tenant_id: Option<&str>,
) -> ApiResult<Outcome> {
    let client = sign_in::client_info(service, cx);
    let returned = saml::Return {
        response: body.saml_response.expose(),
        relay_state: body.relay_state.as_ref().map(Secret::expose),
        tenant_id,
        browsers: &browsers(cx),
    };
    // Boxed, as it is a long way.
    Ok(Box::pin(saml::finish(service.store(), returned, &client)).await?)
}

/// Sends a browser with the cookie of its session to the page of the environment that goes on with it.
async fn arrive(service: &Service, cx: &RequestContext, outcome: Outcome) -> ApiResult<()> {
    if !matches!(outcome, Outcome::SignedIn(_)) {
        return Err(ApiFailure::forbidden("A second factor is required, which the page of the application asks for"));
    }
    sign_in::answer(service, cx, outcome).await?;
    let tx = service.store().read().await?;
    let page = environment::saml(&tx).await?.redirect_uri;
    cx.add_header(header::LOCATION, HeaderValue::from_str(&page).map_err(ApiFailure::internal)?);
    cx.add_header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(())
}
