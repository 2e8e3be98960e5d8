//! How a server lets requests in.

use crate::context::RequestContext;
use crate::failure::ApiResult;
use crate::principal::Principal;

/// Authenticates callers.
pub trait Authenticate: Send + Sync + 'static {
    /// The caller with this bearer token. A token that is malformed, expired, revoked or forged is a 401.
    fn authenticate(&self, token: &str) -> impl Future<Output = ApiResult<Principal>> + Send;

    /// Told of every request that is let in, before its operation is called.
    fn admitted(&self, _: &RequestContext) {}
}
