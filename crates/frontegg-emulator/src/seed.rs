//! What an environment is to have, as people write it: a [`Seed`], in a file of YAML or JSON or in Rust.
//!
//! Things are named by keys, and refer to one another by them. Their ids are given, or follow from their keys, so that
//! they are the same at every start.
//!
//! ```
//! use frontegg_emulator::seed::Seed;
//!
//! let seed = Seed::new().role("Accountant", |role| role.permission("fe.secure.read.users")).tenant("acme", |tenant| {
//!     tenant.name("Acme Inc.").user("ada@acme.test", |user| user.password("Correct-horse-1815").role("Accountant"))
//! });
//! let read: Seed = "
//! roles:
//!   Accountant: { permissions: [fe.secure.read.users] }
//! tenants:
//!   acme:
//!     name: Acme Inc.
//!     users:
//!       ada@acme.test: { password: Correct-horse-1815, roles: [Accountant] }
//! "
//! .parse()?;
//! assert_eq!(read, seed);
//! # Ok::<(), frontegg_emulator::seed::SeedError>(())
//! ```

mod applications;
mod described;
mod environment;
mod error;
mod ids;
mod key;
mod people;
mod policies;
mod reading;
mod rights;
mod secret;
mod source;
mod sso;
mod tenants;

pub use applications::{AccessType, Application, ApplicationClient, SocialProvider};
pub use environment::{CookieSameSite, EmailTemplate, IdentityConfiguration, JwtAlgorithm, Seed};
pub use error::{Position, SeedError};
pub use ids::fixed_id;
pub use key::{Key, Keyed};
pub use people::{ApiToken, Membership, Mfa, User};
pub use policies::{
    EmailDomains, IpRestrictions, Lockout, MfaEnforcement, MfaPolicy, MfaStrategy, PasswordComplexity, PasswordHistory,
    PasswordRotation, Policies, Sessions,
};
pub use rights::{AssignmentType, Group, Permission, Role};
pub use secret::SeedSecret;
pub(crate) use source::{Document, SeedSource, Sources, State, Unusable, Written, is_state};
pub use sso::{SsoConnection, SsoGroup, SsoType};
pub use tenants::Tenant;

/// The JSON Schema (2020-12) of a seed file, by which editors complete and check it.
///
/// The same is checked in beside the crate's manifest, as `seed.schema.json`.
pub fn schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(Seed).to_value();
    // The same text whatever else is built along: another crate may have JSON keep its members as they come.
    schema.sort_all_objects();
    schema
}

/// An example of a seed file with comments, as `frontegg-emulator init` writes it.
pub const EXAMPLE: &str = include_str!("../examples/seed.yaml");
