//! Why the control plane did not do what it was asked.

use std::time::Duration;

use http::StatusCode;
use serde::Deserialize;

type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why the control plane did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ControlError {
    /// The address is none of an emulator.
    #[error("{0} is no address of an emulator, such as http://127.0.0.1:8100")]
    Address(String),
    /// Certificates to trust cannot be read.
    #[error("the certificates to trust cannot be used")]
    Certificate(#[source] Cause),
    /// No emulator answers there, or not to the end.
    #[error("the emulator at {url} does not answer")]
    Unreachable {
        /// Where one was looked for.
        url: String,
        /// What happened.
        source: Cause,
    },
    /// The answer took too long.
    #[error("the emulator at {url} did not answer within {time:?}")]
    TimedOut {
        /// Where it is.
        url: String,
        /// How long it was waited for.
        time: Duration,
    },
    /// The emulator refuses; the texts are its own.
    #[error("the emulator refuses ({status}): {}", messages.join("; "))]
    Refused {
        /// With which status.
        status: u16,
        /// Why.
        messages: Vec<String>,
    },
    /// A document cannot be read, or not be written to where it goes.
    #[error("the document cannot be read or written")]
    Document(#[source] std::io::Error),
    /// The answer is none of this version of the control plane.
    #[error("the emulator answered something else")]
    Answer(#[source] Cause),
}

impl ControlError {
    /// Whether what was asked for is not there: no such message, no such fault.
    pub fn is_not_found(&self) -> bool {
        self.status() == Some(404)
    }

    /// Whether the admin token is missing or wrong.
    pub fn is_unauthorized(&self) -> bool {
        self.status() == Some(401)
    }

    /// The status of a refusal.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// What a refusal says.
    pub(super) fn refused(status: StatusCode, body: &[u8]) -> Self {
        #[derive(Deserialize)]
        struct Refusal {
            errors: Vec<String>,
        }
        let messages = match serde_json::from_slice::<Refusal>(body) {
            Ok(refusal) => refusal.errors,
            Err(_) => vec![status.canonical_reason().unwrap_or("no reason given").to_owned()],
        };
        Self::Refused { status: status.as_u16(), messages }
    }
}
