//! What tests of this workspace rest on: throw-away servers, places for the state of an emulator, and a
//! clock that only a test turns on.
//!
//! A PostgreSQL and a Redis are started from the programs that are installed, in a temporary folder, for
//! one process of tests. They end with it, also when it is killed. Where the programs are not installed,
//! that is said once on standard error, and tests of them have nothing to do; with
//! `FRONTEGG_TEST_SERVERS=required` they panic instead.

#![allow(clippy::missing_panics_doc, reason = "what fails here fails the test that rests on it")]

pub mod clock;
pub mod place;
pub mod postgres;
mod process;
mod programs;
pub mod redis;

use std::{
    env,
    io::{self, Write},
};

/// Says what is left out, on standard error itself: what a test prints is shown only when it fails.
fn leave_out(what: &str) {
    let required = env::var("FRONTEGG_TEST_SERVERS").is_ok_and(|told| told == "required");
    assert!(!required, "{what}, and servers are required");
    // Nothing is lost but the message.
    let _ = writeln!(io::stderr(), "left out: {what}");
}
