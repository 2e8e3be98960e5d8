//! Reading at a price that nobody else pays. A statement is asked where its caller runs, for as many steps of SQLite as
//! take a few milliseconds. One that needs more is stopped and begun anew on a thread of its own, for as long as its
//! caller waits: whoever gives up, be it by the limit of a request or because a client has left, stops it.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use parking_lot::Mutex;
use sea_orm::{DbErr, ProxyRow, QueryResult, Statement};

use super::{
    Connection, Lent, SqliteTx, closed, each, first,
    rows::{is_interrupted, read},
};
use crate::store::tx::no_write;

/// Steps of SQLite's virtual machine between two looks at what is left of them.
const STRIDE: i32 = 1_000;
/// So many strides are done where the caller runs.
const STRIDES: i64 = 100;
const NO_LIMIT: i64 = i64::MAX;

/// How many strides a connection may still do in one go.
#[derive(Clone, Debug)]
pub(super) struct Allowance(Arc<AtomicI64>);

impl Allowance {
    /// That of a connection, which begins without a limit.
    pub(super) fn of(sqlite: &rusqlite::Connection) -> rusqlite::Result<Self> {
        let left = Arc::new(AtomicI64::new(NO_LIMIT));
        let allowance = Self(Arc::clone(&left));
        sqlite.progress_handler(STRIDE, Some(move || left.fetch_sub(1, Ordering::Relaxed) <= 0))?;
        Ok(allowance)
    }

    fn set(&self, strides: i64) {
        self.0.store(strides, Ordering::Relaxed);
    }
}

impl SqliteTx {
    /// The first row of a statement that only reads.
    pub(in crate::store) async fn look_at_one(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        Ok(first(self.look(statement, 1).await?))
    }

    /// The rows of a statement that only reads.
    pub(in crate::store) async fn look_at_all(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        Ok(each(self.look(statement, usize::MAX).await?))
    }

    async fn look(&self, statement: Statement, most: usize) -> Result<Vec<ProxyRow>, DbErr> {
        let here = |connection: &Connection| {
            connection.allowance.set(STRIDES);
            let answer = look(connection, &statement, most);
            connection.allowance.set(NO_LIMIT);
            answer
        };
        match self.with(here) {
            Err(error) if is_interrupted(&error) => self.look_aside(statement, most).await,
            answer => answer,
        }
    }

    async fn look_aside(&self, statement: Statement, most: usize) -> Result<Vec<ProxyRow>, DbErr> {
        let lent = self.0.lock().take().ok_or_else(closed)?;
        let Some(connection) = &*lent.connection else { return Err(closed()) };
        let wanted = Wanted(Arc::new(Mutex::new(Some(connection.allowance.clone()))));
        let running = Arc::clone(&wanted.0);
        let ask = move || {
            let answer = lent.connection.as_ref().ok_or_else(closed).and_then(|it| look(it, &statement, most));
            // From now on the connection may be somebody else's.
            if let Some(allowance) = running.lock().take() {
                allowance.set(NO_LIMIT);
            }
            (lent, answer)
        };
        // It fails only when the runtime ends.
        let (lent, answer): (Lent, _) = tokio::task::spawn_blocking(ask).await.map_err(|_| closed())?;
        drop(wanted);
        *self.0.lock() = Some(lent);
        answer
    }
}

/// A transaction that writes reads as well, so SQLite is asked what the statement would do.
fn look(connection: &Connection, statement: &Statement, most: usize) -> Result<Vec<ProxyRow>, DbErr> {
    let mut prepared = connection.prepare(statement)?;
    if !prepared.readonly() {
        return Err(no_write());
    }
    read(&mut prepared, most)
}

/// That somebody waits for a statement on a thread of its own. Without it the statement is stopped, be it that it has
/// yet to begin; the allowance is gone once it has ended.
struct Wanted(Arc<Mutex<Option<Allowance>>>);

impl Drop for Wanted {
    fn drop(&mut self) {
        if let Some(allowance) = &*self.0.lock() {
            allowance.set(0);
        }
    }
}
