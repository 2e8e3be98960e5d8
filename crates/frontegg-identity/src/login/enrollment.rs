//! Second factors at sign-in: enrolling one.

use frontegg_model::{
    Secret,
    enums::{MfaStrategy, WebAuthnDeviceType},
    types,
};
use serde::{Deserialize, Serialize};

use super::{Login, LoginFlow, factor::Pending, saved::step};
use crate::{call::Call, error::Error};

impl Pending {
    /// What begins an enrollment.
    fn enrollment(&self) -> types::AuthRequestEnrollMfaRequest {
        types::AuthRequestEnrollMfaRequest::new(self.mfa_token.clone())
    }
}

impl LoginFlow {
    async fn finish_enrollment(&self, step: Call<'_, types::AuthenticationResponseDto>) -> Result<Enrolled, Error> {
        let (login, answer) = self.exchange(step).await?;
        Ok(Enrolled { login, recovery_code: answer.recovery_code.clone() })
    }
}

/// A sign-in for which the user must enroll a second factor.
///
/// ```no_run
/// # async fn example(frontegg: frontegg_identity::Frontegg, code: &str) -> Result<(), frontegg_identity::Error> {
/// use frontegg_identity::Login;
///
/// if let Login::EnrollMfa(enrollment) = frontegg.authentication().login("ada@acme.test", "correct horse").await? {
///     let app = enrollment.authenticator().await?;
///     println!("<img src=\"{}\">", app.qr_code().expose());
///     let enrolled = app.verify(code).await?;
///     let session = enrolled.login.into_session()?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct MfaEnrollment {
    flow: LoginFlow,
    state: Enrollment,
}

/// What may be enrolled.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Enrollment {
    pending: Pending,
    strategies: Vec<MfaStrategy>,
}

step!(MfaEnrollment, Enrollment, "mfaEnrollment");

impl MfaEnrollment {
    pub(super) fn new(flow: LoginFlow, mfa_token: Secret, strategies: Vec<MfaStrategy>) -> Self {
        Self { flow, state: Enrollment { pending: Pending::new(mfa_token), strategies } }
    }

    /// Asks the service to remember this device, if the policy allows it.
    #[must_use]
    pub fn remember_device(mut self) -> Self {
        self.state.pending.remember_device = true;
        self
    }

    /// Whether the policy allows to remember this device, and for how long.
    ///
    /// ```no_run
    /// # async fn example(enrollment: frontegg_identity::login::MfaEnrollment, code: &str) -> Result<(), frontegg_identity::Error> {
    /// let setting = enrollment.remember_device_setting().await?;
    /// let enrollment = if setting.is_allowed_to_remember { enrollment.remember_device() } else { enrollment };
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Operation `get_mfa_remember_device_setting`.
    pub async fn remember_device_setting(&self) -> Result<types::CheckAllowRememberResponse, Error> {
        self.flow.remember_device_setting(&self.state.pending).await
    }

    /// The kinds of factors that can be enrolled.
    ///
    /// ```no_run
    /// # async fn example(enrollment: frontegg_identity::login::MfaEnrollment, code: &str) -> Result<(), frontegg_identity::Error> {
    /// use frontegg_identity::enums::MfaStrategy;
    ///
    /// let has_app = enrollment.strategies().contains(&MfaStrategy::AuthenticatorApp);
    /// # Ok(())
    /// # }
    /// ```
    pub fn strategies(&self) -> &[MfaStrategy] {
        &self.state.strategies
    }

    /// Begins to enroll an authenticator app.
    ///
    /// ```no_run
    /// # async fn example(enrollment: frontegg_identity::login::MfaEnrollment, code: &str) -> Result<(), frontegg_identity::Error> {
    /// let app = enrollment.authenticator().await?;
    /// println!("{}", app.secret().map_or("scan the code", |secret| secret.expose()));
    /// let enrolled = app.verify(code).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Operation `enroll_login_mfa_authenticator`.
    pub async fn authenticator(&self) -> Result<AuthenticatorEnrollment, Error> {
        let request = self.state.pending.enrollment();
        let answer = self.flow.mfa().enroll_login_mfa_authenticator(&request).await?;
        let pending = self.state.pending.clone();
        let state = NewAuthenticator { pending, qr_code: answer.qr_code, secret: answer.secret };
        Ok(AuthenticatorEnrollment { flow: self.flow.clone(), state })
    }

    /// Begins to enroll a phone.
    ///
    /// ```no_run
    /// # async fn example(enrollment: frontegg_identity::login::MfaEnrollment, code: &str) -> Result<(), frontegg_identity::Error> {
    /// let phone = enrollment.sms("+15555550100").await?;
    /// let enrolled = phone.verify(code).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Operation `enroll_login_mfa_sms`.
    pub async fn sms(&self, phone_number: impl Into<String>) -> Result<SmsEnrollment, Error> {
        let request =
            types::RequestEnrollMfaSmsRequest::new(phone_number).mfa_token(self.state.pending.mfa_token.clone());
        let answer = self.flow.mfa().enroll_login_mfa_sms(&request).await?;
        let state = NewPhone { pending: self.state.pending.clone(), otc_token: answer.otc_token };
        Ok(SmsEnrollment { flow: self.flow.clone(), state })
    }

    /// Begins to enroll a security key or platform authenticator.
    ///
    /// ```no_run
    /// # async fn example(enrollment: frontegg_identity::login::MfaEnrollment, of_page: &str) -> Result<(), Box<dyn std::error::Error>> {
    /// use frontegg_identity::{enums::WebAuthnDeviceType, types::VerifyNewWebAuthnDeviceRequest};
    ///
    /// let key = enrollment.webauthn().await?;
    /// let options = serde_json::to_string(key.options())?; // for `navigator.credentials.create` of the page
    /// let credential: VerifyNewWebAuthnDeviceRequest = serde_json::from_str(of_page)?;
    /// let enrolled = key.verify(WebAuthnDeviceType::CrossPlatform, credential).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Operation `enroll_login_mfa_webauthn`.
    pub async fn webauthn(&self) -> Result<WebAuthnEnrollment, Error> {
        let request = self.state.pending.enrollment();
        let answer = self.flow.mfa().enroll_login_mfa_webauthn(&request).await?;
        let types::RequestEnrollMfaWebAuthnResponse { webauthn_token, options, .. } = answer;
        let state = NewSecurityKey { pending: self.state.pending.clone(), webauthn_token, options };
        Ok(WebAuthnEnrollment { flow: self.flow.clone(), state })
    }
}

/// An authenticator app that is being enrolled.
#[derive(Debug, Clone)]
pub struct AuthenticatorEnrollment {
    flow: LoginFlow,
    state: NewAuthenticator,
}

/// The app to be.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewAuthenticator {
    pending: Pending,
    qr_code: Secret,
    secret: Option<Secret>,
}

step!(AuthenticatorEnrollment, NewAuthenticator, "authenticatorEnrollment");

impl AuthenticatorEnrollment {
    /// The QR code for the app to scan, as a `data:` URL of an image.
    pub fn qr_code(&self) -> &Secret {
        &self.state.qr_code
    }

    /// The shared secret in base32, for apps that cannot scan.
    pub fn secret(&self) -> Option<&Secret> {
        self.state.secret.as_ref()
    }

    /// Verifies a code of the app, which enrolls it and signs in.
    ///
    /// Operation `verify_login_mfa_authenticator_enrollment`.
    pub async fn verify(&self, code: impl Into<Secret>) -> Result<Enrolled, Error> {
        let mut request = types::VerifyEnrollMfaAuthAppRequest::new(code, self.state.pending.mfa_token.clone());
        request.remember_device = self.state.pending.remember_device();
        self.flow.finish_enrollment(self.flow.mfa().verify_login_mfa_authenticator_enrollment(&request)).await
    }
}

/// A phone that is being enrolled.
#[derive(Debug, Clone)]
pub struct SmsEnrollment {
    flow: LoginFlow,
    state: NewPhone,
}

/// The phone to be.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewPhone {
    pending: Pending,
    otc_token: Secret,
}

step!(SmsEnrollment, NewPhone, "smsEnrollment");

impl SmsEnrollment {
    /// Verifies the code that was sent, which enrolls the phone and signs in.
    ///
    /// Operation `verify_login_mfa_sms_enrollment`.
    pub async fn verify(&self, code: impl Into<Secret>) -> Result<Enrolled, Error> {
        let mut request = types::VerifyEnrollMfaSmsRequest::new(self.state.otc_token.clone(), code)
            .mfa_token(self.state.pending.mfa_token.clone());
        request.remember_device = self.state.pending.remember_device();
        self.flow.finish_enrollment(self.flow.mfa().verify_login_mfa_sms_enrollment(&request)).await
    }
}

/// An authenticator that is being enrolled.
#[derive(Debug, Clone)]
pub struct WebAuthnEnrollment {
    flow: LoginFlow,
    state: NewSecurityKey,
}

/// The authenticator to be.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NewSecurityKey {
    pending: Pending,
    webauthn_token: Secret,
    options: types::WebAuthnCredentialCreationOptions,
}

step!(WebAuthnEnrollment, NewSecurityKey, "webAuthnEnrollment");

impl WebAuthnEnrollment {
    /// What `navigator.credentials.create` takes (WebAuthn §5.4).
    pub fn options(&self) -> &types::WebAuthnCredentialCreationOptions {
        &self.state.options
    }

    /// Verifies the new credential, which enrolls the authenticator and signs in.
    ///
    /// Operation `verify_login_mfa_webauthn_enrollment`.
    pub async fn verify(
        &self,
        kind: WebAuthnDeviceType,
        credential: types::VerifyNewWebAuthnDeviceRequest,
    ) -> Result<Enrolled, Error> {
        let (token, pending) = (self.state.webauthn_token.clone(), &self.state.pending);
        let mut request =
            types::VerifyEnrollMfaWebAuthnRequest::new(kind, token, credential, pending.mfa_token.clone());
        request.remember_device = pending.remember_device();
        self.flow.finish_enrollment(self.flow.mfa().verify_login_mfa_webauthn_enrollment(&request)).await
    }
}

/// A factor that has been enrolled.
///
/// ```no_run
/// # async fn example(enrollment: frontegg_identity::login::MfaEnrollment, code: &str) -> Result<(), frontegg_identity::Error> {
/// let enrolled = enrollment.authenticator().await?.verify(code).await?;
/// if let Some(recovery_code) = &enrolled.recovery_code {
///     println!("keep this for the day when the phone is lost: {}", recovery_code.expose());
/// }
/// let session = enrolled.login.into_session()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Enrolled {
    /// The state of the sign-in: normally the session.
    pub login: Login,
    /// The recovery code for a lost factor. The service does not show it again.
    pub recovery_code: Option<Secret>,
}
