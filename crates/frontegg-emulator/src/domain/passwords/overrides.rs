//! Whether tenants may have rules for passwords of their own.

use crate::{
    domain::{
        DomainError, DomainResult,
        settings::{
            Owner,
            configuration::{self, IdentityConfiguration},
        },
    },
    store::Read,
};

/// Which rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rules {
    Complexity,
    History,
    Expiration,
}

impl Rules {
    fn are_free_in(self, configuration: &IdentityConfiguration) -> bool {
        match self {
            Self::Complexity => configuration.allow_override_password_complexity,
            Self::History => configuration.allow_override_enforce_password_history,
            Self::Expiration => configuration.allow_override_password_expiration,
        }
    }

    /// Whether tenants may have them.
    pub(super) async fn are_free(self, tx: &Read) -> DomainResult<bool> {
        Ok(self.are_free_in(&configuration::get(tx).await?))
    }

    /// Refuses to write them for a tenant where tenants may not have them.
    pub(super) async fn require(self, tx: &Read, owner: Owner<'_>) -> DomainResult<()> {
        if owner == Owner::Environment || self.are_free(tx).await? {
            return Ok(());
        }
        let rules = match self {
            Self::Complexity => "complexity",
            Self::History => "history",
            Self::Expiration => "expiration",
        };
        Err(DomainError::forbidden(format!("Tenants may not override the password {rules}")))
    }
}
