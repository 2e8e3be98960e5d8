//! The one source of time: real, frozen, set or advanced by a test.
//!
//! Nothing in the emulator reads the system's time but this module. A moment is a [`Timestamp`],
//! whole microseconds since 1970 UTC: a number that sorts and that SQLite and PostgreSQL store
//! alike.

use std::{fmt, sync::Arc, time::Duration};

use chrono::{DateTime, SecondsFormat, Utc};
use parking_lot::{Mutex, MutexGuard};
use sea_orm::DeriveValueType;
use tokio::sync::watch;

/// The last microsecond of the year 9999, beyond which RFC 3339 cannot write a date.
const LATEST: i64 = 253_402_300_799_999_999;

/// A moment in microseconds since 1970-01-01T00:00:00Z, between the years 1970 and 9999.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, DeriveValueType)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The moment that many microseconds after 1970, moved into the years that can be written.
    pub fn from_micros(micros: i64) -> Self {
        Self(micros.clamp(0, LATEST))
    }

    /// Microseconds since 1970.
    pub fn micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970, as tokens carry them.
    pub fn seconds(self) -> i64 {
        self.0 / 1_000_000
    }

    /// This moment as a date.
    pub fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or_default()
    }

    /// The moment `duration` later.
    #[must_use]
    pub fn after(self, duration: Duration) -> Self {
        Self::from_micros(self.0.saturating_add(micros(duration)))
    }

    /// The moment `duration` earlier.
    #[must_use]
    pub fn before(self, duration: Duration) -> Self {
        Self::from_micros(self.0.saturating_sub(micros(duration)))
    }

    /// The time from `earlier` to this moment; nothing when that lies in the future.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(moment: DateTime<Utc>) -> Self {
        Self::from_micros(moment.timestamp_micros())
    }
}

impl From<Timestamp> for DateTime<Utc> {
    fn from(moment: Timestamp) -> Self {
        moment.utc()
    }
}

/// RFC 3339 in UTC with milliseconds, the form in which the service writes times.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.utc().to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.utc().to_rfc3339_opts(SecondsFormat::Micros, true))
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

/// A handle on the emulator's time; clones share it.
///
/// ```
/// # use std::time::Duration;
/// let clock = frontegg_emulator::Clock::default();
/// clock.freeze();
/// let before = clock.now();
/// clock.advance(Duration::from_secs(3600));
/// assert_eq!((clock.now() - before).num_seconds(), 3600);
/// ```
#[derive(Clone, Default)]
pub struct Clock(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Told of every change.
    changed: watch::Sender<()>,
}

/// How a clock is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Setting {
    /// Added to the system's time, in microseconds.
    pub(crate) shift: i64,
    /// Where time stands still, if it does.
    pub(crate) frozen: Option<i64>,
}

#[derive(Default)]
struct State {
    setting: Setting,
    /// How often it was set.
    changes: u64,
    /// The stamp handed out last.
    stamped: i64,
}

impl State {
    fn now(&self) -> i64 {
        let Setting { shift, frozen } = self.setting;
        let now = frozen.unwrap_or_else(|| Utc::now().timestamp_micros().saturating_add(shift));
        Timestamp::from_micros(now).0
    }

    fn go_to(&mut self, moment: i64) {
        let moment = Timestamp::from_micros(moment).0;
        match &mut self.setting.frozen {
            Some(frozen) => *frozen = moment,
            None => self.setting.shift = moment - Utc::now().timestamp_micros(),
        }
        // Time may have gone back; stamps follow it.
        self.stamped = 0;
    }
}

impl Clock {
    /// The present moment.
    pub fn now(&self) -> DateTime<Utc> {
        self.timestamp().utc()
    }

    /// The present moment in the form the store keeps.
    pub fn timestamp(&self) -> Timestamp {
        Timestamp(self.state().now())
    }

    /// That moment, but later than every stamp before it, so that things made one after the other sort
    /// in that order even while time stands still.
    pub(crate) fn stamp(&self, moment: Timestamp) -> Timestamp {
        let mut state = self.state();
        state.stamped = moment.0.max(state.stamped + 1);
        Timestamp(state.stamped)
    }

    /// Stops time where it is, and says where.
    pub fn freeze(&self) -> DateTime<Utc> {
        self.change(|state| {
            let now = state.now();
            state.setting.frozen = Some(now);
            Timestamp(now).utc()
        })
    }

    /// Whether time stands still.
    pub fn is_frozen(&self) -> bool {
        self.state().setting.frozen.is_some()
    }

    /// Lets frozen time run on from where it stands.
    pub fn resume(&self) {
        self.change(|state| {
            if let Some(frozen) = state.setting.frozen.take() {
                state.go_to(frozen);
            }
        });
    }

    /// Goes to a moment; time runs on from there, or stands there if it is frozen.
    pub fn set(&self, moment: DateTime<Utc>) {
        self.change(|state| state.go_to(moment.timestamp_micros()));
    }

    /// Goes forward.
    pub fn advance(&self, duration: Duration) {
        self.change(|state| state.go_to(state.now().saturating_add(micros(duration))));
    }

    /// Returns to the system's time.
    pub fn real(&self) {
        self.change(|state| {
            state.setting = Setting::default();
            state.stamped = 0;
        });
    }

    /// How it is set, after how many changes.
    pub(crate) fn setting(&self) -> (u64, Setting) {
        let state = self.state();
        (state.changes, state.setting)
    }

    /// Sets it as somebody else has set theirs, unless it was set here since there were that many changes.
    pub(crate) fn adopt(&self, setting: Setting, changes: u64) -> bool {
        let mut state = self.state();
        if state.changes != changes {
            return false;
        }
        (state.setting, state.stamped) = (setting, 0);
        true
    }

    /// Changes whenever it is set.
    pub(crate) fn changed(&self) -> watch::Receiver<()> {
        self.0.changed.subscribe()
    }

    fn change<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state();
        let done = act(&mut state);
        state.changes += 1;
        drop(state);
        self.0.changed.send_replace(());
        done
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // No code panics while it holds the lock, and the numbers are valid at every step.
        self.0.state.lock()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clock").field("now", &self.timestamp()).field("frozen", &self.is_frozen()).finish()
    }
}

/// Whole seconds, as answers count them.
pub(crate) fn whole_seconds(duration: Duration) -> i64 {
    duration.as_secs().try_into().unwrap_or(i64::MAX)
}

/// A moment as headers have it: the IMF-fixdate of RFC 9110 §5.6.7.
pub(crate) fn http_date(moment: DateTime<Utc>) -> String {
    moment.format("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frozen_time_moves_only_when_told() {
        let clock = Clock::default();
        let frozen = clock.freeze();
        assert_eq!(clock.now(), frozen);
        clock.clone().advance(Duration::from_mins(2));
        assert_eq!((clock.now() - frozen).num_seconds(), 120);
        clock.resume();
        assert!(!clock.is_frozen());
        assert!((clock.now() - frozen).num_seconds() >= 120);
    }

    #[test]
    fn set_and_real() {
        let clock = Clock::default();
        let moment = DateTime::from_timestamp(1_000_000, 0).expect("a date");
        clock.set(moment);
        assert!((clock.now() - moment).num_seconds() < 5);
        clock.real();
        assert!((Utc::now() - clock.now()).num_seconds().abs() < 5);
    }

    #[test]
    fn what_was_set_here_is_newer() {
        let (clock, other) = (Clock::default(), Clock::default());
        other.freeze();
        let (_, setting) = other.setting();
        let (changes, _) = clock.setting();
        assert!(clock.adopt(setting, changes));
        assert_eq!(clock.now(), other.now());
        clock.advance(Duration::from_mins(1));
        let ahead = clock.now();
        assert!(!clock.adopt(setting, changes));
        assert_eq!(clock.now(), ahead);
    }

    #[test]
    fn stamps_rise_while_time_stands() {
        let clock = Clock::default();
        clock.freeze();
        let stamps: Vec<_> = (0..100).map(|_| clock.stamp(clock.timestamp())).collect();
        assert!(stamps.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn time_stays_between_1970_and_9999() {
        let clock = Clock::default();
        clock.freeze();
        clock.advance(Duration::MAX);
        assert_eq!(clock.timestamp().to_string(), "9999-12-31T23:59:59.999Z");
        clock.set(DateTime::<Utc>::MIN_UTC);
        assert_eq!(clock.timestamp().to_string(), "1970-01-01T00:00:00.000Z");
    }

    #[test]
    fn dates_are_those_of_http() {
        let moment = DateTime::from_timestamp(784_111_777, 0).expect("a moment");
        assert_eq!(http_date(moment), "Sun, 06 Nov 1994 08:49:37 GMT");
    }
}
