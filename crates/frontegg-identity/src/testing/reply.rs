//! Answers of doubles.

use std::fmt;

use frontegg_model::types::ApiError;
use serde::Serialize;
use serde_json::Value;

/// An answer of the service. [`respond`](super::respond) has one for every operation.
///
/// ```
/// use frontegg_identity::testing::{Reply, respond};
///
/// let replies = [
///     respond::list_roles_v1([]),                                   // typed, for that operation
///     Reply::refusal(404, "no such role").to("update_role"),        // an error, for that operation
///     Reply::json(200, serde_json::json!({ "id": "u-1" })),         // anything, for any
///     Reply::empty(204).header("frontegg-trace-id", "t-1"),
/// ];
/// ```
#[derive(Clone, PartialEq)]
pub struct Reply {
    operation: Option<&'static str>,
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Option<Body>,
}

/// What an answer holds.
#[derive(Clone, PartialEq)]
pub(super) enum Body {
    Json(Value),
    File(Vec<u8>),
}

impl Reply {
    /// The answer of an operation.
    pub(crate) fn of(operation: &'static str, body: impl Serialize) -> Self {
        Self { operation: Some(operation), ..Self::json(200, body) }
    }

    /// The answer of an operation that is a file of that media type.
    pub(crate) fn file(operation: &'static str, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        let body = Some(Body::File(body.into()));
        Self { operation: Some(operation), body, ..Self::empty(200) }.header("content-type", media_type)
    }

    /// The answer of an operation that has a status only.
    pub(crate) fn acknowledgement(operation: &'static str) -> Self {
        Self { operation: Some(operation), ..Self::empty(200) }
    }

    /// An answer with a body, to any operation.
    ///
    /// # Panics
    ///
    /// When the body cannot be JSON, such as a map whose keys are no text.
    pub fn json(status: u16, body: impl Serialize) -> Self {
        let body = serde_json::to_value(body).expect("a body that is JSON");
        Self { body: Some(Body::Json(body)), ..Self::empty(status) }
    }

    /// An answer without a body, to any operation.
    pub fn empty(status: u16) -> Self {
        Self { operation: None, status, headers: Vec::new(), body: None }
    }

    /// An error answer, to any operation, as the service gives them: with one message.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), frontegg_identity::Error> {
    /// use frontegg_identity::{Frontegg, testing::{Reply, Scripted}};
    ///
    /// let frontegg = Frontegg::builder().transport(Scripted::new([Reply::refusal(403, "not yours")])).build()?;
    /// let error = frontegg.roles().list_roles_v1().await.unwrap_err();
    /// assert!(error.is_forbidden() && error.messages() == ["not yours"]);
    /// # Ok(())
    /// # }
    /// ```
    pub fn refusal(status: u16, message: impl Into<String>) -> Self {
        Self::json(status, ApiError::with_messages([message]))
    }

    /// Only for calls of that operation, by its id.
    #[must_use]
    pub fn to(mut self, operation: &'static str) -> Self {
        self.operation = Some(operation);
        self
    }

    /// With another status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// With a header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The operation that it is for; none for any.
    pub(super) fn operation(&self) -> Option<&'static str> {
        self.operation
    }

    pub(super) fn is_for(&self, operation: &str) -> bool {
        self.operation.is_none_or(|own| own == operation)
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Tokens and passwords are in bodies, cookies among headers.
        f.debug_struct("Reply")
            .field("operation", &self.operation)
            .field("status", &self.status)
            .finish_non_exhaustive()
    }
}
