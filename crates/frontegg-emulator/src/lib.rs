//! A stateful emulator of the Frontegg Identity API, as a library and a program.
//!
//! [`Emulator::start`] gives one in memory on a free port, ready in milliseconds, gone when it is
//! dropped. Point a client's base URL at [`Emulator::url`]; nothing else has to change.
//!
//! Inside, a request goes from `server` by the generated contract to `api` (one module a tag), from
//! there to `domain` (the rules) and on to `store` (a relational database, one transaction a
//! request). Time comes from [`Clock`] only.

mod api;
mod clock;
mod config;
mod control;
mod domain;
mod emulator;
mod error;
#[cfg(any(fuzzing, test))]
#[doc(hidden)]
pub mod fuzzing;
mod gate;
pub mod identity_provider;
mod ids;
mod openid;
mod outgoing;
mod peer;
#[cfg(feature = "program")]
mod program;
mod refusal;
mod saml;
mod scim;
pub mod seed;
mod server;
mod service;
mod store;
mod text;
mod tokens;
mod wire;

pub use clock::{Clock, Timestamp};
pub use config::PasswordHashing;
pub use control::client::{Control, ControlError};
#[doc(hidden)]
pub use emulator::Work;
pub use emulator::{
    Emulator, EmulatorBuilder,
    outbox::{LastMessage, Outbox},
};
pub use error::Error;
pub use gate::{
    faults::{Fault, Faults, InjectedFault},
    limits::{RateLimit, RateLimits},
    requests::{RecordedRequest, Requests},
    selection::Selection,
};
#[doc(no_inline)]
pub use ipnet::IpNet;
#[cfg(feature = "program")]
pub use program::run;
#[doc(inline)]
pub use seed::{Seed, SeedError};
pub use service::transfer::Snapshot;
pub use store::{Audits, ParseTargetError, StoreTarget};
pub use wire::Message;

#[doc = include_str!("../CONTROL.md")]
pub mod control_plane {
    pub use crate::wire::{
        Channel, ClockState, FaultState, Health, IdentityProviderState, Info, LockoutState, OutboxQuery, RequestQuery,
        RequestRecord, SeedReport, SessionQuery, SessionState, SsoAttempt, TxtRecord, UserPoolAnswer, UserPoolPerson,
        UserTokens,
    };
}

#[doc = include_str!("../docs/provisioning.md")]
pub mod provisioning {}

#[doc = include_str!("../docs/testing_with.md")]
pub mod testing_with {}

/// Compiles the examples of this crate's README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
