//! The service that sends the mails of the environment.

use frontegg_contract::{ApiResult, RequestContext, email_configuration::EmailConfigurationApi};
use frontegg_model::{
    Secret,
    enums::{MailProvider, MailgunRegion},
    types,
};

use crate::{
    domain::messages::mail_sender::{self, MailSender},
    service::Service,
};

impl EmailConfigurationApi for Service {
    async fn delete_mail_configuration(&self, _cx: &RequestContext) -> ApiResult<()> {
        self.write(async |tx| Ok(mail_sender::delete(tx).await?)).await
    }

    async fn get_mail_configuration(&self, _cx: &RequestContext) -> ApiResult<types::GetMailConfigResponseDto> {
        let tx = self.store().read().await?;
        let stored = mail_sender::require(&tx).await?;
        let extension = stored
            .sender
            .extension
            .into_iter()
            .map(|(extension_name, extension_value)| types::MailExtension { extension_name, extension_value });
        Ok(types::GetMailConfigResponseDto {
            created_at: stored.created_at.utc(),
            extension: Some(extension.collect()),
            provider: Some(stored.sender.provider.into()),
            secret: stored.sender.secret.into(),
            updated_at: stored.updated_at.utc(),
        })
    }

    async fn set_mail_configuration_v1(
        &self,
        _cx: &RequestContext,
        body: types::CreateOrUpdateMailConfigRequestDto,
    ) -> ApiResult<()> {
        let sender = sender(&MailProvider::SendGrid, &body.secret, &[]);
        self.write(async |tx| Ok(mail_sender::set(tx, sender).await?)).await
    }

    async fn set_mail_configuration_v2(
        &self,
        _cx: &RequestContext,
        body: types::SetMailConfigurationRequest,
    ) -> ApiResult<()> {
        self.write(async |tx| Ok(mail_sender::set(tx, from_payload(&body.payload)).await?)).await
    }
}

fn from_payload(payload: &types::MailConfigurationPayload) -> MailSender {
    use types::MailConfigurationPayload as Payload;
    match payload {
        Payload::SendGridDto(account) => sender(&MailProvider::SendGrid, &account.secret, &[]),
        Payload::MailgunDto(account) => {
            let region = account.region.as_ref().unwrap_or(&MailgunRegion::Us);
            let extension = [("domain", account.domain.as_str()), ("region", region.as_str())];
            sender(&MailProvider::Mailgun, &account.secret, &extension)
        }
        Payload::SesDto(account) => {
            let extension = [("id", account.id.as_str()), ("region", account.region.as_str())];
            sender(&MailProvider::Ses, &account.secret, &extension)
        }
        Payload::SesRoleDto(account) => sender(&MailProvider::SesRole, &account.secret, &[("region", &account.region)]),
    }
}

fn sender(provider: &MailProvider, secret: &Secret, extension: &[(&str, &str)]) -> MailSender {
    MailSender {
        provider: provider.as_str().to_owned(),
        secret: secret.expose().to_owned(),
        extension: extension.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
    }
}
