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
mod faults;
mod framing;
mod gate;
mod ids;
mod jws;
mod keys;
mod limits;
mod outbox;
mod people;
mod program;
mod requests;
mod selection;
mod server;
mod service;
mod signing;
mod store;
mod tokens;
mod transfer;
mod user_token;

pub use clock::{Clock, Timestamp};
pub use control::client::{Control, ControlError};
pub use emulator::{Emulator, EmulatorBuilder};
pub use error::Error;
pub use faults::{Fault, Faults, InjectedFault};
pub use limits::{RateLimit, RateLimits};
pub use outbox::{LastMessage, Message, Outbox};
pub use program::run;
pub use requests::{RecordedRequest, Requests};
pub use selection::Selection;
pub use store::{ParseTargetError, StoreTarget};
pub use transfer::Snapshot;

#[doc = include_str!("../CONTROL.md")]
pub mod control_plane {
    pub use crate::control::wire::{
        Channel, ClockState, Coverage, FaultState, Health, Info, LockoutState, OperationCount, OutboxQuery,
        RequestQuery, RequestRecord, SessionQuery, SessionState,
    };
}

/// Compiles the examples of this crate's README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
