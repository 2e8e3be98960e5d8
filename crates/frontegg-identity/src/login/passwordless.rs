//! Signing in by a link or code that was sent.

use frontegg_model::{Secret, types};

use super::{Gate, Login};
use crate::{
    error::Error,
    scope::Access,
    session::Cookies,
    views::{Authentication, Passwordless},
};

/// How the link or code went out.
#[derive(Debug, Clone, Copy)]
enum Way {
    Link,
    EmailCode,
    SmsCode,
}

/// A link or code is on its way, if the service knows who asked: it does not say.
#[derive(Debug, Clone)]
pub struct PasswordlessStep {
    gate: Gate,
    way: Way,
}

impl PasswordlessStep {
    /// Signs in with the code, or with the token of the link.
    ///
    /// Operations `authenticate_user_with_magic_link`, `…_email_code` and `…_sms_code`.
    pub async fn submit(&self, code_or_token: impl Into<Secret>) -> Result<Login, Error> {
        let request = types::AuthenticateUserPasswordlessDto::new(code_or_token);
        let view = Passwordless { core: self.gate.core.clone() };
        self.gate
            .pass(match self.way {
                Way::Link => view.authenticate_user_with_magic_link(&request),
                Way::EmailCode => view.authenticate_user_with_email_code(&request),
                Way::SmsCode => view.authenticate_user_with_sms_code(&request),
            })
            .await
    }
}

impl<A: Access> Authentication<A> {
    /// Has a link mailed by which the user signs in.
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
        let step = self.step(Way::Link);
        let request = types::PasswordlessAuthenticationPreloginDto::new().email(email);
        Passwordless { core: step.gate.core.clone() }.send_passwordless_magic_link(&request).await?;
        Ok(step)
    }

    /// Has a code mailed by which the user signs in.
    ///
    /// Operation `send_passwordless_email_code`.
    pub async fn send_email_code(&self, email: impl Into<String>) -> Result<PasswordlessStep, Error> {
        let step = self.step(Way::EmailCode);
        let request = types::PasswordlessAuthenticationPreloginDto::new().email(email);
        Passwordless { core: step.gate.core.clone() }.send_passwordless_email_code(&request).await?;
        Ok(step)
    }

    /// Has a code sent to a phone by which the user signs in.
    ///
    /// Operation `send_passwordless_sms_code`.
    pub async fn send_sms_code(&self, phone_number: impl Into<String>) -> Result<PasswordlessStep, Error> {
        let step = self.step(Way::SmsCode);
        let request = types::PasswordlessAuthenticationSmsOtcPreloginDto::new().phone_number(phone_number);
        Passwordless { core: step.gate.core.clone() }.send_passwordless_sms_code(&request).await?;
        Ok(step)
    }

    fn step(&self, way: Way) -> PasswordlessStep {
        PasswordlessStep { gate: Gate::new(&self.core, Cookies::default()), way }
    }
}
