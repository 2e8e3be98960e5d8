//! Single sign-on: connections of tenants to their own identity providers, by SAML 2.0 and OpenID Connect, the mail
//! domains that say which connection somebody signs in by, and the roles of those who come.

mod arrival;
pub(crate) mod attempts;
pub(crate) mod choice;
mod conclusion;
pub(crate) mod connections;
pub(crate) mod dns;
pub(crate) mod domains;
pub(crate) mod environment;
pub(crate) mod exclusions;
pub(crate) mod groups;
pub(crate) mod key;
pub(crate) mod oidc;
pub(crate) mod saml;
pub(crate) mod service_provider;
pub(crate) mod sign_in;

/// What somebody needs to change connections, and so to see their secrets.
pub(crate) const WRITE: &str = "fe.secure.write.samlConfiguration";
