//! How many wrong passwords lock people out.

use frontegg_contract::{ApiResult, RequestContext, lockout_policy::LockoutPolicyApi};
use frontegg_model::types;

use super::caller::{caller, tenant};
use crate::{
    domain::{
        passwords::lockout::{self, Lockout},
        policies::{self, Record},
    },
    service::Service,
};

impl LockoutPolicyApi for Service {
    async fn create_lockout_policy(
        &self,
        cx: &RequestContext,
        body: types::LockoutPolicyRequest,
    ) -> ApiResult<types::LockoutPolicyResponse> {
        let record =
            self.write(async |tx| Ok(lockout::create(tx, caller(cx), tenant(cx), policy(&body)).await?)).await?;
        Ok(response(record))
    }

    async fn get_lockout_policy(&self, cx: &RequestContext) -> ApiResult<types::LockoutPolicyResponse> {
        let tx = self.store().read().await?;
        Ok(response(lockout::require(&tx, policies::level(caller(cx), tenant(cx))).await?))
    }

    async fn update_lockout_policy(
        &self,
        cx: &RequestContext,
        body: types::LockoutPolicyRequest,
    ) -> ApiResult<types::LockoutPolicyResponse> {
        let record =
            self.write(async |tx| Ok(lockout::update(tx, caller(cx), tenant(cx), policy(&body)).await?)).await?;
        Ok(response(record))
    }
}

fn policy(body: &types::LockoutPolicyRequest) -> Lockout {
    Lockout { enabled: body.enabled, max_attempts: body.max_attempts }
}

pub(super) fn response(record: Record<Lockout>) -> types::LockoutPolicyResponse {
    types::LockoutPolicyResponse {
        created_at: record.created_at().utc(),
        updated_at: record.updated_at().utc(),
        id: record.id,
        enabled: record.rule.enabled,
        max_attempts: record.rule.max_attempts,
    }
}
