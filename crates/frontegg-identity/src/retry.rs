//! When a request is sent again, and after what delay.

use std::time::Duration;

use chrono::{DateTime, Utc};
use http::{HeaderMap, HeaderName, StatusCode, header};

use crate::{
    header::{RATE_LIMIT_REMAINING, RATE_LIMIT_RESET},
    runtime,
};

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
    ///
    /// ```no_run
    /// # async fn example(frontegg: frontegg_identity::Frontegg) -> Result<(), frontegg_identity::Error> {
    /// use frontegg_identity::Retry;
    ///
    /// // As `Call::no_retry` does for one call.
    /// let roles = frontegg.roles().list_roles_v1().retry(Retry::none()).await?;
    /// # Ok(())
    /// # }
    /// ```
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
    /// returned at once: an earlier attempt would be refused. With the client's own setting, also the
    /// longest time for which a reported rate limit holds further calls back. Default: 1 minute.
    ///
    /// ```
    /// use std::time::Duration;
    /// use frontegg_identity::Retry;
    ///
    /// // Somebody waits at a page: rather an error than a minute.
    /// let impatient = Retry::default().max_server_delay(Duration::from_secs(2));
    /// ```
    pub const fn max_server_delay(mut self, delay: Duration) -> Self {
        self.max_server_delay = delay;
        self
    }

    /// How long a rate limit is remembered of which the service says that it lasts for `wait`.
    pub(crate) fn remembered(&self, wait: Duration) -> Duration {
        wait.min(self.max_server_delay)
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

/// How long the service asks to wait: `Retry-After` (a number or a date), else `X-Rate-Limit-Reset`.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = |name: &HeaderName| headers.get(name)?.to_str().ok().map(str::trim);
    // By the service's clock if the answer has a date: this machine's may be wrong.
    let now = || text(&header::DATE).and_then(http_date).unwrap_or_else(Utc::now);
    let wait = |text: &str, date: fn(&str) -> Option<DateTime<Utc>>| {
        let until = |moment: DateTime<Utc>| (moment - now()).to_std().unwrap_or_default();
        number(text).map(|number| number.wait(now())).or_else(|| date(text).map(until))
    };
    let retry_after = text(&header::RETRY_AFTER).and_then(|text| wait(text, http_date));
    retry_after.or_else(|| wait(text(&RATE_LIMIT_RESET)?, rfc_3339))
}

fn http_date(text: &str) -> Option<DateTime<Utc>> {
    httpdate::parse_http_date(text).ok().map(DateTime::from)
}

fn rfc_3339(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|date| date.with_timezone(&Utc))
}

/// A number by which a service says when it may be called again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reset {
    /// The time from now.
    In(Duration),
    /// The moment, since 1970.
    At(Duration),
}

impl Reset {
    fn wait(self, now: DateTime<Utc>) -> Duration {
        match self {
            Self::In(wait) => wait,
            Self::At(moment) => {
                let now = u64::try_from(now.timestamp_millis()).unwrap_or_default();
                moment.saturating_sub(Duration::from_millis(now))
            }
        }
    }
}

/// A number of seconds, with a fraction or without. Services do not say which they mean: a number as large as
/// the seconds since 1970 is a moment, one a thousand times as large is a moment in milliseconds.
fn number(text: &str) -> Option<Reset> {
    /// In seconds a moment of 2001; as a time from now more than thirty years.
    const MOMENT: u64 = 1_000_000_000;
    const MOMENT_IN_MILLIS: u64 = 1_000 * MOMENT;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(fraction) {
        return None;
    }
    let number = whole.parse().unwrap_or(u64::MAX);
    // Three digits of the fraction are milliseconds.
    let millis = format!("{fraction:0<3}")[..3].parse().unwrap_or_default();
    let seconds = Duration::from_secs(number).saturating_add(Duration::from_millis(millis));
    Some(match number {
        ..MOMENT => Reset::In(seconds),
        MOMENT..MOMENT_IN_MILLIS => Reset::At(seconds),
        MOMENT_IN_MILLIS.. => Reset::At(Duration::from_millis(number)),
    })
}

/// How long the rate limit of the operation is used up: after a 429, or when no call is left in the window.
pub(crate) fn rate_limit_wait(status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
    let is_last = || headers.get(&RATE_LIMIT_REMAINING).is_some_and(|left| left.as_bytes() == b"0");
    let is_limited = status == StatusCode::TOO_MANY_REQUESTS || is_last();
    if is_limited { retry_after(headers) } else { None }
}

/// A random duration up to `limit`, and up to a day whatever the limit.
fn jitter(limit: Duration) -> Duration {
    let limit = limit.min(Duration::from_secs(24 * 60 * 60));
    limit.mul_f64(runtime::random())
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
    fn the_guide_has_these_figures() {
        use crate::defaults::row;
        let Retry { max_attempts, base_delay, max_delay, max_server_delay } = Retry::default();
        row("Attempts of a call", max_attempts);
        row("First backoff, at most", base_delay);
        row("Every backoff, at most", max_delay);
        row("Delay that the service may ask for, at most", max_server_delay);
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

    /// Okta, GitHub and Discord send moments since 1970; some send a fraction, or milliseconds.
    #[test]
    fn large_numbers_are_moments() {
        // In seconds since 1970: 1445412480.
        let date = ("date", "Wed, 21 Oct 2015 07:28:00 GMT");
        for (text, millis) in [
            ("1445412487", 7_000),
            ("1445412487.25", 7_250),
            ("1445412487250", 7_250),
            ("1445412000", 0),
            ("999999999", 999_999_999_000),
            ("7", 7_000),
            ("7.5", 7_500),
            ("0", 0),
        ] {
            for name in ["retry-after", "x-rate-limit-reset"] {
                let wait = retry_after(&headers(&[date, (name, text)]));
                assert_eq!(wait, Some(Duration::from_millis(millis)), "{name}: {text}");
            }
        }
        for text in ["7.", ".5", "1e9", "-7", "+7", "7,5", "inf", "NaN", "7 s", ""] {
            assert_eq!(number(text), None, "{text}");
        }
    }

    #[test]
    fn a_rate_limit_is_remembered_no_longer_than_the_service_may_ask_to_wait() {
        let retry = Retry::default();
        assert_eq!(retry.remembered(7 * SECOND), 7 * SECOND);
        assert_eq!(retry.remembered(86_400 * SECOND), 60 * SECOND);
        assert_eq!(retry.max_server_delay(SECOND).remembered(7 * SECOND), SECOND);
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
