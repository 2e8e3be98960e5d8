//! People as they are shown and asked for: profiles, lists, where they are members, what they confirm.

pub(crate) mod email_confirmation;
pub(crate) mod emails_policy;
pub(crate) mod lists;
pub(crate) mod person;
pub(crate) mod phone_confirmation;
pub(crate) mod profiles;
pub(crate) mod tenants;
