//! Provisioning: connections by which identity providers bring the people and groups of a tenant, and keep them up to
//! date. What a provider writes is kept with its connection, as it wrote it, and becomes people and groups where the
//! connection says so.

pub(crate) mod connections;
mod failure;
pub(crate) mod groups;
mod kept;
pub(crate) mod listing;
mod provisioning;
pub(crate) mod users;

pub(crate) use failure::{Answer, Failure};
pub(crate) use kept::{Shown, base};
pub(crate) use provisioning::Remainder;
