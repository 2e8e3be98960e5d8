//! Connections by which identity providers provision a tenant.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{SeedSecret, described::described};

/// The kind of identity provider that a connection is for; it only says which guide a portal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ScimSource {
    /// Frontegg itself.
    Frontegg,
    /// Okta.
    Okta,
    /// Entra ID, which was Azure AD.
    AzureAd,
    /// Any other.
    Other,
}

described! {
    /// A SCIM server of a tenant, for one identity provider, known by a key of your choice.
    ScimConfiguration {
        /// Its id, which its address has; by default it follows from the tenant and the key.
        id: String,
        /// Its name; by default the key.
        name: String,
        /// For which identity provider it is; by default for another one.
        source: ScimSource,
        /// Whether what is written to it becomes people and groups of the tenant; by default it does.
        sync_to_user_management: bool,
        /// The bearer token that opens it. It must be given.
        token: SeedSecret,
    }
}
