//! What sign-in has to know of second factors.

#![allow(clippy::unused_async, reason = "nobody has a second factor yet")]

use std::time::Duration;

use frontegg_model::enums::MfaStrategy;

use super::FirstFactor;
use crate::{
    domain::DomainResult,
    store::{Tx, entity::user},
};

/// What a sign-in still needs after the first factor.
#[derive(Clone, Debug)]
#[allow(dead_code, reason = "the MFA tags, which give people factors, are not served yet")]
pub(crate) enum Demand {
    Nothing,
    /// One of the person's second factors.
    Challenge(Devices),
    /// A second factor to be set up, by one of these methods.
    Enrollment(Vec<MfaStrategy>),
}

/// A person's second factors.
#[derive(Clone, Debug, Default)]
pub(crate) struct Devices;

/// A browser that skips the second factor from now on: what it has to show, and for how long.
#[derive(Clone, Debug)]
pub(crate) struct Remembered {
    pub(crate) token: String,
    pub(crate) lifetime: Duration,
}

/// What a sign-in of that person needs besides the first factor.
pub(super) async fn demand(
    _tx: &Tx,
    _user: &user::Model,
    _first: FirstFactor,
    _device: Option<&str>,
) -> DomainResult<Demand> {
    Ok(Demand::Nothing)
}

/// Whether the rules force the person to give a second factor.
pub(super) async fn is_forced(_tx: &Tx, _user: &user::Model) -> DomainResult<bool> {
    Ok(false)
}

/// What the person can prove again who they are with.
pub(super) async fn step_up(_tx: &Tx, _user: &user::Model) -> DomainResult<Demand> {
    Ok(Demand::Nothing)
}

/// A QR code for the authenticator app that the person may set up in a sign-in under way.
pub(super) async fn offer_authenticator(
    _tx: &Tx,
    _user: &user::Model,
    _pending_id: &str,
) -> DomainResult<Option<String>> {
    Ok(None)
}

/// Makes the browser one that skips the second factor, where the rules allow.
pub(super) async fn remember(_tx: &Tx, _user: &user::Model) -> DomainResult<Option<Remembered>> {
    Ok(None)
}
