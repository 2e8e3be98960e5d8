//! Tenants: their records from creation over soft deletion to revival, and who stands above whom.
//!
//! A deleted tenant keeps its record and nothing else; every function here takes it for unknown,
//! except that creating its id again revives it.

pub(crate) mod branch;
mod deletion;
pub(crate) mod hierarchy;
pub(crate) mod import;
mod listing;
mod metadata;
mod record;

pub(crate) use deletion::delete;
pub(crate) use listing::{SortBy, TenantListing, all, list};
pub(crate) use metadata::{merge as merge_metadata, remove_key as remove_metadata_key};
pub(crate) use record::{
    Changes, Former, NewTenant, check_id, create, ensure, find, find_by_alias, require, require_alias, set_alias,
    set_locked, update,
};

#[cfg(test)]
mod tests;
