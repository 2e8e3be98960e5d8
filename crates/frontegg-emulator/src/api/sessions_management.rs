//! Rules about sessions, of the environment or of a tenant.

use frontegg_contract::{ApiResult, RequestContext, sessions_management::SessionsManagementApi};
use frontegg_model::types::{
    CreateSessionConfigurationRequest, SessionConcurrentConfigurationDto, SessionIdleTimeoutConfigurationDto,
    SessionTimeoutConfigurationDto,
};

use super::caller::{caller, tenant};
use crate::{
    domain::{
        policies,
        sessions::{Limit, Rules, Timeout},
    },
    service::Service,
};

impl SessionsManagementApi for Service {
    async fn get_session_configuration(&self, cx: &RequestContext) -> ApiResult<CreateSessionConfigurationRequest> {
        let tx = self.store().read().await?;
        Ok(response(Rules::of(&tx, policies::level(caller(cx), tenant(cx))).await?))
    }

    async fn set_session_configuration(
        &self,
        cx: &RequestContext,
        body: CreateSessionConfigurationRequest,
    ) -> ApiResult<()> {
        let rules = Rules {
            idle: body
                .session_idle_timeout_configuration
                .map(|rule| Timeout { is_active: rule.is_active, timeout: rule.timeout }),
            forced: body
                .session_timeout_configuration
                .map(|rule| Timeout { is_active: rule.is_active, timeout: rule.timeout }),
            concurrent: body
                .session_concurrent_configuration
                .map(|rule| Limit { is_active: rule.is_active, max_sessions: rule.max_sessions }),
        };
        self.write(async |tx| Ok(rules.set(tx, caller(cx), tenant(cx)).await?)).await
    }
}

/// Rules as they are told; what is absent stays absent.
pub(super) fn response(rules: Rules) -> CreateSessionConfigurationRequest {
    let mut answer = CreateSessionConfigurationRequest::new();
    if let Some(rule) = rules.idle {
        let rule = SessionIdleTimeoutConfigurationDto::new(rule.is_active, rule.timeout);
        answer = answer.session_idle_timeout_configuration(rule);
    }
    if let Some(rule) = rules.forced {
        let rule = SessionTimeoutConfigurationDto::new(rule.is_active, rule.timeout);
        answer = answer.session_timeout_configuration(rule);
    }
    if let Some(rule) = rules.concurrent {
        let rule = SessionConcurrentConfigurationDto::new(rule.is_active, rule.max_sessions);
        answer = answer.session_concurrent_configuration(rule);
    }
    answer
}
