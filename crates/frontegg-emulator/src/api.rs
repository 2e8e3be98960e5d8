//! The operations, one module a tag: from typed requests to the domain and back, nothing more.
//!
//! To serve a tag: write its module, mount it in [`routes`], take its name out of [`UNSERVED`], and
//! bring `unserved.txt` up to date (`UPDATE_UNSERVED=1 cargo test -p frontegg-emulator unserved`).

mod account_invitations;
mod account_invitations_settings;
mod account_migration;
mod account_roles;
mod account_settings;
mod accounts;
mod api_token;
mod api_tokens;
mod applications_settings;
mod approval_flows;
mod caller;
mod core_settings;
mod custom_social_oauth_provider;
mod data_migration;
mod delegation;
mod domain_restrictions;
mod email_configuration;
mod email_templates;
mod environment_authentication;
mod failure;
mod general;
mod imports;
mod ip_restrictions;
mod lockout_policy;
mod m2m_tokens;
mod mfa;
mod mfa_configuration;
mod mfa_settings;
mod paging;
mod password_settings;
mod passwordless;
mod permissions;
mod permissions_categories;
mod personal_tokens;
mod restrictions;
mod roles;
mod sessions_configuration;
mod sessions_management;
mod sign_in;
mod sms;
mod sms_configuration;
mod sms_templates;
mod social_sign_in;
mod sub_accounts;
mod sub_accounts_and_hierarchy;
mod unpublished_access_tokens;
mod unpublished_accounts;
mod unpublished_applications;
mod unpublished_data_migration;
mod unpublished_keys;
mod unpublished_mfa;
mod unpublished_passkeys;
mod unpublished_policies;
mod unpublished_sessions;
mod unpublished_sign_in;
mod unpublished_sub_accounts;
mod unpublished_tokens;
mod unpublished_users;
mod user_answers;
mod user_emails_policy;
mod user_groups;
mod user_jobs;
mod user_management;
mod user_pools;
mod user_sessions;
mod users;
mod users_applications_management;
mod webauthn;

use std::sync::Arc;

use axum::Router;
use frontegg_contract::{self as contract, route};
use frontegg_model::{OPERATIONS, Operation};

use crate::service::Service;

/// Tags whose operations are answered with 501.
const UNSERVED: &[&str] = &[];

/// Mounts every operation of every document.
pub(crate) fn routes() -> Router<Arc<Service>> {
    let router = Router::new();
    let router = contract::account_invitations::routes(router);
    let router = contract::account_invitations_settings::routes(router);
    let router = contract::account_migration::routes(router);
    let router = contract::account_roles::routes(router);
    let router = contract::account_settings::routes(router);
    let router = contract::accounts::routes(router);
    let router = contract::api_token::routes(router);
    let router = contract::api_tokens::routes(router);
    let router = contract::applications_settings::routes(router);
    let router = contract::approval_flows::routes(router);
    let router = contract::core_settings::routes(router);
    let router = contract::custom_social_o_auth_provider::routes(router);
    let router = contract::data_migration::routes(router);
    let router = contract::delegation::routes(router);
    let router = contract::domain_restrictions::routes(router);
    let router = contract::email_configuration::routes(router);
    let router = contract::email_templates::routes(router);
    let router = contract::environment_authentication::routes(router);
    let router = contract::general::routes(router);
    let router = contract::ip_restrictions::routes(router);
    let router = contract::lockout_policy::routes(router);
    let router = contract::m2m_tokens::routes(router);
    let router = contract::mfa::routes(router);
    let router = contract::mfa_configuration::routes(router);
    let router = contract::mfa_settings::routes(router);
    let router = contract::password_settings::routes(router);
    let router = contract::passwordless::routes(router);
    let router = contract::permissions::routes(router);
    let router = contract::permissions_categories::routes(router);
    let router = contract::personal_tokens::routes(router);
    let router = contract::roles::routes(router);
    let router = contract::sessions_configuration::routes(router);
    let router = contract::sessions_management::routes(router);
    let router = contract::sms::routes(router);
    let router = contract::sms_configuration::routes(router);
    let router = contract::sms_templates::routes(router);
    let router = contract::sub_accounts::routes(router);
    let router = contract::sub_accounts_and_hierarchy::routes(router);
    let router = contract::unpublished_access_tokens::routes(router);
    let router = contract::unpublished_accounts::routes(router);
    let router = contract::unpublished_applications::routes(router);
    let router = contract::unpublished_data_migration::routes(router);
    let router = contract::unpublished_keys::routes(router);
    let router = contract::unpublished_mfa::routes(router);
    let router = contract::unpublished_passkeys::routes(router);
    let router = contract::unpublished_policies::routes(router);
    let router = contract::unpublished_sessions::routes(router);
    let router = contract::unpublished_sign_in::routes(router);
    let router = contract::unpublished_sub_accounts::routes(router);
    let router = contract::unpublished_tokens::routes(router);
    let router = contract::unpublished_users::routes(router);
    let router = contract::user_emails_policy::routes(router);
    let router = contract::user_groups::routes(router);
    let router = contract::user_management::routes(router);
    let router = contract::user_pools::routes(router);
    let router = contract::user_sessions::routes(router);
    let router = contract::users::routes(router);
    let router = contract::users_applications_management::routes(router);
    UNSERVED.iter().fold(router, |router, tag| route::not_served(router, tag))
}

/// Operations that are answered with 501, sorted by id.
pub(crate) fn unserved() -> impl Iterator<Item = &'static Operation> {
    OPERATIONS.iter().filter(|operation| UNSERVED.contains(&operation.tag))
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
