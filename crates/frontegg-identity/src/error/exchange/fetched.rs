//! What an error tells of the connection of an exchange by `fetch`: nothing, as a page is not to look about in a network.

use reqwest::Error;

use super::{Cause, innermost};

/// Whether there was no connection, so that nothing was sent. A request that may have been sent counts as sent.
pub(crate) fn is_unsent(_: &Error) -> bool {
    false
}

/// What it says of the reason, without the stack that JavaScript tells along.
pub(super) fn reason(error: &Error) -> String {
    innermost(error).lines().next().unwrap_or_default().to_owned()
}

pub(super) fn is_unknown_name(_: &Error) -> bool {
    false
}

pub(super) fn is_refused_by_proxy(_: &Error) -> bool {
    false
}

pub(super) fn is_foreign(_: &Error) -> bool {
    false
}

pub(super) fn of_handshake(_: &Error) -> Option<Cause> {
    None
}
