//! The check that a person is at the browser, where the environment asks for one.
//!
//! The emulator asks nobody whether an answer is right: any that is given passes.

use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        DomainError, DomainResult,
        identifiers::emails,
        policies::{self, Record},
        settings::{self, Form, Owner},
    },
    store::{Read, Write},
};

/// The kind of the settings document.
const KIND: &str = "captcha-policy";
/// How it reads.
pub(crate) const FORM: Form =
    Form { kind: KIND, read: |text| settings::read::<Record<Captcha>>(text)?.rule.validate() };

const WHAT: &str = "Captcha policy";

/// When a captcha is asked for, and with which keys.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Captcha {
    pub(crate) enabled: bool,
    pub(crate) site_key: String,
    pub(crate) secret_key: String,
    pub(crate) min_score: f64,
    /// Addresses that need none.
    pub(crate) ignored_emails: Vec<String>,
}

impl Captcha {
    fn validate(&self) -> DomainResult<()> {
        if self.site_key.trim().is_empty() {
            return Err(DomainError::bad_request("Site key must be valid"));
        }
        if !(0.0..=1.0).contains(&self.min_score) {
            return Err(DomainError::bad_request("minScore must be between 0 and 1"));
        }
        Ok(())
    }

    fn ignores(&self, email: &str) -> bool {
        let email = emails::key(email);
        self.ignored_emails.iter().any(|ignored| emails::key(ignored) == email)
    }
}

/// The environment's policy, or 404.
pub(crate) async fn require(tx: &Read) -> DomainResult<Record<Captcha>> {
    policies::require(tx, Owner::Environment, KIND, WHAT).await
}

/// Writes the environment's first policy; 409 when it has one.
pub(crate) async fn create(tx: &Write, policy: Captcha) -> DomainResult<Record<Captcha>> {
    policy.validate()?;
    policies::create(tx, Owner::Environment, KIND, WHAT, policy).await
}

/// Writes the environment's policy anew; 404 when it has none.
pub(crate) async fn update(tx: &Write, policy: Captcha) -> DomainResult<Record<Captcha>> {
    policy.validate()?;
    policies::update(tx, Owner::Environment, KIND, WHAT, policy).await
}

/// The policy, where a captcha is asked for.
pub(crate) async fn in_force(tx: &Read) -> DomainResult<Option<Captcha>> {
    let policy: Option<Record<Captcha>> = policies::find(tx, Owner::Environment, KIND).await?;
    Ok(policy.map(|policy| policy.rule).filter(|policy| policy.enabled))
}

/// Refuses, with 400, whoever brings no answer while one is asked for.
pub(crate) async fn check(tx: &Read, email: Option<&str>, recaptcha_token: Option<&str>) -> DomainResult<()> {
    if recaptcha_token.is_some_and(|token| !token.is_empty()) {
        return Ok(());
    }
    let asks = |policy: &Captcha| !email.is_some_and(|email| policy.ignores(email));
    if in_force(tx).await?.as_ref().is_some_and(asks) {
        return Err(DomainError::bad_request("recaptchaToken is required"));
    }
    Ok(())
}
