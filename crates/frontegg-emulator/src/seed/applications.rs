//! Applications with their OAuth clients, and providers of social sign-in.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Key, Keyed, SeedSecret, described::described};

/// Who may use an application.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[non_exhaustive]
pub enum AccessType {
    /// All members of a tenant that has it.
    #[serde(rename = "FREE_ACCESS")]
    Free,
    /// Those who are assigned to it.
    #[serde(rename = "MANAGED_ACCESS")]
    Managed,
}

described! {
    /// An application of the environment, known by a key of your choice.
    Application {
        /// Its id; by default it follows from the key.
        id: String,
        /// Its name; by default the key.
        name: String,
        /// Where it is; by default the emulator's address.
        app_url: String,
        /// Where people sign in; by default the emulator's address.
        login_url: String,
        /// Its host.
        app_host: String,
        /// Its logo's address.
        logo_url: String,
        /// What it is for.
        description: String,
        /// Further data, an object.
        metadata: Map<String, Value>,
        /// Who may use it; by default everybody.
        access_type: AccessType,
        /// Whether it is meant where none is named.
        is_default: bool,
        /// Whether it is in use; by default it is.
        is_active: bool,
        /// Its kind, e.g. `web`.
        type_: String,
        /// What its front end is made with, e.g. `react`.
        frontend_stack: String,
        /// Whether clients may register themselves.
        allow_dcr: bool,
        /// The secret that authenticates it; by default one is made up.
        client_secret: SeedSecret,
        /// Its other secret; by default one is made up.
        shared_secret: SeedSecret,
    }
    with {
        /// Its OAuth clients, by their names.
        clients: Keyed<ApplicationClient>,
    }
}

impl Application {
    /// Adds an OAuth client.
    #[must_use]
    pub fn client(
        mut self,
        name: impl Into<Key>,
        describe: impl FnOnce(ApplicationClient) -> ApplicationClient,
    ) -> Self {
        self.clients.describe(name, describe);
        self
    }
}

described! {
    /// An OAuth client of an application, known by its name.
    ApplicationClient {
        /// Its client id; by default it follows from the application and the name.
        id: String,
        /// Its secret; by default one is made up.
        secret: SeedSecret,
        /// Further data, an object.
        metadata: Map<String, Value>,
    }
    with {
        /// Where it may be sent back to.
        redirect_urls: Vec<String>,
    }
}

impl ApplicationClient {
    /// Adds an address that it may be sent back to.
    #[must_use]
    pub fn redirect_url(mut self, url: impl Into<String>) -> Self {
        self.redirect_urls.push(url.into());
        self
    }
}

described! {
    /// A provider of social sign-in, known by its type.
    SocialProvider {
        /// Its id; by default it follows from the key.
        id: String,
        /// The client id that it has given out.
        client_id: String,
        /// The secret that goes with it.
        secret: SeedSecret,
        /// The page that a browser comes back to.
        redirect_url: String,
        /// Which pages it may come back to; by default that one.
        redirect_url_pattern: String,
        /// Where a browser is sent.
        authorization_url: String,
        /// Where a code is exchanged.
        token_url: String,
        /// Where it is asked who somebody is.
        user_info_url: String,
        /// What is asked for; by default `openid email profile`.
        scopes: String,
        /// Its logo's address.
        sso_logo_url: String,
        /// Its name; by default the key.
        display_name: String,
        /// Whether people may sign in by it; by default they may.
        active: bool,
    }
}
