//! When a request is sent again, and after what delay.

use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

use chrono::{DateTime, Utc};
use http::{HeaderMap, StatusCode, header};

/// When the window of the rate limit ends, as RFC 3339.
const RATE_LIMIT_RESET: &str = "x-rate-limit-reset";
/// How many calls of the operation are left in the window.
const RATE_LIMIT_REMAINING: &str = "x-rate-limit-remaining";

/// How calls are retried.
///
/// - A request that did not reach the service (no connection) is sent again.
/// - After 429 every request is sent again, at the time that the service asks for (`Retry-After`,
///   `X-Rate-Limit-Reset`) or after a backoff.
/// - After 502, 503, 504 and broken connections only GET, PUT and DELETE are sent again. A DELETE
///   whose first answer was lost may then report 404.
/// - POST and PATCH are never sent again when the service may have acted on them.
///
/// The backoff is exponential with full jitter: random between zero and a limit that doubles each time.
/// No delay goes beyond the call's timeout: the failure is returned instead. All calls of a client share
/// one [`RetryBudget`](crate::RetryBudget).
///
/// ```
/// use std::time::Duration;
/// use frontegg_identity::Retry;
///
/// let patient = Retry::default().max_attempts(6).max_delay(Duration::from_secs(20));
/// let never = Retry::none();
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Retry {
    max_attempts: u32,
    base_delay: Duration,
    max_delay: Duration,
    max_server_delay: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            max_attempts: 4,
            base_delay: Duration::from_millis(200),
            max_delay: Duration::from_secs(5),
            // The service's windows last a minute at most.
            max_server_delay: Duration::from_secs(60),
        }
    }
}

impl Retry {
    /// Sends everything once.
    pub fn none() -> Self {
        Self::default().max_attempts(1)
    }

    /// How often a request is sent at most, the first time included. Default: 4.
    pub const fn max_attempts(mut self, attempts: u32) -> Self {
        self.max_attempts = attempts;
        self
    }

    /// Limit of the first backoff. Default: 200 ms.
    pub const fn base_delay(mut self, delay: Duration) -> Self {
        self.base_delay = delay;
        self
    }

    /// Limit of every backoff. Default: 5 s.
    pub const fn max_delay(mut self, delay: Duration) -> Self {
        self.max_delay = delay;
        self
    }

    /// The longest delay that the service may ask for. When it asks for more, the failure is
    /// returned at once: an earlier attempt would be refused. Default: 1 minute.
    pub const fn max_server_delay(mut self, delay: Duration) -> Self {
        self.max_server_delay = delay;
        self
    }

    /// Whether the service may ask to wait that long.
    pub(crate) fn allows_wait(&self, wait: Duration) -> bool {
        wait <= self.max_server_delay
    }

    /// The delay before the next attempt, after `tried` attempts; `None` if there is none.
    pub(crate) fn delay(&self, tried: u32, idempotency: Idempotency, outcome: Outcome) -> Option<Duration> {
        if tried >= self.max_attempts {
            return None;
        }
        let repeatable = idempotency == Idempotency::Idempotent;
        let wait = match outcome {
            Outcome::NotSent => None,
            Outcome::Broken if repeatable => None,
            Outcome::Answered(StatusCode::TOO_MANY_REQUESTS, wait) => wait,
            Outcome::Answered(status, wait) if repeatable && is_transient(status) => wait,
            Outcome::Broken | Outcome::Answered(..) => return None,
        };
        match wait {
            Some(wait) if !self.allows_wait(wait) => None,
            // Clients that were given the same time should not all come at it.
            Some(wait) => Some(wait.saturating_add(jitter(self.base_delay))),
            None => {
                let doubled = self.base_delay.saturating_mul(1 << (tried - 1).min(20));
                Some(jitter(doubled.min(self.max_delay)))
            }
        }
    }
}

/// Whether a request may be sent again after the service may have acted on it (RFC 9110 §9.2.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Idempotency {
    Idempotent,
    NotIdempotent,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Outcome {
    /// It did not reach the service.
    NotSent,
    /// It may have reached the service, but there is no answer.
    Broken,
    /// It was answered, with the time that the service asks to wait if any.
    Answered(StatusCode, Option<Duration>),
}

/// Whether a status means a transient failure of the service.
pub(crate) fn is_transient(status: StatusCode) -> bool {
    matches!(status, StatusCode::BAD_GATEWAY | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT)
}

/// How long the service asks to wait: `Retry-After` (seconds or date), else `X-Rate-Limit-Reset`.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let http_date = |text| DateTime::parse_from_rfc2822(text).ok();
    // By the service's clock if the answer has a date: this machine's may be wrong.
    let until = |moment: DateTime<_>| {
        let now = text(header::DATE.as_str()).and_then(http_date).map_or_else(Utc::now, Into::into);
        (moment.with_timezone(&Utc) - now).to_std().unwrap_or_default()
    };
    let retry_after = text(header::RETRY_AFTER.as_str());
    retry_after
        .and_then(|text| text.parse().ok().map(Duration::from_secs).or_else(|| http_date(text).map(until)))
        .or_else(|| match text(RATE_LIMIT_RESET)?.parse() {
            // Some answers have seconds instead.
            Ok(seconds) => Some(Duration::from_secs(seconds)),
            Err(_) => DateTime::parse_from_rfc3339(text(RATE_LIMIT_RESET)?).ok().map(until),
        })
}

/// How long the rate limit of the operation is used up: after a 429, or when no call is left in the window.
pub(crate) fn rate_limit_wait(status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
    let is_last = || headers.get(RATE_LIMIT_REMAINING).is_some_and(|left| left.as_bytes() == b"0");
    let is_limited = status == StatusCode::TOO_MANY_REQUESTS || is_last();
    if is_limited { retry_after(headers) } else { None }
}

/// A random duration up to `limit`, and up to a day whatever the limit.
fn jitter(limit: Duration) -> Duration {
    let limit = limit.min(Duration::from_secs(24 * 60 * 60));
    // Each `RandomState` has random keys, which is random enough here and needs no other crate.
    let random = RandomState::new().hash_one(());
    #[allow(clippy::cast_precision_loss, reason = "a fraction needs no more")]
    limit.mul_f64(random as f64 / u64::MAX as f64)
}

#[cfg(test)]
mod tests {
    use Idempotency::{Idempotent, NotIdempotent};

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (header::HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    #[test]
    fn only_what_is_safe_is_retried() {
        let answered = |status| Outcome::Answered(StatusCode::from_u16(status).unwrap(), None);
        for (outcome, reads, writes) in [
            (Outcome::NotSent, true, true),
            (Outcome::Broken, true, false),
            (answered(429), true, true),
            (answered(502), true, false),
            (answered(503), true, false),
            (answered(504), true, false),
            (answered(500), false, false),
            (answered(200), false, false),
            (answered(401), false, false),
        ] {
            assert_eq!(Retry::default().delay(1, Idempotent, outcome).is_some(), reads, "{outcome:?}");
            assert_eq!(Retry::default().delay(1, NotIdempotent, outcome).is_some(), writes, "{outcome:?}");
            assert_eq!(Retry::none().delay(1, Idempotent, outcome), None);
        }
    }

    #[test]
    fn backoffs_double_up_to_a_limit() {
        let retry = Retry::default().max_attempts(u32::MAX);
        for (tried, limit) in [(1, 200), (2, 400), (3, 800), (6, 5000), (1000, 5000)] {
            for _ in 0..50 {
                let delay = retry.delay(tried, Idempotent, Outcome::NotSent).unwrap();
                assert!(delay <= Duration::from_millis(limit), "{tried}: {delay:?}");
            }
        }
        let delays: std::collections::HashSet<_> =
            (0..20).map(|_| retry.delay(1, Idempotent, Outcome::NotSent)).collect();
        assert!(delays.len() > 1, "they are random");
    }

    #[test]
    fn attempts_end() {
        let retry = Retry::default();
        assert!(retry.delay(3, Idempotent, Outcome::NotSent).is_some());
        assert!(retry.delay(4, Idempotent, Outcome::NotSent).is_none());
    }

    #[test]
    fn the_service_may_ask_to_wait_up_to_a_limit() {
        let delay = |wait| {
            Retry::default().delay(1, NotIdempotent, Outcome::Answered(StatusCode::TOO_MANY_REQUESTS, Some(wait)))
        };
        let wait = delay(3 * SECOND).unwrap();
        assert!(wait >= 3 * SECOND && wait < 4 * SECOND);
        assert_eq!(delay(61 * SECOND), None);
    }

    #[test]
    fn no_setting_and_no_header_is_too_much() {
        let endless = Retry::default()
            .max_attempts(u32::MAX)
            .base_delay(Duration::MAX)
            .max_delay(Duration::MAX)
            .max_server_delay(Duration::MAX);
        for text in
            ["18446744073709551615", "99999999999999999999999", "-1", "1e9", "Fri, 31 Dec 9999 23:59:59 GMT", ""]
        {
            for name in ["retry-after", "x-rate-limit-reset"] {
                let wait = retry_after(&headers(&[(name, text)]));
                for status in [StatusCode::TOO_MANY_REQUESTS, StatusCode::SERVICE_UNAVAILABLE] {
                    let delay = endless.delay(u32::MAX - 1, Idempotent, Outcome::Answered(status, wait));
                    assert!(delay >= wait, "{name}: {text}");
                }
            }
        }
        assert!(endless.delay(1, Idempotent, Outcome::NotSent).is_some());
    }

    #[test]
    fn both_forms_of_retry_after_are_read() {
        assert_eq!(retry_after(&headers(&[("retry-after", " 7 ")])), Some(7 * SECOND));
        let date = ("date", "Wed, 21 Oct 2015 07:28:00 GMT");
        assert_eq!(retry_after(&headers(&[date, ("retry-after", "Wed, 21 Oct 2015 07:28:05 GMT")])), Some(5 * SECOND));
        assert_eq!(retry_after(&headers(&[("retry-after", "Wed, 21 Oct 2015 07:28:05 GMT")])), Some(Duration::ZERO));
        assert_eq!(retry_after(&headers(&[("retry-after", "soon")])), None);
        assert_eq!(retry_after(&headers(&[])), None);
    }

    #[test]
    fn a_window_that_is_used_up_is_reported() {
        let reset = ("x-rate-limit-reset", "12");
        let wait = |status, left| rate_limit_wait(status, &headers(&[reset, ("x-rate-limit-remaining", left)]));
        assert_eq!(wait(StatusCode::OK, "0"), Some(12 * SECOND));
        assert_eq!(wait(StatusCode::OK, "1"), None);
        assert_eq!(wait(StatusCode::TOO_MANY_REQUESTS, "1"), Some(12 * SECOND));
        assert_eq!(rate_limit_wait(StatusCode::TOO_MANY_REQUESTS, &headers(&[])), None);
    }

    #[test]
    fn the_end_of_the_window_is_read() {
        let date = ("date", "Wed, 21 Oct 2015 07:28:00 GMT");
        let reset = ("x-rate-limit-reset", "2015-10-21T07:28:42.000Z");
        assert_eq!(retry_after(&headers(&[date, reset])), Some(42 * SECOND));
        assert_eq!(retry_after(&headers(&[date, reset, ("retry-after", "1")])), Some(SECOND));
        assert_eq!(retry_after(&headers(&[("x-rate-limit-reset", "12")])), Some(12 * SECOND));
        let soon = (Utc::now() + chrono::TimeDelta::seconds(30)).to_rfc3339();
        let wait = retry_after(&headers(&[("x-rate-limit-reset", &soon)])).unwrap();
        assert!(wait <= 30 * SECOND && wait > 28 * SECOND, "{wait:?}");
    }
}
