//! All invites of the environment, and whether newcomers follow a link or type a code.

use frontegg_contract::{
    ApiFailure, ApiResult, RequestContext,
    account_invitations_settings::{AccountInvitationsSettingsApi, DeleteTenantInviteParams},
};
use frontegg_model::{enums::StrategyKind, types};

use super::account_invitations::{answer, create};
use crate::{
    domain::{
        joining::onboarding::{Mail, Way},
        tenant_invites::{self, NewInvite},
    },
    service::Service,
};

impl AccountInvitationsSettingsApi for Service {
    async fn create_tenant_invite(
        &self,
        cx: &RequestContext,
        body: types::CreateInviteTokenRequest,
    ) -> ApiResult<types::InviteTokenDto> {
        let new = NewInvite {
            tenant_id: body.tenant_id,
            user_id: body.user_id,
            minutes: body.expires_in_minutes,
            should_send_email: body.should_send_email.unwrap_or_default(),
            role_ids: body.role_ids.unwrap_or_default(),
        };
        create(self, cx, new).await
    }

    async fn delete_tenant_invite(&self, _: &RequestContext, params: DeleteTenantInviteParams) -> ApiResult<()> {
        self.write(async |tx| Ok(tenant_invites::delete(tx, &params.id).await?)).await
    }

    async fn get_activation_strategy(&self, _: &RequestContext) -> ApiResult<types::ActivationStrategyResponse> {
        let tx = self.store().read().await?;
        let strategy = Mail::Activation.strategy(&tx).await?;
        let code_expiration = strategy.code_expiration;
        Ok(types::ActivationStrategyResponse { strategy: kind(strategy.strategy), code_expiration })
    }

    async fn get_invitation_strategy(&self, _: &RequestContext) -> ApiResult<types::InvitationStrategyResponse> {
        let tx = self.store().read().await?;
        let strategy = Mail::Invitation.strategy(&tx).await?;
        let code_expiration = strategy.code_expiration;
        Ok(types::InvitationStrategyResponse { strategy: kind(strategy.strategy), code_expiration })
    }

    async fn list_all_tenant_invites(&self, _: &RequestContext) -> ApiResult<Vec<types::InviteTokenDto>> {
        let tx = self.store().read().await?;
        Ok(tenant_invites::all(&tx).await?.into_iter().map(|invite| answer(self, invite)).collect())
    }

    async fn set_activation_strategy(
        &self,
        _: &RequestContext,
        body: types::CreateOrUpdateActivationStrategyRequest,
    ) -> ApiResult<()> {
        set(self, Mail::Activation, Some(way(&body.strategy)?), body.code_expiration).await
    }

    async fn set_invitation_strategy(
        &self,
        _: &RequestContext,
        body: types::CreateOrUpdateInvitationStrategyRequest,
    ) -> ApiResult<()> {
        let way = body.strategy.as_ref().map(way).transpose()?;
        set(self, Mail::Invitation, way, body.code_expiration).await
    }
}

async fn set(service: &Service, mail: Mail, way: Option<Way>, code_expiration: Option<i64>) -> ApiResult<()> {
    service.write(async |tx| Ok(mail.set_strategy(tx, way, code_expiration).await?)).await
}

fn kind(way: Way) -> StrategyKind {
    match way {
        Way::Link => StrategyKind::Link,
        Way::Code => StrategyKind::Code,
    }
}

fn way(kind: &StrategyKind) -> ApiResult<Way> {
    match kind {
        StrategyKind::Link => Ok(Way::Link),
        StrategyKind::Code => Ok(Way::Code),
        _ => Err(ApiFailure::bad_request("strategy must be one of code, link")),
    }
}
