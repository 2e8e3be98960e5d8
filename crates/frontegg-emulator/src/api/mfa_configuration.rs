//! What the methods of a second factor need to work.

use frontegg_contract::{ApiResult, RequestContext, mfa_configuration::MfaConfigurationApi};
use frontegg_model::types;

use crate::{
    domain::mfa::configuration::{self, Authenticator, Change, Configuration, Email, Sms},
    service::Service,
};

impl MfaConfigurationApi for Service {
    async fn get_mfa_configuration(&self, _cx: &RequestContext) -> ApiResult<types::MfaConfigResponse> {
        let tx = self.store().read().await?;
        Ok(response(configuration::get(&tx).await?))
    }

    async fn update_mfa_configuration(
        &self,
        _cx: &RequestContext,
        body: types::MfaConfigRequest,
    ) -> ApiResult<types::MfaConfigResponse> {
        let change = Change {
            authenticator: body
                .authentication_app
                .map(|block| Authenticator { active: block.active, service_name: block.service_name }),
            sms: body
                .sms
                .map(|block| Sms { active: block.active, token_lifetime_seconds: block.token_lifetime_seconds }),
            email: body.email.map(|block| Email {
                active: block.active,
                token_lifetime_seconds: block.token_lifetime_seconds,
                sender: block.sender,
            }),
        };
        let document = self.write(async |tx| Ok(configuration::change(tx, change).await?)).await?;
        Ok(response(document))
    }
}

fn response(document: Configuration) -> types::MfaConfigResponse {
    let Configuration { authenticator, sms, email, .. } = document;
    types::MfaConfigResponse {
        authentication_app: types::AuthenticationAppConfiguration {
            active: authenticator.active,
            service_name: authenticator.service_name,
        },
        email: types::EmailConfiguration {
            active: email.active,
            sender: email.sender,
            token_lifetime_seconds: email.token_lifetime_seconds,
        },
        sms: types::SmsConfiguration { active: sms.active, token_lifetime_seconds: sms.token_lifetime_seconds },
    }
}
