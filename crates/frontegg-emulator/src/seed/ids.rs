//! Ids that follow from keys.

use crate::ids;

/// The id that a thing of a seed has where the seed gives it none: always the same UUID for a kind and the keys that lead
/// to it.
///
/// Kinds are `permission`, `role`, `group`, `user`, `application`, `application-client`, `social-provider` and
/// `api-token`. The keys of what belongs to a tenant begin with the tenant's id; those of people are in lower case.
///
/// ```
/// use frontegg_emulator::seed::fixed_id;
///
/// assert_eq!(fixed_id("user", ["ada@acme.test"]), fixed_id("user", ["ada@acme.test"]));
/// assert_ne!(fixed_id("role", ["acme", "Owner"]), fixed_id("role", ["Owner"]));
/// ```
pub fn fixed_id<'a>(kind: &str, keys: impl IntoIterator<Item = &'a str>) -> String {
    // No key has a line end.
    ids::fixed_id(&format!("{kind}:{}", keys.into_iter().collect::<Vec<_>>().join("\n")))
}
