//! The environment's policies, whatever the caller's tenant: a portal shows them beside the tenant's
//! own.

use frontegg_contract::{ApiResult, RequestContext, unpublished_policies::UnpublishedPoliciesApi};
use frontegg_model::types;

use super::{lockout_policy, mfa_settings, password_settings};
use crate::{
    domain::{
        mfa::policy,
        passwords::{history, lockout},
        settings::Owner,
    },
    service::Service,
};

impl UnpublishedPoliciesApi for Service {
    async fn get_environment_lockout_policy(&self, _cx: &RequestContext) -> ApiResult<types::LockoutPolicyResponse> {
        let tx = self.store().read().await?;
        Ok(lockout_policy::response(lockout::require(&tx, Owner::Environment).await?))
    }

    async fn get_environment_mfa_policy(&self, _cx: &RequestContext) -> ApiResult<types::MfaPolicyResponse> {
        let tx = self.store().read().await?;
        Ok(mfa_settings::response(policy::of_environment(&tx).await?))
    }

    async fn get_environment_password_history_policy(
        &self,
        _cx: &RequestContext,
    ) -> ApiResult<types::PasswordHistoryPolicyResponse> {
        let tx = self.store().read().await?;
        Ok(password_settings::rules::history(history::require(&tx, Owner::Environment).await?))
    }
}
