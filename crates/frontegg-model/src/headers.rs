//! Names of the headers that belong to the API as a whole.

/// Header by which an environment token says the tenant.
pub const TENANT_HEADER: &str = "frontegg-tenant-id";
/// Header by which an environment token says the user.
pub const USER_HEADER: &str = "frontegg-user-id";
/// Header that names an application.
pub const APPLICATION_HEADER: &str = "frontegg-application-id";
/// Header of a response with the id of its request.
pub const TRACE_HEADER: &str = "frontegg-trace-id";
