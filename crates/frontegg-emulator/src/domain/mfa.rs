//! Second factors: which the environment offers and whom it forces to have one, those that people
//! have, and how they are set up, proven and removed.
//!
//! Each kind has a module ([`authenticators`], [`phones`], [`mail_codes`]); what they have in common
//! once something is proven, added or removed is in [`changes`]. Sign-in asks [`demand()`] what it
//! still needs, leaves what it has in [`pending`], and goes on with what is [`Proven`].

pub(crate) mod authenticators;
pub(crate) mod changes;
pub(crate) mod configuration;
mod demand;
pub(crate) mod devices;
pub(crate) mod mail_codes;
pub(crate) mod passkeys;
pub(crate) mod pending;
pub(crate) mod phones;
pub(crate) mod policy;
pub(crate) mod recovery;
mod remembered;
mod totp;
pub(crate) mod webauthn;

pub(crate) use changes::{Proven, RememberDevice};
pub(crate) use demand::{Demand, demand, is_forced, is_forced_after, step_up};
pub(crate) use devices::Devices;
pub(crate) use remembered::{Remembered, remember};
pub(crate) use totp::read_secret;

use super::DomainError;

/// What is said of every code that is invalid, whatever the reason.
const BAD_CODE: &str = "The code is wrong or has expired";

/// What is said where there is no second factor.
pub(crate) fn not_enrolled() -> DomainError {
    DomainError::bad_request("MFA is not enrolled").code("ER-01097")
}

/// What is said of a wrong code outside a sign-in.
fn bad_code() -> DomainError {
    DomainError::bad_request(BAD_CODE)
}
