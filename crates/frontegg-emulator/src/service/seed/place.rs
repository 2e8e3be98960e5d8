//! Where in which seed something stands, for refusals to tell.

use std::collections::HashMap;

use frontegg_contract::ApiFailure;

use crate::{
    domain::{DomainError, DomainResult},
    error::Error,
    seed::{Key, Position, SeedError, Unusable},
    store::StoreError,
};

/// Why nothing was made.
#[derive(Debug)]
pub(crate) enum Refused {
    /// Something is wrong with a seed.
    Seed(Box<SeedError>),
    /// The emulator failed.
    Failure(DomainError),
}

impl From<SeedError> for Refused {
    fn from(error: SeedError) -> Self {
        Self::Seed(Box::new(error))
    }
}

impl From<DomainError> for Refused {
    fn from(error: DomainError) -> Self {
        Self::Failure(error)
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Failure(error.into())
    }
}

/// Of what an emulator began with, which may have changed or gone since.
impl From<Unusable> for Refused {
    fn from(unusable: Unusable) -> Self {
        match unusable {
            Unusable::Refused(error) => error.into(),
            Unusable::Unread { path, source } => {
                let refused = SeedError {
                    file: Some(path.display().to_string()),
                    position: None,
                    path: String::new(),
                    message: format!("cannot be read: {source}"),
                };
                refused.into()
            }
        }
    }
}

impl From<Refused> for Error {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Seed(error) => Self::InvalidSeed(error),
            Refused::Failure(error) => error.into(),
        }
    }
}

impl From<Refused> for ApiFailure {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Seed(error) => Self::bad_request(error.to_string()),
            Refused::Failure(error) => error.into(),
        }
    }
}

/// A place in a seed.
#[derive(Clone, Debug)]
pub(super) struct Place<'a> {
    file: Option<&'a str>,
    path: String,
    position: Option<Position>,
}

impl<'a> Place<'a> {
    /// A seed as a whole.
    pub(super) fn of(file: Option<&'a str>) -> Self {
        Self { file, path: String::new(), position: None }
    }

    /// How it is reached from the whole.
    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// A member of it.
    pub(super) fn member(&self, name: &str) -> Self {
        let path = if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) };
        Self { path, ..*self }
    }

    /// What has that key.
    pub(super) fn of_key(&self, key: &Key) -> Self {
        Self { position: key.position().or(self.position), ..self.member(key.as_str()) }
    }

    /// A reference in it.
    pub(super) fn reference(&self, key: &Key) -> Self {
        Self { position: key.position().or(self.position), ..self.clone() }
    }

    pub(super) fn refuse(&self, message: impl Into<String>) -> Refused {
        let error = SeedError {
            file: self.file.map(str::to_owned),
            position: self.position,
            path: self.path.clone(),
            message: message.into(),
        };
        error.into()
    }

    /// Tells that it is here that a rule refused something.
    pub(super) fn check<T>(&self, outcome: DomainResult<T>) -> Result<T, Refused> {
        outcome.map_err(|error| {
            if error.is_failure() { Refused::Failure(error) } else { self.refuse(error.messages().join("; ")) }
        })
    }

    fn whereabouts(&self) -> String {
        match (self.file, self.position) {
            (Some(file), Some(Position { line, column })) => format!("{file}:{line}:{column}"),
            (None, Some(Position { line, column })) => format!("line {line}, column {column}"),
            (Some(file), None) => format!("{file}, {}", self.path),
            (None, None) => self.path.clone(),
        }
    }
}

/// What was described, and where.
#[derive(Debug, Default)]
pub(super) struct Seen(HashMap<String, String>);

impl Seen {
    /// Refuses a thing that was described before. A kind and keys say which it is.
    pub(super) fn once(&mut self, place: &Place<'_>, thing: &[&str]) -> Result<(), Refused> {
        // No key has a line end.
        match self.0.insert(thing.join("\n"), place.whereabouts()) {
            Some(before) => Err(place.refuse(format!("is described twice, also at {before}"))),
            None => Ok(()),
        }
    }
}
