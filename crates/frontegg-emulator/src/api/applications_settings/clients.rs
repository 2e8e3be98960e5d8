//! OAuth clients of applications.

use frontegg_contract::{ApiFailure, ApiResult, RequestContext};
use frontegg_model::{Secret, enums::ApplicationClientType, types};

use super::stored;
use crate::{
    domain::applications::{
        self,
        clients::{self, ClientChanges, NewClient},
    },
    service::Service,
    store::entity::{ClientType, application_client},
};

pub(super) async fn create(
    service: &Service,
    cx: &RequestContext,
    body: types::CreateApplicationClientRequestDto,
) -> ApiResult<types::ApplicationClientResponseDto> {
    let named = body.app_id.as_deref().or(cx.application_id.as_deref());
    let new = NewClient {
        id: None,
        secret: None,
        name: body.client_name,
        client_type: client_type(&body.client_type)?,
        redirect_urls: body.redirect_urls.unwrap_or_default(),
        external_metadata: body.external_metadata,
    };
    let create = service.write(async |tx| {
        let application = applications::named(tx, named).await?;
        Ok(clients::create(tx, &application.id, new).await?)
    });
    response(create.await?)
}

pub(super) async fn list(service: &Service, app_id: &str) -> ApiResult<Vec<types::ApplicationClientResponseDto>> {
    let tx = service.store().read().await?;
    clients::list(&tx, app_id).await?.into_iter().map(response).collect()
}

pub(super) async fn get(service: &Service, id: &str) -> ApiResult<types::ApplicationClientResponseDto> {
    let tx = service.store().read().await?;
    response(clients::require(&tx, id).await?)
}

pub(super) async fn update(
    service: &Service,
    id: &str,
    body: types::UpdateApplicationClientRequestDto,
) -> ApiResult<types::ApplicationClientResponseDto> {
    let changes = ClientChanges {
        name: body.client_name,
        redirect_urls: body.redirect_urls,
        external_metadata: body.external_metadata,
    };
    response(service.write(async |tx| Ok(clients::update(tx, id, changes).await?)).await?)
}

pub(super) async fn delete(service: &Service, id: &str) -> ApiResult<()> {
    service.write(async |tx| Ok(clients::delete(tx, id).await?)).await
}

fn client_type(named: &ApplicationClientType) -> ApiResult<ClientType> {
    match named {
        ApplicationClientType::Agent => Ok(ClientType::Agent),
        _ => Err(ApiFailure::bad_request("clientType must be one of the following values: Agent")),
    }
}

fn response(row: application_client::Model) -> ApiResult<types::ApplicationClientResponseDto> {
    Ok(types::ApplicationClientResponseDto {
        redirect_urls: stored(&row.redirect_urls)?,
        external_metadata: row.external_metadata.as_deref().map(stored).transpose()?,
        id: row.id,
        app_id: row.app_id,
        client_name: row.client_name,
        client_secret: Secret::from(row.client_secret),
        client_type: match row.client_type {
            ClientType::Agent => ApplicationClientType::Agent,
        },
        created_at: row.created_at.utc(),
        updated_at: row.updated_at.utc(),
    })
}
