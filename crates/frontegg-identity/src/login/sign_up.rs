//! Becoming a user: signing up, activating an account, accepting an invitation.

use frontegg_model::{Secret, types};

use super::{Gate, Login, MailedLink};
use crate::{
    error::{Error, ErrorKind},
    params,
    response::Response,
    scope::{Access, Authorized, Environment},
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

/// An account that must be activated: what comes of it is a sign-in like any other.
///
/// After a sign-up, with what was mailed:
///
/// ```no_run
/// # async fn example(frontegg: frontegg_identity::Frontegg, code: &str) -> Result<(), frontegg_identity::Error> {
/// use frontegg_identity::{enums::UserProvider, login::SignUp, types::SignUpUserEmailDto};
///
/// let request = SignUpUserEmailDto::new(UserProvider::Local, "ada@acme.test", "Analytical Engines").password("…");
/// let login = match frontegg.authentication().sign_up(&request).await? {
///     SignUp::Activate(activation) => activation.activate_with_code(code).await?,
///     SignUp::Login(login) => login,
///     _ => unreachable!("there is no third way"),
/// };
/// let session = login.into_session()?;
/// # Ok(())
/// # }
/// ```
///
/// On the page that a mailed link leads to, see [`Authentication::activation`].
#[derive(Debug, Clone)]
#[must_use = "an account is activated by `activate` or `activate_with_code`"]
pub struct Activation {
    gate: Gate,
    user_id: String,
    /// That of the link or, where codes are mailed, the handle that goes with the code.
    token: Option<Secret>,
    password: Option<Secret>,
    captcha: Option<Secret>,
}

impl Activation {
    fn new(gate: Gate, user_id: String, token: Option<Secret>) -> Self {
        Self { gate, user_id, token, password: None, captcha: None }
    }

    /// Id of the user.
    pub fn user_id(&self) -> &str {
        &self.user_id
    }

    /// With the token of the mailed link. After a sign-up it is in the mail alone.
    pub fn token(mut self, token: impl Into<Secret>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// With a password to set, for people who have none yet; see [`wants_password`](Self::wants_password).
    pub fn password(mut self, password: impl Into<Secret>) -> Self {
        self.password = Some(password.into());
        self
    }

    /// With the proof of a captcha, where the environment asks for one.
    pub fn captcha(mut self, token: impl Into<Secret>) -> Self {
        self.captcha = Some(token.into());
        self
    }

    /// Whether the user has to set a password. The token stays good.
    ///
    /// Operation `get_user_activation_strategy`.
    pub async fn wants_password(&self) -> Result<bool, Error> {
        let token = self.known_token()?;
        let answer = self.view().get_user_activation_strategy(&self.user_id, &token).await?;
        Ok(answer.should_set_password)
    }

    /// Activates with the token of the mailed link, and signs in.
    ///
    /// Operation `activate_user`.
    pub async fn activate(&self) -> Result<Login, Error> {
        let mut request = types::ActivateUserDto::new(self.user_id.as_str(), self.known_token()?);
        request.password = self.password.clone();
        request.recaptcha_token = self.captcha.clone();
        self.gate.pass(self.view().activate_user(&request, params::ActivateUser::new())).await
    }

    /// Activates with the mailed code, and signs in. A wrong code leaves the account to be tried
    /// again, a few times.
    ///
    /// Operation `activate_user_with_code`.
    pub async fn activate_with_code(&self, code: impl Into<Secret>) -> Result<Login, Error> {
        let mut request = types::ActivateUserWithCodeDto::new(self.user_id.as_str(), self.known_token()?, code);
        request.password = self.password.clone();
        request.recaptcha_token = self.captcha.clone();
        self.gate.pass(self.view().activate_user_with_code(&request, params::ActivateUserWithCode::new())).await
    }

    fn known_token(&self) -> Result<Secret, Error> {
        self.token.clone().ok_or_else(|| {
            Error::new(ErrorKind::InvalidRequest, "the environment activates by link: the token is in the mail")
        })
    }

    fn view(&self) -> UserManagement<crate::Anonymous> {
        UserManagement { core: self.gate.core.clone() }
    }
}

impl<A: Access> Authentication<A> {
    /// Signs up by e-mail address: a new user with a new tenant, or, with an invitation, in the
    /// inviting one. The service wants to know the application:
    /// [`Builder::application_id`](crate::Builder::application_id).
    ///
    /// Operation `sign_up_user`.
    pub async fn sign_up(&self, request: &types::SignUpUserEmailDto) -> Result<SignUp, Error> {
        let gate = Gate::new(&self.core, Cookies::default());
        let general = General { core: gate.core.clone() };
        gate.signed_up(&general.sign_up_user(request, params::SignUpUser::new()).with_response().await?)
    }

    /// The account that a mailed link is to activate.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
    /// use frontegg_identity::login::MailedLink;
    ///
    /// let link: MailedLink = "https://login.acme.test/account/activate?userId=u-1&token=t-1".parse()?;
    /// let mut activation = frontegg.authentication().activation(link);
    /// if activation.wants_password().await? {
    ///     activation = activation.password("correct horse");
    /// }
    /// let session = activation.activate().await?.into_session()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn activation(&self, link: MailedLink) -> Activation {
        Activation::new(Gate::new(&self.core, Cookies::default()), link.user_id, Some(link.token))
    }

    /// Accepts an invitation to a further tenant with the link that was mailed. Nobody is signed in
    /// by this; a session of the user switches to the tenant by
    /// [`Session::switch_tenant`](crate::Session::switch_tenant).
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
    /// let link = "https://login.acme.test/account/invitation/accept?userId=u-1&token=t-1".parse()?;
    /// frontegg.authentication().accept_invitation(&link).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Operation `accept_invitation`.
    pub async fn accept_invitation(&self, link: &MailedLink) -> Result<(), Error> {
        let request = types::AcceptInvitationDto::new(link.user_id.as_str(), link.token.clone());
        UserManagement { core: self.core.anonymous() }.accept_invitation(&request).await
    }

    /// Accepts an invitation with the code that was mailed, where the environment mails codes.
    ///
    /// Operation `accept_invitation_with_code`.
    pub async fn accept_invitation_with_code(&self, link: &MailedLink, code: impl Into<Secret>) -> Result<(), Error> {
        let request = types::AcceptInvitationWithCodeDto::new(link.user_id.as_str(), link.token.clone(), code);
        UserManagement { core: self.core.anonymous() }.accept_invitation_with_code(&request).await
    }
}

impl<A: Authorized> Authentication<A> {
    /// Has the activation mail sent again; the one sent before is void. The answer does not tell
    /// whether the address is known.
    ///
    /// Operation `reset_user_activation_token`.
    pub async fn resend_activation(&self, email: impl Into<String>) -> Result<(), Error> {
        let request = types::ResetActivationTokenDto::new(email);
        UserManagement { core: self.core.clone() }.reset_user_activation_token(&request).await
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
            _ => {
                let user_id = answer.user_id.clone().unwrap_or_default();
                Ok(SignUp::Activate(Activation::new(self.clone(), user_id, answer.activation_token.clone())))
            }
        }
    }
}
