//! Names of headers, parsed once.

use frontegg_model::headers;
use http::HeaderName;

pub(crate) static TENANT: HeaderName = HeaderName::from_static(headers::TENANT_HEADER);
pub(crate) static USER: HeaderName = HeaderName::from_static(headers::USER_HEADER);
pub(crate) static APPLICATION: HeaderName = HeaderName::from_static(headers::APPLICATION_HEADER);
pub(crate) static TRACE: HeaderName = HeaderName::from_static(headers::TRACE_HEADER);
/// When the window of the rate limit ends: as RFC 3339, in seconds from now, or in seconds since 1970.
pub(crate) static RATE_LIMIT_RESET: HeaderName = HeaderName::from_static("x-rate-limit-reset");
/// How many calls of the operation are left in the window.
pub(crate) static RATE_LIMIT_REMAINING: HeaderName = HeaderName::from_static("x-rate-limit-remaining");
