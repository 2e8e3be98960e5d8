//! The environment as a whole.

use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Application, Key, Keyed, MfaStrategy, Permission, Policies, Role, SeedError, SocialProvider, Tenant, User,
    described::described, reading,
};

described! {
    /// What an environment is to have.
    Seed {
        /// How people come in, and what tokens say.
        configuration: IdentityConfiguration,
        /// The kinds of second factors that are offered, and no others; by default authenticator apps.
        mfa_strategies: Vec<MfaStrategy>,
        /// Rules for all tenants.
        policies: Policies,
    }
    with {
        /// The JSON Schema by which an editor completes the file; the emulator does not look at it.
        #[serde(rename = "$schema", skip_serializing_if = "Option::is_none")]
        schema: Option<String>,
        /// Permissions beside the built-in ones, by their keys.
        permissions: Keyed<Permission>,
        /// Roles of the environment beside `Admin` and `ReadOnly`, by their keys.
        roles: Keyed<Role>,
        /// Applications.
        applications: Keyed<Application>,
        /// Providers of social sign-in, by their types.
        social_providers: Keyed<SocialProvider>,
        /// Mails, by the names of their templates, e.g. `ActivateUser`.
        email_templates: Keyed<EmailTemplate>,
        /// Texts of SMS messages, by the names of their templates, e.g. `OTC`.
        sms_templates: Keyed<String>,
        /// Tenants (accounts), by their ids.
        tenants: Keyed<Tenant>,
        /// People who are members of several tenants, by their addresses or usernames. Those of one may stand in it.
        users: Keyed<User>,
    }
}

impl Seed {
    /// Nothing.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads a seed from YAML or JSON. The file is what errors name.
    pub fn read(text: &str, file: Option<&str>) -> Result<Self, SeedError> {
        reading::read(text, file)
    }

    /// Adds a permission.
    #[must_use]
    pub fn permission(mut self, key: impl Into<Key>, describe: impl FnOnce(Permission) -> Permission) -> Self {
        self.permissions.describe(key, describe);
        self
    }

    /// Adds a role of the environment.
    #[must_use]
    pub fn role(mut self, key: impl Into<Key>, describe: impl FnOnce(Role) -> Role) -> Self {
        self.roles.describe(key, describe);
        self
    }

    /// Adds an application.
    #[must_use]
    pub fn application(mut self, key: impl Into<Key>, describe: impl FnOnce(Application) -> Application) -> Self {
        self.applications.describe(key, describe);
        self
    }

    /// Adds a provider of social sign-in.
    #[must_use]
    pub fn social_provider(
        mut self,
        type_: impl Into<Key>,
        describe: impl FnOnce(SocialProvider) -> SocialProvider,
    ) -> Self {
        self.social_providers.describe(type_, describe);
        self
    }

    /// Changes a mail, by the name of its template.
    #[must_use]
    pub fn email_template(
        mut self,
        name: impl Into<Key>,
        describe: impl FnOnce(EmailTemplate) -> EmailTemplate,
    ) -> Self {
        self.email_templates.describe(name, describe);
        self
    }

    /// Changes the text of an SMS message, by the name of its template.
    #[must_use]
    pub fn sms_template(mut self, name: impl Into<Key>, text: impl Into<String>) -> Self {
        self.sms_templates.describe(name, |_| text.into());
        self
    }

    /// Adds a tenant.
    #[must_use]
    pub fn tenant(mut self, id: impl Into<Key>, describe: impl FnOnce(Tenant) -> Tenant) -> Self {
        self.tenants.describe(id, describe);
        self
    }

    /// Adds somebody who is told the tenants of.
    #[must_use]
    pub fn user(mut self, key: impl Into<Key>, describe: impl FnOnce(User) -> User) -> Self {
        self.users.describe(key, describe);
        self
    }
}

impl FromStr for Seed {
    type Err = SeedError;

    fn from_str(text: &str) -> Result<Self, SeedError> {
        Self::read(text, None)
    }
}

described! {
    /// A mail; what is absent is as in the built-in one.
    EmailTemplate {
        /// The address that it comes from.
        sender_email: String,
        /// The name that it comes from.
        from_name: String,
        /// Its subject.
        subject: String,
        /// Its text.
        html: String,
        /// Where its link leads.
        redirect_url: String,
        /// Where people are led after that.
        success_redirect_url: String,
        /// Whether it is sent.
        active: bool,
    }
}

/// Which sites' requests carry the refresh cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum CookieSameSite {
    /// The emulator's own.
    Strict,
    /// The emulator's own, and links to it.
    Lax,
    /// All.
    None,
}

/// By which algorithm tokens are signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum JwtAlgorithm {
    /// RSA with SHA-256.
    Rs256,
    /// HMAC with SHA-256.
    Hs256,
}

described! {
    /// How people come in, and what tokens say: the identity configuration; what is absent is as by default.
    IdentityConfiguration {
        /// For how many seconds a token is valid.
        default_token_expiration: i64,
        /// For how many seconds a refresh token is valid.
        default_refresh_token_expiration: i64,
        /// For how many seconds codes and links are valid with which people sign in.
        default_passwordless_token_expiration: i64,
        /// Which sites' requests carry the refresh cookie.
        cookie_same_site: CookieSameSite,
        /// How people sign in, e.g. `EmailAndPassword`.
        auth_strategy: String,
        /// By which algorithm tokens are signed.
        jwt_algorithm: JwtAlgorithm,
        /// Whether people may sign up.
        allow_signups: bool,
        /// Whether there are client credentials.
        api_tokens_enabled: bool,
        /// Whether tenants may have rules of their own for passwords.
        allow_override_password_complexity: bool,
        /// Whether tenants may have rules of their own for the age of passwords.
        allow_override_password_expiration: bool,
        /// Whether tenants may have rules of their own for former passwords.
        allow_override_enforce_password_history: bool,
        /// Whether people may sign in whose address is not proven.
        allow_not_verified_users_login: bool,
        /// Whether members may let others in by links.
        allow_tenant_invitations: bool,
        /// Whether operations ask for permissions.
        force_permissions: bool,
        /// Whether links work only in the browser that asked for them.
        force_same_device_on_auth: bool,
        /// Whether a refresh token is used once.
        rotate_refresh_tokens: bool,
        /// Whether tokens tell roles.
        add_roles_to_jwt: bool,
        /// Whether tokens tell permissions.
        add_permissions_to_jwt: bool,
        /// Whether people are invited to tenants that there are not, which are made.
        skip_tenant_validation: bool,
    }
}
