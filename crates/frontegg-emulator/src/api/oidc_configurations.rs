//! The environment as client of OpenID Connect providers.

use frontegg_contract::{ApiResult, RequestContext, oidc_configurations::OidcConfigurationsApi};
use frontegg_model::types;

use super::sso_settings::oidc;
use crate::{domain::sso::environment, service::Service};

impl OidcConfigurationsApi for Service {
    async fn get_environment_oidc_configuration(&self, _: &RequestContext) -> ApiResult<types::ConfigureOidcResponse> {
        let tx = self.store().read().await?;
        Ok(oidc(environment::oidc(&tx).await?))
    }
}
