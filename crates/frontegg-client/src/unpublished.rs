//! Operations that no published document describes and that an SDK cannot do without.

use frontegg_model::{Operation, types};
use progenitor_client::{Error, ResponseValue};

use crate::{generated::Client, transport::known};

impl Client {
    /// Asks the holder of a session for a second factor in the middle of it.
    ///
    /// Sends a `POST` request to `/identity/resources/auth/v1/user/step-up/generate`, as the service's own clients
    /// do.
    pub async fn generate_step_up_session(
        &self,
        body: &types::GenerateStepUpSessionRequest,
    ) -> Result<ResponseValue<types::AuthenticationResponseDto>, Error<types::ApiError>> {
        const OPERATION: &Operation = known("generate_step_up_session");
        let request = self.client.post(self.url(OPERATION.path)?).json(body).build()?;
        self.read(request, OPERATION).await
    }

    /// Finds the identity provider that somebody signs in by.
    ///
    /// Sends a `POST` request to `/identity/resources/auth/v2/user/sso/prelogin`, as the service's own clients do.
    pub async fn begin_sso_sign_in(
        &self,
        body: &types::SsoPreloginRequest,
    ) -> Result<ResponseValue<types::SsoPreloginResponse>, Error<types::ApiError>> {
        const OPERATION: &Operation = known("begin_sso_sign_in");
        let request = self.client.post(self.url(OPERATION.path)?).json(body).build()?;
        self.read(request, OPERATION).await
    }

    /// Signs in with what an identity provider of OpenID Connect has sent back.
    ///
    /// Sends a `POST` request to `/identity/resources/auth/v1/user/oidc/postlogin`, as the service's own clients do.
    pub async fn complete_oidc_sign_in_v1(
        &self,
        body: &types::CompleteOidcSignInV1Request,
    ) -> Result<ResponseValue<types::AuthenticationResponseDto>, Error<types::ApiError>> {
        const OPERATION: &Operation = known("complete_oidc_sign_in_v1");
        let request = self.client.post(self.url(OPERATION.path)?).json(body).build()?;
        self.read(request, OPERATION).await
    }
}
