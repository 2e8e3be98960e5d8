//! The keys and the discovery document, for those who verify tokens.

use frontegg_contract::{ApiFailure, ApiResult, RequestContext, unpublished_keys::UnpublishedKeysApi};
use frontegg_model::types;

use crate::service::Service;

impl UnpublishedKeysApi for Service {
    async fn get_json_web_key_set(&self, _: &RequestContext) -> ApiResult<types::JsonWebKeySet> {
        let ring = self.shown_keys().await?;
        serde_json::from_value(ring.jwks(self.clock().timestamp())).map_err(ApiFailure::internal)
    }

    async fn get_openid_configuration(&self, _: &RequestContext) -> ApiResult<types::OpenIdConfiguration> {
        let issuer = self.base_url();
        let document = serde_json::json!({
            "issuer": issuer,
            "jwks_uri": format!("{issuer}/.well-known/jwks.json"),
            // Nothing that is not served: no hosted login.
            "response_types_supported": [],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [self.algorithm().await?.name()],
        });
        serde_json::from_value(document).map_err(ApiFailure::internal)
    }
}
