//! Client credentials, exchanged for JWTs.

use frontegg_contract::{ApiResult, RequestContext, api_token::ApiTokenApi};
use frontegg_model::{Secret, types};

use crate::{
    clock::{http_date, whole_seconds},
    domain::{
        applications::{self, default_application},
        machine_tokens::{self, Issued, Issuer},
    },
    service::Service,
    store::catalog::Application,
};

impl ApiTokenApi for Service {
    async fn authenticate_api_token(
        &self,
        _: &RequestContext,
        body: types::AuthApiTokenDto,
    ) -> ApiResult<types::ApiTokenAuthV2Response> {
        Ok(in_snake_case(authenticate(self, &body).await?))
    }

    async fn refresh_api_token(
        &self,
        _: &RequestContext,
        body: types::RefreshApiTokenDto,
    ) -> ApiResult<types::ApiTokenAuthV2Response> {
        Ok(in_snake_case(refresh(self, &body).await?))
    }
}

/// A JWT of client credentials and what renews it.
pub(super) struct Exchanged {
    pub(super) token: Secret,
    pub(super) refresh_token: Secret,
    /// In seconds.
    pub(super) expires_in: i64,
    /// The same moment as text, as in the header `Expires`.
    pub(super) expires: String,
}

pub(super) async fn authenticate(service: &Service, body: &types::AuthApiTokenDto) -> ApiResult<Exchanged> {
    let issued = service
        .write(async |tx| {
            let application = default_application::get(tx).await?;
            let issuer = issuer(service, &application);
            Ok(machine_tokens::authenticate(tx, issuer, &body.client_id, body.secret.expose()).await?)
        })
        .await?;
    exchanged(service, issued).await
}

pub(super) async fn refresh(service: &Service, body: &types::RefreshApiTokenDto) -> ApiResult<Exchanged> {
    let issued = service
        .write(async |tx| {
            let application = default_application::get(tx).await?;
            Ok(machine_tokens::refresh(tx, issuer(service, &application), body.refresh_token.expose()).await?)
        })
        .await?;
    exchanged(service, issued).await
}

/// For whom the JWTs of machines are made: always for the default application, for no other has a say in
/// what credentials are valid for.
pub(super) fn issuer<'a>(service: &'a Service, application: &'a Application) -> Issuer<'a> {
    Issuer { base_url: service.base_url(), audience: applications::audience(service.client_id(), application) }
}

async fn exchanged(service: &Service, issued: Issued) -> ApiResult<Exchanged> {
    Ok(Exchanged {
        token: Secret::from(service.sign(&issued.payload).await?),
        refresh_token: Secret::from(issued.refresh_token),
        expires_in: whole_seconds(issued.lifetime),
        expires: http_date(issued.expires.utc()),
    })
}

fn in_snake_case(exchanged: Exchanged) -> types::ApiTokenAuthV2Response {
    types::ApiTokenAuthV2Response {
        access_token: exchanged.token,
        refresh_token: exchanged.refresh_token,
        expires_in: exchanged.expires_in,
        expires: exchanged.expires,
    }
}
