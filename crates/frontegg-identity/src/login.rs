//! Signing in as a state machine of types: each state has the steps that lead on from it.

mod enrollment;
mod factor;
mod mailed_link;
mod passwordless;
mod saved;
mod sign_up;
mod sso;
mod step_up;
mod step_up_challenge;

pub use enrollment::{AuthenticatorEnrollment, Enrolled, MfaEnrollment, SmsEnrollment, WebAuthnEnrollment};
pub use factor::{
    AuthenticatorFactor, EmailFactor, EmailStep, Factor, MfaChallenge, SmsFactor, SmsStep, WebAuthnFactor, WebAuthnStep,
};
pub use mailed_link::MailedLink;
pub use passwordless::PasswordlessStep;
pub use saved::{Saved, Step};
pub use sign_up::{Activation, SignUp};
pub use sso::{OidcReturn, SsoStep};
pub use step_up_challenge::StepUpChallenge;

use frontegg_model::{Secret, types};
use saved::step;
use serde::{Deserialize, Serialize};

use crate::{
    call::Call,
    error::{Error, ErrorKind},
    generated::params,
    generated::views::{Authentication, General, PasswordSettings},
    response::Response,
    scope::{Access, Anonymous, Core},
    session::{RememberedDevice, Session, cookies::Cookies},
};

/// The state of a sign-in after a step.
///
/// ```no_run
/// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
/// use frontegg_identity::Login;
///
/// match frontegg.authentication().login("ada@acme.test", "correct horse").await? {
///     Login::Session(session) => println!("{:?}", session.access_token().await?),
///     Login::MfaRequired(challenge) => println!("{} factors to choose from", challenge.factors().len()),
///     Login::EnrollMfa(enrollment) => println!("to enroll: {:?}", enrollment.strategies()),
///     Login::PasswordExpired(expired) => expired.set_password("correct horse battery").await?,
///     Login::PasswordLeaked => frontegg.authentication().request_password_reset("ada@acme.test").await?,
///     other => println!("{other:?} is not known to this program"),
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Login {
    /// The user is signed in.
    Session(Session),
    /// The service asks for a second factor that the user has enrolled.
    MfaRequired(MfaChallenge),
    /// The user must enroll a second factor first.
    EnrollMfa(MfaEnrollment),
    /// The password has expired: a new one must be set, then the user signs in again.
    PasswordExpired(PasswordExpired),
    /// The password is known to be leaked: the user must reset it by mail, then sign in again.
    PasswordLeaked,
}

impl Login {
    /// The session, or an [`Error`] of kind [`ErrorKind::SignInUnfinished`] that says what is asked for.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
    /// let login = frontegg.authentication().login("ada@acme.test", "correct horse").await?;
    /// // For programs whose users have no second factor.
    /// let session = login.into_session()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_session(self) -> Result<Session, Error> {
        let asked = match self {
            Self::Session(session) => return Ok(session),
            Self::MfaRequired(_) => "the service asks for a second factor",
            Self::EnrollMfa(_) => "the service asks to enroll a second factor",
            Self::PasswordExpired(_) => "the service asks for a new password",
            Self::PasswordLeaked => "the password is known to be leaked; it must be reset by mail",
        };
        Err(Error::new(ErrorKind::SignInUnfinished, asked))
    }

    /// The state that an answer stands for, decided in the order of the service's own clients.
    pub(crate) fn from_response(
        flow: &LoginFlow,
        answer: &Response<types::AuthenticationResponseDto>,
    ) -> Result<Self, Error> {
        let present = |token: &Option<Secret>| token.clone().filter(|token| !token.is_empty());
        if answer.mfa_required
            && let Some(mfa_token) = present(&answer.mfa_token)
        {
            let devices = answer.mfa_devices.clone();
            let enrolled = answer.mfa_enrolled.unwrap_or(true);
            // A mailed code needs no enrollment.
            let mailable = devices.as_ref().is_some_and(|devices| !devices.emails.is_empty());
            let flow = flow.clone().after(answer);
            return Ok(if enrolled || mailable {
                Self::MfaRequired(MfaChallenge::new(flow, mfa_token, devices))
            } else {
                let strategies = answer.mfa_strategies.clone().unwrap_or_default();
                Self::EnrollMfa(MfaEnrollment::new(flow, mfa_token, strategies))
            });
        }
        if let Some(token) = present(&answer.reset_password_token) {
            let user_id = answer.user_id.clone().unwrap_or_default();
            let state = NewPassword { user_id, token };
            return Ok(Self::PasswordExpired(PasswordExpired { flow: flow.clone().after(answer), state }));
        }
        if let Some(session) = flow.session(answer)? {
            return Ok(Self::Session(session));
        }
        if answer.is_breached_password == Some(true) {
            return Ok(Self::PasswordLeaked);
        }
        Err(Error::new(ErrorKind::Decode, "the answer neither signs in nor asks for anything"))
    }
}

/// A password that must be changed before the user can sign in.
#[derive(Debug, Clone)]
pub struct PasswordExpired {
    flow: LoginFlow,
    state: NewPassword,
}

/// By what the service lets a user set a new password.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewPassword {
    user_id: String,
    token: Secret,
}

step!(PasswordExpired, NewPassword, "passwordExpired");

impl PasswordExpired {
    /// Sets the new password. The user then signs in with it.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
    /// use frontegg_identity::Login;
    ///
    /// let authentication = frontegg.authentication();
    /// let mut login = authentication.login("ada@acme.test", "correct horse").await?;
    /// if let Login::PasswordExpired(expired) = &login {
    ///     expired.set_password("correct horse battery").await?;
    ///     login = authentication.login("ada@acme.test", "correct horse battery").await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub async fn set_password(&self, password: impl Into<Secret>) -> Result<(), Error> {
        let NewPassword { user_id, token } = self.state.clone();
        let request = types::VerifyPasswordDto::new(user_id, token, password);
        PasswordSettings { core: self.flow.core.clone() }.reset_password_with_token(&request).await
    }
}

/// What the steps of one sign-in share: access without a token, and the cookies of the browser.
#[derive(Debug, Clone)]
pub(crate) struct LoginFlow {
    core: Core<Anonymous>,
    cookies: Cookies,
    /// The session that is stepped up by it, if it is no new one that begins.
    raises: Option<Session>,
}

impl LoginFlow {
    pub(crate) fn new<A: Access>(core: &Core<A>, cookies: Cookies) -> Self {
        Self { core: core.with_cookie(cookies.header()), cookies, raises: None }
    }

    /// The same flow, whose end raises a session.
    pub(crate) fn raising(self, session: Session) -> Self {
        Self { raises: Some(session), ..self }
    }

    /// The same flow with the cookies that an answer has set.
    fn after<T>(mut self, answer: &Response<T>) -> Self {
        self.cookies.update(answer);
        Self { raises: self.raises, ..Self::new(&self.core, self.cookies) }
    }

    /// Sends the call of a step and returns the state that it leads to.
    async fn advance(&self, step: Call<'_, types::AuthenticationResponseDto>) -> Result<Login, Error> {
        self.exchange(step).await.map(|(login, _)| login)
    }

    /// The same, with the answer.
    async fn exchange(
        &self,
        step: Call<'_, types::AuthenticationResponseDto>,
    ) -> Result<(Login, Response<types::AuthenticationResponseDto>), Error> {
        let _held = match &self.raises {
            Some(session) => Some(session.hold().await),
            None => None,
        };
        let answer = step.with_response().await?;
        Ok((Login::from_response(self, &answer)?, answer))
    }

    /// The session of an answer that ends the sign-in.
    fn session(&self, answer: &Response<types::AuthenticationResponseDto>) -> Result<Option<Session>, Error> {
        match &self.raises {
            Some(session) => Ok(session.raise(answer)?.then(|| session.clone())),
            None => Ok(Session::from_login(&self.core, answer, &self.cookies)),
        }
    }
}

impl<A: Access> Authentication<A> {
    /// Signs in with e-mail address and password.
    ///
    /// A wrong password, an unknown address and a locked user are the same error,
    /// [`is_unauthenticated`](Error::is_unauthenticated); a user who is not allowed to sign in is
    /// [`is_forbidden`](Error::is_forbidden).
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg, code: &str) -> Result<(), Box<dyn std::error::Error>> {
    /// use frontegg_identity::login::{Factor, Login};
    ///
    /// let mut login = frontegg.authentication().login("ada@acme.test", "correct horse").await?;
    /// if let Login::MfaRequired(challenge) = &login {
    ///     login = match challenge.factors().into_iter().next() {
    ///         Some(Factor::Authenticator(app)) => app.verify(code).await?,
    ///         Some(Factor::Sms(phone)) => phone.send().await?.verify(code).await?,
    ///         _ => return Err("no factor that this program knows".into()),
    ///     };
    /// }
    /// let session = login.into_session()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Operation `authenticate_user_with_password`.
    pub async fn login(&self, email: impl Into<String>, password: impl Into<Secret>) -> Result<Login, Error> {
        self.login_with(&types::AuthenticateUserPasswordDto::new(password).email(email)).await
    }

    /// Signs in with a password and further members of the request: a username instead of an
    /// address, an invitation token, a captcha.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
    /// use frontegg_identity::types::AuthenticateUserPasswordDto;
    ///
    /// let request = AuthenticateUserPasswordDto::new("correct horse").username("ada");
    /// let login = frontegg.authentication().login_with(&request).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Operation `authenticate_user_with_password`.
    pub async fn login_with(&self, request: &types::AuthenticateUserPasswordDto) -> Result<Login, Error> {
        self.password(request, Cookies::default()).await
    }

    /// Like [`login_with`](Self::login_with), on a remembered device, which skips the second factor
    /// (see [`SavedSession::device`](crate::SavedSession::device)).
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg, earlier: frontegg_identity::SavedSession) -> Result<(), frontegg_identity::Error> {
    /// use frontegg_identity::types::AuthenticateUserPasswordDto;
    ///
    /// let request = AuthenticateUserPasswordDto::new("correct horse").email("ada@acme.test");
    /// let login = match earlier.device() {
    ///     Some(device) => frontegg.authentication().login_on(&device, &request).await?,
    ///     None => frontegg.authentication().login_with(&request).await?,
    /// };
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Operation `authenticate_user_with_password`.
    pub async fn login_on(
        &self,
        device: &RememberedDevice,
        request: &types::AuthenticateUserPasswordDto,
    ) -> Result<Login, Error> {
        self.password(request, device.cookies()).await
    }

    async fn password(&self, request: &types::AuthenticateUserPasswordDto, cookies: Cookies) -> Result<Login, Error> {
        let flow = LoginFlow::new(&self.core, cookies);
        let general = General { core: flow.core.clone() };
        let params = params::AuthenticateUserWithPassword::new();
        flow.advance(general.authenticate_user_with_password(request, params)).await
    }

    /// Has a link to reset the password mailed. The answer does not reveal whether the address is known.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
    /// frontegg.authentication().request_password_reset("ada@acme.test").await?;
    /// println!("if we know the address, a mail is on its way");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Operation `send_password_reset_email_v1`.
    pub async fn request_password_reset(&self, email: impl Into<String>) -> Result<(), Error> {
        let request = types::ResetPasswordV1Dto::new().email(email);
        PasswordSettings { core: self.core.anonymous() }.send_password_reset_email_v1(&request).await
    }

    /// Sets a new password with user id and token of the mailed link.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
    /// use frontegg_identity::login::MailedLink;
    ///
    /// let link: MailedLink = "https://login.acme.test/account/reset-password?userId=u-1&token=t-1".parse()?;
    /// frontegg.authentication().reset_password(link.user_id, link.token, "correct horse battery").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Operation `reset_password_with_token`.
    pub async fn reset_password(
        &self,
        user_id: impl Into<String>,
        token: impl Into<Secret>,
        password: impl Into<Secret>,
    ) -> Result<(), Error> {
        let request = types::VerifyPasswordDto::new(user_id, token, password);
        PasswordSettings { core: self.core.anonymous() }.reset_password_with_token(&request).await
    }

    /// Removes all second factors of a user who has lost them, by the recovery code. The user then
    /// signs in without one.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg, recovery_code: &str) -> Result<(), frontegg_identity::Error> {
    /// frontegg.authentication().recover_mfa("ada@acme.test", recovery_code).await?;
    /// let session = frontegg.authentication().login("ada@acme.test", "correct horse").await?.into_session()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Operation `recover_mfa`.
    pub async fn recover_mfa(&self, email: impl Into<String>, recovery_code: impl Into<Secret>) -> Result<(), Error> {
        let request = types::RecoverMfaDto::new(recovery_code, email);
        crate::generated::views::Mfa { core: self.core.anonymous() }.recover_mfa(&request).await
    }
}
