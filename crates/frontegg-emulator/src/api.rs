//! The operations, one module a tag: from typed requests to the domain and back, nothing more.
//!
//! To serve a tag, write its module: an operation that none serves is an error of the compiler.

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
mod oidc_configurations;
mod paging;
mod password_settings;
mod passwordless;
mod permissions;
mod permissions_categories;
mod personal_tokens;
mod restrictions;
mod roles;
mod saml_configurations;
mod sessions_configuration;
mod sessions_management;
mod sign_in;
mod sms;
mod sms_configuration;
mod sms_templates;
mod social_sign_in;
mod sso;
mod sso_configurations;
mod sso_settings;
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
mod unpublished_sso;
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

use crate::service::Service;

/// Mounts every operation of every document. It does not compile unless [`Service`] implements all of them.
pub(crate) fn routes() -> Router<Arc<Service>> {
    frontegg_contract::routes(Router::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// It panics where two do.
    #[test]
    fn no_two_operations_claim_one_place() {
        drop(routes());
    }
}
