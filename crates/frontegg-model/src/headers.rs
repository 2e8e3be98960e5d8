//! Names of the headers that all operations share.

/// Header that names the tenant of a call with an environment token.
pub const TENANT_HEADER: &str = "frontegg-tenant-id";
/// Header that names the user of a call with an environment token.
pub const USER_HEADER: &str = "frontegg-user-id";
/// Header that names an application.
pub const APPLICATION_HEADER: &str = "frontegg-application-id";
/// Header of a response with the trace id of its request.
pub const TRACE_HEADER: &str = "frontegg-trace-id";
