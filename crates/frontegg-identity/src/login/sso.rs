//! Single sign-on: by way of the identity provider of somebody's tenant, and back.

use std::{str::FromStr, sync::Arc};

use frontegg_client::Client;
use frontegg_model::{Secret, enums::SsoIdpType, types};
use serde::{Deserialize, Serialize};

use super::{Login, LoginFlow, saved::step};
use crate::{
    call::Call,
    error::{Error, ErrorKind},
    generated::views::Authentication,
    scope::Access,
    session::cookies::Cookies,
};

const BEGIN: &str = "begin_sso_sign_in";
const COMPLETE_OIDC: &str = "complete_oidc_sign_in_v1";

/// Somebody whose tenant signs in by an identity provider, which their browser is to be sent to.
///
/// They come back with another request, so the step is [saved](Self::save) meanwhile, under a key that only this browser
/// has: whoever brings the answer of somebody else's sign-in must not find its step (RFC 6749 §10.12).
#[derive(Debug, Clone)]
pub struct SsoStep {
    flow: LoginFlow,
    state: Way,
}

/// Where the browser goes.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Way {
    address: Secret,
    idp_type: SsoIdpType,
}

step!(SsoStep, Way, "sso");

impl SsoStep {
    /// Where to send the browser. The address is good for one sign-in and a few minutes, so it belongs in no log.
    pub fn address(&self) -> &Secret {
        &self.state.address
    }

    /// What the identity provider speaks.
    pub fn idp_type(&self) -> &SsoIdpType {
        &self.state.idp_type
    }

    /// Signs in with what the browser came back with from a provider of OpenID Connect.
    ///
    /// Whatever does not hold is one and the same error, [`is_unauthenticated`](Error::is_unauthenticated).
    ///
    /// Operation `complete_oidc_sign_in_v1`, which the service's own clients call and no document publishes.
    pub async fn complete(&self, returned: &OidcReturn) -> Result<Login, Error> {
        let mut body = types::CompleteOidcSignInV1Request::new(returned.state.clone());
        body.code.clone_from(&returned.code);
        body.error.clone_from(&returned.error);
        body.iss.clone_from(&returned.issuer);
        let send = |client: Arc<Client>| async move { client.complete_oidc_sign_in_v1(&body).await };
        self.flow.advance(Call::new(&self.flow.core, COMPLETE_OIDC, send)).await
    }
}

/// What a browser comes back with from an identity provider of OpenID Connect (RFC 6749 §4.1.2).
///
/// Parsed from the address that it came back to, or its query:
///
/// ```
/// use frontegg_identity::login::OidcReturn;
///
/// let returned: OidcReturn = "https://app.acme.test/account/oidc/callback?code=c-1&state=s-1".parse()?;
/// assert_eq!(returned.state.expose(), "s-1");
/// let refused: OidcReturn = "?error=access_denied&state=s-1".parse()?;
/// assert_eq!(refused.error.as_deref(), Some("access_denied"));
/// # Ok::<(), frontegg_identity::Error>(())
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct OidcReturn {
    /// By which the service knows the sign-in.
    pub state: Secret,
    /// The provider's code, unless it refuses.
    pub code: Option<Secret>,
    /// Why the provider refuses.
    pub error: Option<String>,
    /// Who the provider says that it is (RFC 9207).
    pub issuer: Option<String>,
}

impl OidcReturn {
    /// From a state and a code.
    pub fn new(state: impl Into<Secret>, code: impl Into<Secret>) -> Self {
        Self { state: state.into(), code: Some(code.into()), error: None, issuer: None }
    }
}

impl FromStr for OidcReturn {
    type Err = Error;

    /// Reads a whole address, a path with a query, or the query alone with its question mark.
    fn from_str(address: &str) -> Result<Self, Error> {
        let address = address.split_once('#').map_or(address, |(address, _)| address);
        let query = address.split_once('?').map(|(_, query)| query).unwrap_or_default();
        let value = |name: &str| {
            let mut pairs = form_urlencoded::parse(query.as_bytes());
            let pair = pairs.find(|(key, value)| key == name && !value.is_empty());
            pair.map(|(_, value)| value.into_owned())
        };
        let returned = Self {
            // The address itself is not shown: it may hold a code.
            state: value("state").map(Secret::from).ok_or_else(|| {
                Error::new(ErrorKind::InvalidRequest, "the address does not tell of a sign-in: state is missing")
            })?,
            code: value("code").map(Secret::from),
            error: value("error"),
            issuer: value("iss"),
        };
        if returned.code.is_none() && returned.error.is_none() {
            let why = "the address does not tell of a sign-in: code and error are missing";
            return Err(Error::new(ErrorKind::InvalidRequest, why));
        }
        Ok(returned)
    }
}

impl<A: Access> Authentication<A> {
    /// Finds the identity provider that somebody signs in by; none where there is none, and the ordinary ways in are to be
    /// offered. The answer does not reveal whether the address is known.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg, came_back_to: &str) -> Result<(), Box<dyn std::error::Error>> {
    /// use frontegg_identity::login::{Saved, SsoStep};
    ///
    /// // The request with the address.
    /// let Some(step) = frontegg.authentication().sso_prelogin("ada@acme.test").await? else {
    ///     return Ok(()); // ask for the password
    /// };
    /// let stored = serde_json::to_string(&step.save())?;
    /// // Redirect the browser to `step.address().expose()`.
    ///
    /// // The request that it comes back with, which another replica may get.
    /// let saved: Saved<SsoStep> = stored.parse()?;
    /// let step = frontegg.authentication().resume(saved);
    /// let session = step.complete(&came_back_to.parse()?).await?.into_session()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Operation `begin_sso_sign_in`, which the service's own clients call and no document publishes.
    pub async fn sso_prelogin(&self, email: impl Into<String>) -> Result<Option<SsoStep>, Error> {
        self.sso_prelogin_with(&types::SsoPreloginRequest::new().email(email)).await
    }

    /// The same with further members of the request, such as the tenant to sign in to.
    ///
    /// Operation `begin_sso_sign_in`.
    pub async fn sso_prelogin_with(&self, request: &types::SsoPreloginRequest) -> Result<Option<SsoStep>, Error> {
        let flow = LoginFlow::new(&self.core, Cookies::default());
        let body = request.clone();
        let send = |client: Arc<Client>| async move { client.begin_sso_sign_in(&body).await };
        let answer = match Call::new(&flow.core, BEGIN, send).with_response().await {
            Ok(answer) => answer,
            // The service has no better word for it.
            Err(error) if error.is_bad_request() || error.is_not_found() => return Ok(None),
            Err(error) => return Err(error),
        };
        let state = Way { address: answer.address.clone(), idp_type: answer.idp_type.clone() };
        Ok(Some(SsoStep { flow: flow.after(&answer), state }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_wherever_they_lead() {
        for address in [
            "https://app.acme.test/callback?code=a%2Bb&state=s%201&iss=https%3A%2F%2Fidp.test#x",
            "/callback?iss=https://idp.test&state=s+1&code=a%2Bb",
            "?state=s+1&code=&code=a%2Bb&iss=https://idp.test",
        ] {
            let returned: OidcReturn = address.parse().unwrap();
            assert_eq!((returned.state.expose(), returned.issuer.as_deref()), ("s 1", Some("https://idp.test")));
            assert_eq!(returned.code.as_ref().map(Secret::expose), Some("a+b"));
        }
    }

    #[test]
    fn what_tells_nothing_is_refused_and_not_shown() {
        for address in ["", "https://app.acme.test/", "?code=hunter2", "?state=hunter2", "?state=&code=hunter2"] {
            let error = address.parse::<OidcReturn>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidRequest);
            assert!(!error.to_string().contains("hunter2"));
        }
    }
}
