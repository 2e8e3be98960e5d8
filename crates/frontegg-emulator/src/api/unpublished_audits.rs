//! The audit trail, by the path that tools write to and no document publishes.

use frontegg_contract::{ApiResult, RequestContext, audits::AuditsApi, unpublished_audits::UnpublishedAuditsApi};
use frontegg_model::types;

use crate::service::Service;

impl UnpublishedAuditsApi for Service {
    async fn create_audit_v2(&self, cx: &RequestContext, body: types::AuditRequest) -> ApiResult<types::Audit> {
        self.create_audit(cx, body).await
    }
}
