//! Trace ids: one for every request, sent in a header of the response.

use std::fmt;

use http::HeaderValue;

pub use frontegg_model::headers::TRACE_HEADER;

/// The trace id of a request.
#[derive(Debug, Clone)]
pub struct TraceId(String);

impl TraceId {
    /// A new id.
    pub fn new() -> Self {
        Self(uuid::Uuid::new_v4().simple().to_string())
    }

    /// The value of [`TRACE_HEADER`].
    pub(crate) fn header(&self) -> HeaderValue {
        HeaderValue::from_str(&self.0).unwrap_or(HeaderValue::from_static("none"))
    }
}

impl Default for TraceId {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl From<TraceId> for String {
    fn from(id: TraceId) -> Self {
        id.0
    }
}
