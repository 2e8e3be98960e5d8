//! How calls are sent: their timeouts and how they are retried.

use std::time::Duration;

use crate::retry::Retry;

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

/// The settings of one call, for every type of call.
macro_rules! with_options {
    () => {
        /// Limits the whole call, including the token, all attempts and the delays between them.
        pub fn timeout(mut self, timeout: std::time::Duration) -> Self {
            self.options.timeout = timeout;
            self
        }

        /// Limits each attempt.
        pub fn attempt_timeout(mut self, timeout: std::time::Duration) -> Self {
            self.options.attempt_timeout = timeout;
            self
        }

        /// Retries this call in another way than the client's other calls.
        pub fn retry(mut self, retry: crate::retry::Retry) -> Self {
            self.options.retry = retry;
            self
        }

        /// Sends the request once.
        pub fn no_retry(self) -> Self {
            self.retry(crate::retry::Retry::none())
        }
    };
}
pub(crate) use with_options;
