//! Providers of social sign-in, as the environment has described them.

use frontegg_contract::{
    ApiResult, RequestContext,
    custom_social_oauth_provider::{
        CustomSocialOAuthProviderApi, DeleteCustomSocialLoginProviderParams, UpdateCustomSocialLoginProviderParams,
    },
};
use frontegg_model::types;

use crate::{
    domain::social::providers::{self, Changes, NewProvider},
    service::Service,
    store::entity::social_provider,
};

impl CustomSocialOAuthProviderApi for Service {
    async fn create_custom_social_login_provider(
        &self,
        _: &RequestContext,
        body: types::CreateCustomSsoRequestDto,
    ) -> ApiResult<()> {
        let new = NewProvider {
            id: None,
            kind: body.type_,
            client_id: body.client_id,
            secret: body.secret.expose().to_owned(),
            redirect_url: body.redirect_url,
            redirect_url_pattern: body.redirect_url_pattern,
            authorization_url: body.authorization_url,
            token_url: body.token_url,
            user_info_url: body.user_info_url,
            scopes: body.scopes,
            sso_logo_url: body.sso_logo_url.into_option().flatten(),
            display_name: body.display_name,
            is_active: body.active,
        };
        self.write(async |tx| Ok(providers::create(tx, new).await?)).await
    }

    async fn delete_custom_social_login_provider(
        &self,
        _: &RequestContext,
        params: DeleteCustomSocialLoginProviderParams,
    ) -> ApiResult<()> {
        self.write(async |tx| Ok(providers::delete(tx, &params.id).await?)).await
    }

    async fn list_custom_social_login_providers(
        &self,
        _: &RequestContext,
    ) -> ApiResult<types::CustomSocialLoginProviders> {
        let tx = self.store().read().await?;
        let providers = providers::list(&tx).await?;
        Ok(types::CustomSocialLoginProviders { providers: providers.into_iter().map(answer).collect() })
    }

    async fn update_custom_social_login_provider(
        &self,
        _: &RequestContext,
        params: UpdateCustomSocialLoginProviderParams,
        body: types::UpdateCustomSsoRequestDto,
    ) -> ApiResult<()> {
        let changes = Changes {
            kind: body.type_,
            client_id: body.client_id,
            secret: body.secret.map(|secret| secret.expose().to_owned()),
            redirect_url: body.redirect_url,
            redirect_url_pattern: body.redirect_url_pattern,
            authorization_url: body.authorization_url,
            token_url: body.token_url,
            user_info_url: body.user_info_url,
            scopes: body.scopes,
            sso_logo_url: body.sso_logo_url,
            display_name: body.display_name,
            is_active: body.active,
        };
        self.write(async |tx| Ok(providers::update(tx, &params.id, changes).await?)).await
    }
}

/// A provider as everybody may see it: neither its secret nor where that is used.
fn answer(row: social_provider::Model) -> types::CustomSocialLoginProvider {
    types::CustomSocialLoginProvider {
        id: row.id,
        type_: row.kind,
        client_id: row.client_id,
        redirect_url: row.redirect_url,
        redirect_url_pattern: Some(row.redirect_url_pattern),
        authorization_url: row.authorization_url,
        user_info_url: Some(row.user_info_url),
        scopes: row.scopes,
        sso_logo_url: row.sso_logo_url,
        display_name: row.display_name,
        active: row.is_active,
    }
}
