//! What a provider tells of itself (OpenID Connect Discovery 1.0).

use serde::Deserialize;

use super::{ClientAuthentication, OpenIdError, successful};
use crate::outgoing::{Credentials, Outgoing};

/// What stands behind an issuer (4.1).
const WELL_KNOWN: &str = "/.well-known/openid-configuration";

/// A discovery document, as far as a client needs it (3).
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Discovery {
    pub(crate) issuer: String,
    pub(crate) authorization_endpoint: String,
    pub(crate) token_endpoint: String,
    pub(crate) userinfo_endpoint: Option<String>,
    pub(crate) jwks_uri: String,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    scopes_supported: Option<Vec<String>>,
    /// RFC 9207 §3.
    authorization_response_iss_parameter_supported: Option<bool>,
}

impl Discovery {
    /// Whether the provider says that it knows a scope.
    pub(crate) fn knows_scope(&self, name: &str) -> bool {
        self.scopes_supported.as_ref().is_some_and(|scopes| scopes.iter().any(|scope| scope == name))
    }

    /// Whether the provider says who it is whenever it sends somebody back.
    pub(crate) fn announces_issuer(&self) -> bool {
        self.authorization_response_iss_parameter_supported == Some(true)
    }

    /// How to authenticate at the token endpoint: with a form where the provider names that way and not the usual one.
    pub(crate) fn authentication(&self) -> ClientAuthentication {
        let has = |name: &str| {
            self.token_endpoint_auth_methods_supported
                .as_ref()
                .is_some_and(|methods| methods.iter().any(|method| method == name))
        };
        if has("client_secret_post") && !has("client_secret_basic") {
            ClientAuthentication::Post
        } else {
            ClientAuthentication::Basic
        }
    }
}

/// Where an issuer's document is.
pub(crate) fn well_known(issuer: &str) -> String {
    format!("{}{WELL_KNOWN}", issuer.trim_end_matches('/'))
}

/// Fetches a document. Where it is known whose it should be, that of another issuer is refused (4.3), which also keeps a
/// provider from speaking for another (7.2).
pub(crate) async fn discover(
    outgoing: &Outgoing,
    address: &str,
    issuer: Option<&str>,
) -> Result<Discovery, OpenIdError> {
    let unusable = || OpenIdError::Unusable("discovery document");
    let answer = outgoing.get(address, Credentials::None).await?;
    let found: Discovery = successful(&answer).ok_or_else(unusable)?;
    if issuer.is_none_or(|issuer| issuer == found.issuer) { Ok(found) } else { Err(unusable()) }
}
