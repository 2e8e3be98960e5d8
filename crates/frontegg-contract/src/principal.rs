//! Who calls, and the trait by which a server finds out.

use crate::failure::ApiResult;

/// Who calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// Nobody in particular: no token, or none that counts at an operation without one.
    Anonymous,
    /// A back end with the environment's token.
    Environment(EnvironmentToken),
    /// A user or an API token of a user or tenant.
    User(UserToken),
}

/// What an environment token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnvironmentToken {
    /// Id of the environment.
    pub vendor_id: String,
    /// Client id that the token was issued for.
    pub client_id: String,
}

/// What a user's token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserToken {
    /// Id of the user; empty for the API token of a tenant that no user stands behind.
    pub user_id: String,
    /// Id of the tenant.
    pub tenant_id: String,
    /// How the token came about.
    pub kind: TokenKind,
    /// Id of the session or of the API token.
    pub token_id: String,
    /// Keys of the roles.
    pub roles: Vec<String>,
    /// Keys of the permissions.
    pub permissions: Vec<String>,
}

/// How a user's token came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// By a user's sign-in.
    User,
    /// By the API token of a user.
    UserApi,
    /// By the API token of a tenant.
    TenantApi,
}

/// Turns a bearer token into who calls.
pub trait Authenticate: Send + Sync + 'static {
    /// Says whose token it is. A token that is malformed, expired, revoked or forged is a 401.
    fn authenticate(&self, token: &str) -> impl Future<Output = ApiResult<Principal>> + Send;
}
