//! The authenticated caller.

/// The authenticated caller.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// No caller is known: there is no token, or an invalid one at an operation that takes none.
    Anonymous,
    /// A back end with the environment's token.
    Environment(EnvironmentToken),
    /// A user or an API token of a user or tenant.
    User(UserToken),
}

/// The claims of an environment token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentToken {
    /// Id of the environment.
    pub vendor_id: String,
    /// Client id that the token was issued for.
    pub client_id: String,
}

/// The claims of a user's token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserToken {
    /// Id of the user; empty for the API token of a tenant.
    pub user_id: String,
    /// Id of the tenant.
    pub tenant_id: String,
    /// How the token was obtained.
    pub kind: TokenKind,
    /// Id of the session or of the API token.
    pub token_id: String,
    /// Keys of the roles.
    pub roles: Vec<String>,
    /// Keys of the permissions.
    pub permissions: Vec<String>,
}

/// How a user's token was obtained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// By a user's sign-in.
    User,
    /// By the API token of a user.
    UserApi,
    /// By the API token of a tenant.
    TenantApi,
}
