//! The environment as SAML service provider.

use axum::body::Body;
use frontegg_contract::{ApiResult, RequestContext, reply::File, saml_configurations::SamlConfigurationsApi};
use frontegg_model::types;

use crate::{
    domain::sso::{environment, service_provider},
    service::Service,
};

impl SamlConfigurationsApi for Service {
    async fn get_environment_saml_configuration(
        &self,
        _: &RequestContext,
    ) -> ApiResult<types::VendorSamlConfigurationResponse> {
        let tx = self.store().read().await?;
        let saml = environment::saml(&tx).await?;
        Ok(types::VendorSamlConfigurationResponse {
            acs_url: Some(saml.acs_url),
            sp_entity_id: Some(saml.sp_entity_id),
        })
    }

    async fn get_sp_certificate(&self, _: &RequestContext) -> ApiResult<File> {
        Ok(File { body: Body::from(service_provider::certificate(self.store()).await?), name: None })
    }
}
