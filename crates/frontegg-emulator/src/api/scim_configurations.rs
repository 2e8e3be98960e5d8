//! The provisioning connections of a tenant.

use frontegg_contract::{
    ApiResult, RequestContext,
    scim_configurations::{
        DeleteScimConfigurationParams, GetScimConfigurationParams, ScimConfigurationsApi, UpdateScimConfigurationParams,
    },
};
use frontegg_model::{enums::Scim2ConnectionSource, types};

use super::caller::tenant;
use crate::{
    clock::Timestamp,
    domain::{
        DomainError,
        scim::{
            Remainder,
            connections::{self, NewConnection},
        },
    },
    service::Service,
    store::entity::{ScimSource, scim_connection},
};

impl ScimConfigurationsApi for Service {
    async fn create_scim_configuration(
        &self,
        cx: &RequestContext,
        body: types::Scim2CreateConnectionConfigRequest,
    ) -> ApiResult<types::Scim2CreateConnectionConfigResponse> {
        let tenant_id = cx.tenant()?;
        let new = NewConnection {
            id: None,
            name: body.connection_name,
            source: source(&body.source)?,
            sync_to_user_management: body.sync_to_user_management.unwrap_or(true),
            token: None,
        };
        let (row, token) = self.write(async |tx| Ok(connections::create(tx, tenant_id, new).await?)).await?;
        Ok(types::Scim2CreateConnectionConfigResponse { id: row.id, connection_name: row.name, token: token.into() })
    }

    async fn delete_scim_configuration(
        &self,
        cx: &RequestContext,
        params: DeleteScimConfigurationParams,
        body: types::Scim2DeleteConnectionConfigRequest,
    ) -> ApiResult<()> {
        let remainder = if body.delete_all == Some(true) { Remainder::Goes } else { Remainder::Stays };
        self.write(async |tx| {
            let row = connections::require(tx, tenant(cx), &params.id).await?;
            Ok(connections::delete(tx, row, remainder).await?)
        })
        .await
    }

    async fn get_scim_configuration(
        &self,
        cx: &RequestContext,
        params: GetScimConfigurationParams,
    ) -> ApiResult<types::Scim2ConnectionConfigResponse> {
        let tx = self.store().read().await?;
        Ok(shown(connections::require(&tx, tenant(cx), &params.id).await?))
    }

    async fn update_scim_configuration(
        &self,
        cx: &RequestContext,
        params: UpdateScimConfigurationParams,
        body: types::Scim2PatchConnectionConfigRequest,
    ) -> ApiResult<()> {
        self.write(async |tx| {
            let row = connections::require(tx, tenant(cx), &params.id).await?;
            match body.sync_to_user_management {
                Some(sync) => Ok(connections::set_sync(tx, row, sync).await?),
                None => Ok(()),
            }
        })
        .await
    }
}

/// The source that a body or a query names.
pub(super) fn source(named: &Scim2ConnectionSource) -> ApiResult<ScimSource> {
    match named {
        Scim2ConnectionSource::Frontegg => Ok(ScimSource::Frontegg),
        Scim2ConnectionSource::Okta => Ok(ScimSource::Okta),
        Scim2ConnectionSource::AzureAd => Ok(ScimSource::AzureAd),
        Scim2ConnectionSource::Other => Ok(ScimSource::Other),
        _ => {
            let message = "source must be one of the following values: frontegg, okta, azure-ad, other";
            Err(DomainError::bad_request(message).into())
        }
    }
}

/// A connection without its token.
pub(super) fn shown(row: scim_connection::Model) -> types::Scim2ConnectionConfigResponse {
    types::Scim2ConnectionConfigResponse {
        id: row.id,
        tenant_id: row.tenant_id,
        connection_name: row.name,
        source: match row.source {
            ScimSource::Frontegg => Scim2ConnectionSource::Frontegg,
            ScimSource::Okta => Scim2ConnectionSource::Okta,
            ScimSource::AzureAd => Scim2ConnectionSource::AzureAd,
            ScimSource::Other => Scim2ConnectionSource::Other,
        },
        sync_to_user_management: row.sync_to_user_management,
        last_sync: row.last_sync.map(Timestamp::utc),
        created_at: row.created_at.utc(),
    }
}
