//! The provisioning connections of the environment.

use frontegg_contract::{
    ApiResult, RequestContext,
    scim_settings::{ListScimConfigurationsParams, ScimSettingsApi},
};
use frontegg_model::types;

use super::{caller::caller, scim_configurations};
use crate::{
    domain::scim::connections::{self, Filter},
    service::Service,
};

impl ScimSettingsApi for Service {
    async fn list_scim_configurations(
        &self,
        cx: &RequestContext,
        params: ListScimConfigurationsParams,
    ) -> ApiResult<Vec<types::Scim2ConnectionConfigResponse>> {
        let own = caller(cx).tenant().map(str::to_owned);
        let filter = Filter {
            id: params.id,
            tenant_id: own.or(params.tenant_id),
            source: params.source.as_ref().map(scim_configurations::source).transpose()?,
            name: params.connection_name,
        };
        let tx = self.store().read().await?;
        let found = connections::list(&tx, filter).await?;
        Ok(found.into_iter().map(scim_configurations::shown).collect())
    }
}
