//! Whether a caller may call an operation, as far as its row in the table says.

use frontegg_model::{About, Operation};

use crate::failure::{ApiFailure, ApiResult};
use crate::principal::Principal;

/// Refuses a user's or API token without the permission. What the path names, by the values of its places, tells whether
/// the call is about the caller.
pub(crate) fn check_permission(operation: &Operation, principal: &Principal, path: &[String]) -> ApiResult<()> {
    let Principal::User(token) = principal else { return Ok(()) };
    let about = if names(operation, path, &token.user_id) { About::Oneself } else { About::Others };
    if operation.permission.admits(&token.permissions, about) {
        return Ok(());
    }
    let keys = operation.permission.keys().join(" or ");
    Err(ApiFailure::forbidden(format!("The permission {keys} is required")))
}

/// Whether `{userId}` of the path is that user; nobody's id is empty.
fn names(operation: &Operation, path: &[String], user_id: &str) -> bool {
    let places = operation.path.split('/').filter(|segment| segment.starts_with('{'));
    !user_id.is_empty() && places.zip(path).any(|(place, value)| place == "{userId}" && value == user_id)
}
