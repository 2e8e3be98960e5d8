//! Why an attempt has no answer.

use frontegg_client::Failure;
use reqwest::Url;

use crate::{
    context,
    error::{Cause, Error, ErrorKind, is_unsent},
    retry::Outcome,
};

/// The failure of an attempt.
pub(super) enum Broken {
    /// Of the HTTP client, or of a body that it was to read.
    Exchange(reqwest::Error),
    /// What came through the layers.
    #[cfg(feature = "tower")]
    Layered(Box<Layered>),
}

/// What came through the layers in place of an answer.
#[cfg(feature = "tower")]
pub(super) struct Layered {
    pub(super) error: Error,
    /// Where the request went.
    pub(super) url: Url,
}

impl Broken {
    pub(super) fn kind(&self) -> ErrorKind {
        match self {
            Self::Exchange(error) => Cause::of(error).kind(),
            #[cfg(feature = "tower")]
            Self::Layered(layered) => layered.error.kind(),
        }
    }

    /// Where the request went, as far as that is known.
    pub(super) fn url(&self) -> Option<&Url> {
        match self {
            Self::Exchange(error) => error.url(),
            #[cfg(feature = "tower")]
            Self::Layered(layered) => Some(&layered.url),
        }
    }

    /// How the exchange has ended; none if it would always end so.
    pub(super) fn outcome(&self) -> Option<Outcome> {
        let is_not_sent = match self {
            Self::Exchange(error) => is_unsent(error),
            #[cfg(feature = "tower")]
            Self::Layered(layered) => layered.error.is_not_sent(),
        };
        match self.kind() {
            ErrorKind::Transport | ErrorKind::Timeout if is_not_sent => Some(Outcome::NotSent),
            ErrorKind::Transport | ErrorKind::Timeout => Some(Outcome::Broken),
            _ => None,
        }
    }

    /// What the caller is told of it.
    pub(super) fn told(&self, proxy: Option<&str>) -> Error {
        match self {
            Self::Exchange(error) => Error::of_exchange(error, proxy),
            #[cfg(feature = "tower")]
            Self::Layered(layered) => layered.error.clone(),
        }
    }

    /// Hands it to the generated client, beside what the caller is told.
    pub(super) fn passed_on(self, told: Error) -> Failure {
        match self {
            Self::Exchange(error) => {
                context::fail(told);
                Failure::Broken(error)
            }
            #[cfg(feature = "tower")]
            Self::Layered(_) => Failure::Refused(context::fail(told)),
        }
    }
}
