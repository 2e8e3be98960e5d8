//! Passwordless sign-in by a magic link or a one-time code.

use frontegg_client::MaybeSend;
use frontegg_model::{Secret, types};
use serde::{Deserialize, Serialize};

use super::{Login, LoginFlow, saved::step};
use crate::{
    call::Call,
    error::Error,
    generated::views::{Authentication, Passwordless},
    scope::{Access, Anonymous},
    session::cookies::Cookies,
};

/// The passwordless method of a sign-in.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Method {
    Link,
    EmailCode,
    SmsCode,
}

/// A link or code was sent, if the service knows the recipient; the answer does not reveal that.
///
/// ```no_run
/// # async fn example(frontegg: frontegg_identity::Frontegg, code: &str) -> Result<(), Box<dyn std::error::Error>> {
/// use frontegg_identity::login::{PasswordlessStep, Saved};
///
/// let step = frontegg.authentication().send_email_code("ada@acme.test").await?;
/// let stored = serde_json::to_string(&step.save())?; // until the person answers
///
/// let saved: Saved<PasswordlessStep> = stored.parse()?;
/// let session = frontegg.authentication().resume(saved).submit(code).await?.into_session()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct PasswordlessStep {
    flow: LoginFlow,
    state: Method,
}

step!(PasswordlessStep, Method, "passwordless");

impl PasswordlessStep {
    /// Signs in with the code, or with the token of the link.
    ///
    /// Operations `authenticate_user_with_magic_link`, `…_email_code` and `…_sms_code`.
    pub async fn submit(&self, code_or_token: impl Into<Secret>) -> Result<Login, Error> {
        let request = types::AuthenticateUserPasswordlessDto::new(code_or_token);
        let view = Passwordless { core: self.flow.core.clone() };
        self.flow
            .advance(match self.state {
                Method::Link => view.authenticate_user_with_magic_link(&request),
                Method::EmailCode => view.authenticate_user_with_email_code(&request),
                Method::SmsCode => view.authenticate_user_with_sms_code(&request),
            })
            .await
    }
}

impl<A: Access> Authentication<A> {
    /// Sends a magic link by mail.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg, token: &str) -> Result<(), frontegg_identity::Error> {
    /// let step = frontegg.authentication().send_magic_link("ada@acme.test").await?;
    /// let session = step.submit(token).await?.into_session()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Operation `send_passwordless_magic_link`.
    pub async fn send_magic_link(&self, email: impl Into<String>) -> Result<PasswordlessStep, Error> {
        let request = types::PasswordlessAuthenticationPreloginDto::new().email(email);
        self.step(Method::Link, |view| view.send_passwordless_magic_link(&request)).await
    }

    /// Sends a one-time code by mail.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg, code: &str) -> Result<(), frontegg_identity::Error> {
    /// let step = frontegg.authentication().send_email_code("ada@acme.test").await?;
    /// let session = step.submit(code).await?.into_session()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Operation `send_passwordless_email_code`.
    pub async fn send_email_code(&self, email: impl Into<String>) -> Result<PasswordlessStep, Error> {
        let request = types::PasswordlessAuthenticationPreloginDto::new().email(email);
        self.step(Method::EmailCode, |view| view.send_passwordless_email_code(&request)).await
    }

    /// Sends a one-time code by SMS.
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg, code: &str) -> Result<(), frontegg_identity::Error> {
    /// let step = frontegg.authentication().send_sms_code("+15555550100").await?;
    /// let session = step.submit(code).await?.into_session()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Operation `send_passwordless_sms_code`.
    pub async fn send_sms_code(&self, phone_number: impl Into<String>) -> Result<PasswordlessStep, Error> {
        let request = types::PasswordlessAuthenticationSmsOtcPreloginDto::new().phone_number(phone_number);
        self.step(Method::SmsCode, |view| view.send_passwordless_sms_code(&request)).await
    }

    /// Has a link or code sent. The service may know the browser that asked by a cookie.
    async fn step<'a, T: MaybeSend + 'a>(
        &self,
        method: Method,
        send: impl FnOnce(&Passwordless<Anonymous>) -> Call<'a, T>,
    ) -> Result<PasswordlessStep, Error> {
        let flow = LoginFlow::new(&self.core, Cookies::default());
        let answer = send(&Passwordless { core: flow.core.clone() }).with_response().await?;
        Ok(PasswordlessStep { flow: flow.after(&answer), state: method })
    }
}
