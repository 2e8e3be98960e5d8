//! Tenants with what lies in them.

use serde_json::Value;

use super::{ApiToken, Group, Key, Keyed, Policies, Role, SsoConnection, User, described::described};

described! {
    /// A tenant (an account), known by its id.
    Tenant {
        /// Its name; by default its id.
        name: String,
        /// The id of the tenant above it.
        parent: Key,
        /// Further data.
        metadata: Value,
        /// Under which name it has a login page of its own.
        alias: String,
        /// Whether nobody may enter it.
        locked: bool,
        /// Its web site.
        website: String,
        /// Where its people work.
        application_url: String,
        /// Its logo's address.
        logo_url: String,
        /// Its time zone.
        timezone: String,
        /// Its currency.
        currency: String,
        /// Whether it sells to others.
        reseller: bool,
        /// Whether its members reach the tenants below it, e.g. `defaultOn`.
        sub_account_access_type: String,
        /// Rules of its own.
        policies: Policies,
    }
    with {
        /// Roles of its own, by their keys.
        roles: Keyed<Role>,
        /// Its groups, by their names.
        groups: Keyed<Group>,
        /// Its members, by their addresses or usernames.
        users: Keyed<User>,
        /// Its client credentials.
        api_tokens: Keyed<ApiToken>,
        /// Its connections to identity providers, by keys of your choice.
        sso: Keyed<SsoConnection>,
        /// The applications that it has beside those that every tenant gets, by their keys.
        applications: Vec<Key>,
    }
}

impl Tenant {
    /// Adds a role of its own.
    #[must_use]
    pub fn role(mut self, key: impl Into<Key>, describe: impl FnOnce(Role) -> Role) -> Self {
        self.roles.describe(key, describe);
        self
    }

    /// Adds a group.
    #[must_use]
    pub fn group(mut self, name: impl Into<Key>, describe: impl FnOnce(Group) -> Group) -> Self {
        self.groups.describe(name, describe);
        self
    }

    /// Adds a member, by their address or username.
    #[must_use]
    pub fn user(mut self, key: impl Into<Key>, describe: impl FnOnce(User) -> User) -> Self {
        self.users.describe(key, describe);
        self
    }

    /// Adds client credentials.
    #[must_use]
    pub fn api_token(mut self, key: impl Into<Key>, describe: impl FnOnce(ApiToken) -> ApiToken) -> Self {
        self.api_tokens.describe(key, describe);
        self
    }

    /// Adds a connection to an identity provider.
    #[must_use]
    pub fn sso(mut self, key: impl Into<Key>, describe: impl FnOnce(SsoConnection) -> SsoConnection) -> Self {
        self.sso.describe(key, describe);
        self
    }

    /// Gives it an application, by its key.
    #[must_use]
    pub fn application(mut self, key: impl Into<Key>) -> Self {
        self.applications.push(key.into());
        self
    }
}
