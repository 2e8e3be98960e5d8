//! What all calls of a client share in order to spare the service: a budget of repeated attempts,
//! the rate limits that the service has told, and a limit of the client's own.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};

use tokio::time::Instant;

use crate::lock::RwLock;

/// How many attempts all calls of a client may repeat together.
///
/// Each call repeats what fails, and so in an outage a thousand calls would become four thousand.
/// The budget keeps them apart from that: it starts full, every call adds a fraction of a repeat, and
/// every repeat takes a whole one. When it is used up failures are returned at once, until calls have
/// earned new repeats.
///
/// ```
/// use frontegg_identity::RetryBudget;
///
/// // At most 50 repeats at once, and one more for every five calls.
/// let budget = RetryBudget::default().burst(50).per_call(0.2);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[must_use]
pub struct RetryBudget {
    burst: u32,
    per_call: f64,
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self { burst: 100, per_call: 0.1 }
    }
}

impl RetryBudget {
    /// As many repeats as the rules of each call allow.
    pub const fn unlimited() -> Self {
        Self { burst: u32::MAX, per_call: 1.0 }
    }

    /// How many repeats can be saved up; a fresh client has them all. Default: 100.
    pub const fn burst(mut self, repeats: u32) -> Self {
        self.burst = repeats;
        self
    }

    /// The part of a repeat that every call earns, between 0 and 1. Default: 0.1.
    pub const fn per_call(mut self, repeats: f64) -> Self {
        self.per_call = repeats.clamp(0.0, 1.0);
        self
    }
}

/// How many attempts a client sends in a time at most, the repeated ones included.
///
/// Calls beyond that wait for their turn, in the order in which they come. A call whose turn would
/// come after its time has run out fails at once, as [`RateLimited`](crate::ErrorKind::RateLimited),
/// and nothing is sent.
///
/// ```
/// use frontegg_identity::RateLimit;
///
/// // Thirty at once, then one every 100 ms.
/// let limit = RateLimit::per_second(10).burst(30);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct RateLimit {
    interval: Duration,
    burst: u32,
}

impl RateLimit {
    /// As many a second; none means one.
    pub const fn per_second(calls: u32) -> Self {
        Self::over(calls, Duration::from_secs(1))
    }

    /// As many a minute; none means one.
    pub const fn per_minute(calls: u32) -> Self {
        Self::over(calls, Duration::from_secs(60))
    }

    const fn over(calls: u32, time: Duration) -> Self {
        let interval = match time.checked_div(calls) {
            Some(interval) => interval,
            None => time,
        };
        Self { interval, burst: 1 }
    }

    /// How many may be sent at once after a pause; none means one. Default: 1.
    pub const fn burst(mut self, calls: u32) -> Self {
        self.burst = if calls == 0 { 1 } else { calls };
        self
    }
}

/// What a client's calls share.
#[derive(Debug)]
pub(crate) struct Pacing {
    budget: Budget,
    told: Told,
    own: Option<Turns>,
}

impl Pacing {
    pub(crate) fn new(budget: RetryBudget, own: Option<RateLimit>) -> Self {
        Self { budget: Budget::new(budget), told: Told::default(), own: own.map(Turns::new) }
    }

    /// Notes that a call begins.
    pub(crate) fn begin(&self) {
        self.budget.earn();
    }

    /// Whether one more attempt may be repeated; takes it from the budget.
    pub(crate) fn may_repeat(&self) -> bool {
        self.budget.spend()
    }

    /// How many attempts may be repeated just now.
    #[cfg(test)]
    pub(crate) fn repeats_left(&self) -> u32 {
        u32::try_from(self.budget.left.load(Ordering::Relaxed) / Budget::REPEAT).unwrap_or(u32::MAX)
    }

    /// How long the service wants no call of that operation, as far as it has told.
    pub(crate) fn told(&self, operation: &str) -> Duration {
        self.told.wait(operation)
    }

    /// Notes that the service wants no call of that operation for a while.
    pub(crate) fn tell(&self, operation: &'static str, wait: Duration) {
        self.told.tell(operation, wait);
    }

    /// Takes the next turn, and says how long it is until then; refuses, with that time, a turn
    /// after the deadline.
    pub(crate) fn turn(&self, deadline: Instant) -> Result<Duration, Duration> {
        self.own.as_ref().map_or(Ok(Duration::ZERO), |own| own.take(deadline))
    }
}

/// The budget of repeats, in thousandths of one.
#[derive(Debug)]
struct Budget {
    left: AtomicU64,
    full: u64,
    per_call: u64,
}

impl Budget {
    const REPEAT: u64 = 1_000;

    fn new(budget: RetryBudget) -> Self {
        let full = u64::from(budget.burst) * Self::REPEAT;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1000")]
        let per_call = (budget.per_call * 1_000.0).round() as u64;
        Self { left: AtomicU64::new(full), full, per_call }
    }

    fn earn(&self) {
        // Most clients have all that they can have: looking costs less than writing.
        if self.left.load(Ordering::Relaxed) < self.full {
            let more = |left: u64| Some((left + self.per_call).min(self.full));
            let _ = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        }
    }

    fn spend(&self) -> bool {
        let less = |left: u64| left.checked_sub(Self::REPEAT);
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }
}

/// The rate limits that answers have told, by operation: the service counts each route by itself.
#[derive(Debug, Default)]
struct Told {
    /// Whether there may be any; saves the lock.
    any: AtomicBool,
    until: RwLock<HashMap<&'static str, Instant>>,
}

impl Told {
    fn wait(&self, operation: &str) -> Duration {
        if !self.any.load(Ordering::Acquire) {
            return Duration::ZERO;
        }
        let until = self.until.read().get(operation).copied();
        until.map_or(Duration::ZERO, |until| until.saturating_duration_since(Instant::now()))
    }

    fn tell(&self, operation: &'static str, wait: Duration) {
        let now = Instant::now();
        let Some(until) = now.checked_add(wait) else { return };
        let mut all = self.until.write();
        all.retain(|_, until| *until > now);
        if until > now {
            all.insert(operation, until);
        }
        self.any.store(!all.is_empty(), Ordering::Release);
    }
}

/// Turns at equal distances, with some at once (the generic cell rate algorithm).
#[derive(Debug)]
struct Turns {
    start: Instant,
    /// When the turns that are taken are over, in nanoseconds from the start.
    taken: AtomicU64,
    interval: u64,
    /// How far ahead turns may be taken without waiting.
    ahead: u64,
}

impl Turns {
    fn new(limit: RateLimit) -> Self {
        let interval = nanos(limit.interval);
        let ahead = interval.saturating_mul(u64::from(limit.burst) - 1);
        Self { start: Instant::now(), taken: AtomicU64::new(0), interval, ahead }
    }

    fn take(&self, deadline: Instant) -> Result<Duration, Duration> {
        let now = nanos(self.start.elapsed());
        let left = nanos(deadline.saturating_duration_since(Instant::now()));
        let wait = |taken: u64| taken.max(now).saturating_sub(now).saturating_sub(self.ahead);
        let next = |taken: u64| (wait(taken) <= left).then(|| taken.max(now).saturating_add(self.interval));
        let taken = self.taken.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        taken.map(|taken| Duration::from_nanos(wait(taken))).map_err(|taken| Duration::from_nanos(wait(taken)))
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn pacing(budget: RetryBudget, own: Option<RateLimit>) -> Pacing {
        Pacing::new(budget, own)
    }

    #[test]
    fn repeats_are_used_up_and_earned() {
        let pacing = pacing(RetryBudget::default().burst(2).per_call(0.5), None);
        let spent = (0..5).filter(|_| pacing.may_repeat()).count();
        assert_eq!(spent, 2);
        pacing.begin();
        assert!(!pacing.may_repeat(), "half a repeat");
        pacing.begin();
        assert!(pacing.may_repeat() && !pacing.may_repeat());
        for _ in 0..1_000 {
            pacing.begin();
        }
        assert_eq!((0..5).filter(|_| pacing.may_repeat()).count(), 2, "no more than can be saved up");
    }

    #[test]
    fn a_budget_may_be_without_end() {
        let pacing = pacing(RetryBudget::unlimited(), None);
        assert!((0..100_000).all(|_| pacing.may_repeat()));
        assert_eq!(RetryBudget::default().per_call(7.0), RetryBudget::default().per_call(1.0));
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_told_holds_for_its_operation_and_its_time() {
        let pacing = pacing(RetryBudget::default(), None);
        assert_eq!(pacing.told("a"), Duration::ZERO);
        pacing.tell("a", 3 * SECOND);
        assert_eq!((pacing.told("a"), pacing.told("b")), (3 * SECOND, Duration::ZERO));
        tokio::time::advance(2 * SECOND).await;
        assert_eq!(pacing.told("a"), SECOND);
        pacing.tell("b", Duration::ZERO);
        assert_eq!(pacing.told("a"), SECOND);
        tokio::time::advance(SECOND).await;
        assert_eq!(pacing.told("a"), Duration::ZERO);
        pacing.tell("c", Duration::MAX);
        assert_eq!(pacing.told("c"), Duration::ZERO, "a time that never comes is no time");
    }

    #[tokio::test(start_paused = true)]
    async fn turns_come_at_their_distance_after_those_at_once() {
        let pacing = pacing(RetryBudget::default(), Some(RateLimit::per_second(10).burst(3)));
        let deadline = Instant::now() + SECOND;
        let waits: Vec<_> = (0..5).map(|_| pacing.turn(deadline).unwrap().as_millis()).collect();
        assert_eq!(waits, [0, 0, 0, 100, 200]);
        tokio::time::advance(10 * SECOND).await;
        let deadline = Instant::now() + Duration::from_millis(150);
        let waits: Vec<_> = (0..5).map_while(|_| pacing.turn(deadline).ok()).map(|wait| wait.as_millis()).collect();
        assert_eq!(waits, [0, 0, 0, 100]);
        assert_eq!(pacing.turn(deadline), Err(Duration::from_millis(200)), "and nothing is taken");
        assert_eq!(pacing.turn(deadline), Err(Duration::from_millis(200)));
    }

    #[test]
    fn a_limit_of_nothing_is_one() {
        assert_eq!(RateLimit::per_second(0), RateLimit::per_second(1));
        assert_eq!(RateLimit::per_minute(6).burst(0), RateLimit { interval: 10 * SECOND, burst: 1 });
    }
}
