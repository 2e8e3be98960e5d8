//! Client credentials and access tokens of a tenant.

use frontegg_contract::{
    ApiResult, RequestContext,
    api_tokens::{ApiTokensApi, DeleteTenantAccessTokenParams, DeleteTenantApiTokenParams, UpdateTenantApiTokenParams},
};
use frontegg_model::{Secret, types};

use super::{api_token::issuer, caller::caller};
use crate::{
    domain::{
        applications::default_application,
        machine_tokens::{self, Changes, NewToken, Token, TokenGrant, TokenOwner},
    },
    service::Service,
    store::entity::MachineTokenKind,
};

impl ApiTokensApi for Service {
    async fn create_tenant_access_token(
        &self,
        cx: &RequestContext,
        body: types::CreateTenantAccessTokenRequest,
    ) -> ApiResult<types::TenantAccessTokenResponse> {
        let new = NewToken {
            description: body.description,
            grant: TokenGrant::of(body.role_ids, None),
            minutes: body.expires_in_minutes.into_option().flatten(),
            created_by: cx.user_id.clone(),
            ..NewToken::default()
        };
        let (token, claims) = self
            .write(async |tx| {
                let owner = TokenOwner::Tenant(cx.tenant()?);
                let application = default_application::get(tx).await?;
                let issuer = issuer(self, &application);
                Ok(machine_tokens::create_access(tx, caller(cx), owner, issuer, new).await?)
            })
            .await?;
        let secret = self.sign_access(&claims).await?;
        Ok(types::TenantAccessTokenResponse { secret: Some(Secret::from(secret)), ..access_token(token) })
    }

    async fn list_tenant_access_tokens(&self, cx: &RequestContext) -> ApiResult<types::GetTenantAccessTokensResponse> {
        let tx = self.store().read().await?;
        let owner = TokenOwner::Tenant(cx.tenant()?);
        let tokens = machine_tokens::list(&tx, owner, MachineTokenKind::Access).await?;
        Ok(types::GetTenantAccessTokensResponse { access_tokens: tokens.into_iter().map(access_token).collect() })
    }

    async fn delete_tenant_access_token(
        &self,
        cx: &RequestContext,
        params: DeleteTenantAccessTokenParams,
    ) -> ApiResult<()> {
        delete(self, cx, MachineTokenKind::Access, &params.id).await
    }

    async fn create_tenant_api_token_v1(
        &self,
        cx: &RequestContext,
        body: types::CreateTenantApiTokenDto,
    ) -> ApiResult<types::CreateTenantApiTokenResponseDto> {
        create(self, cx, body).await
    }

    async fn create_tenant_api_token_v2(
        &self,
        cx: &RequestContext,
        body: types::CreateTenantApiTokenDto,
    ) -> ApiResult<types::CreateTenantApiTokenResponseDto> {
        create(self, cx, body).await
    }

    async fn list_tenant_api_tokens(&self, cx: &RequestContext) -> ApiResult<Vec<types::GetTenantApiTokensResponse>> {
        let tx = self.store().read().await?;
        let owner = TokenOwner::Tenant(cx.tenant()?);
        let tokens = machine_tokens::list(&tx, owner, MachineTokenKind::Credentials).await?;
        Ok(tokens.into_iter().map(listed).collect())
    }

    async fn update_tenant_api_token(
        &self,
        cx: &RequestContext,
        params: UpdateTenantApiTokenParams,
        body: types::UpdateApiTokenDto,
    ) -> ApiResult<types::UpdateTenantApiTokenResponseDto> {
        let changes = Changes {
            description: body.description,
            metadata: body.metadata,
            grant: TokenGrant::of(body.role_ids, body.permission_ids),
        };
        let token = self
            .write(async |tx| Ok(machine_tokens::update(tx, caller(cx), cx.tenant()?, &params.id, changes).await?))
            .await?;
        Ok(updated(token))
    }

    async fn delete_tenant_api_token(&self, cx: &RequestContext, params: DeleteTenantApiTokenParams) -> ApiResult<()> {
        delete(self, cx, MachineTokenKind::Credentials, &params.id).await
    }
}

async fn create(
    service: &Service,
    cx: &RequestContext,
    body: types::CreateTenantApiTokenDto,
) -> ApiResult<types::CreateTenantApiTokenResponseDto> {
    let new = NewToken {
        description: body.description,
        metadata: body.metadata.unwrap_or_default(),
        grant: TokenGrant::of(body.role_ids, body.permission_ids),
        minutes: body.expires_in_minutes.into_option().flatten(),
        created_by: cx.user_id.clone(),
        ..NewToken::default()
    };
    let (token, secret) = service
        .write(async |tx| {
            let owner = TokenOwner::Tenant(cx.tenant()?);
            Ok(machine_tokens::create_credentials(tx, caller(cx), owner, new).await?)
        })
        .await?;
    Ok(created(token, secret))
}

async fn delete(service: &Service, cx: &RequestContext, kind: MachineTokenKind, id: &str) -> ApiResult<()> {
    service
        .write(async |tx| Ok(machine_tokens::delete(tx, caller(cx), TokenOwner::Tenant(cx.tenant()?), kind, id).await?))
        .await
}

fn created(token: Token, secret: String) -> types::CreateTenantApiTokenResponseDto {
    types::CreateTenantApiTokenResponseDto {
        metadata: token.metadata(),
        client_id: token.row.id,
        secret: Secret::from(secret),
        tenant_id: token.row.tenant_id,
        description: token.row.description,
        role_ids: Some(token.role_ids),
        permission_ids: Some(token.permission_ids),
        created_by_user_id: token.row.created_by_user_id,
        created_at: token.row.created_at.utc(),
        expires: token.row.expires_at.map(Into::into),
    }
}

fn listed(token: Token) -> types::GetTenantApiTokensResponse {
    types::GetTenantApiTokensResponse {
        metadata: Some(token.metadata()),
        client_id: token.row.id,
        tenant_id: token.row.tenant_id,
        description: token.row.description,
        role_ids: Some(token.role_ids),
        permission_ids: Some(token.permission_ids),
        created_by_user_id: token.row.created_by_user_id,
        created_at: token.row.created_at.utc(),
        expires: token.row.expires_at.map(Into::into),
    }
}

fn updated(token: Token) -> types::UpdateTenantApiTokenResponseDto {
    types::UpdateTenantApiTokenResponseDto {
        metadata: token.metadata(),
        client_id: token.row.id,
        tenant_id: token.row.tenant_id,
        description: token.row.description,
        role_ids: Some(token.role_ids),
        permission_ids: Some(token.permission_ids),
        created_by_user_id: token.row.created_by_user_id,
        created_at: token.row.created_at.utc(),
        expires: token.row.expires_at.map(Into::into),
    }
}

fn access_token(token: Token) -> types::TenantAccessTokenResponse {
    types::TenantAccessTokenResponse {
        id: token.row.id,
        description: token.row.description,
        role_ids: token.role_ids,
        created_by_user_id: token.row.created_by_user_id,
        created_at: token.row.created_at.utc(),
        expires: token.row.expires_at.map(Into::into),
        secret: None,
    }
}
