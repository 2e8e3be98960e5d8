//! The first version of the exchange of client credentials, which differs in the names of members.

use frontegg_contract::{ApiResult, RequestContext, unpublished_tokens::UnpublishedTokensApi};
use frontegg_model::types;

use super::api_token::{Exchanged, authenticate, refresh};
use crate::service::Service;

impl UnpublishedTokensApi for Service {
    async fn authenticate_api_token_v1(
        &self,
        _: &RequestContext,
        body: types::AuthApiTokenDto,
    ) -> ApiResult<types::ApiTokenAuthV1Response> {
        Ok(in_camel_case(authenticate(self, &body).await?))
    }

    async fn refresh_api_token_v1(
        &self,
        _: &RequestContext,
        body: types::RefreshApiTokenDto,
    ) -> ApiResult<types::ApiTokenAuthV1Response> {
        Ok(in_camel_case(refresh(self, &body).await?))
    }
}

fn in_camel_case(exchanged: Exchanged) -> types::ApiTokenAuthV1Response {
    types::ApiTokenAuthV1Response {
        access_token: exchanged.token,
        refresh_token: exchanged.refresh_token,
        expires_in: exchanged.expires_in,
        expires: exchanged.expires,
    }
}
