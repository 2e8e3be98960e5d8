//! The operations, one module a tag: from typed requests to the domain and back, nothing more.
//!
//! To serve a tag: write its module, mount it in [`routes`], take its name out of [`UNSERVED`], and
//! bring `unserved.txt` up to date (`UPDATE_UNSERVED=1 cargo test -p frontegg-emulator unserved`).

mod account_roles;
mod accounts;
mod caller;
mod environment_authentication;
mod failure;
mod lockout_policy;
mod paging;
mod permissions;
mod permissions_categories;
mod roles;
mod unpublished_accounts;
mod unpublished_keys;
mod unpublished_users;
mod user_answers;
mod user_emails_policy;
mod user_groups;
mod user_jobs;
mod user_management;
mod users;
mod users_applications_management;

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
    "Account Settings",
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
    "Unpublished Policies",
    "Unpublished Sign-in",
    "Unpublished Tokens",
    "User Pools",
    "User Sessions",
];

/// Operations of tags that are served in part; these are answered with 501 all the same.
const PENDING: &[&str] = &[
    "accept_invitation",
    "accept_invitation_with_code",
    "activate_user",
    "activate_user_with_code",
    "add_my_email",
    "generate_user_activation_link",
    "generate_user_password_reset_link",
    "get_bulk_invite_status",
    "get_user_activation_strategy",
    "invite_users_in_bulk",
    "request_my_email_change",
    "reset_all_tenant_invitations",
    "reset_tenant_invitation",
    "reset_user_activation_token",
    "unenroll_user_mfa_globally",
    "unlock_me",
    "verify_my_email",
    "verify_my_email_change",
];

/// Mounts every operation of every document.
pub(crate) fn routes() -> Router<Arc<Service>> {
    let router = Router::new();
    let router = contract::account_roles::routes(router);
    let router = contract::accounts::routes(router);
    let router = contract::environment_authentication::routes(router);
    let router = contract::lockout_policy::routes(router);
    let router = contract::permissions::routes(router);
    let router = contract::permissions_categories::routes(router);
    let router = contract::roles::routes(router);
    let router = contract::unpublished_accounts::routes(router);
    let router = contract::unpublished_keys::routes(router);
    let router = contract::unpublished_users::routes(router);
    let router = contract::user_emails_policy::routes(router);
    let router = contract::user_groups::routes(router);
    let router = contract::user_management::routes(router);
    let router = contract::users::routes(router);
    let router = contract::users_applications_management::routes(router);
    UNSERVED
        .iter()
        .fold(router, |router, tag| route::not_served(router, tag))
}

/// Operations that are answered with 501, sorted by id.
pub(crate) fn unserved() -> impl Iterator<Item = &'static Operation> {
    OPERATIONS
        .iter()
        .filter(|operation| UNSERVED.contains(&operation.tag) || PENDING.contains(&operation.id))
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
        let known = |id: &&&str| frontegg_model::operation(id).is_some_and(|row| !UNSERVED.contains(&row.tag));
        assert_eq!(PENDING.iter().filter(known).count(), PENDING.len());
        // Panics where two operations claim one place.
        drop(routes());
    }
}
