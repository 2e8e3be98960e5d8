//! Where a test keeps the state of an emulator: in memory, in a file, in a database of its own.

use std::{env, fs, path::Path, sync::Arc};

use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::postgres::Database;

/// What tests of this run use where any store will do: that of `FRONTEGG_TEST_STORE`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// In memory, by default.
    Memory,
    /// `file`: a SQLite file.
    File,
    /// `postgres`: a database in PostgreSQL.
    Postgres,
}

impl Kind {
    /// What the variable says.
    pub fn of_run() -> Self {
        match env::var("FRONTEGG_TEST_STORE").as_deref() {
            Err(_) | Ok("memory") => Self::Memory,
            Ok("file") => Self::File,
            Ok("postgres") => Self::Postgres,
            Ok(other) => panic!("FRONTEGG_TEST_STORE is memory, file or postgres, not {other}"),
        }
    }
}

/// A place for the state; what is there goes when nobody has it any more.
#[derive(Clone, Debug)]
pub struct Place {
    url: String,
    _folder: Option<Arc<TempDir>>,
    _database: Option<Arc<Database>>,
}

impl Place {
    /// In memory.
    pub fn memory() -> Self {
        Self { url: "memory".to_owned(), _folder: None, _database: None }
    }

    /// A file that is not there yet.
    pub fn file() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let url = format!("sqlite:{}", folder.path().join("emulator.db").display());
        Self { url, _folder: Some(Arc::new(folder)), _database: None }
    }

    /// A file with what `fill` has put into the first one of this process.
    pub async fn filled_file(fill: impl AsyncFnOnce(&str)) -> Self {
        static TEMPLATE: OnceCell<Vec<u8>> = OnceCell::const_new();
        let template = async || {
            let first = Self::file();
            fill(first.url()).await;
            fs::read(first.path()).expect("a file")
        };
        let (template, copy) = (TEMPLATE.get_or_init(template).await, Self::file());
        fs::write(copy.path(), template).expect("another");
        copy
    }

    fn path(&self) -> &Path {
        self.url.strip_prefix("sqlite:").map(Path::new).expect("a file")
    }

    /// A database with what `fill` has put into the first one of this process, to which nobody may be
    /// connected afterwards; none where PostgreSQL is not installed.
    pub async fn postgres(fill: impl AsyncFnOnce(&str)) -> Option<Self> {
        static TEMPLATE: OnceCell<Option<String>> = OnceCell::const_new();
        let template = async || {
            let database = Database::create().await?;
            fill(database.url()).await;
            Some(database.keep())
        };
        let template = TEMPLATE.get_or_init(template).await.as_deref()?;
        let database = Database::copy(template).await?;
        Some(Self { url: database.url().to_owned(), _folder: None, _database: Some(Arc::new(database)) })
    }

    /// One of that kind, which must be installed; filled, unless it is in memory.
    pub async fn of(kind: Kind, fill: impl AsyncFnOnce(&str)) -> Self {
        match kind {
            Kind::Memory => Self::memory(),
            Kind::File => Self::filled_file(fill).await,
            Kind::Postgres => Self::postgres(fill).await.expect("PostgreSQL, as FRONTEGG_TEST_STORE asks for it"),
        }
    }

    /// One of each kind, as far as it is installed.
    pub async fn all(fill: impl AsyncFnOnce(&str)) -> Vec<Self> {
        let mut places = vec![Self::memory(), Self::file()];
        places.extend(Self::postgres(fill).await);
        places
    }

    /// As the emulator takes it: `memory`, `sqlite:PATH` or `postgres://…`.
    pub fn url(&self) -> &str {
        &self.url
    }
}
