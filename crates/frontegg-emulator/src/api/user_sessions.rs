//! The sessions of one person.

use frontegg_contract::{
    ApiResult, Principal, RequestContext,
    user_sessions::{DeleteMySessionParams, UserSessionsApi},
};
use frontegg_model::types::GetActiveSessionsResponse;

use super::caller::session_id;
use crate::{
    domain::{sessions, users},
    service::Service,
    store::entity::session,
};

impl UserSessionsApi for Service {
    async fn delete_all_my_sessions(&self, cx: &RequestContext) -> ApiResult<()> {
        self.write(async |tx| {
            let user = users::require(tx, cx.user()?).await?;
            match tenant(cx) {
                Some(tenant_id) => sessions::end_all_in(tx, &user.id, tenant_id).await?,
                None => sessions::end_all_of_user(tx, &user.id, None).await?,
            }
            Ok(())
        })
        .await
    }

    async fn delete_my_session(&self, cx: &RequestContext, params: DeleteMySessionParams) -> ApiResult<()> {
        self.write(async |tx| {
            let user = users::require(tx, cx.user()?).await?;
            Ok(sessions::end_own(tx, &user.id, tenant(cx), &params.id).await?)
        })
        .await
    }

    async fn list_my_sessions(&self, cx: &RequestContext) -> ApiResult<Vec<GetActiveSessionsResponse>> {
        let tx = self.store().read().await?;
        let user = users::require(&tx, cx.user()?).await?;
        let rows = sessions::list(&tx, &user.id, tenant(cx)).await?;
        Ok(rows.into_iter().map(|row| response(row, session_id(cx))).collect())
    }
}

/// The tenant that a back end confines itself to. People see all sessions of their own: one may go
/// from tenant to tenant.
fn tenant(cx: &RequestContext) -> Option<&str> {
    cx.tenant_id.as_deref().filter(|_| matches!(cx.principal, Principal::Environment(_)))
}

pub(super) fn response(row: session::Model, current: Option<&str>) -> GetActiveSessionsResponse {
    GetActiveSessionsResponse {
        current: Some(Some(row.id.as_str()) == current),
        id: row.id,
        user_agent: row.user_agent,
        ip_address: row.ip_address,
        created_at: Some(row.created_at.utc()),
        expires: Some(row.expires_at.utc()),
        impersonated: Some(false),
    }
}
