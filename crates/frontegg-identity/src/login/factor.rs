//! Second factors at sign-in: verifying one that the user has.

use frontegg_model::{Secret, types};

use serde::{Deserialize, Serialize};

use super::{Login, LoginFlow, saved::step};
use crate::{error::Error, generated::views::Mfa, scope::Anonymous};

/// A sign-in whose first factor is verified and whose second factor is pending.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pending {
    pub(super) mfa_token: Secret,
    pub(super) remember_device: bool,
}

impl Pending {
    pub(super) fn new(mfa_token: Secret) -> Self {
        Self { mfa_token, remember_device: false }
    }

    /// What asks for a code or a challenge.
    fn request(&self) -> types::AuthRequestVerifyMfaRequest {
        types::AuthRequestVerifyMfaRequest::new(self.mfa_token.clone())
    }

    /// The member of requests, absent unless the device is to be remembered.
    pub(super) fn remember_device(&self) -> Option<bool> {
        self.remember_device.then_some(true)
    }
}

impl LoginFlow {
    pub(super) fn mfa(&self) -> Mfa<Anonymous> {
        Mfa { core: self.core.clone() }
    }

    pub(super) async fn remember_device_setting(
        &self,
        pending: &Pending,
    ) -> Result<types::CheckAllowRememberResponse, Error> {
        self.mfa().get_mfa_remember_device_setting(&pending.mfa_token).await
    }
}

/// A sign-in that asks for a second factor of the user.
///
/// ```no_run
/// # async fn example(frontegg: frontegg_identity::Frontegg, code: &str) -> Result<(), frontegg_identity::Error> {
/// use frontegg_identity::Login;
///
/// if let Login::MfaRequired(challenge) = frontegg.authentication().login("ada@acme.test", "correct horse").await? {
///     // The code that the user's app shows, whatever else they have enrolled.
///     let session = challenge.authenticator(code).await?.into_session()?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct MfaChallenge {
    flow: LoginFlow,
    state: Challenge,
}

/// What the user may choose from.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Challenge {
    pending: Pending,
    devices: Option<types::UserMfaDevicesResponse>,
}

step!(MfaChallenge, Challenge, "mfaChallenge");

/// A second factor that the user has.
///
/// ```no_run
/// # async fn example(challenge: frontegg_identity::login::MfaChallenge, code: &str) -> Result<(), frontegg_identity::Error> {
/// use frontegg_identity::login::Factor;
///
/// for factor in challenge.factors() {
///     match factor {
///         Factor::Authenticator(_) => println!("an app"),
///         Factor::Sms(phone) => println!("the phone {}", phone.phone_number()),
///         Factor::Email(mailbox) => println!("the address {}", mailbox.email()),
///         Factor::WebAuthn(key) => println!("the key {}", key.name()),
///         _ => {}
///     }
/// }
/// # Ok(())
/// # }
/// ```
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
        Self { flow, state: Challenge { pending: Pending::new(mfa_token), devices } }
    }

    /// Asks the service to remember this device, if the policy allows it: the next sign-in on it
    /// needs no second factor. See [`SavedSession::device`](crate::SavedSession::device).
    ///
    /// ```no_run
    /// # async fn example(challenge: frontegg_identity::login::MfaChallenge, code: &str) -> Result<(), frontegg_identity::Error> {
    /// let session = challenge.remember_device().authenticator(code).await?.into_session()?;
    /// let device = session.save().device(); // for the next sign-in, see `Authentication::login_on`
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn remember_device(mut self) -> Self {
        self.state.pending.remember_device = true;
        self
    }

    /// Whether the policy allows to remember this device, and for how long.
    ///
    /// Operation `get_mfa_remember_device_setting`.
    pub async fn remember_device_setting(&self) -> Result<types::CheckAllowRememberResponse, Error> {
        self.flow.remember_device_setting(&self.state.pending).await
    }

    /// The factors that the user can choose from.
    pub fn factors(&self) -> Vec<Factor> {
        let (flow, pending) = (|| self.flow.clone(), || self.state.pending.clone());
        let Some(devices) = &self.state.devices else { return vec![Factor::Authenticator(self.app(None))] };
        let apps = devices.authenticators.iter().map(|device| Factor::Authenticator(self.app(Some(device))));
        let phones = devices.phones.iter().map(|device| {
            let (device_id, phone_number) = (device.id.clone(), device.phone_number.clone());
            Factor::Sms(SmsFactor { flow: flow(), state: KnownNumber { pending: pending(), device_id, phone_number } })
        });
        let mails = devices.emails.iter().map(|device| {
            let email = device.email.clone();
            Factor::Email(EmailFactor { flow: flow(), state: Mailbox { pending: pending(), email } })
        });
        let keys = devices.webauthn.iter().map(|device| {
            let (device_id, name) = (device.id.clone(), device.name.clone());
            Factor::WebAuthn(WebAuthnFactor {
                flow: flow(),
                state: SecurityKey { pending: pending(), device_id, name },
            })
        });
        apps.chain(phones).chain(mails).chain(keys).collect()
    }

    /// Verifies a code of the user's authenticator app.
    ///
    /// ```no_run
    /// # async fn example(challenge: frontegg_identity::login::MfaChallenge, code: &str) -> Result<(), frontegg_identity::Error> {
    /// let login = challenge.authenticator(code).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Operations `verify_login_mfa_authenticator_device` and `verify_login_mfa_authenticator`.
    pub async fn authenticator(&self, code: impl Into<Secret>) -> Result<Login, Error> {
        // With several apps the code may be of any of them.
        let only = self.state.devices.as_ref().and_then(|devices| match devices.authenticators.as_slice() {
            [only] => Some(only),
            _ => None,
        });
        self.app(only).verify(code).await
    }

    fn app(&self, device: Option<&types::UserMfaAuthenticatorAppResponse>) -> AuthenticatorFactor {
        let device_id = device.map(|device| device.id.clone());
        let state = Authenticator { pending: self.state.pending.clone(), device_id };
        AuthenticatorFactor { flow: self.flow.clone(), state }
    }
}

/// An authenticator app of the user.
#[derive(Debug, Clone)]
pub struct AuthenticatorFactor {
    flow: LoginFlow,
    state: Authenticator,
}

/// Which app.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Authenticator {
    pending: Pending,
    device_id: Option<String>,
}

step!(AuthenticatorFactor, Authenticator, "authenticatorFactor");

impl AuthenticatorFactor {
    /// Its id, by which it can be removed.
    pub fn device_id(&self) -> Option<&str> {
        self.state.device_id.as_deref()
    }

    /// Verifies the code that the app displays.
    ///
    /// Operations `verify_login_mfa_authenticator_device` and `verify_login_mfa_authenticator`.
    pub async fn verify(&self, code: impl Into<Secret>) -> Result<Login, Error> {
        let mut request = types::VerifyMfaAuthAppRequest::new(code, self.state.pending.mfa_token.clone());
        request.remember_device = self.state.pending.remember_device();
        let mfa = self.flow.mfa();
        let step = match &self.state.device_id {
            Some(id) => mfa.verify_login_mfa_authenticator_device(id, &request),
            #[allow(deprecated, reason = "the only way when the answer does not name the device")]
            None => mfa.verify_login_mfa_authenticator(&request),
        };
        self.flow.advance(step).await
    }
}

/// A phone of the user.
///
/// ```no_run
/// # async fn example(challenge: frontegg_identity::login::MfaChallenge, code: &str) -> Result<(), frontegg_identity::Error> {
/// use frontegg_identity::login::Factor;
///
/// for factor in challenge.factors() {
///     if let Factor::Sms(phone) = factor {
///         let sent = phone.send().await?;
///         let session = sent.verify(code).await?.into_session()?;
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct SmsFactor {
    flow: LoginFlow,
    state: KnownNumber,
}

/// Which phone.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct KnownNumber {
    pending: Pending,
    device_id: String,
    phone_number: String,
}

step!(SmsFactor, KnownNumber, "smsFactor");

impl SmsFactor {
    /// Its id, by which it can be removed.
    pub fn device_id(&self) -> &str {
        &self.state.device_id
    }

    /// The number, partly masked by the service.
    pub fn phone_number(&self) -> &str {
        &self.state.phone_number
    }

    /// Sends a code. It invalidates the previous one.
    ///
    /// Operation `send_login_mfa_sms_code`.
    pub async fn send(&self) -> Result<SmsStep, Error> {
        let request = self.state.pending.request();
        let answer = self.flow.mfa().send_login_mfa_sms_code(&self.state.device_id, &request).await?;
        let KnownNumber { pending, device_id, .. } = self.state.clone();
        let state = SmsSent { pending, device_id, otc_token: answer.otc_token };
        Ok(SmsStep { flow: self.flow.clone(), state })
    }
}

/// A code was sent by SMS.
#[derive(Debug, Clone)]
pub struct SmsStep {
    flow: LoginFlow,
    state: SmsSent,
}

/// Which phone has a code.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SmsSent {
    pending: Pending,
    device_id: String,
    otc_token: Secret,
}

step!(SmsStep, SmsSent, "smsCode");

impl SmsStep {
    /// Verifies the code.
    ///
    /// Operation `verify_login_mfa_sms_code`.
    pub async fn verify(&self, code: impl Into<Secret>) -> Result<Login, Error> {
        let mut request =
            types::VerifyMfaSmsRequest::new(self.state.otc_token.clone(), code, self.state.pending.mfa_token.clone());
        request.remember_device = self.state.pending.remember_device();
        self.flow.advance(self.flow.mfa().verify_login_mfa_sms_code(&self.state.device_id, &request)).await
    }
}

/// The mail address of the user as a factor.
///
/// ```no_run
/// # async fn example(challenge: frontegg_identity::login::MfaChallenge, code: &str) -> Result<(), frontegg_identity::Error> {
/// use frontegg_identity::login::Factor;
///
/// for factor in challenge.factors() {
///     if let Factor::Email(mailbox) = factor {
///         let sent = mailbox.send().await?;
///         let session = sent.verify(code).await?.into_session()?;
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct EmailFactor {
    flow: LoginFlow,
    state: Mailbox,
}

/// Which address.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Mailbox {
    pending: Pending,
    email: String,
}

step!(EmailFactor, Mailbox, "emailFactor");

impl EmailFactor {
    /// The address, possibly masked by the service.
    pub fn email(&self) -> &str {
        &self.state.email
    }

    /// Sends a code by mail. It invalidates the previous one.
    ///
    /// Operation `send_login_mfa_email_code`.
    pub async fn send(&self) -> Result<EmailStep, Error> {
        let request = self.state.pending.request();
        let answer = self.flow.mfa().send_login_mfa_email_code(&request).await?;
        let state = MailSent { pending: self.state.pending.clone(), otc_token: answer.otc_token };
        Ok(EmailStep { flow: self.flow.clone(), state })
    }
}

/// A code was sent by e-mail.
#[derive(Debug, Clone)]
pub struct EmailStep {
    flow: LoginFlow,
    state: MailSent,
}

/// Which mail has a code.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MailSent {
    pending: Pending,
    otc_token: Secret,
}

step!(EmailStep, MailSent, "emailCode");

impl EmailStep {
    /// Verifies the code.
    ///
    /// Operation `verify_login_mfa_email_code`.
    pub async fn verify(&self, code: impl Into<Secret>) -> Result<Login, Error> {
        let mut request = types::VerifyMfaEmailOtcRequest::new(
            self.state.otc_token.clone(),
            code,
            self.state.pending.mfa_token.clone(),
        );
        request.remember_device = self.state.pending.remember_device();
        self.flow.advance(self.flow.mfa().verify_login_mfa_email_code(&request)).await
    }
}

/// A security key or platform authenticator of the user.
///
/// ```no_run
/// # async fn example(challenge: frontegg_identity::login::MfaChallenge, of_page: &str) -> Result<(), Box<dyn std::error::Error>> {
/// use frontegg_identity::login::Factor;
///
/// for factor in challenge.factors() {
///     if let Factor::WebAuthn(key) = factor {
///         let asked = key.challenge().await?;
///         let options = serde_json::to_string(asked.options())?; // for `navigator.credentials.get` of the page
///         let login = asked.verify(serde_json::from_str(of_page)?).await?;
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct WebAuthnFactor {
    flow: LoginFlow,
    state: SecurityKey,
}

/// Which authenticator.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SecurityKey {
    pending: Pending,
    device_id: String,
    name: String,
}

step!(WebAuthnFactor, SecurityKey, "webAuthnFactor");

impl WebAuthnFactor {
    /// Its id, by which it can be removed.
    pub fn device_id(&self) -> &str {
        &self.state.device_id
    }

    /// The name that the user has given it.
    pub fn name(&self) -> &str {
        &self.state.name
    }

    /// Asks for a challenge.
    ///
    /// Operation `create_login_mfa_webauthn_challenge`.
    pub async fn challenge(&self) -> Result<WebAuthnStep, Error> {
        let request = self.state.pending.request();
        let answer = self.flow.mfa().create_login_mfa_webauthn_challenge(&self.state.device_id, &request).await?;
        let types::RequestVerifyMfaWebAuthnResponse { webauthn_token, options, .. } = answer;
        let SecurityKey { pending, device_id, .. } = self.state.clone();
        let state = Assertion { pending, device_id, webauthn_token, options };
        Ok(WebAuthnStep { flow: self.flow.clone(), state })
    }
}

/// A challenge for the authenticator.
#[derive(Debug, Clone)]
pub struct WebAuthnStep {
    flow: LoginFlow,
    state: Assertion,
}

/// What is to be signed, by which authenticator.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Assertion {
    pending: Pending,
    device_id: String,
    webauthn_token: Secret,
    options: types::WebAuthnCredentialRequestOptions,
}

step!(WebAuthnStep, Assertion, "webAuthnChallenge");

impl WebAuthnStep {
    /// What `navigator.credentials.get` takes (WebAuthn §5.5).
    pub fn options(&self) -> &types::WebAuthnCredentialRequestOptions {
        &self.state.options
    }

    /// Verifies the authenticator's assertion.
    ///
    /// Operation `verify_login_mfa_webauthn`.
    pub async fn verify(&self, assertion: types::AuthenticateUserWebAuthnDto) -> Result<Login, Error> {
        let (token, pending) = (self.state.webauthn_token.clone(), &self.state.pending);
        let mut request = types::VerifyMfaWebAuthnRequest::new(token, assertion, pending.mfa_token.clone());
        request.remember_device = pending.remember_device();
        self.flow.advance(self.flow.mfa().verify_login_mfa_webauthn(&self.state.device_id, &request)).await
    }
}
