//! What every request begins with: a look at what may have changed since the last one. It tells how the
//! clock is set and how the environment is configured, in one statement and in no transaction. The
//! configuration says by which algorithm tokens are signed, and another process may have set that just now.
//!
//! Looks run side by side, and the answer of one may be late. They are numbered as they begin, and none
//! takes the place of a later one: so whoever has looked knows nothing older than what was there when they
//! began.

use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicU64, Ordering},
};

use parking_lot::Mutex;
use sea_orm::{DbBackend, DbErr, FromQueryResult, Statement};

use super::{
    Engine, Store, StoreError,
    clock_setting::{self, SharedClock},
    documents::{ENVIRONMENT, IDENTITY_CONFIGURATION},
};
use crate::clock::Setting;

/// What is looked at. There is a row even where nothing was ever set.
static GLANCE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT clock_setting.version AS version, clock_setting.shift AS shift, clock_setting.frozen AS frozen,
             settings.document AS configuration
         FROM (SELECT 1 AS one) AS glance
         LEFT JOIN clock_setting ON clock_setting.id = '{}'
         LEFT JOIN settings ON settings.scope = '{ENVIRONMENT}' AND settings.kind = '{IDENTITY_CONFIGURATION}'",
        clock_setting::KEY
    )
});

/// What stands for a document that nobody has written: its defaults hold.
const UNWRITTEN: &str = "{}";

#[derive(Debug, Default, FromQueryResult)]
struct Glance {
    version: Option<i64>,
    shift: Option<i64>,
    frozen: Option<i64>,
    configuration: Option<String>,
}

/// What this process has seen.
#[derive(Debug, Default)]
pub(super) struct Seen {
    /// How many looks were begun.
    begun: AtomicU64,
    latest: Mutex<Latest>,
}

#[derive(Debug, Default)]
struct Latest {
    /// The number of the look that the rest comes from; 0 before the first.
    look: u64,
    /// The number of the last look that failed; 0 where none has since.
    failed: u64,
    configuration: Arc<str>,
}

impl Seen {
    fn begin(&self) -> u64 {
        self.begun.fetch_add(1, Ordering::AcqRel) + 1
    }

    fn adopt(&self, look: u64, configuration: Option<&str>) {
        let mut latest = self.latest.lock();
        if look > latest.look {
            latest.look = look;
            let configuration = configuration.unwrap_or(UNWRITTEN);
            // What was made of it is known by its place.
            if *latest.configuration != *configuration {
                latest.configuration = configuration.into();
            }
        }
        if look >= latest.failed {
            latest.failed = 0;
        }
    }

    fn fail(&self, look: u64) {
        let mut latest = self.latest.lock();
        if look > latest.look {
            latest.failed = latest.failed.max(look);
        }
    }

    /// The configuration, unless a look has failed since, or there was none yet.
    fn configuration(&self) -> Option<Arc<str>> {
        let latest = self.latest.lock();
        (latest.look > latest.failed).then(|| Arc::clone(&latest.configuration))
    }
}

impl Store {
    /// Looks, and goes by the clock as another process has set it, or tells the others how this one has.
    pub(crate) async fn follow(&self) -> Result<(), StoreError> {
        let told = self.tell_clock().await;
        self.look().await?;
        told
    }

    /// The environment's identity configuration as text, no older than when the present request began.
    pub(crate) async fn configuration(&self) -> Result<Arc<str>, StoreError> {
        match self.seen.configuration() {
            Some(seen) => Ok(seen),
            // Nobody goes by what was before, only because looking has failed.
            None => Ok(self.look().await?),
        }
    }

    /// Looks, where there may be something new; gives the configuration.
    async fn look(&self) -> Result<Arc<str>, DbErr> {
        if let Some(look) = self.next_look() {
            let glance = self.glance().await.inspect_err(|_| self.seen.fail(look))?;
            if let (Some(version), Some(shift)) = (glance.version, glance.shift) {
                let setting = Setting { shift, frozen: glance.frozen };
                self.take_over_clock(SharedClock { version, setting });
            }
            self.seen.adopt(look, glance.configuration.as_deref());
        }
        Ok(Arc::clone(&self.seen.latest.lock().configuration))
    }

    /// The number of the next look. Nobody else writes to the memory of a process: there one is due only
    /// once this one has written settings, and its number is how often it has.
    fn next_look(&self) -> Option<u64> {
        if !self.is_memory() {
            return Some(self.seen.begin());
        }
        let look = self.counters.settings.load(Ordering::Acquire) + 1;
        (look > self.seen.latest.lock().look).then_some(look)
    }

    async fn glance(&self) -> Result<Glance, DbErr> {
        let statement = |backend| Statement::from_string(backend, GLANCE.as_str());
        let row = match &self.engine {
            Engine::Memory(memory) => memory.glance(statement(DbBackend::Sqlite)).await?,
            Engine::File(file) => file.glance(statement(DbBackend::Sqlite)).await?,
            Engine::Postgres(postgres) => postgres.glance(statement(DbBackend::Postgres)).await?,
        };
        row.map_or_else(|| Ok(Glance::default()), |row| Glance::from_query_result(&row, ""))
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::ConnectionTrait;

    use super::*;
    use crate::store::{Write, fresh::Fresh};

    async fn write(tx: &Write, text: &str) {
        let sql = format!(
            "INSERT INTO \"settings\" (scope, kind, document, updated_at)
             VALUES ('{ENVIRONMENT}', '{IDENTITY_CONFIGURATION}', '{text}', 0)
             ON CONFLICT (scope, kind) DO UPDATE SET document = excluded.document"
        );
        tx.execute_unprepared(&sql).await.expect("a document");
    }

    async fn seen(store: &Store) -> String {
        store.configuration().await.expect("a configuration").to_string()
    }

    /// A late answer does not bring back what was before, and a failure makes nothing valid.
    #[test]
    fn what_a_later_look_has_seen_stands() {
        let seen = Seen::default();
        let known = || seen.configuration().map(|text| text.to_string());
        assert_eq!(known(), None, "nobody has looked");
        let (early, late) = (seen.begin(), seen.begin());
        seen.adopt(late, Some("new"));
        seen.adopt(early, Some("old"));
        assert_eq!(known().as_deref(), Some("new"));
        seen.fail(early);
        assert_eq!(known().as_deref(), Some("new"), "a later one did not fail");
        let (before, failing) = (seen.begin(), seen.begin());
        seen.fail(failing);
        assert_eq!(known(), None);
        seen.adopt(before, Some("newer"));
        assert_eq!(known(), None, "it began before the one that failed");
        seen.adopt(seen.begin(), None);
        assert_eq!(known().as_deref(), Some(UNWRITTEN));
    }

    #[tokio::test]
    async fn a_look_sees_what_was_committed() {
        for store in Fresh::all().await {
            assert_eq!(seen(&store).await, UNWRITTEN);
            let tx = store.begin_write().await;
            write(&tx, "undone").await;
            drop(tx);
            store.follow().await.expect("a look");
            assert_eq!(seen(&store).await, UNWRITTEN);
            for text in ["one", "two"] {
                let tx = store.begin_write().await;
                write(&tx, text).await;
                tx.finish().await;
                store.follow().await.expect("a look");
                assert_eq!(seen(&store).await, text);
            }
            store.empty().await;
            store.follow().await.expect("a look");
            assert_eq!(seen(&store).await, UNWRITTEN, "a reset empties it");
        }
    }

    /// What others write is seen too, and where there are none, nothing is asked for nothing.
    #[tokio::test]
    async fn looks_are_in_no_transaction_and_are_not_taken_in_vain() {
        for store in Fresh::all().await {
            let before = store.statements();
            let due = |store: &Store| store.next_look().is_some();
            store.follow().await.expect("a look");
            assert_eq!((store.statements(), due(&store)), (before, !store.is_memory()));
            let tx = store.begin_write().await;
            tx.execute_unprepared("DELETE FROM \"tenants\"").await.expect("a deletion");
            tx.finish().await;
            assert_eq!(due(&store), !store.is_memory(), "no settings were written");
            let tx = store.begin_write().await;
            write(&tx, "one").await;
            tx.finish().await;
            assert!(due(&store));
        }
    }
}
