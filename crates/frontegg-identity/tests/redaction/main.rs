//! No token, key or body shows in `Debug`, in errors, in what is traced or in addresses.

mod attempts;
mod errors;
mod facade;
mod journey;
mod model;
#[allow(dead_code, reason = "shared between test programs")]
#[path = "../support/service.rs"]
mod support;
mod traced;

/// Stands in every secret of these tests.
const CANARY: &str = "hunter2";
