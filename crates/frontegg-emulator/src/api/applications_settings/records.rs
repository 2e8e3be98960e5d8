//! The records of applications and their secrets.

use frontegg_contract::{ApiResult, RequestContext, applications_settings::ListApplicationsParams};
use frontegg_model::{Patch, Secret, types};

use super::{access_type, shown_access, stored};
use crate::{
    api::{caller::caller, paging},
    clock::Timestamp,
    domain::applications::{
        self, default_application,
        listing::{self, Filter},
        record::{self, Changes, NewApplication, SecretKind},
    },
    service::Service,
    store::entity::application,
};

pub(super) async fn create(
    service: &Service,
    body: types::CreateApplicationRequest,
) -> ApiResult<types::ApplicationsResponse> {
    let record = Changes {
        name: Some(body.name),
        app_url: Some(body.app_url),
        login_url: Some(body.login_url),
        app_host: Patch::from(body.app_host),
        logo_url: Patch::from(body.logo_url),
        description: Patch::from(body.description),
        metadata: Patch::from(body.metadata),
        access_type: body.access_type.as_ref().map(access_type).transpose()?,
        is_default: body.is_default,
        is_active: body.is_active,
        kind: body.type_.map(|kind| kind.as_str().to_owned()),
        frontend_stack: body.frontend_stack.map(|stack| stack.as_str().to_owned()),
        allow_dcr: body.allow_dcr,
    };
    let new = NewApplication { record, ..NewApplication::default() };
    response(service, service.write(async |tx| Ok(record::create(tx, new).await?)).await?)
}

pub(super) async fn update(service: &Service, id: &str, body: types::UpdateApplicationRequest) -> ApiResult<()> {
    let changes = Changes {
        name: body.name,
        app_url: body.app_url,
        login_url: body.login_url,
        app_host: body.app_host,
        logo_url: body.logo_url,
        description: body.description,
        metadata: body.metadata,
        access_type: body.access_type.as_ref().map(access_type).transpose()?,
        is_default: body.is_default,
        is_active: body.is_active,
        kind: body.type_.map(|kind| kind.as_str().to_owned()),
        frontend_stack: body.frontend_stack.map(|stack| stack.as_str().to_owned()),
        allow_dcr: body.allow_dcr,
    };
    service.write(async |tx| Ok(record::update(tx, id, changes).await?)).await
}

pub(super) async fn delete(service: &Service, id: &str) -> ApiResult<()> {
    service.write(async |tx| Ok(record::delete(tx, id).await?)).await
}

pub(super) async fn get(service: &Service, id: &str) -> ApiResult<types::ApplicationsResponse> {
    let tx = service.store().read().await?;
    response(service, applications::require(&tx, id).await?)
}

pub(super) async fn get_default(service: &Service) -> ApiResult<types::ApplicationsResponse> {
    let tx = service.store().read().await?;
    let application = default_application::get(&tx).await?;
    response(service, applications::require(&tx, &application.id).await?)
}

pub(super) async fn list(
    service: &Service,
    cx: &RequestContext,
    params: ListApplicationsParams,
) -> ApiResult<Vec<types::ApplicationsResponse>> {
    let list = |text: Option<String>| text.map(|text| paging::ids(&text));
    let filter = Filter {
        ids: list(params.ids),
        name: params.name,
        kinds: list(params.type_),
        frontend_stacks: list(params.frontend_stack),
        access_type: params.access_type.as_ref().map(access_type).transpose()?,
        is_default: params.is_default,
        is_active: params.is_active,
        exclude_agents: params.exclude_agents.unwrap_or_default(),
        include_free_access: params.include_free_access.unwrap_or_default(),
    };
    let tx = service.store().read().await?;
    let rows = listing::list(&tx, caller(cx).tenant(), &filter).await?;
    rows.into_iter().map(|row| response(service, row)).collect()
}

pub(super) async fn credentials(
    service: &Service,
    id: &str,
) -> ApiResult<types::ApplicationsClientCredentialsResponse> {
    let tx = service.store().read().await?;
    let row = applications::require(&tx, id).await?;
    Ok(types::ApplicationsClientCredentialsResponse {
        client_secret: Secret::from(row.client_secret),
        shared_secret: Secret::from(row.shared_secret),
    })
}

pub(super) async fn regenerate(service: &Service, id: &str, kind: SecretKind) -> ApiResult<()> {
    service.write(async |tx| Ok(record::regenerate(tx, id, kind).await?)).await
}

fn response(service: &Service, row: application::Model) -> ApiResult<types::ApplicationsResponse> {
    Ok(types::ApplicationsResponse {
        metadata: row.metadata.as_deref().map(stored).transpose()?,
        id: row.id,
        vendor_id: service.vendor_id().to_owned(),
        name: row.name,
        app_url: row.app_url,
        login_url: row.login_url,
        app_host: row.app_host,
        logo_url: row.logo_url,
        description: row.description,
        access_type: shown_access(row.access_type),
        is_default: row.is_default,
        is_active: row.is_active,
        type_: row.kind.into(),
        frontend_stack: row.frontend_stack.into(),
        allow_dcr: row.allow_dcr,
        // Clients are not told by a document about them, and tokens are bound to no key.
        allow_cimd: Some(false),
        dpop_enforcement_type: None,
        integration_finished_at: row.integration_finished_at.map(Timestamp::utc),
        created_at: row.created_at.utc(),
        updated_at: row.updated_at.utc(),
    })
}
