//! Client credentials and access tokens of a person in a tenant.

use frontegg_contract::{
    ApiResult, RequestContext,
    personal_tokens::{DeleteUserAccessTokenParams, DeleteUserApiTokenParams, PersonalTokensApi},
};
use frontegg_model::{Secret, types};

use super::{api_token::issuer, caller::caller};
use crate::{
    domain::{
        applications::default_application,
        machine_tokens::{self, NewToken, Token, TokenOwner},
    },
    service::Service,
    store::entity::MachineTokenKind,
};

impl PersonalTokensApi for Service {
    async fn create_user_access_token(
        &self,
        cx: &RequestContext,
        body: types::CreateUserAccessTokenRequest,
    ) -> ApiResult<types::UserAccessTokenResponse> {
        let new = NewToken {
            description: body.description,
            minutes: body.expires_in_minutes.into_option().flatten(),
            created_by: cx.user_id.clone(),
            ..NewToken::default()
        };
        let (token, claims) = self
            .write(async |tx| {
                let application = default_application::get(tx).await?;
                let issuer = issuer(self, &application);
                Ok(machine_tokens::create_access(tx, caller(cx), owner(cx)?, issuer, new).await?)
            })
            .await?;
        let secret = self.sign_access(&claims).await?;
        Ok(types::UserAccessTokenResponse { secret: Some(Secret::from(secret)), ..access_token(token) })
    }

    async fn list_user_access_tokens(&self, cx: &RequestContext) -> ApiResult<types::GetUserAccessTokensResponse> {
        let tx = self.store().read().await?;
        let tokens = machine_tokens::list(&tx, owner(cx)?, MachineTokenKind::Access).await?;
        Ok(types::GetUserAccessTokensResponse { access_tokens: tokens.into_iter().map(access_token).collect() })
    }

    async fn delete_user_access_token(
        &self,
        cx: &RequestContext,
        params: DeleteUserAccessTokenParams,
    ) -> ApiResult<()> {
        delete(self, cx, MachineTokenKind::Access, &params.id).await
    }

    async fn create_user_api_token(
        &self,
        cx: &RequestContext,
        body: types::CreateUserApiTokenDto,
    ) -> ApiResult<types::CreateUserApiTokenResponseDto> {
        let new = NewToken {
            description: body.description,
            metadata: body.metadata.unwrap_or_default(),
            minutes: body.expires_in_minutes.into_option().flatten(),
            created_by: cx.user_id.clone(),
            ..NewToken::default()
        };
        let (token, secret) = self
            .write(async |tx| Ok(machine_tokens::create_credentials(tx, caller(cx), owner(cx)?, new).await?))
            .await?;
        Ok(types::CreateUserApiTokenResponseDto {
            metadata: Some(token.metadata()),
            client_id: token.row.id,
            secret: Secret::from(secret),
            description: token.row.description.or_else(|| Some(String::new())),
            created_at: token.row.created_at.utc(),
            expires: token.row.expires_at.map(Into::into),
        })
    }

    async fn list_user_api_tokens(&self, cx: &RequestContext) -> ApiResult<Vec<types::GetUserApiTokensResponseDto>> {
        let tx = self.store().read().await?;
        let tokens = machine_tokens::list(&tx, owner(cx)?, MachineTokenKind::Credentials).await?;
        Ok(tokens.into_iter().map(listed).collect())
    }

    async fn delete_user_api_token(&self, cx: &RequestContext, params: DeleteUserApiTokenParams) -> ApiResult<()> {
        delete(self, cx, MachineTokenKind::Credentials, &params.id).await
    }
}

fn owner(cx: &RequestContext) -> ApiResult<TokenOwner<'_>> {
    Ok(TokenOwner::Member { tenant_id: cx.tenant()?, user_id: cx.user()? })
}

async fn delete(service: &Service, cx: &RequestContext, kind: MachineTokenKind, id: &str) -> ApiResult<()> {
    service.write(async |tx| Ok(machine_tokens::delete(tx, caller(cx), owner(cx)?, kind, id).await?)).await
}

fn listed(token: Token) -> types::GetUserApiTokensResponseDto {
    types::GetUserApiTokensResponseDto {
        metadata: Some(token.metadata()),
        client_id: token.row.id,
        description: token.row.description.or_else(|| Some(String::new())),
        created_at: token.row.created_at.utc(),
        expires: token.row.expires_at.map(Into::into),
    }
}

fn access_token(token: Token) -> types::UserAccessTokenResponse {
    types::UserAccessTokenResponse {
        id: token.row.id,
        description: token.row.description,
        created_at: token.row.created_at.utc(),
        expires: token.row.expires_at.map(Into::into),
        secret: None,
    }
}
