//! Texts of the text messages that the environment sends.

use frontegg_contract::{
    ApiFailure, ApiResult, RequestContext,
    sms_templates::{
        DeleteSmsTemplateParams, GetDefaultSmsTemplateParams, GetSmsTemplateParams, SetSmsTemplateParams,
        SmsTemplatesApi,
    },
};
use frontegg_model::types;

use crate::{
    domain::messages::templates::texts::{self, SmsType, Text},
    service::Service,
};

impl SmsTemplatesApi for Service {
    async fn delete_sms_template(&self, _cx: &RequestContext, params: DeleteSmsTemplateParams) -> ApiResult<()> {
        let kind = SmsType::parse(&params.type_)?;
        self.write(async |tx| Ok(texts::delete(tx, kind).await?)).await
    }

    async fn get_default_sms_template(
        &self,
        _cx: &RequestContext,
        params: GetDefaultSmsTemplateParams,
    ) -> ApiResult<types::SmsTemplateResponse> {
        Ok(answer(SmsType::parse(&params.type_)?.built_in()))
    }

    async fn get_sms_template(
        &self,
        _cx: &RequestContext,
        params: GetSmsTemplateParams,
    ) -> ApiResult<types::SmsTemplateResponse> {
        let kind = SmsType::parse(&params.type_)?;
        let tx = self.store().read().await?;
        let text = texts::find(&tx, kind).await?;
        text.map(answer).ok_or_else(|| ApiFailure::not_found("SMS template not found"))
    }

    async fn list_default_sms_templates(&self, _cx: &RequestContext) -> ApiResult<Vec<types::SmsTemplateResponse>> {
        Ok(SmsType::ALL.into_iter().map(|kind| answer(kind.built_in())).collect())
    }

    async fn list_sms_templates(&self, _cx: &RequestContext) -> ApiResult<Vec<types::SmsTemplateResponse>> {
        let tx = self.store().read().await?;
        Ok(texts::stored(&tx).await?.into_iter().map(answer).collect())
    }

    async fn set_sms_template(
        &self,
        _cx: &RequestContext,
        params: SetSmsTemplateParams,
        body: types::CreateSmsTemplateRequest,
    ) -> ApiResult<types::SmsTemplateResponse> {
        let kind = SmsType::parse(&params.type_)?;
        let text = self.write(async |tx| Ok(texts::set(tx, kind, body.template, body.extra).await?)).await?;
        Ok(answer(text))
    }
}

fn answer(text: Text) -> types::SmsTemplateResponse {
    types::SmsTemplateResponse {
        extra: text.more,
        created_at: text.written.map(|(created_at, _)| created_at.utc()),
        template: text.template,
        type_: text.kind.to_string(),
        updated_at: text.written.map(|(_, updated_at)| updated_at.utc()),
    }
}
