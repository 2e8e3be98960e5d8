//! The rules, one module an area: functions over a transaction, with plain arguments.
//!
//! They know nothing of HTTP. What they refuse is a [`DomainError`]; what they return is rows of the
//! store or small structs of their own, which `api` turns into answers.

pub(crate) mod application_assignments;
pub(crate) mod applications;
pub(crate) mod approvals;
pub(crate) mod audits;
pub(crate) mod caller;
pub(crate) mod codes;
pub(crate) mod environment;
pub(crate) mod federation;
pub(crate) mod groups;
pub(crate) mod identifiers;
pub(crate) mod input;
pub(crate) mod jobs;
pub(crate) mod joining;
pub(crate) mod jwt_templates;
pub(crate) mod login;
pub(crate) mod machine_tokens;
pub(crate) mod memberships;
pub(crate) mod messages;
pub(crate) mod mfa;
pub(crate) mod passwords;
pub(crate) mod people;
pub(crate) mod permissions;
pub(crate) mod policies;
pub(crate) mod provider_sign_ins;
pub(crate) mod restrictions;
pub(crate) mod revocation;
pub(crate) mod roles;
pub(crate) mod scim;
pub(crate) mod seed;
pub(crate) mod sessions;
pub(crate) mod settings;
pub(crate) mod social;
pub(crate) mod sso;
pub(crate) mod tenant_invites;
pub(crate) mod tenants;
pub(crate) mod user_pools;
pub(crate) mod users;
pub(crate) mod webauthn;

pub(crate) use crate::refusal::{DomainError, DomainResult, Refusal, Tried};
