//! The rules, one module an area: functions over a transaction, with plain arguments.
//!
//! They know nothing of HTTP. What they refuse is a [`DomainError`]; what they return is rows of the
//! store or small structs of their own, which `api` turns into answers.

pub(crate) mod activation;
pub(crate) mod applications;
pub(crate) mod bulk_invitation;
pub(crate) mod caller;
pub(crate) mod codes;
pub(crate) mod configuration;
pub(crate) mod decoy;
pub(crate) mod documents;
pub(crate) mod email_confirmation;
pub(crate) mod environment;
pub(crate) mod groups;
pub(crate) mod id_list;
pub(crate) mod identifiers;
pub(crate) mod invitations;
pub(crate) mod jobs;
pub(crate) mod lockout;
pub(crate) mod login;
pub(crate) mod machine_tokens;
pub(crate) mod mail_sender;
pub(crate) mod memberships;
pub(crate) mod mfa;
pub(crate) mod onboarding;
pub(crate) mod outbox;
pub(crate) mod oversight;
pub(crate) mod passwordless;
pub(crate) mod passwords;
pub(crate) mod permissions;
pub(crate) mod phone_confirmation;
pub(crate) mod policies;
pub(crate) mod roles;
pub(crate) mod seed;
pub(crate) mod sessions;
pub(crate) mod settings;
pub(crate) mod sign_up;
pub(crate) mod sms_sender;
pub(crate) mod templates;
pub(crate) mod tenant_invites;
pub(crate) mod tenants;
pub(crate) mod texts;
pub(crate) mod user_creation;
pub(crate) mod user_emails_policy;
pub(crate) mod user_lists;
pub(crate) mod user_profiles;
pub(crate) mod user_tenants;
pub(crate) mod users;
pub(crate) mod webauthn;
pub(crate) mod webauthn_challenges;

pub(crate) use crate::refusal::{DomainError, DomainResult, Refusal};
