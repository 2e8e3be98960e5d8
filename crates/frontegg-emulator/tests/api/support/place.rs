//! Where emulators of tests keep their state: in memory, unless `FRONTEGG_TEST_STORE` says otherwise.

use std::path::Path;

use frontegg_emulator::{Emulator, EmulatorBuilder, StoreTarget};
use frontegg_test_harness::place::{Kind, Place};
use sea_orm::{ConnectionTrait, Database, DbBackend, DbErr, Statement};

use super::{HANG, World};

/// A place of its own for the state, as tests of this run have it.
pub(crate) async fn of_run() -> Place {
    Place::of(Kind::of_run(), fill).await
}

/// One that outlives an emulator and that several may share.
pub(crate) async fn lasting() -> Place {
    let kind = Kind::of_run();
    Place::of(if kind == Kind::Memory { Kind::File } else { kind }, fill).await
}

/// A database in PostgreSQL, whatever the run is about; none where it is not installed.
pub(crate) async fn postgres() -> Option<Place> {
    Place::postgres(fill).await
}

/// In memory and in a file, as the engines differ; in a run of one store there alone.
async fn each() -> Vec<Place> {
    match Kind::of_run() {
        Kind::Memory => vec![Place::memory(), Place::file()],
        Kind::File | Kind::Postgres => vec![of_run().await],
    }
}

/// Makes a store from which others are copied: with a schema and a key, which takes long to make, and
/// with nobody in it.
async fn fill(url: &str) {
    let store: StoreTarget = url.parse().expect("a store");
    let emulator = Emulator::builder().store(store.clone()).start().await.expect("an emulator");
    emulator.stop().await;
    match store {
        StoreTarget::Memory => {}
        StoreTarget::SqliteFile(path) => empty_file(&path).expect("an empty file"),
        StoreTarget::Postgres(_) => empty_database(url).await.expect("an empty database"),
    }
}

/// Tables of which the rows stay.
const KEPT: [&str; 2] = ["seaql_migrations", "signing_keys"];

fn empty_file(path: &Path) -> rusqlite::Result<()> {
    let file = rusqlite::Connection::open(path)?;
    file.pragma_update(None, "foreign_keys", false)?;
    let tables = "SELECT name FROM sqlite_master WHERE type = 'table'";
    let tables: Vec<String> = file.prepare(tables)?.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?;
    for table in tables.iter().filter(|table| !KEPT.contains(&table.as_str())) {
        file.execute(&format!("DELETE FROM \"{table}\""), [])?;
    }
    file.close().map_err(|(_, error)| error)
}

async fn empty_database(url: &str) -> Result<(), DbErr> {
    let database = Database::connect(url).await?;
    let tables = format!(
        "SELECT string_agg(quote_ident(tablename), ', ') FROM pg_tables
         WHERE schemaname = 'public' AND tablename NOT IN ('{}')",
        KEPT.join("', '")
    );
    let row = database.query_one_raw(Statement::from_string(DbBackend::Postgres, tables)).await?;
    let tables: String = row.expect("a row").try_get_by_index(0)?;
    database.execute_unprepared(&format!("TRUNCATE {tables}")).await?;
    database.close().await
}

/// One that gives up on no request, however busy the machine is.
fn patient() -> EmulatorBuilder {
    Emulator::builder().timeouts(HANG, HANG)
}

impl World {
    /// A fresh environment.
    pub(crate) async fn start() -> Self {
        Self::of(patient()).await
    }

    /// With settings of its own.
    pub(crate) async fn of(emulator: EmulatorBuilder) -> Self {
        Self::at(&of_run().await, emulator).await
    }

    /// With its state in that place, where it may be one of several, or have been before.
    pub(crate) async fn at(place: &Place, emulator: EmulatorBuilder) -> Self {
        let emulator = emulator.store(place.url().parse().expect("a store")).start().await;
        let world = Self::around(emulator.expect("an emulator"));
        Self { place: Some(place.clone()), ..world }
    }

    /// Where its state is.
    pub(crate) fn store(&self) -> StoreTarget {
        let place = self.place.as_ref().expect("one that was started in a place");
        place.url().parse().expect("a store")
    }

    /// One in memory and one in a file, as the engines differ; in a run of one store there alone.
    pub(crate) async fn each() -> Vec<Self> {
        Self::each_of(patient()).await
    }

    /// The same with settings of their own.
    pub(crate) async fn each_of(emulator: EmulatorBuilder) -> Vec<Self> {
        let mut worlds = Vec::new();
        for place in each().await {
            worlds.push(Self::at(&place, emulator.clone()).await);
        }
        worlds
    }
}
