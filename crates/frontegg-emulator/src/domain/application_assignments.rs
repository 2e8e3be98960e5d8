//! Which tenants have which application, and which of their members use it.

pub(crate) mod people;
pub(crate) mod tenants;
