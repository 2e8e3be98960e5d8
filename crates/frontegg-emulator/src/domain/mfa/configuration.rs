//! Which methods of a second factor the environment offers, and what they need to work.
//!
//! The MFA configuration and the list of strategies are two views of this one document, so that
//! they never differ on what is switched on.

use std::time::Duration;

use frontegg_model::enums::MfaStrategy;
use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        DomainError, DomainResult,
        settings::{self, Form, Owner},
    },
    store::{Read, Write},
};

/// The kind of the settings document.
const KIND: &str = "mfa-configuration";
/// How it reads.
pub(crate) const FORM: Form = Form::of::<Configuration>(KIND);

/// The shortest life of a code, in seconds, and the one that it has by default.
const SHORTEST: i64 = 300;
/// Nobody needs a code for longer: a day.
const LONGEST: i64 = 86_400;
/// What authenticator apps show until the environment says otherwise.
const SERVICE_NAME: &str = "Frontegg";

/// The document; as long as nobody has written it, its defaults hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Configuration {
    pub(crate) authenticator: Authenticator,
    pub(crate) sms: Sms,
    pub(crate) email: Email,
    pub(crate) platform_devices: bool,
    pub(crate) cross_platform_devices: bool,
}

/// Authenticator apps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Authenticator {
    pub(crate) active: bool,
    /// What the apps show as the issuer.
    pub(crate) service_name: String,
}

/// Codes by SMS.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Sms {
    pub(crate) active: bool,
    pub(crate) token_lifetime_seconds: i64,
}

/// Codes by mail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Email {
    pub(crate) active: bool,
    pub(crate) token_lifetime_seconds: i64,
    /// Empty: the sender of all mails.
    pub(crate) sender: String,
}

impl Default for Configuration {
    fn default() -> Self {
        Self {
            authenticator: Authenticator { active: true, service_name: SERVICE_NAME.to_owned() },
            sms: Sms { active: false, token_lifetime_seconds: SHORTEST },
            email: Email { active: false, token_lifetime_seconds: SHORTEST, sender: String::new() },
            platform_devices: false,
            cross_platform_devices: false,
        }
    }
}

/// What to change of the document; what is absent stays.
#[derive(Clone, Debug, Default)]
pub(crate) struct Change {
    pub(crate) authenticator: Option<Authenticator>,
    pub(crate) sms: Option<Sms>,
    pub(crate) email: Option<Email>,
}

impl Configuration {
    /// All methods, in the order of the documents.
    pub(crate) const METHODS: [MfaStrategy; 5] = [
        MfaStrategy::AuthenticatorApp,
        MfaStrategy::WebAuthnPlatform,
        MfaStrategy::WebAuthnCrossPlatform,
        MfaStrategy::Sms,
        MfaStrategy::EmailCode,
    ];

    /// Whether people may set the method up and are offered it.
    pub(crate) fn is_active(&self, method: &MfaStrategy) -> bool {
        match method {
            MfaStrategy::AuthenticatorApp => self.authenticator.active,
            MfaStrategy::WebAuthnPlatform => self.platform_devices,
            MfaStrategy::WebAuthnCrossPlatform => self.cross_platform_devices,
            MfaStrategy::Sms => self.sms.active,
            MfaStrategy::EmailCode => self.email.active,
            _ => false,
        }
    }

    /// Refuses, with 400, unless one of the methods is active.
    pub(crate) fn require_active(&self, methods: &[MfaStrategy]) -> DomainResult<()> {
        if methods.iter().any(|method| self.is_active(method)) {
            return Ok(());
        }
        let names: Vec<&str> = methods.iter().map(MfaStrategy::as_str).collect();
        Err(DomainError::bad_request(format!("MFA strategy {} is not active", names.join(" or "))))
    }

    /// The active methods that a person has to set up: all but mails, which need nothing.
    pub(crate) fn enrollable(&self) -> Vec<MfaStrategy> {
        let needs_setup = |method: &MfaStrategy| *method != MfaStrategy::EmailCode && self.is_active(method);
        Self::METHODS.into_iter().filter(needs_setup).collect()
    }

    /// How long the code of an SMS is valid.
    pub(crate) fn sms_lifetime(&self) -> Duration {
        seconds(self.sms.token_lifetime_seconds)
    }

    /// How long the code of a mail is valid.
    pub(crate) fn email_lifetime(&self) -> Duration {
        seconds(self.email.token_lifetime_seconds)
    }
}

fn seconds(count: i64) -> Duration {
    Duration::from_secs(u64::try_from(count).unwrap_or_default())
}

/// The document as it is now.
pub(crate) async fn get(tx: &Read) -> DomainResult<Configuration> {
    settings::get(tx, Owner::Environment, KIND).await
}

/// Changes what is given, and gives the document as it is then.
pub(crate) async fn change(tx: &Write, change: Change) -> DomainResult<Configuration> {
    let mut document = get(tx).await?;
    let lifetimes = [
        ("sms", change.sms.as_ref().map(|block| block.token_lifetime_seconds)),
        ("email", change.email.as_ref().map(|block| block.token_lifetime_seconds)),
    ];
    let bad = lifetimes.into_iter().filter(|(_, given)| given.is_some_and(|it| !(SHORTEST..=LONGEST).contains(&it)));
    let texts: Vec<String> = bad
        .map(|(block, _)| format!("{block}.tokenLifetimeSeconds must be between {SHORTEST} and {LONGEST}"))
        .collect();
    if !texts.is_empty() {
        return Err(DomainError::invalid(texts));
    }
    document.authenticator = change.authenticator.unwrap_or(document.authenticator);
    document.sms = change.sms.unwrap_or(document.sms);
    document.email = change.email.unwrap_or(document.email);
    settings::put(tx, Owner::Environment, KIND, &document).await?;
    Ok(document)
}

/// Switches a method on or off; 400 for one that does not exist.
pub(crate) async fn switch(tx: &Write, method: &MfaStrategy, active: bool) -> DomainResult<()> {
    let mut document = get(tx).await?;
    let switch = match method {
        MfaStrategy::AuthenticatorApp => &mut document.authenticator.active,
        MfaStrategy::WebAuthnPlatform => &mut document.platform_devices,
        MfaStrategy::WebAuthnCrossPlatform => &mut document.cross_platform_devices,
        MfaStrategy::Sms => &mut document.sms.active,
        MfaStrategy::EmailCode => &mut document.email.active,
        _ => return Err(DomainError::bad_request("strategy must be one of the MFA strategies")),
    };
    *switch = active;
    settings::put(tx, Owner::Environment, KIND, &document).await
}
