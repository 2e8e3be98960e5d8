//! The caller's own session, and ending those of somebody else.

use frontegg_contract::{ApiFailure, ApiResult, RequestContext, unpublished_sessions::UnpublishedSessionsApi};
use frontegg_model::types;

use super::{
    caller::{caller, session_id},
    user_sessions,
};
use crate::{
    domain::{memberships, sessions, users},
    service::Service,
};

impl UnpublishedSessionsApi for Service {
    async fn get_my_current_session(&self, cx: &RequestContext) -> ApiResult<types::GetActiveSessionsResponse> {
        let current = session_id(cx).ok_or_else(|| ApiFailure::unauthorized("Failed to verify user JWT"))?;
        let tx = self.store().read().await?;
        let row = sessions::find(&tx, current).await?.ok_or_else(|| ApiFailure::not_found("Session not found"))?;
        Ok(user_sessions::response(row, Some(current)))
    }

    async fn revoke_user_sessions(&self, cx: &RequestContext, body: types::RevokeUserSessionsRequest) -> ApiResult<()> {
        self.write(async |tx| {
            let user = users::require(tx, &body.user_id).await?;
            let Some(tenant_id) = cx.tenant_id.as_deref() else {
                return Ok(sessions::end_all_of_user(tx, &user.id, None).await?);
            };
            let member = memberships::require(tx, &user.id, tenant_id).await?;
            memberships::may_manage(tx, caller(cx), &member).await?;
            Ok(sessions::end_all_in(tx, &user.id, tenant_id).await?)
        })
        .await
    }
}
