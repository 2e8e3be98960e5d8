//! What is wrong with a seed, and where.

use std::fmt;

use serde_saphyr::Location;

/// A place in a file, both counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Position {
    /// The line.
    pub line: u64,
    /// The character of the line.
    pub column: u64,
}

impl Position {
    /// Nothing for a location that is unknown.
    pub(super) fn of(location: &Location) -> Option<Self> {
        (*location != Location::UNKNOWN).then(|| Self { line: location.line(), column: location.column() })
    }
}

/// Why a seed is refused. Secrets that it gives are not told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub struct SeedError {
    /// The file, where it is known.
    pub file: Option<String>,
    /// Where in the file it is; nothing for a seed that comes from none.
    pub position: Option<Position>,
    /// What it is about, e.g. `tenants.acme.users.ada@acme.test`; empty where the text itself is no seed.
    pub path: String,
    /// What is wrong.
    pub message: String,
}

/// As compilers write it: `seed.yaml:3:5: tenants.acme: …`.
impl fmt::Display for SeedError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(file) = &self.file {
            write!(f, "{file}:")?;
        }
        if let Some(Position { line, column }) = self.position {
            let place =
                if self.file.is_some() { format!("{line}:{column}") } else { format!("line {line}, column {column}") };
            write!(f, "{place}:")?;
        }
        if self.file.is_some() || self.position.is_some() {
            f.write_str(" ")?;
        }
        if !self.path.is_empty() {
            write!(f, "{}: ", self.path)?;
        }
        f.write_str(&self.message)
    }
}
