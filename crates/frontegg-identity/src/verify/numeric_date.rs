//! Moments in claims (`NumericDate`, RFC 7519 §2): seconds since 1970, with a fraction or without.

use std::{fmt, time::Duration};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, de};

/// A moment, also one beyond the range of dates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct NumericDate {
    seconds: i64,
    nanos: u32,
}

impl NumericDate {
    /// The moment as a date; none if it is beyond their range.
    pub(super) fn date(self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp(self.seconds, self.nanos)
    }

    /// The second that the moment is in.
    pub(super) fn second(self) -> Self {
        Self { nanos: 0, ..self }
    }

    /// So much later.
    pub(super) fn plus(self, time: Duration) -> Self {
        const SECOND: u32 = 1_000_000_000;
        let nanos = self.nanos + time.subsec_nanos();
        let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX).saturating_add(i64::from(nanos / SECOND));
        Self { seconds: self.seconds.saturating_add(seconds), nanos: nanos % SECOND }
    }
}

impl From<DateTime<Utc>> for NumericDate {
    fn from(date: DateTime<Utc>) -> Self {
        // A leap second's are more than a second.
        Self { seconds: date.timestamp(), nanos: date.timestamp_subsec_nanos().min(999_999_999) }
    }
}

impl<'de> Deserialize<'de> for NumericDate {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = NumericDate;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of seconds")
            }

            fn visit_i64<E>(self, seconds: i64) -> Result<NumericDate, E> {
                Ok(NumericDate { seconds, nanos: 0 })
            }

            fn visit_u64<E>(self, seconds: u64) -> Result<NumericDate, E> {
                Ok(NumericDate { seconds: i64::try_from(seconds).unwrap_or(i64::MAX), nanos: 0 })
            }

            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates; between 0 and 10⁹")]
            fn visit_f64<E>(self, number: f64) -> Result<NumericDate, E> {
                let whole = number.floor();
                let nanos = ((number - whole) * 1e9) as u32;
                Ok(NumericDate { seconds: whole as i64, nanos: nanos.min(999_999_999) })
            }
        }

        deserializer.deserialize_any(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> NumericDate {
        serde_json::from_str(text).unwrap()
    }

    fn date(seconds: i64, nanos: u32) -> NumericDate {
        NumericDate { seconds, nanos }
    }

    #[test]
    fn numbers_are_read_with_a_fraction_and_without() {
        for (text, moment) in [
            ("60", date(60, 0)),
            ("60.0", date(60, 0)),
            ("60.25", date(60, 250_000_000)),
            ("-0.25", date(-1, 750_000_000)),
            ("1.7e9", date(1_700_000_000, 0)),
            ("18446744073709551615", date(i64::MAX, 0)),
            ("1e300", date(i64::MAX, 0)),
            ("-1e300", date(i64::MIN, 0)),
        ] {
            assert_eq!(read(text), moment, "{text}");
        }
        for text in [r#""60""#, "true", "[60]", "null", "1e999"] {
            assert!(serde_json::from_str::<NumericDate>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn moments_are_compared_and_added_to_the_nanosecond() {
        let quarter = Duration::from_millis(250);
        assert!(read("60.25") > read("60") && read("60.25") < read("61"));
        assert_eq!(read("60.75").plus(quarter), read("61"));
        assert_eq!(read("-0.25").plus(quarter), read("0"));
        assert_eq!(read("9e18").plus(Duration::MAX).seconds, i64::MAX);
        assert_eq!(read("60.25").date().unwrap().timestamp_millis(), 60_250);
        assert_eq!(read("1e300").date(), None);
        assert_eq!(NumericDate::from(read("60.25").date().unwrap()), read("60.25"));
    }
}
