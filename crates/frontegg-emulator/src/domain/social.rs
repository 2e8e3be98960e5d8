//! Social sign-in: providers that the environment has described by their OAuth endpoints, and people who sign in by them.

pub(crate) mod providers;
mod redirects;
pub(crate) mod sign_in;
