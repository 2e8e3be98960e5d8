//! The emulator over HTTP: a module a tag, and some for what crosses tags.
//!
//! One program, because each would link all handlers again.

mod account_migration;
mod account_roles;
mod account_settings;
mod accounts;
mod api_token;
mod api_tokens;
mod core_settings;
mod durability;
mod email_configuration;
mod email_templates;
mod every_operation;
mod foundation;
mod general;
mod lockout_policy;
mod m2m_tokens;
mod outbox;
mod password_settings;
mod passwordless;
mod passwords;
mod permissions;
mod permissions_categories;
mod personal_tokens;
mod process;
mod program;
mod readme;
mod roles;
mod sessions_configuration;
mod sessions_management;
mod sign_in_security;
mod sms;
mod sms_configuration;
mod sms_templates;
mod sub_accounts;
mod sub_accounts_and_hierarchy;
mod support;
mod unpublished_sign_in;
mod unpublished_users;
mod user_emails_policy;
mod user_groups;
mod user_management;
mod user_sessions;
mod users;
mod users_applications_management;
mod verification;
