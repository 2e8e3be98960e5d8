//! Passwordless sign-in by a magic link or a one-time code.

use frontegg_model::{Secret, types};

use super::{Login, LoginFlow};
use crate::{
    error::Error,
    generated::views::{Authentication, Passwordless},
    scope::Access,
    session::Cookies,
};

/// The passwordless method of a sign-in.
#[derive(Debug, Clone, Copy)]
enum Method {
    Link,
    EmailCode,
    SmsCode,
}

/// A link or code was sent, if the service knows the recipient; the answer does not reveal that.
#[derive(Debug, Clone)]
pub struct PasswordlessStep {
    flow: LoginFlow,
    method: Method,
}

impl PasswordlessStep {
    /// Signs in with the code, or with the token of the link.
    ///
    /// Operations `authenticate_user_with_magic_link`, `…_email_code` and `…_sms_code`.
    pub async fn submit(&self, code_or_token: impl Into<Secret>) -> Result<Login, Error> {
        let request = types::AuthenticateUserPasswordlessDto::new(code_or_token);
        let view = Passwordless { core: self.flow.core.clone() };
        self.flow
            .advance(match self.method {
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
        let step = self.step(Method::Link);
        let request = types::PasswordlessAuthenticationPreloginDto::new().email(email);
        Passwordless { core: step.flow.core.clone() }.send_passwordless_magic_link(&request).await?;
        Ok(step)
    }

    /// Sends a one-time code by mail.
    ///
    /// Operation `send_passwordless_email_code`.
    pub async fn send_email_code(&self, email: impl Into<String>) -> Result<PasswordlessStep, Error> {
        let step = self.step(Method::EmailCode);
        let request = types::PasswordlessAuthenticationPreloginDto::new().email(email);
        Passwordless { core: step.flow.core.clone() }.send_passwordless_email_code(&request).await?;
        Ok(step)
    }

    /// Sends a one-time code by SMS.
    ///
    /// Operation `send_passwordless_sms_code`.
    pub async fn send_sms_code(&self, phone_number: impl Into<String>) -> Result<PasswordlessStep, Error> {
        let step = self.step(Method::SmsCode);
        let request = types::PasswordlessAuthenticationSmsOtcPreloginDto::new().phone_number(phone_number);
        Passwordless { core: step.flow.core.clone() }.send_passwordless_sms_code(&request).await?;
        Ok(step)
    }

    fn step(&self, method: Method) -> PasswordlessStep {
        PasswordlessStep { flow: LoginFlow::new(&self.core, Cookies::default()), method }
    }
}
