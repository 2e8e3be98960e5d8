//! Makes the error of the service, which is read as a rule, and made where a service is stood in for.

use crate::types::ApiError;

impl ApiError {
    /// With these messages; the other members are absent.
    ///
    /// ```
    /// use frontegg_model::types::ApiError;
    ///
    /// let error = ApiError::with_messages(["Role not found"]);
    /// assert_eq!(error.errors.unwrap(), ["Role not found"]);
    /// ```
    pub fn with_messages(messages: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { errors: Some(messages.into_iter().map(Into::into).collect()), ..Self::default() }
    }
}
