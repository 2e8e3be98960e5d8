//! On whose behalf a rule is applied.

use frontegg_model::covers;

use super::{DomainError, DomainResult};

/// Who asks.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Caller<'a> {
    /// A back end with the environment's token; nothing is out of its reach.
    Environment,
    /// Somebody with a user's token, in the tenant that it names.
    User(Grants<'a>),
}

/// What a user's token says that its holder is and may do.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Grants<'a> {
    pub(crate) tenant_id: &'a str,
    /// Keys of roles.
    pub(crate) roles: &'a [String],
    /// Keys of permissions.
    pub(crate) permissions: &'a [String],
}

impl<'a> Caller<'a> {
    /// The tenant that a user's token is confined to.
    pub(crate) fn tenant(self) -> Option<&'a str> {
        match self {
            Self::Environment => None,
            Self::User(grants) => Some(grants.tenant_id),
        }
    }

    /// Refuses a user's token without a permission that the caller wants to hand on or to take away. What the operation
    /// asks for was seen to before.
    pub(crate) fn require(self, permission: &str) -> DomainResult<()> {
        match self {
            Self::User(grants) if !grants.permissions.iter().any(|held| covers(held, permission)) => {
                Err(DomainError::forbidden(format!("The permission {permission} is required")))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn is_user(self) -> bool {
        matches!(self, Self::User(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_users_token_needs_permissions() {
        let held = ["reports.*".to_owned()];
        let grants = Grants { tenant_id: "acme", roles: &[], permissions: &held };
        assert!(Caller::User(grants).require("reports.read").is_ok());
        assert!(Caller::Environment.require("fe.secure.write.roles").is_ok());
        assert!(Caller::User(grants).require("fe.secure.write.roles").is_err());
    }
}
