//! Connections of tenants to identity providers.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Key, Keyed, SeedSecret, described::described};

/// What a connection speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum SsoType {
    /// SAML 2.0.
    Saml,
    /// OpenID Connect.
    Oidc,
}

described! {
    /// A connection of a tenant to an identity provider, known by a key of your choice.
    SsoConnection {
        /// Its id; by default it follows from the tenant and the key.
        id: String,
        /// Whether people sign in by it; by default they do.
        enabled: bool,
        /// What it speaks; by default OpenID Connect.
        type_: SsoType,
        /// The provider's issuer, or by SAML its sign-on address.
        sso_endpoint: String,
        /// The client id that the provider has given out.
        oidc_client_id: String,
        /// The secret that goes with it.
        oidc_secret: SeedSecret,
        /// The provider's signing certificate, as PEM or base64.
        public_certificate: String,
        /// Whether requests to the provider are signed.
        sign_request: bool,
        /// Where a provider of SAML sends its answers; by default the emulator's address.
        acs_url: String,
        /// What a provider of SAML knows the emulator by; by default its address.
        sp_entity_id: String,
        /// Whether a sign-in makes the tenant the active one of people who have another.
        override_active_tenant: bool,
    }
    with {
        /// Mail domains that it is responsible for; they count as validated.
        domains: Vec<String>,
        /// Roles of everybody who comes by it, by their keys.
        roles: Vec<Key>,
        /// Groups of the provider, by the names that it gives them.
        groups: Keyed<SsoGroup>,
    }
}

impl SsoConnection {
    /// Makes it responsible for a mail domain.
    #[must_use]
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.domains.push(domain.into());
        self
    }

    /// Gives everybody who comes by it a role, by its key.
    #[must_use]
    pub fn role(mut self, key: impl Into<Key>) -> Self {
        self.roles.push(key.into());
        self
    }

    /// Adds a group of the provider.
    #[must_use]
    pub fn group(mut self, name: impl Into<Key>, describe: impl FnOnce(SsoGroup) -> SsoGroup) -> Self {
        self.groups.describe(name, describe);
        self
    }
}

described! {
    /// A group of an identity provider, known by its name.
    SsoGroup {
    }
    with {
        /// Roles of its members, by their keys.
        roles: Vec<Key>,
    }
}

impl SsoGroup {
    /// Gives its members a role, by its key.
    #[must_use]
    pub fn role(mut self, key: impl Into<Key>) -> Self {
        self.roles.push(key.into());
        self
    }
}
