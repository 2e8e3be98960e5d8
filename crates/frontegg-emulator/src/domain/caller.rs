//! On whose behalf a rule is applied.

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

    /// Refuses a user's token without that permission.
    pub(crate) fn require(self, permission: &str) -> DomainResult<()> {
        match self {
            Self::User(grants) if !holds(grants.permissions, permission) => {
                Err(DomainError::forbidden(format!("The permission {permission} is required")))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn is_user(self) -> bool {
        matches!(self, Self::User(_))
    }
}

/// Whether one of the permissions is that one or, with a key that ends in `.*`, lies above it.
pub(crate) fn holds(permissions: &[String], key: &str) -> bool {
    permissions.iter().any(|held| {
        let above = held.strip_suffix('*').filter(|above| above.ends_with('.'));
        held == key || above.is_some_and(|above| key.starts_with(above))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_holds_everything_below() {
        let holds = |held: &str, key| holds(&[held.to_owned()], key);
        assert!(holds("fe.secure.*", "fe.secure.write.roles"));
        assert!(holds("fe.*", "fe.secure.write.roles"));
        assert!(holds("fe.secure.write.roles", "fe.secure.write.roles"));
        assert!(!holds("fe.secure.write.roles", "fe.secure.write.rolesAndMore"));
        assert!(!holds("fe.sec*", "fe.secure.write.roles"));
        assert!(!holds("fe.secure.*", "fe.secure"));
        assert!(!holds("fe.secure.*", "fe.secureOther.x"));
        assert!(!holds("*", "fe.secure.write.roles"));
    }

    #[test]
    fn only_a_users_token_needs_permissions() {
        let grants = Grants { tenant_id: "acme", roles: &[], permissions: &[] };
        assert!(Caller::Environment.require("fe.secure.write.roles").is_ok());
        assert!(Caller::User(grants).require("fe.secure.write.roles").is_err());
    }
}
