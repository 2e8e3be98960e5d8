//! Rate limits: how many requests of one client are answered within a time. There are none unless
//! they are switched on.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use parking_lot::{Mutex, MutexGuard};
use serde::{Deserialize, Serialize};

use crate::{
    clock::Timestamp,
    error::Error,
    gate::selection::{Selection, Subject},
};

/// How many clients are remembered before those are forgotten whose time is over.
const CROWD: usize = 10_000;

/// The longest time that requests are counted for.
const LONGEST: u64 = 24 * 3600;

/// At most so many requests of one client within a time, counted from its first. Further ones are
/// answered with 429, `Retry-After` and `X-Rate-Limit-Reset`. A client is an address: where the
/// connection comes from, or whom a [trusted proxy](crate::EmulatorBuilder::trusted_proxy) names. The
/// time is the emulator's.
///
/// ```
/// # use std::time::Duration;
/// use frontegg_emulator::{Emulator, RateLimit};
///
/// # #[tokio::main]
/// # async fn main() -> Result<(), frontegg_emulator::Error> {
/// let ten_a_minute = RateLimit::new(10, Duration::from_secs(60)).on("authenticate_user_with_password");
/// let emulator = Emulator::builder().rate_limit(ten_a_minute).start().await?;
/// assert_eq!(emulator.rate_limits().list().len(), 1);
/// emulator.rate_limits().clear();
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[must_use = "a limit holds once it is set"]
pub struct RateLimit {
    #[serde(default)]
    on: Selection,
    requests: u64,
    seconds: u64,
}

impl RateLimit {
    /// So many requests within that time, in whole seconds.
    pub fn new(requests: u64, within: Duration) -> Self {
        Self { on: Selection::everything(), requests, seconds: within.as_secs() }
    }

    /// Which requests count; without this, all.
    pub fn on(mut self, selection: impl Into<Selection>) -> Self {
        self.on = selection.into();
        self
    }

    /// Why it cannot be set, if it cannot.
    pub(crate) fn check(&self) -> Result<(), String> {
        if !(1..=LONGEST).contains(&self.seconds) {
            return Err(format!("seconds must be a number from 1 to {LONGEST}"));
        }
        self.on.check()
    }

    fn window(&self) -> Duration {
        Duration::from_secs(self.seconds)
    }
}

/// The rate limits of an emulator. They survive a reset.
#[derive(Clone, Debug)]
pub struct RateLimits(Arc<ActiveLimits>);

impl RateLimits {
    pub(crate) fn new(limits: Arc<ActiveLimits>) -> Self {
        Self(limits)
    }

    /// Sets a limit beside the others.
    pub fn add(&self, limit: RateLimit) -> Result<(), Error> {
        self.0.add(limit).map_err(Error::Refused)
    }

    /// All of them.
    pub fn list(&self) -> Vec<RateLimit> {
        self.0.list()
    }

    /// Takes all of them away.
    pub fn clear(&self) {
        self.0.clear();
    }
}

/// The limits and who has used up how much of them.
#[derive(Debug, Default)]
pub(crate) struct ActiveLimits {
    /// Whether there is any limit.
    active: AtomicBool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    limits: Vec<RateLimit>,
    /// By the place of the limit and the client.
    windows: HashMap<(usize, IpAddr), Window>,
}

#[derive(Debug)]
struct Window {
    end: Timestamp,
    requests: u64,
}

impl ActiveLimits {
    pub(crate) fn add(&self, limit: RateLimit) -> Result<(), String> {
        limit.check()?;
        self.state().limits.push(limit);
        self.active.store(true, Ordering::Relaxed);
        Ok(())
    }

    pub(crate) fn list(&self) -> Vec<RateLimit> {
        self.state().limits.clone()
    }

    pub(crate) fn clear(&self) {
        let mut state = self.state();
        *state = State::default();
        self.active.store(false, Ordering::Relaxed);
    }

    /// Whether requests have to be counted at all.
    pub(crate) fn is_active(&self) -> bool {
        self.active.load(Ordering::Relaxed)
    }

    /// Counts a request; how long the client has to wait where it has used up a limit.
    pub(crate) fn excess(&self, subject: &Subject<'_>, client: IpAddr, now: Timestamp) -> Option<Duration> {
        let mut state = self.state();
        let State { limits, windows } = &mut *state;
        if windows.len() > CROWD {
            windows.retain(|_, window| window.end > now);
        }
        let mut wait = None;
        for (place, limit) in limits.iter().enumerate().filter(|(_, limit)| limit.on.fits(subject)) {
            let fresh = || Window { end: now.after(limit.window()), requests: 0 };
            let window = windows.entry((place, client)).or_insert_with(fresh);
            // Also when the clock was set back to before it began.
            if window.end <= now || window.end > now.after(limit.window()) {
                *window = fresh();
            }
            if window.requests < limit.requests {
                window.requests += 1;
            } else {
                wait = wait.max(Some(window.end.since(now)));
            }
        }
        wait
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}
