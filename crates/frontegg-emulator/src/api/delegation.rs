//! Whether somebody may act for somebody else.

use frontegg_contract::{ApiResult, RequestContext, delegation::DelegationApi};
use frontegg_model::types;

use crate::{domain::settings::delegation, service::Service};

impl DelegationApi for Service {
    async fn get_delegation_configuration(
        &self,
        _: &RequestContext,
    ) -> ApiResult<types::GetDelegationConfigurationResponseDto> {
        let tx = self.store().read().await?;
        Ok(types::GetDelegationConfigurationResponseDto { enabled: delegation::is_enabled(&tx).await? })
    }

    async fn set_delegation_configuration(
        &self,
        _: &RequestContext,
        body: types::CreateDelegationConfigurationRequestDto,
    ) -> ApiResult<()> {
        self.write(async |tx| Ok(delegation::enable(tx, body.enabled).await?)).await
    }
}
