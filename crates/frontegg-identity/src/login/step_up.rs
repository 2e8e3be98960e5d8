//! Raising a session by a second factor, in the middle of it.

use std::time::Duration;

use frontegg_model::types;

use super::{Login, LoginFlow, Saved, Step};
use crate::{
    call::Call,
    error::Error,
    session::{Session, raising::STEP_UP},
};

impl Session {
    /// Asks the user for a second factor, because a service wants a session that was stepped up at most `max_age`
    /// ago (RFC 9470); without an age, ever.
    ///
    /// What comes back is a sign-in that waits for the factor. When that is verified, this session and all its
    /// clones go on with the raised access token, and [`on_refresh`](Self::on_refresh) is told of the new state. A
    /// session that was stepped up recently enough is raised at once.
    ///
    /// Fails with [`is_bad_request`](Error::is_bad_request) if the user has no second factor.
    ///
    /// ```no_run
    /// # async fn example(session: frontegg_identity::Session, code: &str) -> Result<(), frontegg_identity::Error> {
    /// use std::time::Duration;
    /// use frontegg_identity::Login;
    ///
    /// if let Login::MfaRequired(challenge) = session.step_up(Duration::from_secs(300)).await? {
    ///     challenge.authenticator(code).await?.into_session()?;
    /// }
    /// let raised = session.access_token().await?; // what the service wanted
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Operation `generate_step_up_session`, which the service's own clients call and no document publishes.
    pub async fn step_up(&self, max_age: impl Into<Option<Duration>>) -> Result<Login, Error> {
        let mut body = types::GenerateStepUpSessionRequest::new();
        if let Some(age) = max_age.into() {
            body = body.max_age(i64::try_from(age.as_secs()).unwrap_or(i64::MAX));
        }
        let call =
            Call::new(self.core(), STEP_UP, |client| async move { client.generate_step_up_session(&body).await });
        let answer = call.with_response().await?;
        let _held = self.hold().await;
        Login::from_response(&self.raising()?, &answer)
    }

    /// Goes on with a step-up of this session that was [saved](crate::login::MfaChallenge::save), maybe by another
    /// process: when it is finished, this session is raised.
    ///
    /// ```no_run
    /// # async fn example(session: frontegg_identity::Session, stored: &str, code: &str) -> Result<(), Box<dyn std::error::Error>> {
    /// use frontegg_identity::login::{MfaChallenge, Saved};
    ///
    /// let saved: Saved<MfaChallenge> = stored.parse()?;
    /// session.resume(saved).authenticator(code).await?.into_session()?;
    /// let raised = session.access_token().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn resume<S: Step>(&self, saved: Saved<S>) -> S {
        saved.resume(self.core(), Some(self.clone()))
    }

    /// A sign-in whose end raises this session.
    fn raising(&self) -> Result<LoginFlow, Error> {
        Ok(LoginFlow::new(self.core(), self.cookies()?).raising(self.clone()))
    }
}
