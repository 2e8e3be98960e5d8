//! Second factors: what the user has, or must enroll.

use frontegg_model::{
    Secret,
    enums::{MfaStrategy, WebAuthnDeviceType},
    types,
};

use super::{Gate, Login};
use crate::{error::Error, views::Mfa};

/// A passed first factor, waiting for a second.
#[derive(Debug, Clone)]
pub(crate) struct Held {
    gate: Gate,
    mfa_token: Secret,
    remember: bool,
}

impl Held {
    fn mfa(&self) -> Mfa<crate::Anonymous> {
        Mfa { core: self.gate.core.clone() }
    }

    async fn remembering(&self) -> Result<types::CheckAllowRememberResponse, Error> {
        self.mfa().get_mfa_remember_device_setting(&self.mfa_token).await
    }

    /// The answer's member, left out unless the device is to be remembered.
    fn remember(&self) -> Option<bool> {
        self.remember.then_some(true)
    }
}

/// The user must show a second factor.
#[derive(Debug, Clone)]
pub struct MfaChallenge {
    held: Held,
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
    pub(super) fn new(gate: Gate, mfa_token: Secret, devices: Option<types::UserMfaDevicesResponse>) -> Self {
        Self { held: Held { gate, mfa_token, remember: false }, devices }
    }

    /// Has the service remember this device, where the policy allows it: the next sign-in on it
    /// needs no second factor. See [`SavedSession::device`](crate::SavedSession::device).
    #[must_use]
    pub fn remember_device(mut self) -> Self {
        self.held.remember = true;
        self
    }

    /// Whether and for how long the service would remember this device, for a page that offers it.
    ///
    /// Operation `get_mfa_remember_device_setting`.
    pub async fn remembering(&self) -> Result<types::CheckAllowRememberResponse, Error> {
        self.held.remembering().await
    }

    /// What the user can choose from.
    pub fn factors(&self) -> Vec<Factor> {
        let held = || self.held.clone();
        let Some(devices) = &self.devices else { return vec![Factor::Authenticator(self.app(None))] };
        let apps = devices.authenticators.iter().map(|device| Factor::Authenticator(self.app(Some(device))));
        let phones = devices.phones.iter().map(|device| {
            Factor::Sms(SmsFactor {
                held: held(),
                device_id: device.id.clone(),
                phone_number: device.phone_number.clone(),
            })
        });
        let mails = devices
            .emails
            .iter()
            .map(|device| Factor::Email(EmailFactor { held: held(), email: device.email.clone() }));
        let keys = devices.webauthn.iter().map(|device| {
            Factor::WebAuthn(WebAuthnFactor { held: held(), device_id: device.id.clone(), name: device.name.clone() })
        });
        apps.chain(phones).chain(mails).chain(keys).collect()
    }

    /// Shows a code of the user's authenticator app.
    ///
    /// Operations `verify_login_mfa_authenticator_device` and `verify_login_mfa_authenticator`.
    pub async fn authenticator(&self, code: impl Into<Secret>) -> Result<Login, Error> {
        // Of several apps nobody knows which one shows the code: then any will do.
        let only = self.devices.as_ref().and_then(|devices| match devices.authenticators.as_slice() {
            [only] => Some(only),
            _ => None,
        });
        self.app(only).verify(code).await
    }

    fn app(&self, device: Option<&types::UserMfaAuthenticatorAppResponse>) -> AuthenticatorFactor {
        AuthenticatorFactor { held: self.held.clone(), device_id: device.map(|device| device.id.clone()) }
    }
}

/// An authenticator app of the user.
#[derive(Debug, Clone)]
pub struct AuthenticatorFactor {
    held: Held,
    device_id: Option<String>,
}

impl AuthenticatorFactor {
    /// Its id, by which it can be removed.
    pub fn device_id(&self) -> Option<&str> {
        self.device_id.as_deref()
    }

    /// Shows the code that the app displays.
    ///
    /// Operations `verify_login_mfa_authenticator_device` and `verify_login_mfa_authenticator`.
    pub async fn verify(&self, code: impl Into<Secret>) -> Result<Login, Error> {
        let mut request = types::VerifyMfaAuthAppRequest::new(code, self.held.mfa_token.clone());
        request.remember_device = self.held.remember();
        let mfa = self.held.mfa();
        let step = match &self.device_id {
            Some(id) => mfa.verify_login_mfa_authenticator_device(id, &request),
            #[allow(deprecated, reason = "the only way when the answer does not name the device")]
            None => mfa.verify_login_mfa_authenticator(&request),
        };
        self.held.gate.pass(step).await
    }
}

/// A phone of the user.
#[derive(Debug, Clone)]
pub struct SmsFactor {
    held: Held,
    device_id: String,
    phone_number: String,
}

impl SmsFactor {
    /// Its id, by which it can be removed.
    pub fn device_id(&self) -> &str {
        &self.device_id
    }

    /// The number, as far as the service shows it.
    pub fn phone_number(&self) -> &str {
        &self.phone_number
    }

    /// Has a code sent. A new one voids the one before.
    ///
    /// Operation `send_login_mfa_sms_code`.
    pub async fn send(&self) -> Result<SmsStep, Error> {
        let request = types::AuthRequestVerifyMfaRequest::new(self.held.mfa_token.clone());
        let answer = self.held.mfa().send_login_mfa_sms_code(&self.device_id, &request).await?;
        Ok(SmsStep { held: self.held.clone(), device_id: self.device_id.clone(), otc_token: answer.otc_token })
    }
}

/// A code is on its way by SMS.
#[derive(Debug, Clone)]
pub struct SmsStep {
    held: Held,
    device_id: String,
    otc_token: Secret,
}

impl SmsStep {
    /// Shows the code.
    ///
    /// Operation `verify_login_mfa_sms_code`.
    pub async fn verify(&self, code: impl Into<Secret>) -> Result<Login, Error> {
        let mut request = types::VerifyMfasmsRequest::new(self.otc_token.clone(), code, self.held.mfa_token.clone());
        request.remember_device = self.held.remember();
        self.held.gate.pass(self.held.mfa().verify_login_mfa_sms_code(&self.device_id, &request)).await
    }
}

/// The mail address of the user as a factor.
#[derive(Debug, Clone)]
pub struct EmailFactor {
    held: Held,
    email: String,
}

impl EmailFactor {
    /// The address, as far as the service shows it.
    pub fn email(&self) -> &str {
        &self.email
    }

    /// Has a code mailed. A new one voids the one before.
    ///
    /// Operation `send_login_mfa_email_code`.
    pub async fn send(&self) -> Result<EmailStep, Error> {
        let request = types::AuthRequestVerifyMfaRequest::new(self.held.mfa_token.clone());
        let answer = self.held.mfa().send_login_mfa_email_code(&request).await?;
        Ok(EmailStep { held: self.held.clone(), otc_token: answer.otc_token })
    }
}

/// A code is on its way by e-mail.
#[derive(Debug, Clone)]
pub struct EmailStep {
    held: Held,
    otc_token: Secret,
}

impl EmailStep {
    /// Shows the code.
    ///
    /// Operation `verify_login_mfa_email_code`.
    pub async fn verify(&self, code: impl Into<Secret>) -> Result<Login, Error> {
        let mut request =
            types::VerifyMfaEmailOtcRequest::new(self.otc_token.clone(), code, self.held.mfa_token.clone());
        request.remember_device = self.held.remember();
        self.held.gate.pass(self.held.mfa().verify_login_mfa_email_code(&request)).await
    }
}

/// A security key or platform authenticator of the user.
#[derive(Debug, Clone)]
pub struct WebAuthnFactor {
    held: Held,
    device_id: String,
    name: String,
}

impl WebAuthnFactor {
    /// Its id, by which it can be removed.
    pub fn device_id(&self) -> &str {
        &self.device_id
    }

    /// What the user calls it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Asks for a challenge.
    ///
    /// Operation `create_login_mfa_webauthn_challenge`.
    pub async fn challenge(&self) -> Result<WebAuthnStep, Error> {
        let request = types::AuthRequestVerifyMfaRequest::new(self.held.mfa_token.clone());
        let answer = self.held.mfa().create_login_mfa_webauthn_challenge(&self.device_id, &request).await?;
        let types::RequestVerifyMfaWebAuthnResponse { webauthn_token, options } = answer;
        Ok(WebAuthnStep { held: self.held.clone(), device_id: self.device_id.clone(), webauthn_token, options })
    }
}

/// A challenge for the authenticator.
#[derive(Debug, Clone)]
pub struct WebAuthnStep {
    held: Held,
    device_id: String,
    webauthn_token: Secret,
    options: types::WebAuthnCredentialRequestOptions,
}

impl WebAuthnStep {
    /// What `navigator.credentials.get` takes (WebAuthn §5.5).
    pub fn options(&self) -> &types::WebAuthnCredentialRequestOptions {
        &self.options
    }

    /// Shows the authenticator's assertion.
    ///
    /// Operation `verify_login_mfa_webauthn`.
    pub async fn verify(&self, assertion: types::AuthenticateUserWebAuthNDto) -> Result<Login, Error> {
        let (token, held) = (self.webauthn_token.clone(), &self.held);
        let mut request = types::VerifyMfaWebAuthnRequest::new(token, assertion, held.mfa_token.clone());
        request.remember_device = held.remember();
        held.gate.pass(held.mfa().verify_login_mfa_webauthn(&self.device_id, &request)).await
    }
}

/// The user must enroll a second factor.
#[derive(Debug, Clone)]
pub struct MfaEnrollment {
    held: Held,
    strategies: Vec<MfaStrategy>,
}

impl MfaEnrollment {
    pub(super) fn new(gate: Gate, mfa_token: Secret, strategies: Vec<MfaStrategy>) -> Self {
        Self { held: Held { gate, mfa_token, remember: false }, strategies }
    }

    /// Has the service remember this device, where the policy allows it.
    #[must_use]
    pub fn remember_device(mut self) -> Self {
        self.held.remember = true;
        self
    }

    /// Whether and for how long the service would remember this device, for a page that offers it.
    ///
    /// Operation `get_mfa_remember_device_setting`.
    pub async fn remembering(&self) -> Result<types::CheckAllowRememberResponse, Error> {
        self.held.remembering().await
    }

    /// Kinds of factors that the environment offers.
    pub fn strategies(&self) -> &[MfaStrategy] {
        &self.strategies
    }

    /// Begins to enroll an authenticator app.
    ///
    /// Operation `enroll_login_mfa_authenticator`.
    pub async fn authenticator(&self) -> Result<AuthenticatorEnrollment, Error> {
        let request = types::AuthRequestEnrollMfaRequest::new(self.held.mfa_token.clone());
        let answer = self.held.mfa().enroll_login_mfa_authenticator(&request).await?;
        Ok(AuthenticatorEnrollment { held: self.held.clone(), qr_code: answer.qr_code, secret: answer.secret })
    }

    /// Begins to enroll a phone.
    ///
    /// Operation `enroll_login_mfa_sms`.
    pub async fn sms(&self, phone_number: impl Into<String>) -> Result<SmsEnrollment, Error> {
        let request = types::RequestEnrollMfasmsRequest::new(phone_number).mfa_token(self.held.mfa_token.clone());
        let answer = self.held.mfa().enroll_login_mfa_sms(&request).await?;
        Ok(SmsEnrollment { held: self.held.clone(), otc_token: answer.otc_token })
    }

    /// Begins to enroll a security key or platform authenticator.
    ///
    /// Operation `enroll_login_mfa_webauthn`.
    pub async fn webauthn(&self) -> Result<WebAuthnEnrollment, Error> {
        let request = types::AuthRequestEnrollMfaRequest::new(self.held.mfa_token.clone());
        let answer = self.held.mfa().enroll_login_mfa_webauthn(&request).await?;
        let types::RequestEnrollMfaWebAuthnResponse { webauthn_token, options } = answer;
        Ok(WebAuthnEnrollment { held: self.held.clone(), webauthn_token, options })
    }
}

/// An authenticator app that shall be enrolled.
#[derive(Debug, Clone)]
pub struct AuthenticatorEnrollment {
    held: Held,
    qr_code: Secret,
    secret: Option<Secret>,
}

impl AuthenticatorEnrollment {
    /// What the app scans.
    pub fn qr_code(&self) -> &Secret {
        &self.qr_code
    }

    /// The shared secret in base32, for typing it in.
    pub fn secret(&self) -> Option<&Secret> {
        self.secret.as_ref()
    }

    /// Proves that the app shows the right codes, which signs in.
    ///
    /// Operation `verify_login_mfa_authenticator_enrollment`.
    pub async fn verify(&self, code: impl Into<Secret>) -> Result<Enrolled, Error> {
        let mut request = types::VerifyEnrollMfaAuthAppRequest::new(code, self.held.mfa_token.clone());
        request.remember_device = self.held.remember();
        self.held.enrolled(self.held.mfa().verify_login_mfa_authenticator_enrollment(&request)).await
    }
}

/// A phone that shall be enrolled.
#[derive(Debug, Clone)]
pub struct SmsEnrollment {
    held: Held,
    otc_token: Secret,
}

impl SmsEnrollment {
    /// Shows the code that was sent, which signs in.
    ///
    /// Operation `verify_login_mfa_sms_enrollment`.
    pub async fn verify(&self, code: impl Into<Secret>) -> Result<Enrolled, Error> {
        let mut request =
            types::VerifyEnrollMfasmsRequest::new(self.otc_token.clone(), code).mfa_token(self.held.mfa_token.clone());
        request.remember_device = self.held.remember();
        self.held.enrolled(self.held.mfa().verify_login_mfa_sms_enrollment(&request)).await
    }
}

/// An authenticator that shall be enrolled.
#[derive(Debug, Clone)]
pub struct WebAuthnEnrollment {
    held: Held,
    webauthn_token: Secret,
    options: types::WebAuthnCredentialCreationOptions,
}

impl WebAuthnEnrollment {
    /// What `navigator.credentials.create` takes (WebAuthn §5.4).
    pub fn options(&self) -> &types::WebAuthnCredentialCreationOptions {
        &self.options
    }

    /// Shows the new credential, which signs in.
    ///
    /// Operation `verify_login_mfa_webauthn_enrollment`.
    pub async fn verify(
        &self,
        kind: WebAuthnDeviceType,
        credential: types::VerifyNewWebAuthnDeviceRequest,
    ) -> Result<Enrolled, Error> {
        let (token, held) = (self.webauthn_token.clone(), &self.held);
        let mut request = types::VerifyEnrollMfaWebAuthnRequest::new(kind, token, credential, held.mfa_token.clone());
        request.remember_device = held.remember();
        held.enrolled(held.mfa().verify_login_mfa_webauthn_enrollment(&request)).await
    }
}

/// A factor is enrolled.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Enrolled {
    /// Where the sign-in stands now: as a rule the session.
    pub login: Login,
    /// For the day on which the factor is lost; shown this once.
    pub recovery_code: Option<Secret>,
}

impl Held {
    async fn enrolled(&self, step: crate::Call<'_, types::AuthenticationResponseDto>) -> Result<Enrolled, Error> {
        let answer = step.with_response().await?;
        let login = Login::read(&self.gate, &answer)?;
        Ok(Enrolled { login, recovery_code: answer.recovery_code.clone() })
    }
}
