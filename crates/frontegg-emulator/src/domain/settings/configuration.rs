//! The identity configuration: one document of the environment that steers tokens, cookies,
//! sign-up and machine tokens.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Form, Owner};
use crate::{
    domain::{DomainError, DomainResult, settings},
    store::{Read, Write, documents::IDENTITY_CONFIGURATION},
    tokens::Algorithm,
};

/// The kind of the settings document.
const KIND: &str = IDENTITY_CONFIGURATION;
/// How it reads.
pub(crate) const FORM: Form = Form { kind: KIND, read: |text| settings::read::<IdentityConfiguration>(text)?.check() };

/// Most seconds that anything lives: 180 days.
const LONGEST: i64 = 15_552_000;
/// What is told as the limit on rotations; nothing is known of its meaning.
pub(crate) const ROTATION_LIMIT: i64 = 100;

/// Which sites' requests carry the refresh cookie.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum CookieSameSite {
    Strict,
    Lax,
    #[default]
    None,
}

/// The document; as long as nobody has written it, its defaults hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[expect(clippy::struct_excessive_bools, reason = "the document has the flags that it has")]
pub(crate) struct IdentityConfiguration {
    /// In seconds, as the two below.
    pub(crate) default_token_expiration: i64,
    pub(crate) default_refresh_token_expiration: i64,
    pub(crate) default_passwordless_token_expiration: i64,
    pub(crate) cookie_same_site: CookieSameSite,
    pub(crate) auth_strategy: String,
    pub(crate) machine_to_machine_auth_strategy: String,
    /// By which all tokens of the environment are signed, and no others are taken.
    pub(crate) jwt_algorithm: Algorithm,
    pub(crate) allow_signups: bool,
    pub(crate) api_tokens_enabled: bool,
    pub(crate) allow_override_password_complexity: bool,
    pub(crate) allow_override_password_expiration: bool,
    pub(crate) allow_override_enforce_password_history: bool,
    pub(crate) allow_not_verified_users_login: bool,
    pub(crate) allow_tenant_invitations: bool,
    pub(crate) allow_custom_login_tenant_switch: bool,
    pub(crate) force_permissions: bool,
    pub(crate) force_same_device_on_auth: bool,
    pub(crate) rotate_refresh_tokens: bool,
    pub(crate) add_roles_to_jwt: bool,
    pub(crate) add_permissions_to_jwt: bool,
    pub(crate) add_saml_attributes_to_jwt: bool,
    pub(crate) skip_tenant_validation: bool,
}

impl Default for IdentityConfiguration {
    fn default() -> Self {
        Self {
            default_token_expiration: 86_400,
            default_refresh_token_expiration: 2_592_000,
            default_passwordless_token_expiration: 300,
            cookie_same_site: CookieSameSite::None,
            auth_strategy: "EmailAndPassword".to_owned(),
            machine_to_machine_auth_strategy: "ClientCredentials".to_owned(),
            jwt_algorithm: Algorithm::Rs256,
            allow_signups: true,
            api_tokens_enabled: true,
            allow_override_password_complexity: false,
            allow_override_password_expiration: false,
            allow_override_enforce_password_history: false,
            allow_not_verified_users_login: false,
            allow_tenant_invitations: true,
            allow_custom_login_tenant_switch: false,
            force_permissions: true,
            force_same_device_on_auth: false,
            rotate_refresh_tokens: true,
            add_roles_to_jwt: true,
            add_permissions_to_jwt: true,
            add_saml_attributes_to_jwt: false,
            skip_tenant_validation: false,
        }
    }
}

impl IdentityConfiguration {
    /// How long the JWTs of users and of client credentials are valid.
    pub(crate) fn token_lifetime(&self) -> Duration {
        seconds(self.default_token_expiration)
    }

    /// Refuses lifetimes that nothing could have.
    fn check(&self) -> DomainResult<()> {
        let lifetimes = [
            ("defaultTokenExpiration", self.default_token_expiration),
            ("defaultRefreshTokenExpiration", self.default_refresh_token_expiration),
            ("defaultPasswordlessTokenExpiration", self.default_passwordless_token_expiration),
        ];
        let texts = lifetimes.into_iter().filter(|(_, seconds)| !(1..=LONGEST).contains(seconds));
        let texts: Vec<_> = texts.map(|(name, _)| format!("{name} must be between 1 and {LONGEST}")).collect();
        if texts.is_empty() { Ok(()) } else { Err(DomainError::invalid(texts)) }
    }

    /// Whether people sign in with passwords.
    pub(crate) fn allows_passwords(&self) -> bool {
        matches!(self.auth_strategy.as_str(), "EmailAndPassword" | "UsernameAndPassword")
    }

    /// How long the codes and links are valid with which people sign in.
    pub(crate) fn passwordless_token_lifetime(&self) -> Duration {
        seconds(self.default_passwordless_token_expiration)
    }

    /// How long a refresh token is valid.
    pub(crate) fn refresh_token_lifetime(&self) -> Duration {
        seconds(self.default_refresh_token_expiration)
    }
}

fn seconds(count: i64) -> Duration {
    Duration::from_secs(u64::try_from(count).unwrap_or_default())
}

/// The document as it is now.
pub(crate) async fn get(tx: &Read) -> DomainResult<IdentityConfiguration> {
    settings::get(tx, Owner::Environment, KIND).await
}

/// The algorithm that is set in a document, given as text.
pub(crate) fn algorithm(document: &str) -> DomainResult<Algorithm> {
    /// All that is read of it.
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Signing {
        #[serde(default)]
        jwt_algorithm: Algorithm,
    }
    let signing: Signing = serde_json::from_str(document).map_err(DomainError::internal)?;
    Ok(signing.jwt_algorithm)
}

/// What to change of the document; what is absent stays.
#[derive(Clone, Debug, Default)]
pub(crate) struct Change {
    pub(crate) default_token_expiration: Option<i64>,
    pub(crate) default_refresh_token_expiration: Option<i64>,
    pub(crate) default_passwordless_token_expiration: Option<i64>,
    pub(crate) cookie_same_site: Option<CookieSameSite>,
    pub(crate) auth_strategy: Option<String>,
    pub(crate) machine_to_machine_auth_strategy: Option<String>,
    pub(crate) jwt_algorithm: Option<Algorithm>,
    pub(crate) allow_signups: Option<bool>,
    pub(crate) api_tokens_enabled: Option<bool>,
    pub(crate) allow_override_password_complexity: Option<bool>,
    pub(crate) allow_override_password_expiration: Option<bool>,
    pub(crate) allow_override_enforce_password_history: Option<bool>,
    pub(crate) allow_not_verified_users_login: Option<bool>,
    pub(crate) allow_tenant_invitations: Option<bool>,
    pub(crate) allow_custom_login_tenant_switch: Option<bool>,
    pub(crate) force_permissions: Option<bool>,
    pub(crate) force_same_device_on_auth: Option<bool>,
    pub(crate) rotate_refresh_tokens: Option<bool>,
    pub(crate) add_roles_to_jwt: Option<bool>,
    pub(crate) add_permissions_to_jwt: Option<bool>,
    pub(crate) add_saml_attributes_to_jwt: Option<bool>,
    pub(crate) skip_tenant_validation: Option<bool>,
}

/// Changes what is given, and gives the document as it is then.
pub(crate) async fn change(tx: &Write, change: Change) -> DomainResult<IdentityConfiguration> {
    let mut document = get(tx).await?;
    macro_rules! set_given {
        ($($member:ident)*) => {
            $(if let Some(value) = change.$member { document.$member = value; })*
        };
    }
    set_given!(
        default_token_expiration default_refresh_token_expiration default_passwordless_token_expiration
        cookie_same_site auth_strategy machine_to_machine_auth_strategy jwt_algorithm allow_signups api_tokens_enabled
        allow_override_password_complexity allow_override_password_expiration
        allow_override_enforce_password_history allow_not_verified_users_login allow_tenant_invitations
        allow_custom_login_tenant_switch force_permissions force_same_device_on_auth rotate_refresh_tokens
        add_roles_to_jwt add_permissions_to_jwt add_saml_attributes_to_jwt skip_tenant_validation
    );
    document.check()?;
    put(tx, &document).await?;
    Ok(document)
}

/// Writes the document.
pub(crate) async fn put(tx: &Write, document: &IdentityConfiguration) -> DomainResult<()> {
    settings::put(tx, Owner::Environment, KIND, document).await
}
