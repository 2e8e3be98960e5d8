//! Single sign-on as far as the environment decides.

use axum::body::Body;
use frontegg_contract::{
    ApiFailure, ApiResult, RequestContext,
    reply::File,
    sso_settings::{DeleteSsoExcludedEmailParams, ForceSsoDomainValidationParams, SsoSettingsApi},
};
use frontegg_model::{enums::SsoUnspecifiedTenantStrategy, types};

use super::sso;
use crate::{
    domain::sso::{
        domains,
        environment::{self, Oidc, SharedDomains, SharedDomainsChange, UnspecifiedTenant},
        exclusions, service_provider,
    },
    service::Service,
    store::entity::sso_excluded_email,
};

impl SsoSettingsApi for Service {
    async fn delete_sso_excluded_email(
        &self,
        _: &RequestContext,
        params: DeleteSsoExcludedEmailParams,
    ) -> ApiResult<()> {
        self.write(async |tx| Ok(exclusions::remove(tx, &params.email).await?)).await
    }

    async fn exclude_email_from_sso(
        &self,
        _: &RequestContext,
        body: types::ExcludeEmailFromSsoRequestDto,
    ) -> ApiResult<types::SsoExcludedEmail> {
        Ok(excluded(self.write(async |tx| Ok(exclusions::add(tx, &body.email).await?)).await?))
    }

    async fn force_sso_domain_validation(
        &self,
        _: &RequestContext,
        params: ForceSsoDomainValidationParams,
        body: types::ForceValidateDomainRequestDto,
    ) -> ApiResult<types::SsoDomain> {
        let domain = self
            .write(async |tx| Ok(domains::force(tx, &body.tenant_id, &params.domain, body.validated).await?))
            .await?;
        Ok(sso::domain(domain))
    }

    async fn get_multiple_sso_per_domain_configuration(
        &self,
        _: &RequestContext,
    ) -> ApiResult<types::SsoPerTenantConfiguration> {
        let tx = self.store().read().await?;
        Ok(shared_domains(environment::shared_domains(&tx).await?))
    }

    async fn get_sp_metadata(&self, cx: &RequestContext) -> ApiResult<File> {
        let metadata = service_provider::metadata(self.store(), cx.tenant()?).await?;
        Ok(File { body: Body::from(metadata), name: None })
    }

    async fn list_sso_excluded_emails(&self, _: &RequestContext) -> ApiResult<Vec<types::SsoExcludedEmail>> {
        let tx = self.store().read().await?;
        Ok(exclusions::list(&tx).await?.into_iter().map(excluded).collect())
    }

    async fn set_environment_oidc_configuration(
        &self,
        _: &RequestContext,
        body: types::ConfigureOidcRequest,
    ) -> ApiResult<types::ConfigureOidcResponse> {
        let changed =
            self.write(async |tx| Ok(environment::set_oidc(tx, body.active, body.redirect_uri).await?)).await?;
        Ok(oidc(changed))
    }

    async fn set_multiple_sso_per_domain_configuration(
        &self,
        _: &RequestContext,
        body: types::CreateSsoPerTenantConfigRequest,
    ) -> ApiResult<types::SsoPerTenantConfiguration> {
        let change = SharedDomainsChange {
            active: body.active,
            unspecified_tenant: body.unspecified_tenant_strategy.as_ref().map(strategy).transpose()?,
            use_active_tenant: body.use_active_tenant,
        };
        Ok(shared_domains(self.write(async |tx| Ok(environment::set_shared_domains(tx, change).await?)).await?))
    }
}

pub(super) fn oidc(settings: Oidc) -> types::ConfigureOidcResponse {
    types::ConfigureOidcResponse { active: settings.active, redirect_uri: Some(settings.redirect_uri) }
}

fn excluded(row: sso_excluded_email::Model) -> types::SsoExcludedEmail {
    types::SsoExcludedEmail { email: row.address_key, created_at: Some(row.created_at.utc()) }
}

fn shared_domains(rule: SharedDomains) -> types::SsoPerTenantConfiguration {
    types::SsoPerTenantConfiguration {
        active: rule.active,
        unspecified_tenant_strategy: Some(match rule.unspecified_tenant.unwrap_or_default() {
            UnspecifiedTenant::Block => SsoUnspecifiedTenantStrategy::Block,
            UnspecifiedTenant::FirstCreated => SsoUnspecifiedTenantStrategy::FirstCreated,
        }),
        use_active_tenant: Some(rule.use_active_tenant),
    }
}

fn strategy(named: &SsoUnspecifiedTenantStrategy) -> ApiResult<UnspecifiedTenant> {
    match named {
        SsoUnspecifiedTenantStrategy::Block => Ok(UnspecifiedTenant::Block),
        SsoUnspecifiedTenantStrategy::FirstCreated => Ok(UnspecifiedTenant::FirstCreated),
        _ => {
            let why = "unspecifiedTenantStrategy must be one of BLOCK, FIRST_CREATED";
            Err(ApiFailure::bad_request(why))
        }
    }
}
