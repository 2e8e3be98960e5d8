//! Whether people may change their own address.

use frontegg_contract::{ApiResult, RequestContext, user_emails_policy::UserEmailsPolicyApi};
use frontegg_model::types;

use crate::{domain::people::emails_policy, service::Service};

impl UserEmailsPolicyApi for Service {
    async fn get_user_emails_policy(&self, _: &RequestContext) -> ApiResult<types::GetUserEmailsPolicyResponseDto> {
        let tx = self.store().read().await?;
        let allow_email_change = emails_policy::allows_change(&tx).await?;
        Ok(types::GetUserEmailsPolicyResponseDto { allow_email_change })
    }

    async fn set_user_emails_policy(
        &self,
        _: &RequestContext,
        body: types::CreateUserEmailsPolicyRequestDto,
    ) -> ApiResult<()> {
        // Without the member it stays as it is.
        let Some(allowed) = body.allow_email_change else {
            return Ok(());
        };
        self.write(async |tx| Ok(emails_policy::allow_change(tx, allowed).await?)).await
    }
}
