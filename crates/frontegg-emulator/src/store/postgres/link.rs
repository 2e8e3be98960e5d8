//! Whether the server can be reached, found out on a connection of its own.
//!
//! Those of the pool may all be busy, and a pool tries again and again to open one until the patience of
//! whoever asks is over. So whoever waits for longer than usual looks whether the server is there. Once it
//! is away nobody waits any more: it is looked for in the background until it is back.

use std::{
    pin::pin,
    sync::{Arc, Weak},
    time::Duration,
};

use sea_orm::{
    DbErr, RuntimeErr,
    sqlx::{
        Connection,
        postgres::{PgConnectOptions, PgConnection},
    },
};
use tokio::{
    sync::{Mutex, watch},
    time::{Instant, sleep, timeout},
};

use crate::store::is_unreachable;

/// How long the server may take for a sign of life.
const SIGN_OF_LIFE: Duration = Duration::from_millis(700);

/// After which time somebody who waits looks whether the server is there, over and over.
const SUSPICION: Duration = Duration::from_millis(300);

/// How long it is left alone between two looks while it is away.
const PAUSE: Duration = Duration::from_millis(250);

/// The link to the server.
#[derive(Debug)]
pub(in crate::store) struct Link {
    options: PgConnectOptions,
    is_away: watch::Sender<bool>,
    probe: Mutex<Probe>,
}

/// The connection that is looked by, and what came of the last look.
#[derive(Debug, Default)]
struct Probe {
    connection: Option<PgConnection>,
    ended: Option<Instant>,
}

impl Link {
    /// A link to a server that is there.
    pub(super) fn new(options: PgConnectOptions) -> Arc<Self> {
        Arc::new(Self { options, is_away: watch::Sender::new(false), probe: Mutex::default() })
    }

    /// Looks whether the server is there. Many who ask at once share one look.
    pub(super) async fn check(self: &Arc<Self>) -> Result<(), DbErr> {
        let asked = Instant::now();
        let mut probe = self.probe.lock().await;
        if probe.ended.is_none_or(|ended| ended < asked) {
            let is_there = timeout(SIGN_OF_LIFE, probe.look(&self.options)).await.is_ok_and(|found| found);
            probe.ended = Some(Instant::now());
            self.found(is_there);
        }
        if *self.is_away.borrow() { Err(away()) } else { Ok(()) }
    }

    fn found(self: &Arc<Self>, is_there: bool) {
        let was_away = self.is_away.send_replace(!is_there);
        match (was_away, is_there) {
            (false, false) => {
                tracing::error!("PostgreSQL is out of reach");
                tokio::spawn(look_for(Arc::downgrade(self)));
            }
            (true, true) => tracing::info!("PostgreSQL is back"),
            _ => {}
        }
    }

    /// What comes of that, unless the server is away or turns out to be: then that, at once.
    pub(in crate::store) async fn unless_away<T>(
        self: &Arc<Self>,
        work: impl Future<Output = Result<T, DbErr>>,
    ) -> Result<T, DbErr> {
        let mut state = self.is_away.subscribe();
        if *state.borrow_and_update() {
            return Err(away());
        }
        let mut work = pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => {
                    if done.as_ref().is_err_and(is_unreachable) {
                        // One connection may have been closed, or all.
                        let _ = self.check().await;
                    }
                    return done;
                }
                Ok(()) = state.changed() => {
                    if *state.borrow_and_update() {
                        return Err(away());
                    }
                }
                () = sleep(SUSPICION) => self.check().await?,
            }
        }
    }

    /// Ends the connection that is looked by.
    pub(super) async fn close(&self) {
        self.probe.lock().await.connection = None;
    }
}

impl Probe {
    /// Whether there is a sign of life. Cut short, it leaves no connection with half an answer behind.
    async fn look(&mut self, options: &PgConnectOptions) -> bool {
        if let Some(mut connection) = self.connection.take()
            && connection.ping().await.is_ok()
        {
            self.connection = Some(connection);
            return true;
        }
        // That one connection has ended says little.
        match PgConnection::connect_with(options).await {
            Ok(connection) => {
                self.connection = Some(connection);
                true
            }
            Err(error) => {
                tracing::debug!(%error, "no sign of life");
                false
            }
        }
    }
}

/// Looks for a server that is away, until it is back or nobody wants to know any more.
async fn look_for(link: Weak<Link>) {
    loop {
        sleep(PAUSE).await;
        let Some(link) = link.upgrade() else { return };
        if link.check().await.is_ok() {
            return;
        }
    }
}

fn away() -> DbErr {
    DbErr::Conn(RuntimeErr::Internal("PostgreSQL is out of reach".to_owned()))
}
