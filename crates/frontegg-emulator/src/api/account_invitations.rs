//! Invites of members, who hand them on to colleagues.

use frontegg_contract::{ApiResult, RequestContext, account_invitations::AccountInvitationsApi};
use frontegg_model::{Secret, enums::EmailTemplateType, types};

use super::caller::caller;
use crate::{
    domain::{
        memberships::MemberKey,
        messages::templates::{Environment, mails},
        settings::configuration,
        tenant_invites::{self, Invite, NewInvite},
    },
    service::Service,
};

impl AccountInvitationsApi for Service {
    async fn create_user_tenant_invite_v1(
        &self,
        cx: &RequestContext,
        body: types::CreateInviteTokenRequestForUser,
    ) -> ApiResult<types::InviteTokenDto> {
        let new = NewInvite {
            minutes: body.expires_in_minutes,
            should_send_email: body.should_send_email.unwrap_or_default(),
            ..of_caller(cx)?
        };
        create(self, cx, new).await
    }

    async fn create_user_tenant_invite_v2(
        &self,
        cx: &RequestContext,
        body: types::CreateInviteTokenRequestForUserV2,
    ) -> ApiResult<types::InviteTokenDto> {
        let new = NewInvite {
            minutes: body.expires_in_minutes,
            should_send_email: body.should_send_email.unwrap_or_default(),
            role_ids: body.role_ids.unwrap_or_default(),
            ..of_caller(cx)?
        };
        create(self, cx, new).await
    }

    async fn delete_user_tenant_invite(&self, cx: &RequestContext) -> ApiResult<()> {
        self.write(async |tx| Ok(tenant_invites::delete_of_member(tx, cx.tenant()?, cx.user()?).await?)).await
    }

    async fn get_tenant_invite_configuration(
        &self,
        _: &RequestContext,
    ) -> ApiResult<types::InvitationConfigurationResponse> {
        let tx = self.store().read().await?;
        let environment = Environment::of(&tx).await?;
        let mail = mails::in_force(&tx, &EmailTemplateType::UserUsedInvitation, &environment).await?;
        Ok(types::InvitationConfigurationResponse {
            emails_enabled: mail.active,
            tenant_invitations_allowed: configuration::get(&tx).await?.allow_tenant_invitations,
        })
    }

    async fn get_user_tenant_invite(&self, cx: &RequestContext) -> ApiResult<types::InviteTokenDto> {
        let tx = self.store().read().await?;
        Ok(answer(self, tenant_invites::of_member(&tx, cx.tenant()?, cx.user()?).await?))
    }

    async fn update_user_tenant_invite(
        &self,
        cx: &RequestContext,
        body: types::UpdateInviteTokenRequest,
    ) -> ApiResult<types::InviteTokenDto> {
        let member = MemberKey { user_id: cx.user()?, tenant_id: cx.tenant()? };
        let invite = self
            .write(async |tx| {
                Ok(tenant_invites::update(tx, caller(cx), member, body.expires_in_minutes, body.should_send_email)
                    .await?)
            })
            .await?;
        Ok(answer(self, invite))
    }

    async fn verify_tenant_invite(
        &self,
        _: &RequestContext,
        body: types::VerifyInviteTokenRequest,
    ) -> ApiResult<types::InviteTokenDto> {
        let tx = self.store().read().await?;
        Ok(answer(self, tenant_invites::verify(&tx, body.token.expose()).await?))
    }
}

fn of_caller(cx: &RequestContext) -> ApiResult<NewInvite> {
    Ok(NewInvite { tenant_id: cx.tenant()?.to_owned(), user_id: Some(cx.user()?.to_owned()), ..NewInvite::default() })
}

pub(super) async fn create(service: &Service, cx: &RequestContext, new: NewInvite) -> ApiResult<types::InviteTokenDto> {
    let invite = service.write(async |tx| Ok(tenant_invites::create(tx, caller(cx), new).await?)).await?;
    Ok(answer(service, invite))
}

pub(super) fn answer(service: &Service, invite: Invite) -> types::InviteTokenDto {
    let Invite { row, tenant_name, role_ids } = invite;
    types::InviteTokenDto {
        id: row.id,
        vendor_id: service.vendor_id().to_owned(),
        tenant_id: row.tenant_id,
        user_id: row.user_id,
        token: Secret::from(row.token),
        expires: row.expires_at.utc(),
        should_send_email: row.should_send_email,
        name: Some(tenant_name),
        role_ids: Some(role_ids).filter(|ids| !ids.is_empty()),
    }
}
