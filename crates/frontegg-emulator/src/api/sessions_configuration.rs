//! The environment's rules about sessions.

use frontegg_contract::{ApiResult, RequestContext, sessions_configuration::SessionsConfigurationApi};
use frontegg_model::types;

use super::sessions_management::response;
use crate::{
    domain::{
        sessions::{Limit, Rules, Timeout},
        settings::Owner,
    },
    service::Service,
};

/// What is told of rules that were never set, as the provisioning client has them.
const TIMEOUT: Timeout = Timeout { is_active: false, timeout: 86_400 };
const LIMIT: Limit = Limit { is_active: false, max_sessions: 1 };

impl SessionsConfigurationApi for Service {
    async fn get_environment_session_configuration(
        &self,
        _: &RequestContext,
    ) -> ApiResult<types::CreateSessionConfigurationRequest> {
        let tx = self.store().read().await?;
        let rules = Rules::of(&tx, Owner::Environment).await?;
        Ok(response(Rules {
            idle: rules.idle.or(Some(TIMEOUT)),
            forced: rules.forced.or(Some(TIMEOUT)),
            concurrent: rules.concurrent.or(Some(LIMIT)),
        }))
    }
}
