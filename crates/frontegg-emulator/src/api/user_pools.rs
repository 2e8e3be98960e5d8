//! Places besides the directory of the environment that people come from.

use frontegg_contract::{
    ApiResult, RequestContext,
    user_pools::{
        DeleteUserSourceParams, GetUserSourceParams, ListUserSourceUsersParams, UpdateAuth0UserSourceParams,
        UpdateCognitoUserSourceParams, UpdateCustomCodeUserSourceParams, UpdateFederationUserSourceParams,
        UpdateFirebaseUserSourceParams, UserPoolsApi,
    },
};
use frontegg_model::types;
use sea_orm::ActiveEnum;

use super::paging;
use crate::{
    clock::Timestamp,
    domain::{
        people::person::Person,
        user_pools::{self, Changes, Configuration, NewPool, UserPool, configuration, people},
    },
    service::Service,
    store::entity::UserPoolKind,
};

/// What all bodies say alike that create a pool.
macro_rules! new_pool {
    ($body:ident, $configuration:expr) => {
        NewPool {
            name: $body.name,
            description: $body.description,
            index: $body.index,
            app_ids: $body.app_ids.unwrap_or_default(),
            configuration: $configuration($body.configuration),
        }
    };
}

/// What all bodies say alike that change a pool.
macro_rules! changes {
    ($body:ident, $configuration:expr) => {
        Changes {
            name: $body.name,
            description: $body.description,
            index: $body.index,
            configuration: $body.configuration.map($configuration),
        }
    };
}

impl UserPoolsApi for Service {
    async fn assign_applications_to_user_source(
        &self,
        _: &RequestContext,
        body: types::AssignApplicationsToUserSourceRequestDto,
    ) -> ApiResult<()> {
        self.write(async |tx| Ok(user_pools::assign(tx, &body.user_source_id, body.app_ids).await?)).await
    }

    async fn create_auth0_user_source(
        &self,
        _: &RequestContext,
        body: types::CreateAuth0ExternalUserSourceRequestDto,
    ) -> ApiResult<types::CreateUserSourceResponse> {
        create(self, new_pool!(body, Configuration::Auth0)).await
    }

    async fn create_cognito_user_source(
        &self,
        _: &RequestContext,
        body: types::CreateCognitoExternalUserSourceRequestDto,
    ) -> ApiResult<types::CreateUserSourceResponse> {
        create(self, new_pool!(body, Configuration::Cognito)).await
    }

    async fn create_custom_code_user_source(
        &self,
        _: &RequestContext,
        body: types::CreateCustomCodeExternalUserSourceRequestDto,
    ) -> ApiResult<types::CreateUserSourceResponse> {
        create(self, new_pool!(body, Configuration::CustomCode)).await
    }

    async fn create_federation_user_source(
        &self,
        _: &RequestContext,
        body: types::CreateFederationUserSourceRequestDto,
    ) -> ApiResult<types::CreateUserSourceResponse> {
        create(self, new_pool!(body, Configuration::Federation)).await
    }

    async fn create_firebase_user_source(
        &self,
        _: &RequestContext,
        body: types::CreateFirebaseExternalUserSourceRequestDto,
    ) -> ApiResult<types::CreateUserSourceResponse> {
        create(self, new_pool!(body, firebase)).await
    }

    async fn delete_user_source(&self, _: &RequestContext, params: DeleteUserSourceParams) -> ApiResult<()> {
        self.write(async |tx| Ok(user_pools::delete(tx, &params.id).await?)).await
    }

    async fn get_user_source(
        &self,
        _: &RequestContext,
        params: GetUserSourceParams,
    ) -> ApiResult<types::GetUserSourceResponseDto> {
        let tx = self.store().read().await?;
        let UserPool { row, app_ids } = user_pools::require(&tx, &params.id).await?;
        Ok(types::GetUserSourceResponseDto {
            app_ids: given(app_ids),
            configuration: configuration::members(&row)?.into(),
            type_: row.kind.to_value(),
            id: row.id,
            name: row.name,
            description: row.description,
            index: row.position,
        })
    }

    async fn list_user_source_users(
        &self,
        cx: &RequestContext,
        params: ListUserSourceUsersParams,
    ) -> ApiResult<types::UserSourceUserPage> {
        let page = paging::page(params.limit, params.offset)?;
        let tx = self.store().read().await?;
        let found = people::list(&tx, &params.id, page).await?;
        Ok(types::UserSourceUserPage {
            items: found.items.into_iter().map(known).collect(),
            metadata: paging::metadata(page, found.total),
            links: Some(paging::links(cx, page, found.total)),
        })
    }

    async fn list_user_sources(&self, _: &RequestContext) -> ApiResult<Vec<types::GetUserSourceExtendedResponseDto>> {
        let tx = self.store().read().await?;
        let counts = people::counts(&tx).await?;
        let pool = |UserPool { row, app_ids }: UserPool| {
            Ok(types::GetUserSourceExtendedResponseDto {
                app_ids: given(app_ids),
                configuration: configuration::members(&row)?.into(),
                type_: row.kind.to_value(),
                users_count: counts.get(&row.id).copied().unwrap_or_default(),
                id: row.id,
                name: row.name,
                description: row.description,
                index: row.position,
            })
        };
        user_pools::list(&tx).await?.into_iter().map(pool).collect()
    }

    async fn unassign_applications_from_user_source(
        &self,
        _: &RequestContext,
        body: types::UnassignApplicationsFromUserSourceRequestDto,
    ) -> ApiResult<()> {
        self.write(async |tx| Ok(user_pools::unassign(tx, &body.user_source_id, body.app_ids).await?)).await
    }

    async fn update_auth0_user_source(
        &self,
        _: &RequestContext,
        params: UpdateAuth0UserSourceParams,
        body: types::UpdateExternalAuth0UserSourceRequestDto,
    ) -> ApiResult<()> {
        update(self, &params.id, UserPoolKind::Auth0, changes!(body, Configuration::Auth0)).await
    }

    async fn update_cognito_user_source(
        &self,
        _: &RequestContext,
        params: UpdateCognitoUserSourceParams,
        body: types::UpdateExternalCognitoUserSourceRequestDto,
    ) -> ApiResult<()> {
        update(self, &params.id, UserPoolKind::Cognito, changes!(body, Configuration::Cognito)).await
    }

    async fn update_custom_code_user_source(
        &self,
        _: &RequestContext,
        params: UpdateCustomCodeUserSourceParams,
        body: types::UpdateExternalCustomCodeUserSourceRequestDto,
    ) -> ApiResult<()> {
        update(self, &params.id, UserPoolKind::CustomCode, changes!(body, Configuration::CustomCode)).await
    }

    async fn update_federation_user_source(
        &self,
        _: &RequestContext,
        params: UpdateFederationUserSourceParams,
        body: types::UpdateFederationUserSourceRequestDto,
    ) -> ApiResult<()> {
        update(self, &params.id, UserPoolKind::Federation, changes!(body, Configuration::Federation)).await
    }

    async fn update_firebase_user_source(
        &self,
        _: &RequestContext,
        params: UpdateFirebaseUserSourceParams,
        body: types::UpdateExternalFirebaseUserSourceRequestDto,
    ) -> ApiResult<()> {
        update(self, &params.id, UserPoolKind::Firebase, changes!(body, firebase)).await
    }
}

async fn create(service: &Service, new: NewPool) -> ApiResult<types::CreateUserSourceResponse> {
    let UserPool { row, app_ids } = service.write(async |tx| Ok(user_pools::create(tx, new).await?)).await?;
    Ok(types::CreateUserSourceResponse {
        app_ids: given(app_ids),
        type_: row.kind.to_value(),
        id: row.id,
        name: row.name,
        description: row.description,
        index: row.position,
    })
}

async fn update(service: &Service, id: &str, kind: UserPoolKind, changes: Changes) -> ApiResult<()> {
    service.write(async |tx| Ok(user_pools::update(tx, id, kind, changes).await?)).await
}

fn firebase(configuration: types::ExternalFirebaseUserSourceConfig) -> Configuration {
    Configuration::Firebase(Box::new(configuration))
}

/// The applications of a pool, where it serves any.
fn given(app_ids: Vec<String>) -> Option<Vec<String>> {
    Some(app_ids).filter(|app_ids| !app_ids.is_empty())
}

fn known(person: Person) -> types::GetUserSourceUsersResponseDto {
    types::GetUserSourceUsersResponseDto {
        email: person.email.unwrap_or_default(),
        last_login: person.user.last_login.map(Timestamp::utc),
    }
}
