//! Texts of the mails that the environment sends.

use frontegg_contract::{
    ApiResult, RequestContext,
    email_templates::{
        DeleteEmailTemplateParams, EmailTemplatesApi, GetDefaultEmailTemplateParams, ListEmailTemplatesParams,
    },
};
use frontegg_model::types;

use crate::{
    domain::messages::templates::{
        Environment,
        mails::{self, Changes, Template},
    },
    service::Service,
};

impl EmailTemplatesApi for Service {
    async fn delete_email_template(&self, _cx: &RequestContext, params: DeleteEmailTemplateParams) -> ApiResult<()> {
        self.write(async |tx| Ok(mails::delete(tx, &params.template_id).await?)).await
    }

    async fn get_default_email_template(
        &self,
        _cx: &RequestContext,
        params: GetDefaultEmailTemplateParams,
    ) -> ApiResult<types::GetTemplateResponseDto> {
        let tx = self.store().read().await?;
        let environment = Environment::of(&tx).await?;
        Ok(answer(mails::built_in(&params.type_, &environment)?, &environment))
    }

    async fn list_email_templates(
        &self,
        _cx: &RequestContext,
        params: ListEmailTemplatesParams,
    ) -> ApiResult<Vec<types::GetTemplateResponseDto>> {
        let tx = self.store().read().await?;
        let environment = Environment::of(&tx).await?;
        let stored = mails::stored(&tx, params.type_.as_ref()).await?;
        Ok(stored.into_iter().map(|template| answer(template, &environment)).collect())
    }

    async fn set_email_template(&self, _cx: &RequestContext, body: types::CreateTemplateDto) -> ApiResult<()> {
        let changes = Changes {
            sender_email: body.sender_email,
            from_name: body.from_name,
            subject: body.subject,
            html: body.html_template,
            redirect_url: body.redirect_url,
            success_redirect_url: body.success_redirect_url,
            active: body.active,
        };
        self.write(async |tx| {
            let environment = Environment::of(tx).await?;
            Ok(mails::set(tx, &body.type_, changes, &environment).await?)
        })
        .await
    }
}

fn answer(template: Template, environment: &Environment) -> types::GetTemplateResponseDto {
    let filled = |address: &Option<String>| address.as_deref().map(|address| environment.fill(address));
    types::GetTemplateResponseDto {
        active: template.active,
        from_name: Some(template.from_name),
        html_template: Some(template.html),
        id: template.id,
        redirect_url: filled(&template.redirect_url),
        redirect_url_pattern: template.redirect_url,
        sender_email: Some(template.sender_email),
        subject: Some(template.subject),
        success_redirect_url: filled(&template.success_redirect_url),
        success_redirect_url_pattern: template.success_redirect_url,
        type_: template.kind,
    }
}
