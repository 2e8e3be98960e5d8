//! What portals show of provisioning connections.

use frontegg_contract::{
    ApiFailure, ApiResult, RequestContext,
    unpublished_scim::{CountScimUsersParams, UnpublishedScimApi},
};
use frontegg_model::types;

use super::caller::tenant;
use crate::{domain::scim::connections, service::Service};

impl UnpublishedScimApi for Service {
    async fn count_scim_users(
        &self,
        cx: &RequestContext,
        params: CountScimUsersParams,
    ) -> ApiResult<types::ScimUsersCount> {
        let tx = self.store().read().await?;
        let connection = connections::require(&tx, tenant(cx), &params.id).await?;
        let count = connections::count_users(&tx, &connection).await?;
        Ok(types::ScimUsersCount { count: i64::try_from(count).map_err(ApiFailure::internal)? })
    }
}
