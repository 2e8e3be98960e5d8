//! What a step-up needs of the session that it raises.

use frontegg_model::types;

use super::{
    Session,
    cookies::{CookieIds, Cookies},
    saved::SavedSession,
};
use crate::{
    error::{Error, ErrorKind},
    response::Response,
    runtime::Instant,
    scope::{Core, User},
    token::{Held, Token},
};

pub(crate) const STEP_UP: &str = "generate_step_up_session";

impl Session {
    pub(crate) fn core(&self) -> &Core<User> {
        &self.scope.core
    }

    /// The cookies that it goes on with.
    pub(crate) fn cookies(&self) -> Result<Cookies, Error> {
        Ok(self.tokens.source().saved().as_ref().ok_or_else(logged_out)?.cookies().clone())
    }

    /// Nobody refreshes the session while the result lives: the service may be about to replace the refresh token.
    pub(crate) async fn hold(&self) -> Held {
        self.tokens.hold().await
    }

    /// Goes on with the tokens of an answer; false if there are none in it.
    pub(crate) fn raise(&self, answer: &Response<types::AuthenticationResponseDto>) -> Result<bool, Error> {
        let source = self.tokens.source();
        let known = self.cookies()?;
        let Some(new) = SavedSession::from_response(answer, &known, CookieIds::of(&source.core)) else {
            return Ok(false);
        };
        let seconds = answer.expires_in.unwrap_or_default();
        self.tokens.store(Some(Token::new(STEP_UP, new.access_token(), Instant::now(), seconds)?));
        source.keep(&new);
        Ok(true)
    }
}

fn logged_out() -> Error {
    Error::new(ErrorKind::Unauthenticated, "the session was logged out").in_call(STEP_UP, 0, None)
}
