//! Client credentials, which are exchanged for tokens.

use std::fmt;

use frontegg_model::Secret;

use crate::input::trimmed;

/// Client credentials: of the environment, of an API token or of a personal token.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) client_id: String,
    pub(crate) api_key: Secret,
}

impl Credentials {
    /// Without what files leave at their ends, which the service would refuse without saying why.
    pub(crate) fn new(client_id: &str, api_key: &Secret) -> Self {
        Self { client_id: trimmed(client_id).to_owned(), api_key: trimmed(api_key.expose()).into() }
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}
