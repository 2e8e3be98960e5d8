//! A page each on what most programs do with this crate.

#[cfg(feature = "blocking")]
#[doc = include_str!("../docs/configuration.md")]
pub mod configuration {}
#[doc = include_str!("../docs/credentials.md")]
pub mod credentials {}
#[cfg(feature = "verify")]
#[doc = include_str!("../docs/applications.md")]
pub mod applications {}
#[doc = include_str!("../docs/signing_in.md")]
pub mod signing_in {}
#[doc = include_str!("../docs/single_sign_on.md")]
pub mod single_sign_on {}
#[cfg(feature = "axum")]
#[doc = include_str!("../docs/stepping_up.md")]
pub mod stepping_up {}
#[cfg(feature = "axum")]
#[doc = include_str!("../docs/verifying.md")]
pub mod verifying {}
#[doc = include_str!("../docs/paging.md")]
pub mod paging {}
#[doc = include_str!("../docs/many_calls.md")]
pub mod many_calls {}
#[doc = include_str!("../docs/updating.md")]
pub mod updating {}
#[doc = include_str!("../docs/errors.md")]
pub mod errors {}
#[cfg(feature = "otel")]
#[doc = include_str!("../docs/telemetry.md")]
pub mod telemetry {}
#[doc = include_str!("../docs/defaults.md")]
pub mod defaults {}
#[doc = include_str!("../docs/testing.md")]
pub mod testing {}
#[cfg(feature = "axum")]
#[doc = include_str!("../docs/moving.md")]
pub mod moving {}
#[doc = include_str!("generated/operations.md")]
pub mod operations {}
