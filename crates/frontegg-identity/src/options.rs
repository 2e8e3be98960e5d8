//! How calls are sent: their timeouts and how they are retried.

use std::time::Duration;

use crate::{custom_headers::CustomHeaders, retry::Retry};

/// How a call is sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Options {
    pub(crate) retry: Retry,
    /// For the whole call: obtaining a token, all attempts and the delays between them.
    pub(crate) timeout: Duration,
    /// For one attempt, its body included.
    pub(crate) attempt_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self { retry: Retry::default(), timeout: Duration::from_secs(60), attempt_timeout: Duration::from_secs(30) }
    }
}

/// The settings of one call.
#[derive(Debug, Clone, Default)]
pub(crate) struct Settings {
    pub(crate) options: Options,
    pub(crate) headers: CustomHeaders,
}

impl From<Options> for Settings {
    fn from(options: Options) -> Self {
        Self { options, headers: CustomHeaders::default() }
    }
}

/// Sets the settings of one call, for every type of call. Those of a call that was sent have no effect.
macro_rules! with_options {
    () => {
        /// Limits the whole call, including the token, all attempts and the delays between them.
        pub fn timeout(mut self, timeout: std::time::Duration) -> Self {
            if let Some(settings) = self.settings_mut() {
                settings.options.timeout = timeout;
            }
            self
        }

        /// Limits each attempt.
        pub fn attempt_timeout(mut self, timeout: std::time::Duration) -> Self {
            if let Some(settings) = self.settings_mut() {
                settings.options.attempt_timeout = timeout;
            }
            self
        }

        /// Retries this call in another way than the client's other calls.
        pub fn retry(mut self, retry: crate::retry::Retry) -> Self {
            if let Some(settings) = self.settings_mut() {
                settings.options.retry = retry;
            }
            self
        }

        /// Sends a header with this call alone, e.g. `traceparent`, in place of one of that name that all calls have.
        ///
        /// A header that the client sets itself (`authorization`, those of scopes, `host`, `content-length`, …), and one
        /// that cannot be sent, make the call an error of kind [`InvalidRequest`](crate::ErrorKind::InvalidRequest).
        /// Values show in no `Debug`, error or trace.
        pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
            if let Some(settings) = self.settings_mut() {
                settings.headers.set(name.as_ref(), value.as_ref());
            }
            self
        }

        /// Sends the request once.
        pub fn no_retry(self) -> Self {
            self.retry(crate::retry::Retry::none())
        }
    };
}
pub(crate) use with_options;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::defaults::row;

    #[test]
    fn the_guide_has_these_figures() {
        row("A call as a whole", Options::default().timeout);
        row("One attempt, its body included", Options::default().attempt_timeout);
    }
}
