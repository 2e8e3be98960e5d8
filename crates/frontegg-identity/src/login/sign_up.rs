//! Becoming a user: signing up, and activating an account.

use frontegg_model::{Secret, types};

use super::{Gate, Login};
use crate::{
    call::Response,
    error::{Error, ErrorKind},
    params,
    scope::{Access, Environment},
    session::Cookies,
    views::{Authentication, General, UserManagement},
};

/// What comes of signing up.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum SignUp {
    /// The user must first prove the address: a mail with a link or code is out.
    Activate(Activation),
    /// The user is known at once; the sign-in goes on as any other.
    Login(Login),
}

/// An account that must be activated.
#[derive(Debug, Clone)]
pub struct Activation {
    gate: Gate,
    user_id: String,
    /// The handle that goes with a mailed code; with a link the token is in the link.
    token: Option<Secret>,
}

impl Activation {
    /// Id of the user.
    pub fn user_id(&self) -> &str {
        &self.user_id
    }

    /// Activates with the token of the mailed link, and signs in.
    ///
    /// Operation `activate_user`.
    pub async fn with_link(&self, token: impl Into<Secret>, password: Option<Secret>) -> Result<Login, Error> {
        let mut request = types::ActivateUserDto::new(self.user_id.clone(), token);
        request.password = password;
        self.activate(self.view().activate_user(&request, params::ActivateUser::new())).await
    }

    /// Activates with the mailed code, and signs in.
    ///
    /// Operation `activate_user_with_code`.
    pub async fn with_code(&self, code: impl Into<Secret>, password: Option<Secret>) -> Result<Login, Error> {
        let Some(token) = self.token.clone() else {
            return Err(Error::new(ErrorKind::InvalidRequest, "the environment activates by link, not by code"));
        };
        let mut request = types::ActivateUserWithCodeDto::new(self.user_id.clone(), token, code);
        request.password = password;
        self.activate(self.view().activate_user_with_code(&request, params::ActivateUserWithCode::new())).await
    }

    async fn activate(&self, step: crate::Call<'_, types::AuthenticationResponseDto>) -> Result<Login, Error> {
        self.gate.pass(step).await
    }

    fn view(&self) -> UserManagement<crate::Anonymous> {
        UserManagement { core: self.gate.core.clone() }
    }
}

impl<A: Access> Authentication<A> {
    /// Signs up by e-mail address: a new user with a new tenant, or, with an invitation, in the
    /// inviting one.
    ///
    /// Operation `sign_up_user`.
    pub async fn sign_up(&self, request: &types::SignUpUserEmailDto) -> Result<SignUp, Error> {
        let gate = Gate::new(&self.core, Cookies::default());
        let general = General { core: gate.core.clone() };
        gate.signed_up(&general.sign_up_user(request, params::SignUpUser::new()).with_response().await?)
    }

    /// An account of which user id and, for codes, the activation token are known, e.g. from the
    /// link in the mail.
    pub fn activation(&self, user_id: impl Into<String>, token: Option<Secret>) -> Activation {
        Activation { gate: Gate::new(&self.core, Cookies::default()), user_id: user_id.into(), token }
    }
}

impl Authentication<Environment> {
    /// Signs somebody up by username. Unlike signing up by address this takes the environment's token.
    ///
    /// Operation `sign_up_user_with_username`.
    pub async fn sign_up_with_username(&self, request: &types::SignUpUserUsernameDto) -> Result<SignUp, Error> {
        let general = General { core: self.core.clone() };
        let step = general.sign_up_user_with_username(request, params::SignUpUserWithUsername::new());
        Gate::new(&self.core, Cookies::default()).signed_up(&step.with_response().await?)
    }
}

impl Gate {
    fn signed_up(&self, answer: &Response<types::SignUpResponseDto>) -> Result<SignUp, Error> {
        match &answer.auth_response {
            Some(login) if answer.should_activate != Some(true) => {
                Login::read(self, &answer.with(login.clone())).map(SignUp::Login)
            }
            _ => Ok(SignUp::Activate(Activation {
                gate: self.clone(),
                user_id: answer.user_id.clone().unwrap_or_default(),
                token: answer.activation_token.clone(),
            })),
        }
    }
}
