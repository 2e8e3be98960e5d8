//! The service that sends the text messages of the environment.

use frontegg_contract::{ApiFailure, ApiResult, RequestContext, sms_configuration::SmsConfigurationApi};
use frontegg_model::types;

use crate::{
    domain::messages::sms_sender::{self, SmsSender},
    service::Service,
};

/// How many characters of a secret are shown, so that its owner knows which one it is.
const SHOWN: usize = 4;

impl SmsConfigurationApi for Service {
    async fn delete_sms_configuration(&self, _cx: &RequestContext) -> ApiResult<()> {
        self.write(async |tx| Ok(sms_sender::delete(tx).await?)).await
    }

    async fn get_sms_configuration(&self, _cx: &RequestContext) -> ApiResult<types::SmsVendorConfigResponse> {
        let tx = self.store().read().await?;
        let sender = sms_sender::find(&tx).await?;
        Ok(answer(sender.ok_or_else(|| ApiFailure::not_found("SMS configuration not found"))?))
    }

    async fn set_sms_configuration(
        &self,
        _cx: &RequestContext,
        body: types::CreateSmsVendorConfigRequest,
    ) -> ApiResult<types::SmsVendorConfigResponse> {
        let sender = SmsSender {
            sender_name: body.sender_name,
            account_id: body.account_id,
            token: body.token.map(|token| token.expose().to_owned()),
            service_id: body.service_id,
            provider: body.provider,
            channel: body.channel,
        };
        self.write(async |tx| Ok(sms_sender::set(tx, &sender).await?)).await?;
        Ok(answer(sender))
    }
}

fn answer(sender: SmsSender) -> types::SmsVendorConfigResponse {
    types::SmsVendorConfigResponse {
        account_id: sender.account_id,
        channel: sender.channel,
        provider: sender.provider,
        sender_name: sender.sender_name,
        service_id: sender.service_id,
        token: sender.token.map(|token| masked(&token).into()),
    }
}

/// The secret with all but its end hidden; a short one is hidden whole.
fn masked(secret: &str) -> String {
    let length = secret.chars().count();
    let shown = if length >= 4 * SHOWN { SHOWN } else { 0 };
    let end: String = secret.chars().skip(length - shown).collect();
    format!("********{end}")
}
