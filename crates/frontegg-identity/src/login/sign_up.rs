//! Signing up, activating an account, accepting an invitation.

use frontegg_model::{Secret, types};
use serde::{Deserialize, Serialize};

use super::{Login, LoginFlow, MailedLink, saved::step};
use crate::{
    error::{Error, ErrorKind},
    generated::params,
    generated::views::{Authentication, General, Users},
    response::Response,
    scope::{Access, Authorized, Environment},
    session::cookies::Cookies,
};

/// The result of signing up.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum SignUp {
    /// The user must first verify the address, with the link or code that was mailed.
    Activate(Activation),
    /// The user need not be activated; the sign-in goes on.
    Login(Login),
}

/// An account that must be activated, which also signs in.
///
/// After a sign-up, with the code that was mailed:
///
/// ```no_run
/// # async fn example(frontegg: frontegg_identity::Frontegg, code: &str) -> Result<(), frontegg_identity::Error> {
/// use frontegg_identity::{login::SignUp, types::SignUpUserEmailDto};
///
/// let request = SignUpUserEmailDto::new("ada@acme.test", "Analytical Engines").password("…");
/// let login = match frontegg.authentication().sign_up(&request).await? {
///     SignUp::Activate(activation) => activation.activate_with_code(code).await?,
///     SignUp::Login(login) => login,
///     other => panic!("{other:?} is not known to this program"),
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
    flow: LoginFlow,
    state: Account,
}

/// The account to activate, and by what.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Account {
    user_id: String,
    /// The token of the link or, if codes are mailed, the one that is sent along with the code.
    token: Option<Secret>,
    password: Option<Secret>,
    captcha: Option<Secret>,
}

step!(Activation, Account, "activation");

impl Activation {
    fn new(flow: LoginFlow, user_id: String, token: Option<Secret>) -> Self {
        Self { flow, state: Account { user_id, token, password: None, captcha: None } }
    }

    /// Id of the user.
    pub fn user_id(&self) -> &str {
        &self.state.user_id
    }

    /// Sets the token of the mailed link; the answer to a sign-up does not have it.
    pub fn token(mut self, token: impl Into<Secret>) -> Self {
        self.state.token = Some(token.into());
        self
    }

    /// Sets the password of a user who has none that is known to be theirs; see [`wants_password`](Self::wants_password).
    pub fn password(mut self, password: impl Into<Secret>) -> Self {
        self.state.password = Some(password.into());
        self
    }

    /// Sets the response token of a captcha, if the environment asks for one.
    pub fn captcha(mut self, token: impl Into<Secret>) -> Self {
        self.state.captcha = Some(token.into());
        self
    }

    /// Whether the user has to set a password. The token stays valid.
    ///
    /// Operation `get_user_activation_strategy`.
    pub async fn wants_password(&self) -> Result<bool, Error> {
        let token = self.known_token()?;
        let answer = self.view().get_user_activation_strategy(&self.state.user_id, &token).await?;
        Ok(answer.should_set_password)
    }

    /// Activates with the token of the mailed link, and signs in.
    ///
    /// Operation `activate_user`.
    pub async fn activate(&self) -> Result<Login, Error> {
        let mut request = types::ActivateUserDto::new(self.state.user_id.as_str(), self.known_token()?);
        request.password = self.state.password.clone();
        request.recaptcha_token = self.state.captcha.clone();
        self.flow.advance(self.view().activate_user(&request, params::ActivateUser::new())).await
    }

    /// Activates with the mailed code, and signs in. A wrong code can be followed by a few more attempts.
    ///
    /// ```no_run
    /// # async fn example(activation: frontegg_identity::login::Activation, code: &str) -> Result<(), frontegg_identity::Error> {
    /// let session = activation.activate_with_code(code).await?.into_session()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Operation `activate_user_with_code`.
    pub async fn activate_with_code(&self, code: impl Into<Secret>) -> Result<Login, Error> {
        let mut request = types::ActivateUserWithCodeDto::new(self.state.user_id.as_str(), self.known_token()?, code);
        request.password = self.state.password.clone();
        request.recaptcha_token = self.state.captcha.clone();
        self.flow.advance(self.view().activate_user_with_code(&request, params::ActivateUserWithCode::new())).await
    }

    fn known_token(&self) -> Result<Secret, Error> {
        self.state.token.clone().ok_or_else(|| {
            Error::new(ErrorKind::InvalidRequest, "the environment activates by link: the token is in the mail")
        })
    }

    fn view(&self) -> Users<crate::scope::Anonymous> {
        Users { core: self.flow.core.clone() }
    }
}

impl<A: Access> Authentication<A> {
    /// Signs up by e-mail address: a new user with a new tenant or, with an invitation token, in the
    /// inviting tenant; for the environment's default application, unless the client names another with
    /// [`Builder::application_id`](crate::Builder::application_id).
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
    /// use frontegg_identity::{login::SignUp, types::SignUpUserEmailDto};
    ///
    /// let request = SignUpUserEmailDto::new("ada@acme.test", "Analytical Engines").password("correct horse");
    /// if let SignUp::Activate(activation) = frontegg.authentication().sign_up(&request).await? {
    ///     println!("a mail is on its way to {}", activation.user_id());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Operation `sign_up_user`.
    pub async fn sign_up(&self, request: &types::SignUpUserEmailDto) -> Result<SignUp, Error> {
        let flow = LoginFlow::new(&self.core, Cookies::default());
        let general = General { core: flow.core.clone() };
        flow.signed_up(&general.sign_up_user(request, params::SignUpUser::new()).with_response().await?)
    }

    /// The account that a mailed link activates.
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
        Activation::new(LoginFlow::new(&self.core, Cookies::default()), link.user_id, Some(link.token))
    }

    /// Accepts an invitation to a further tenant with the link that was mailed. This does not sign in;
    /// a session of the user switches to the tenant with
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
        Users { core: self.core.anonymous() }.accept_invitation(&request).await
    }

    /// Accepts an invitation with the code that was mailed, if the environment mails codes.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg, code: &str) -> Result<(), frontegg_identity::Error> {
    /// let link = "https://login.acme.test/account/invitation/accept?userId=u-1&token=t-1".parse()?;
    /// frontegg.authentication().accept_invitation_with_code(&link, code).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Operation `accept_invitation_with_code`.
    pub async fn accept_invitation_with_code(&self, link: &MailedLink, code: impl Into<Secret>) -> Result<(), Error> {
        let request = types::AcceptInvitationWithCodeDto::new(link.user_id.as_str(), link.token.clone(), code);
        Users { core: self.core.anonymous() }.accept_invitation_with_code(&request).await
    }
}

impl<A: Authorized> Authentication<A> {
    /// Sends the activation mail again, which invalidates the previous one. The answer does not reveal
    /// whether the address is known.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
    /// frontegg.authentication().resend_activation("ada@acme.test").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Operation `reset_user_activation_token`.
    pub async fn resend_activation(&self, email: impl Into<String>) -> Result<(), Error> {
        let request = types::ResetActivationTokenDto::new(email);
        Users { core: self.core.clone() }.reset_user_activation_token(&request).await
    }
}

impl Authentication<Environment> {
    /// Signs a user up by username. Unlike signing up by address, this takes the environment's token.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
    /// use frontegg_identity::types::SignUpUserUsernameDto;
    ///
    /// let request = SignUpUserUsernameDto::new("ada", "Analytical Engines");
    /// let signed_up = frontegg.authentication().sign_up_with_username(&request).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Operation `sign_up_user_with_username`.
    pub async fn sign_up_with_username(&self, request: &types::SignUpUserUsernameDto) -> Result<SignUp, Error> {
        let general = General { core: self.core.clone() };
        let step = general.sign_up_user_with_username(request, params::SignUpUserWithUsername::new());
        LoginFlow::new(&self.core, Cookies::default()).signed_up(&step.with_response().await?)
    }
}

impl LoginFlow {
    fn signed_up(&self, answer: &Response<types::SignUpResponseDto>) -> Result<SignUp, Error> {
        match &answer.auth_response {
            Some(login) if answer.should_activate != Some(true) => {
                Login::from_response(self, &answer.with(login.clone())).map(SignUp::Login)
            }
            _ => {
                let user_id = answer.user_id.clone().unwrap_or_default();
                Ok(SignUp::Activate(Activation::new(
                    self.clone().after(answer),
                    user_id,
                    answer.activation_token.clone(),
                )))
            }
        }
    }
}
