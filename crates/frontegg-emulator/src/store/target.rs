//! Which store to use, as written on a command line.

use std::{fmt, path::PathBuf, str::FromStr};

use secrecy::SecretString;

/// Where the emulator keeps its state.
#[derive(Clone, Default)]
pub enum StoreTarget {
    /// In memory: gone with the emulator.
    #[default]
    Memory,
    /// A SQLite file, made when it is missing. What was acknowledged survives a crash.
    SqliteFile(PathBuf),
    /// A PostgreSQL database, which any number of emulators may share.
    Postgres(SecretString),
}

impl fmt::Display for StoreTarget {
    /// Without the address of a database, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Memory => f.write_str("memory"),
            Self::SqliteFile(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(_) => f.write_str("postgres"),
        }
    }
}

impl fmt::Debug for StoreTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for StoreTarget {
    type Err = ParseTargetError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "memory" {
            return Ok(Self::Memory);
        }
        if let Some(path) = text.strip_prefix("sqlite:") {
            return sqlite(path.strip_prefix("//").unwrap_or(path));
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return Ok(Self::Postgres(text.into()));
        }
        Err(ParseTargetError)
    }
}

/// What other programs write behind `sqlite:`: a path, the name that SQLite has for a database in
/// memory, and how to open it, which is always the same here.
fn sqlite(text: &str) -> Result<StoreTarget, ParseTargetError> {
    let (path, mode) = text.split_once('?').map_or((text, None), |(path, mode)| (path, Some(mode)));
    match (path, mode) {
        (":memory:", _) | (_, Some("mode=memory")) => Ok(StoreTarget::Memory),
        ("", _) => Err(ParseTargetError),
        (path, None | Some("mode=rwc" | "mode=rw")) => Ok(StoreTarget::SqliteFile(path.into())),
        _ => Err(ParseTargetError),
    }
}

/// A text that names no store.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a store is `memory`, `sqlite:PATH` or `postgres://…`")]
pub struct ParseTargetError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_kinds() {
        assert_eq!("memory".parse::<StoreTarget>().expect("memory").to_string(), "memory");
        for text in ["sqlite::memory:", "sqlite://:memory:", "sqlite::memory:?cache=shared", "sqlite:x?mode=memory"] {
            assert_eq!(text.parse::<StoreTarget>().expect(text).to_string(), "memory");
        }
        for text in ["sqlite:state.db", "sqlite://state.db", "sqlite://state.db?mode=rwc"] {
            let target: StoreTarget = text.parse().expect("a file");
            assert_eq!(target.to_string(), "sqlite:state.db");
        }
        let target: StoreTarget = "postgres://u:hush@localhost/db".parse().expect("a database");
        assert_eq!(format!("{target:?}"), "postgres");
        for text in ["", "sqlite:", "sqlite:x?mode=ro", "mysql://x", "Memory"] {
            assert!(text.parse::<StoreTarget>().is_err(), "{text}");
        }
    }
}
