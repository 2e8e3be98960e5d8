//! What all calls of a client share so as not to overload the service: a retry budget, the rate limits
//! that the service has reported, and a rate limit of the client's own.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, AtomicU64, Ordering},
    time::Duration,
};

use crate::{lock::RwLock, runtime::Instant};

/// How many retries all calls of a client may make together.
///
/// Each call retries what fails, so in an outage a thousand calls would become four thousand. The
/// budget prevents that: it starts full, every call adds a fraction of a retry, and every retry takes a
/// whole one. When it is used up, failures are returned at once until calls have earned new retries.
///
/// ```
/// use frontegg_identity::RetryBudget;
///
/// // At most 50 retries at once, and one more for every five calls.
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
    /// As many retries as the rules of each call allow.
    ///
    /// ```
    /// use frontegg_identity::RetryBudget;
    ///
    /// // For a program whose retries somebody else limits, such as a mesh.
    /// let budget = RetryBudget::unlimited();
    /// ```
    pub const fn unlimited() -> Self {
        Self { burst: u32::MAX, per_call: 1.0 }
    }

    /// How many retries can be saved up; a fresh client has them all. Default: 100.
    pub const fn burst(mut self, retries: u32) -> Self {
        self.burst = retries;
        self
    }

    /// The part of a retry that every call earns, between 0 and 1. Default: 0.1.
    pub const fn per_call(mut self, retries: f64) -> Self {
        self.per_call = retries.clamp(0.0, 1.0);
        self
    }
}

/// How many attempts a client sends in a time at most, retries included.
///
/// Calls beyond that wait, in the order in which they come. A call that would have to wait beyond its
/// timeout fails at once, as [`RateLimited`](crate::ErrorKind::RateLimited), and nothing is sent.
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
    ///
    /// ```
    /// use frontegg_identity::RateLimit;
    ///
    /// let limit = RateLimit::per_minute(600).burst(20);
    /// ```
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
pub(crate) struct Throttle {
    budget: Budget,
    server_limits: ServerLimits,
    limiter: Option<Limiter>,
}

impl Throttle {
    pub(crate) fn new(budget: RetryBudget, limit: Option<RateLimit>) -> Self {
        Self { budget: Budget::new(budget), server_limits: ServerLimits::default(), limiter: limit.map(Limiter::new) }
    }

    /// Adds to the budget what a call earns.
    pub(crate) fn earn_retry(&self) {
        self.budget.earn();
    }

    /// Takes a retry from the budget; false when there is none.
    pub(crate) fn take_retry(&self) -> bool {
        self.budget.spend()
    }

    /// How many retries are left in the budget.
    #[cfg(test)]
    pub(crate) fn retries_left(&self) -> u32 {
        u32::try_from(self.budget.left.load(Ordering::Relaxed) / Budget::RETRY).unwrap_or(u32::MAX)
    }

    /// How long the service's rate limit of an operation is still used up.
    pub(crate) fn server_wait(&self, operation: &str) -> Duration {
        self.server_limits.wait(operation)
    }

    /// Notes that the service's rate limit of an operation is used up for a while.
    pub(crate) fn note_server_limit(&self, operation: &'static str, wait: Duration) {
        self.server_limits.note(operation, wait);
    }

    /// Reserves an attempt under the client's own limit and tells how long to wait for it. One that
    /// would come after the deadline is not reserved: the wait is the error.
    pub(crate) fn reserve(&self, deadline: Instant) -> Result<Duration, Duration> {
        self.limiter.as_ref().map_or(Ok(Duration::ZERO), |limiter| limiter.reserve(deadline))
    }
}

/// A token bucket of retries, counted in thousandths of one.
#[derive(Debug)]
struct Budget {
    left: AtomicU64,
    full: u64,
    per_call: u64,
}

impl Budget {
    const RETRY: u64 = 1_000;

    fn new(budget: RetryBudget) -> Self {
        let full = u64::from(budget.burst) * Self::RETRY;
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1000")]
        let per_call = (budget.per_call * 1_000.0).round() as u64;
        Self { left: AtomicU64::new(full), full, per_call }
    }

    fn earn(&self) {
        // Most buckets are full: reading costs less than writing.
        if self.left.load(Ordering::Relaxed) < self.full {
            let more = |left: u64| Some((left + self.per_call).min(self.full));
            let _ = self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
        }
    }

    fn spend(&self) -> bool {
        let less = |left: u64| left.checked_sub(Self::RETRY);
        self.left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less).is_ok()
    }
}

/// The rate limits that answers have reported, by operation: the service counts each route by itself.
#[derive(Debug, Default)]
struct ServerLimits {
    /// Whether there may be any, so that calls need no lock while there is none.
    any: AtomicBool,
    until: RwLock<HashMap<&'static str, Instant>>,
}

impl ServerLimits {
    fn wait(&self, operation: &str) -> Duration {
        if !self.any.load(Ordering::Acquire) {
            return Duration::ZERO;
        }
        let until = self.until.read().get(operation).copied();
        until.map_or(Duration::ZERO, |until| until.saturating_duration_since(Instant::now()))
    }

    fn note(&self, operation: &'static str, wait: Duration) {
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

/// The client's own rate limit, by the generic cell rate algorithm. Times are nanoseconds since `start`.
#[derive(Debug)]
struct Limiter {
    start: Instant,
    /// When the next attempt is due if all keep the interval: the "theoretical arrival time".
    arrival: AtomicU64,
    interval: u64,
    /// How far ahead of that an attempt may be sent.
    tolerance: u64,
}

impl Limiter {
    fn new(limit: RateLimit) -> Self {
        let interval = nanos(limit.interval);
        let tolerance = interval.saturating_mul(u64::from(limit.burst) - 1);
        Self { start: Instant::now(), arrival: AtomicU64::new(0), interval, tolerance }
    }

    fn reserve(&self, deadline: Instant) -> Result<Duration, Duration> {
        let now = nanos(self.start.elapsed());
        let left = nanos(deadline.saturating_duration_since(Instant::now()));
        let wait = |arrival: u64| arrival.max(now).saturating_sub(now).saturating_sub(self.tolerance);
        let next = |arrival: u64| (wait(arrival) <= left).then(|| arrival.max(now).saturating_add(self.interval));
        let reserved = self.arrival.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        reserved
            .map(|arrival| Duration::from_nanos(wait(arrival)))
            .map_err(|arrival| Duration::from_nanos(wait(arrival)))
    }
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn throttle(budget: RetryBudget, limit: Option<RateLimit>) -> Throttle {
        Throttle::new(budget, limit)
    }

    #[test]
    fn retries_are_used_up_and_earned() {
        let throttle = throttle(RetryBudget::default().burst(2).per_call(0.5), None);
        let spent = (0..5).filter(|_| throttle.take_retry()).count();
        assert_eq!(spent, 2);
        throttle.earn_retry();
        assert!(!throttle.take_retry(), "half a retry");
        throttle.earn_retry();
        assert!(throttle.take_retry() && !throttle.take_retry());
        for _ in 0..1_000 {
            throttle.earn_retry();
        }
        assert_eq!((0..5).filter(|_| throttle.take_retry()).count(), 2, "no more than can be saved up");
    }

    #[test]
    fn a_budget_may_be_unlimited() {
        let throttle = throttle(RetryBudget::unlimited(), None);
        assert!((0..100_000).all(|_| throttle.take_retry()));
        assert_eq!(RetryBudget::default().per_call(7.0), RetryBudget::default().per_call(1.0));
    }

    #[tokio::test(start_paused = true)]
    async fn limits_of_the_service_hold_for_their_operation_and_their_time() {
        let throttle = throttle(RetryBudget::default(), None);
        assert_eq!(throttle.server_wait("a"), Duration::ZERO);
        throttle.note_server_limit("a", 3 * SECOND);
        assert_eq!((throttle.server_wait("a"), throttle.server_wait("b")), (3 * SECOND, Duration::ZERO));
        tokio::time::advance(2 * SECOND).await;
        assert_eq!(throttle.server_wait("a"), SECOND);
        throttle.note_server_limit("b", Duration::ZERO);
        assert_eq!(throttle.server_wait("a"), SECOND);
        tokio::time::advance(SECOND).await;
        assert_eq!(throttle.server_wait("a"), Duration::ZERO);
        throttle.note_server_limit("c", Duration::MAX);
        assert_eq!(throttle.server_wait("c"), Duration::ZERO, "a time beyond the clock is ignored");
    }

    #[tokio::test(start_paused = true)]
    async fn attempts_keep_their_interval_after_the_burst() {
        let throttle = throttle(RetryBudget::default(), Some(RateLimit::per_second(10).burst(3)));
        let deadline = Instant::now() + SECOND;
        let waits: Vec<_> = (0..5).map(|_| throttle.reserve(deadline).unwrap().as_millis()).collect();
        assert_eq!(waits, [0, 0, 0, 100, 200]);
        tokio::time::advance(10 * SECOND).await;
        let deadline = Instant::now() + Duration::from_millis(150);
        let waits: Vec<_> =
            (0..5).map_while(|_| throttle.reserve(deadline).ok()).map(|wait| wait.as_millis()).collect();
        assert_eq!(waits, [0, 0, 0, 100]);
        assert_eq!(throttle.reserve(deadline), Err(Duration::from_millis(200)), "and nothing is reserved");
        assert_eq!(throttle.reserve(deadline), Err(Duration::from_millis(200)));
    }

    #[test]
    fn the_guide_has_these_figures() {
        use crate::defaults::row;
        let RetryBudget { burst, per_call } = RetryBudget::default();
        row("Retries saved up for all calls", burst);
        row("Retries that a call earns", &*per_call.to_string());
    }

    #[test]
    fn a_limit_of_zero_is_one() {
        assert_eq!(RateLimit::per_second(0), RateLimit::per_second(1));
        assert_eq!(RateLimit::per_minute(6).burst(0), RateLimit { interval: 10 * SECOND, burst: 1 });
    }
}
