//! Documents in which a program keeps what outlives it: sessions, and sign-ins that wait for somebody.
//!
//! Each says its version and what it is, so that a program which is older or newer than the one that wrote it, or
//! that reads the wrong field, is told so and does not guess.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{
    decode,
    error::{Error, ErrorKind},
};

/// The version that is written, and the only one that is read.
const VERSION: u64 = 1;

/// Why a saved document cannot be read. Its text has no value of the document.
///
/// ```
/// use frontegg_identity::{SavedError, SavedSession};
///
/// let stored = r#"{"version": 9, "kind": "session"}"#; // by a newer release
/// assert!(matches!(stored.parse::<SavedSession>(), Err(SavedError::UnknownVersion { found: 9, .. })));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SavedError {
    /// It is no JSON, or not of the form that was saved.
    #[error("the saved document is malformed: {0}")]
    Malformed(String),
    /// Another version of this crate has written it.
    #[error("the saved document has version {found}, and this program reads version {VERSION}")]
    #[non_exhaustive]
    UnknownVersion {
        /// Its version.
        found: u64,
    },
    /// It is another document than the one that is asked for.
    #[error("the saved document is {found:?}, not {expected:?}")]
    #[non_exhaustive]
    OtherKind {
        /// What it is.
        found: String,
        /// What it should be.
        expected: &'static str,
    },
}

impl From<SavedError> for Error {
    fn from(error: SavedError) -> Self {
        Self::new(ErrorKind::InvalidRequest, "what was saved cannot be read").caused_by(error)
    }
}

/// A document as it is written.
#[derive(Serialize)]
pub(crate) struct Document<'a, T> {
    version: u64,
    kind: &'static str,
    state: &'a T,
}

impl<'a, T> Document<'a, T> {
    pub(crate) fn new(kind: &'static str, state: &'a T) -> Self {
        Self { version: VERSION, kind, state }
    }
}

/// Reads the state of a document of that kind. Nothing of another version is looked at.
pub(crate) fn read<T: DeserializeOwned>(kind: &'static str, document: &Value) -> Result<T, SavedError> {
    let found = member(document, "version")?;
    if found != VERSION {
        return Err(SavedError::UnknownVersion { found });
    }
    let found: String = member(document, "kind")?;
    if found != kind {
        /// Longer ones are cut: whoever wrote them is not known.
        const LONGEST: usize = 40;
        return Err(SavedError::OtherKind { found: found.chars().take(LONGEST).collect(), expected: kind });
    }
    member(document, "state")
}

/// The same from text.
pub(crate) fn parse<T: DeserializeOwned>(kind: &'static str, text: &str) -> Result<T, SavedError> {
    read(kind, &serde_json::from_str(text).map_err(|error| malformed(&error))?)
}

fn member<T: DeserializeOwned>(document: &Value, name: &'static str) -> Result<T, SavedError> {
    let member = document.get(name).ok_or_else(|| SavedError::Malformed(format!("missing field `{name}`")))?;
    T::deserialize(member).map_err(|error| malformed(&error))
}

fn malformed(error: &serde_json::Error) -> SavedError {
    SavedError::Malformed(decode::without_values(error))
}

/// `Serialize`, `Deserialize` and `FromStr` of a type by the document that holds its state.
macro_rules! document {
    ([$($generics:tt)*] $type:ty, $kind:expr) => {
        impl<$($generics)*> serde::Serialize for $type {
            fn serialize<Out: serde::Serializer>(&self, serializer: Out) -> Result<Out::Ok, Out::Error> {
                serde::Serialize::serialize(&crate::saved::Document::new($kind, &self.0), serializer)
            }
        }

        impl<'de, $($generics)*> serde::Deserialize<'de> for $type {
            fn deserialize<In: serde::Deserializer<'de>>(deserializer: In) -> Result<Self, In::Error> {
                let document = <serde_json::Value as serde::Deserialize>::deserialize(deserializer)?;
                crate::saved::read($kind, &document).map(Self).map_err(serde::de::Error::custom)
            }
        }

        impl<$($generics)*> std::str::FromStr for $type {
            type Err = crate::saved::SavedError;

            /// Reads the JSON that it was serialised to, with an error that a program can match on.
            fn from_str(text: &str) -> Result<Self, crate::saved::SavedError> {
                crate::saved::parse($kind, text).map(Self)
            }
        }
    };
}
pub(crate) use document;

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, PartialEq, Serialize, serde::Deserialize)]
    struct State {
        token: String,
    }

    fn told(text: &str) -> SavedError {
        parse::<State>("probe", text).unwrap_err()
    }

    #[test]
    fn what_was_written_is_read() {
        let state = State { token: "t-1".to_owned() };
        let text = serde_json::to_string(&Document::new("probe", &state)).unwrap();
        assert_eq!(text, r#"{"version":1,"kind":"probe","state":{"token":"t-1"}}"#);
        assert_eq!(parse::<State>("probe", &text), Ok(state));
    }

    #[test]
    fn what_is_not_known_is_refused_by_what_it_is_and_not_shown() {
        // Nothing but the version is expected of another one.
        assert_eq!(told(r#"{"version":2,"secret":"hunter2"}"#), SavedError::UnknownVersion { found: 2 });
        let other = r#"{"version":1,"kind":"session","state":{"token":"hunter2"}}"#;
        assert_eq!(told(other), SavedError::OtherKind { found: "session".to_owned(), expected: "probe" });
        for malformed in [
            "hunter2",
            "{}",
            "[1]",
            r#"{"version":"hunter2"}"#,
            r#"{"version":-1}"#,
            r#"{"version":1}"#,
            r#"{"version":1,"kind":"probe"}"#,
            r#"{"version":1,"kind":"probe","state":"hunter2"}"#,
            r#"{"version":1,"kind":"probe","state":{"token":["hunter2"]}}"#,
            r#"{"version":1,"kind":"probe","state":{"hunter2":1}}"#,
        ] {
            let error = told(malformed);
            assert!(matches!(error, SavedError::Malformed(_)), "{malformed}: {error}");
            assert!(!error.to_string().contains("hunter2"), "{error}");
        }
        let error = Error::from(told(other));
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        let cause = std::error::Error::source(&error).unwrap();
        assert_eq!(cause.to_string(), r#"the saved document is "session", not "probe""#);
    }
}
