//! How somebody comes in: creation, invitation, activation, sign-up.

pub(crate) mod activation;
pub(crate) mod branch;
pub(crate) mod bulk_invitation;
pub(crate) mod creation;
pub(crate) mod invitations;
pub(crate) mod migration;
pub(crate) mod onboarding;
pub(crate) mod sign_up;
