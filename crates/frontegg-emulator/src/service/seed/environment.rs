//! What holds for the environment as a whole: its configuration, what its messages say.

use frontegg_model::enums;

use super::{Making, Place, Step};
use crate::{
    domain::{
        messages::templates::{
            Environment,
            mails::{self, Changes},
            texts::{self, SmsType},
        },
        mfa,
        settings::{self, Owner, configuration},
    },
    seed::{CookieSameSite, IdentityConfiguration, JwtAlgorithm, MfaStrategy, Seed},
    tokens::Algorithm,
};

impl Making<'_> {
    pub(super) async fn configure(&mut self, place: &Place<'_>, seed: &Seed) -> Step {
        if let Some(described) = &seed.configuration {
            let place = place.member("configuration");
            if self.is_unsettled(&place, Owner::Environment, &configuration::FORM).await? {
                place.check(configuration::change(self.tx, change(described)).await)?;
            }
        }
        if let Some(wanted) = &seed.mfa_strategies {
            let place = place.member("mfaStrategies");
            if self.is_unsettled(&place, Owner::Environment, &mfa::configuration::FORM).await? {
                let wanted: Vec<enums::MfaStrategy> = wanted.iter().map(|strategy| method(*strategy)).collect();
                for method in &mfa::configuration::Configuration::METHODS {
                    let switched = mfa::configuration::switch(self.tx, method, wanted.contains(method));
                    place.check(switched.await)?;
                }
            }
        }
        match &seed.policies {
            Some(policies) => self.policies(&place.member("policies"), Owner::Environment, policies).await,
            None => Ok(()),
        }
    }

    /// Whether settings of that form are still to be made, which counts them as made; once for an owner.
    pub(super) async fn is_unsettled(
        &mut self,
        place: &Place<'_>,
        owner: Owner<'_>,
        form: &settings::Form,
    ) -> Step<bool> {
        self.seen.once(place, &["settings", &owner.key(), form.kind])?;
        let is_written = settings::is_written(self.tx, owner, form).await?;
        *(if is_written { &mut self.report.present } else { &mut self.report.added }) += 1;
        Ok(!is_written)
    }

    pub(super) async fn templates(&mut self, place: &Place<'_>, seed: &Seed) -> Step {
        let environment = Environment::of(self.tx).await?;
        let mails = place.member("emailTemplates");
        for (name, described) in seed.email_templates.iter() {
            let place = mails.of_key(name);
            let kind = enums::EmailTemplateType::from(name.as_str());
            self.seen.once(&place, &["email-template", kind.as_str()])?;
            if !mails::stored(self.tx, Some(&kind)).await?.is_empty() {
                self.report.present += 1;
                continue;
            }
            let described = described.clone();
            let changes = Changes {
                sender_email: described.sender_email,
                from_name: described.from_name,
                subject: described.subject,
                html: described.html,
                redirect_url: described.redirect_url,
                success_redirect_url: described.success_redirect_url,
                active: described.active,
            };
            place.check(mails::set(self.tx, &kind, changes, &environment).await)?;
            self.report.added += 1;
        }
        let texts = place.member("smsTemplates");
        for (name, text) in seed.sms_templates.iter() {
            let place = texts.of_key(name);
            let kind = place.check(SmsType::parse(name.as_str()))?;
            self.seen.once(&place, &["sms-template", kind.as_str()])?;
            if texts::find(self.tx, kind).await?.is_some() {
                self.report.present += 1;
                continue;
            }
            place.check(texts::set(self.tx, kind, text.clone(), serde_json::Map::new()).await)?;
            self.report.added += 1;
        }
        Ok(())
    }
}

fn method(strategy: MfaStrategy) -> enums::MfaStrategy {
    match strategy {
        MfaStrategy::AuthenticatorApp => enums::MfaStrategy::AuthenticatorApp,
        MfaStrategy::WebAuthnPlatform => enums::MfaStrategy::WebAuthnPlatform,
        MfaStrategy::WebAuthnCrossPlatform => enums::MfaStrategy::WebAuthnCrossPlatform,
        MfaStrategy::Sms => enums::MfaStrategy::Sms,
        MfaStrategy::EmailCode => enums::MfaStrategy::EmailCode,
    }
}

fn change(described: &IdentityConfiguration) -> configuration::Change {
    configuration::Change {
        default_token_expiration: described.default_token_expiration,
        default_refresh_token_expiration: described.default_refresh_token_expiration,
        default_passwordless_token_expiration: described.default_passwordless_token_expiration,
        cookie_same_site: described.cookie_same_site.map(|same_site| match same_site {
            CookieSameSite::Strict => configuration::CookieSameSite::Strict,
            CookieSameSite::Lax => configuration::CookieSameSite::Lax,
            CookieSameSite::None => configuration::CookieSameSite::None,
        }),
        auth_strategy: described.auth_strategy.clone(),
        jwt_algorithm: described.jwt_algorithm.map(|algorithm| match algorithm {
            JwtAlgorithm::Rs256 => Algorithm::Rs256,
            JwtAlgorithm::Hs256 => Algorithm::Hs256,
        }),
        allow_signups: described.allow_signups,
        api_tokens_enabled: described.api_tokens_enabled,
        allow_override_password_complexity: described.allow_override_password_complexity,
        allow_override_password_expiration: described.allow_override_password_expiration,
        allow_override_enforce_password_history: described.allow_override_enforce_password_history,
        allow_not_verified_users_login: described.allow_not_verified_users_login,
        allow_tenant_invitations: described.allow_tenant_invitations,
        force_permissions: described.force_permissions,
        force_same_device_on_auth: described.force_same_device_on_auth,
        rotate_refresh_tokens: described.rotate_refresh_tokens,
        add_roles_to_jwt: described.add_roles_to_jwt,
        add_permissions_to_jwt: described.add_permissions_to_jwt,
        skip_tenant_validation: described.skip_tenant_validation,
        ..configuration::Change::default()
    }
}
