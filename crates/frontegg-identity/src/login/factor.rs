//! Second factors at sign-in: verifying one that the user has, or enrolling one.

use frontegg_model::{
    Secret,
    enums::{MfaStrategy, WebAuthnDeviceType},
    types,
};

use super::{Login, LoginFlow};
use crate::{error::Error, generated::views::Mfa};

/// A sign-in whose first factor is verified and whose second factor is pending.
#[derive(Debug, Clone)]
pub(crate) struct PendingMfa {
    flow: LoginFlow,
    mfa_token: Secret,
    remember_device: bool,
}

impl PendingMfa {
    fn mfa(&self) -> Mfa<crate::scope::Anonymous> {
        Mfa { core: self.flow.core.clone() }
    }

    async fn remember_device_setting(&self) -> Result<types::CheckAllowRememberResponse, Error> {
        self.mfa().get_mfa_remember_device_setting(&self.mfa_token).await
    }

    /// The member of requests, absent unless the device is to be remembered.
    fn remember_device(&self) -> Option<bool> {
        self.remember_device.then_some(true)
    }
}

/// A sign-in that asks for a second factor of the user.
#[derive(Debug, Clone)]
pub struct MfaChallenge {
    pending: PendingMfa,
    devices: Option<types::UserMfaDevicesResponse>,
}

/// A second factor that the user has.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Factor {
    /// An authenticator app (TOTP, RFC 6238).
    Authenticator(AuthenticatorFactor),
    /// A code by SMS.
    Sms(SmsFactor),
    /// A code by e-mail.
    Email(EmailFactor),
    /// A security key or platform authenticator (WebAuthn).
    WebAuthn(WebAuthnFactor),
}

impl MfaChallenge {
    pub(super) fn new(flow: LoginFlow, mfa_token: Secret, devices: Option<types::UserMfaDevicesResponse>) -> Self {
        Self { pending: PendingMfa { flow, mfa_token, remember_device: false }, devices }
    }

    /// Asks the service to remember this device, if the policy allows it: the next sign-in on it
    /// needs no second factor. See [`SavedSession::device`](crate::SavedSession::device).
    #[must_use]
    pub fn remember_device(mut self) -> Self {
        self.pending.remember_device = true;
        self
    }

    /// Whether the policy allows to remember this device, and for how long.
    ///
    /// Operation `get_mfa_remember_device_setting`.
    pub async fn remember_device_setting(&self) -> Result<types::CheckAllowRememberResponse, Error> {
        self.pending.remember_device_setting().await
    }

    /// The factors that the user can choose from.
    pub fn factors(&self) -> Vec<Factor> {
        let pending = || self.pending.clone();
        let Some(devices) = &self.devices else { return vec![Factor::Authenticator(self.app(None))] };
        let apps = devices.authenticators.iter().map(|device| Factor::Authenticator(self.app(Some(device))));
        let phones = devices.phones.iter().map(|device| {
            Factor::Sms(SmsFactor {
                pending: pending(),
                device_id: device.id.clone(),
                phone_number: device.phone_number.clone(),
            })
        });
        let mails = devices
            .emails
            .iter()
            .map(|device| Factor::Email(EmailFactor { pending: pending(), email: device.email.clone() }));
        let keys = devices.webauthn.iter().map(|device| {
            Factor::WebAuthn(WebAuthnFactor {
                pending: pending(),
                device_id: device.id.clone(),
                name: device.name.clone(),
            })
        });
        apps.chain(phones).chain(mails).chain(keys).collect()
    }

    /// Verifies a code of the user's authenticator app.
    ///
    /// Operations `verify_login_mfa_authenticator_device` and `verify_login_mfa_authenticator`.
    pub async fn authenticator(&self, code: impl Into<Secret>) -> Result<Login, Error> {
        // With several apps the code may be of any of them.
        let only = self.devices.as_ref().and_then(|devices| match devices.authenticators.as_slice() {
            [only] => Some(only),
            _ => None,
        });
        self.app(only).verify(code).await
    }

    fn app(&self, device: Option<&types::UserMfaAuthenticatorAppResponse>) -> AuthenticatorFactor {
        AuthenticatorFactor { pending: self.pending.clone(), device_id: device.map(|device| device.id.clone()) }
    }
}

/// An authenticator app of the user.
#[derive(Debug, Clone)]
pub struct AuthenticatorFactor {
    pending: PendingMfa,
    device_id: Option<String>,
}

impl AuthenticatorFactor {
    /// Its id, by which it can be removed.
    pub fn device_id(&self) -> Option<&str> {
        self.device_id.as_deref()
    }

    /// Verifies the code that the app displays.
    ///
    /// Operations `verify_login_mfa_authenticator_device` and `verify_login_mfa_authenticator`.
    pub async fn verify(&self, code: impl Into<Secret>) -> Result<Login, Error> {
        let mut request = types::VerifyMfaAuthAppRequest::new(code, self.pending.mfa_token.clone());
        request.remember_device = self.pending.remember_device();
        let mfa = self.pending.mfa();
        let step = match &self.device_id {
            Some(id) => mfa.verify_login_mfa_authenticator_device(id, &request),
            #[allow(deprecated, reason = "the only way when the answer does not name the device")]
            None => mfa.verify_login_mfa_authenticator(&request),
        };
        self.pending.flow.advance(step).await
    }
}

/// A phone of the user.
#[derive(Debug, Clone)]
pub struct SmsFactor {
    pending: PendingMfa,
    device_id: String,
    phone_number: String,
}

impl SmsFactor {
    /// Its id, by which it can be removed.
    pub fn device_id(&self) -> &str {
        &self.device_id
    }

    /// The number, partly masked by the service.
    pub fn phone_number(&self) -> &str {
        &self.phone_number
    }

    /// Sends a code. It invalidates the previous one.
    ///
    /// Operation `send_login_mfa_sms_code`.
    pub async fn send(&self) -> Result<SmsStep, Error> {
        let request = types::AuthRequestVerifyMfaRequest::new(self.pending.mfa_token.clone());
        let answer = self.pending.mfa().send_login_mfa_sms_code(&self.device_id, &request).await?;
        Ok(SmsStep { pending: self.pending.clone(), device_id: self.device_id.clone(), otc_token: answer.otc_token })
    }
}

/// A code was sent by SMS.
#[derive(Debug, Clone)]
pub struct SmsStep {
    pending: PendingMfa,
    device_id: String,
    otc_token: Secret,
}

impl SmsStep {
    /// Verifies the code.
    ///
    /// Operation `verify_login_mfa_sms_code`.
    pub async fn verify(&self, code: impl Into<Secret>) -> Result<Login, Error> {
        let mut request = types::VerifyMfaSmsRequest::new(self.otc_token.clone(), code, self.pending.mfa_token.clone());
        request.remember_device = self.pending.remember_device();
        self.pending.flow.advance(self.pending.mfa().verify_login_mfa_sms_code(&self.device_id, &request)).await
    }
}

/// The mail address of the user as a factor.
#[derive(Debug, Clone)]
pub struct EmailFactor {
    pending: PendingMfa,
    email: String,
}

impl EmailFactor {
    /// The address, possibly masked by the service.
    pub fn email(&self) -> &str {
        &self.email
    }

    /// Sends a code by mail. It invalidates the previous one.
    ///
    /// Operation `send_login_mfa_email_code`.
    pub async fn send(&self) -> Result<EmailStep, Error> {
        let request = types::AuthRequestVerifyMfaRequest::new(self.pending.mfa_token.clone());
        let answer = self.pending.mfa().send_login_mfa_email_code(&request).await?;
        Ok(EmailStep { pending: self.pending.clone(), otc_token: answer.otc_token })
    }
}

/// A code was sent by e-mail.
#[derive(Debug, Clone)]
pub struct EmailStep {
    pending: PendingMfa,
    otc_token: Secret,
}

impl EmailStep {
    /// Verifies the code.
    ///
    /// Operation `verify_login_mfa_email_code`.
    pub async fn verify(&self, code: impl Into<Secret>) -> Result<Login, Error> {
        let mut request =
            types::VerifyMfaEmailOtcRequest::new(self.otc_token.clone(), code, self.pending.mfa_token.clone());
        request.remember_device = self.pending.remember_device();
        self.pending.flow.advance(self.pending.mfa().verify_login_mfa_email_code(&request)).await
    }
}

/// A security key or platform authenticator of the user.
#[derive(Debug, Clone)]
pub struct WebAuthnFactor {
    pending: PendingMfa,
    device_id: String,
    name: String,
}

impl WebAuthnFactor {
    /// Its id, by which it can be removed.
    pub fn device_id(&self) -> &str {
        &self.device_id
    }

    /// The name that the user has given it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Asks for a challenge.
    ///
    /// Operation `create_login_mfa_webauthn_challenge`.
    pub async fn challenge(&self) -> Result<WebAuthnStep, Error> {
        let request = types::AuthRequestVerifyMfaRequest::new(self.pending.mfa_token.clone());
        let answer = self.pending.mfa().create_login_mfa_webauthn_challenge(&self.device_id, &request).await?;
        let types::RequestVerifyMfaWebAuthnResponse { webauthn_token, options } = answer;
        Ok(WebAuthnStep { pending: self.pending.clone(), device_id: self.device_id.clone(), webauthn_token, options })
    }
}

/// A challenge for the authenticator.
#[derive(Debug, Clone)]
pub struct WebAuthnStep {
    pending: PendingMfa,
    device_id: String,
    webauthn_token: Secret,
    options: types::WebAuthnCredentialRequestOptions,
}

impl WebAuthnStep {
    /// What `navigator.credentials.get` takes (WebAuthn §5.5).
    pub fn options(&self) -> &types::WebAuthnCredentialRequestOptions {
        &self.options
    }

    /// Verifies the authenticator's assertion.
    ///
    /// Operation `verify_login_mfa_webauthn`.
    pub async fn verify(&self, assertion: types::AuthenticateUserWebAuthnDto) -> Result<Login, Error> {
        let (token, pending) = (self.webauthn_token.clone(), &self.pending);
        let mut request = types::VerifyMfaWebAuthnRequest::new(token, assertion, pending.mfa_token.clone());
        request.remember_device = pending.remember_device();
        pending.flow.advance(pending.mfa().verify_login_mfa_webauthn(&self.device_id, &request)).await
    }
}

/// A sign-in for which the user must enroll a second factor.
#[derive(Debug, Clone)]
pub struct MfaEnrollment {
    pending: PendingMfa,
    strategies: Vec<MfaStrategy>,
}

impl MfaEnrollment {
    pub(super) fn new(flow: LoginFlow, mfa_token: Secret, strategies: Vec<MfaStrategy>) -> Self {
        Self { pending: PendingMfa { flow, mfa_token, remember_device: false }, strategies }
    }

    /// Asks the service to remember this device, if the policy allows it.
    #[must_use]
    pub fn remember_device(mut self) -> Self {
        self.pending.remember_device = true;
        self
    }

    /// Whether the policy allows to remember this device, and for how long.
    ///
    /// Operation `get_mfa_remember_device_setting`.
    pub async fn remember_device_setting(&self) -> Result<types::CheckAllowRememberResponse, Error> {
        self.pending.remember_device_setting().await
    }

    /// The kinds of factors that can be enrolled.
    pub fn strategies(&self) -> &[MfaStrategy] {
        &self.strategies
    }

    /// Begins to enroll an authenticator app.
    ///
    /// Operation `enroll_login_mfa_authenticator`.
    pub async fn authenticator(&self) -> Result<AuthenticatorEnrollment, Error> {
        let request = types::AuthRequestEnrollMfaRequest::new(self.pending.mfa_token.clone());
        let answer = self.pending.mfa().enroll_login_mfa_authenticator(&request).await?;
        Ok(AuthenticatorEnrollment { pending: self.pending.clone(), qr_code: answer.qr_code, secret: answer.secret })
    }

    /// Begins to enroll a phone.
    ///
    /// Operation `enroll_login_mfa_sms`.
    pub async fn sms(&self, phone_number: impl Into<String>) -> Result<SmsEnrollment, Error> {
        let request = types::RequestEnrollMfaSmsRequest::new(phone_number).mfa_token(self.pending.mfa_token.clone());
        let answer = self.pending.mfa().enroll_login_mfa_sms(&request).await?;
        Ok(SmsEnrollment { pending: self.pending.clone(), otc_token: answer.otc_token })
    }

    /// Begins to enroll a security key or platform authenticator.
    ///
    /// Operation `enroll_login_mfa_webauthn`.
    pub async fn webauthn(&self) -> Result<WebAuthnEnrollment, Error> {
        let request = types::AuthRequestEnrollMfaRequest::new(self.pending.mfa_token.clone());
        let answer = self.pending.mfa().enroll_login_mfa_webauthn(&request).await?;
        let types::RequestEnrollMfaWebAuthnResponse { webauthn_token, options } = answer;
        Ok(WebAuthnEnrollment { pending: self.pending.clone(), webauthn_token, options })
    }
}

/// An authenticator app that is being enrolled.
#[derive(Debug, Clone)]
pub struct AuthenticatorEnrollment {
    pending: PendingMfa,
    qr_code: Secret,
    secret: Option<Secret>,
}

impl AuthenticatorEnrollment {
    /// The QR code for the app to scan, as a `data:` URL of an image.
    pub fn qr_code(&self) -> &Secret {
        &self.qr_code
    }

    /// The shared secret in base32, for apps that cannot scan.
    pub fn secret(&self) -> Option<&Secret> {
        self.secret.as_ref()
    }

    /// Verifies a code of the app, which enrolls it and signs in.
    ///
    /// Operation `verify_login_mfa_authenticator_enrollment`.
    pub async fn verify(&self, code: impl Into<Secret>) -> Result<Enrolled, Error> {
        let mut request = types::VerifyEnrollMfaAuthAppRequest::new(code, self.pending.mfa_token.clone());
        request.remember_device = self.pending.remember_device();
        self.pending.finish_enrollment(self.pending.mfa().verify_login_mfa_authenticator_enrollment(&request)).await
    }
}

/// A phone that is being enrolled.
#[derive(Debug, Clone)]
pub struct SmsEnrollment {
    pending: PendingMfa,
    otc_token: Secret,
}

impl SmsEnrollment {
    /// Verifies the code that was sent, which enrolls the phone and signs in.
    ///
    /// Operation `verify_login_mfa_sms_enrollment`.
    pub async fn verify(&self, code: impl Into<Secret>) -> Result<Enrolled, Error> {
        let mut request = types::VerifyEnrollMfaSmsRequest::new(self.otc_token.clone(), code)
            .mfa_token(self.pending.mfa_token.clone());
        request.remember_device = self.pending.remember_device();
        self.pending.finish_enrollment(self.pending.mfa().verify_login_mfa_sms_enrollment(&request)).await
    }
}

/// An authenticator that is being enrolled.
#[derive(Debug, Clone)]
pub struct WebAuthnEnrollment {
    pending: PendingMfa,
    webauthn_token: Secret,
    options: types::WebAuthnCredentialCreationOptions,
}

impl WebAuthnEnrollment {
    /// What `navigator.credentials.create` takes (WebAuthn §5.4).
    pub fn options(&self) -> &types::WebAuthnCredentialCreationOptions {
        &self.options
    }

    /// Verifies the new credential, which enrolls the authenticator and signs in.
    ///
    /// Operation `verify_login_mfa_webauthn_enrollment`.
    pub async fn verify(
        &self,
        kind: WebAuthnDeviceType,
        credential: types::VerifyNewWebAuthnDeviceRequest,
    ) -> Result<Enrolled, Error> {
        let (token, pending) = (self.webauthn_token.clone(), &self.pending);
        let mut request =
            types::VerifyEnrollMfaWebAuthnRequest::new(kind, token, credential, pending.mfa_token.clone());
        request.remember_device = pending.remember_device();
        pending.finish_enrollment(pending.mfa().verify_login_mfa_webauthn_enrollment(&request)).await
    }
}

/// A factor that has been enrolled.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Enrolled {
    /// The state of the sign-in: normally the session.
    pub login: Login,
    /// The recovery code for a lost factor. The service does not show it again.
    pub recovery_code: Option<Secret>,
}

impl PendingMfa {
    async fn finish_enrollment(
        &self,
        step: crate::call::Call<'_, types::AuthenticationResponseDto>,
    ) -> Result<Enrolled, Error> {
        let answer = step.with_response().await?;
        let login = Login::from_response(&self.flow, &answer)?;
        Ok(Enrolled { login, recovery_code: answer.recovery_code.clone() })
    }
}
