//! `POST /auth/vendor`.

use frontegg_contract::{ApiResult, RequestContext, environment_authentication::EnvironmentAuthenticationApi};
use frontegg_model::types;

use crate::{clock::whole_seconds, domain::environment::EnvironmentCredentials, service::Service};

impl EnvironmentAuthenticationApi for Service {
    async fn authenticate_environment(
        &self,
        _: &RequestContext,
        body: types::VendorAuthenticationRequest,
    ) -> ApiResult<types::VendorAuthenticationResponse> {
        let given = EnvironmentCredentials { client_id: &body.client_id, api_key: body.secret.expose() };
        let (token, lifetime) = self.environment_token(given).await?;
        Ok(types::VendorAuthenticationResponse { token: token.into(), expires_in: whole_seconds(lifetime) })
    }
}
