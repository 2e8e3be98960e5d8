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
}
