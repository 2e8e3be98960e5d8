//! The operations, one module a tag: from typed requests to the domain and back, nothing more.
//!
//! To serve a tag: write its module, mount it in [`routes`], take its name out of [`UNSERVED`], and
//! bring `unserved.txt` up to date (`UPDATE_UNSERVED=1 cargo test -p frontegg-emulator unserved`).

mod caller;
mod environment_authentication;
mod failure;
mod permissions;
mod permissions_categories;
mod roles;
mod unpublished_keys;

use std::sync::Arc;

use axum::Router;
use frontegg_contract::{self as contract, route};
use frontegg_model::{OPERATIONS, Operation};

use crate::service::Service;

/// Tags whose operations are answered with 501.
const UNSERVED: &[&str] = &[
    "API Token",
    "API Tokens",
    "Account Invitations",
    "Account Invitations Settings",
    "Account Migration",
    "Account Roles",
    "Account Settings",
    "Accounts",
    "Approval Flows",
    "Core Settings",
    "Custom Social OAuth Provider",
    "Data Migration",
    "Delegation",
    "Domain Restrictions",
    "Email Configuration",
    "Email Templates",
    "General",
    "IP Restrictions",
    "Lockout Policy",
    "M2M Tokens",
    "MFA",
    "MFA Configuration",
    "MFA Settings",
    "Password Settings",
    "Passwordless",
    "Personal Tokens",
    "SMS",
    "SMS Configuration",
    "SMS Templates",
    "Sessions Configuration",
    "Sessions Management",
    "Sub-accounts",
    "Sub-accounts and Hierarchy",
    "Unpublished Access Tokens",
    "Unpublished Accounts",
    "Unpublished Policies",
    "Unpublished Sign-in",
    "Unpublished Tokens",
    "Unpublished Users",
    "User Emails Policy",
    "User Groups",
    "User Management",
    "User Pools",
    "User Sessions",
    "Users",
    "Users-applications Management",
];

/// Mounts every operation of every document.
pub(crate) fn routes() -> Router<Arc<Service>> {
    let router = Router::new();
    let router = contract::environment_authentication::routes(router);
    let router = contract::permissions::routes(router);
    let router = contract::permissions_categories::routes(router);
    let router = contract::roles::routes(router);
    let router = contract::unpublished_keys::routes(router);
    UNSERVED
        .iter()
        .fold(router, |router, tag| route::not_served(router, tag))
}

/// Operations that are answered with 501, sorted by id.
pub(crate) fn unserved() -> impl Iterator<Item = &'static Operation> {
    OPERATIONS
        .iter()
        .filter(|operation| UNSERVED.contains(&operation.tag))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// `cargo xtask coverage` reads that file.
    #[test]
    fn unserved_txt_lists_what_is_unserved() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/unserved.txt");
        let ids: String = unserved().map(|operation| format!("{}\n", operation.id)).collect();
        if std::env::var_os("UPDATE_UNSERVED").is_some() {
            std::fs::write(path, &ids).expect("the file can be written");
        }
        let listed = std::fs::read_to_string(path).expect("the file");
        assert_eq!(listed, ids, "run this test with UPDATE_UNSERVED=1");
    }

    #[test]
    fn unserved_tags_are_tags() {
        let tags: BTreeSet<_> = OPERATIONS.iter().map(|operation| operation.tag).collect();
        let unknown: Vec<_> = UNSERVED.iter().filter(|tag| !tags.contains(*tag)).collect();
        assert!(unknown.is_empty(), "{unknown:?}");
        // Panics where two operations claim one place.
        drop(routes());
    }
}
