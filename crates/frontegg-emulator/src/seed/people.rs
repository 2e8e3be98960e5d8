//! People, their memberships, and tokens of machines.

use serde_json::Value;

use super::{Key, Keyed, SeedSecret, described::described};

described! {
    /// Somebody, known by an address or, where the key has no `@`, by a username.
    ///
    /// Who stands in a tenant's `users` is a member of it, with the roles, groups and tokens that stand beside; whoever
    /// else is named belongs to the `tenants` that are told. Who is described once can be a member of many.
    User {
        /// Their id; by default it follows from the key.
        id: String,
        /// The address of somebody whose key is a username.
        email: String,
        /// The username of somebody whose key is an address.
        username: String,
        /// Their name.
        name: String,
        /// Their password, which has to satisfy the rules for passwords.
        password: SeedSecret,
        /// In place of a password, its hash: Argon2, bcrypt, scrypt or PBKDF2 as their formats have them.
        password_hash: SeedSecret,
        /// A phone number that is theirs, e.g. `+4915112345678`.
        phone_number: String,
        /// Where their picture is.
        profile_picture_url: String,
        /// Further data.
        metadata: Value,
        /// Further data that people do not see.
        vendor_metadata: Value,
        /// Their id in another system.
        external_id: String,
        /// Whether their address is proven; by default it is, unless they are only invited.
        verified: bool,
        /// Whether they are locked out.
        locked: bool,
        /// Whether they are let into every tenant.
        super_user: bool,
        /// Whether other people do not see them.
        invisible: bool,
        /// Whether no second factor is asked of them.
        mfa_bypass: bool,
        /// Second factors.
        mfa: Mfa,
        /// Whether they are only invited to the tenant that they stand in: what they need to come in is in the outbox.
        invited: bool,
        /// Whether they are suspended in the tenant that they stand in.
        disabled: bool,
        /// The roles that they hold in the tenant that they stand in, by their keys; by default those of everybody new.
        roles: Vec<Key>,
    }
    with {
        /// Further phone numbers that are theirs.
        phone_numbers: Vec<String>,
        /// Further addresses that are theirs.
        emails: Vec<String>,
        /// The groups of the tenant that they stand in, by their names.
        groups: Vec<Key>,
        /// Their tokens in the tenant that they stand in.
        personal_tokens: Keyed<ApiToken>,
        /// The tenants, or the further ones, that they are members of, by their ids.
        tenants: Keyed<Membership>,
    }
}

impl User {
    /// Adds a role in the tenant that they stand in, by its key.
    #[must_use]
    pub fn role(mut self, key: impl Into<Key>) -> Self {
        self.roles.get_or_insert_default().push(key.into());
        self
    }

    /// Puts them into a group of the tenant that they stand in, by its name.
    #[must_use]
    pub fn group(mut self, name: impl Into<Key>) -> Self {
        self.groups.push(name.into());
        self
    }

    /// Adds a further address that is theirs.
    #[must_use]
    pub fn further_email(mut self, address: impl Into<String>) -> Self {
        self.emails.push(address.into());
        self
    }

    /// Adds a further phone number that is theirs.
    #[must_use]
    pub fn further_phone_number(mut self, number: impl Into<String>) -> Self {
        self.phone_numbers.push(number.into());
        self
    }

    /// Adds a token of theirs in the tenant that they stand in.
    #[must_use]
    pub fn personal_token(mut self, key: impl Into<Key>, describe: impl FnOnce(ApiToken) -> ApiToken) -> Self {
        self.personal_tokens.describe(key, describe);
        self
    }

    /// Makes them a member of a further tenant, by its id.
    #[must_use]
    pub fn member_of(mut self, tenant: impl Into<Key>, describe: impl FnOnce(Membership) -> Membership) -> Self {
        self.tenants.describe(tenant, describe);
        self
    }
}

described! {
    /// What holds for somebody in one tenant.
    Membership {
        /// Whether they are only invited: what they need to come in is in the outbox.
        invited: bool,
        /// Whether they are suspended.
        disabled: bool,
        /// The roles that they hold, by their keys; by default those of everybody new.
        roles: Vec<Key>,
    }
    with {
        /// The groups that they are in, by their names.
        groups: Vec<Key>,
        /// Their tokens.
        personal_tokens: Keyed<ApiToken>,
    }
}

impl Membership {
    /// Adds a role, by its key.
    #[must_use]
    pub fn role(mut self, key: impl Into<Key>) -> Self {
        self.roles.get_or_insert_default().push(key.into());
        self
    }

    /// Puts them into a group, by its name.
    #[must_use]
    pub fn group(mut self, name: impl Into<Key>) -> Self {
        self.groups.push(name.into());
        self
    }

    /// Adds a token of theirs.
    #[must_use]
    pub fn personal_token(mut self, key: impl Into<Key>, describe: impl FnOnce(ApiToken) -> ApiToken) -> Self {
        self.personal_tokens.describe(key, describe);
        self
    }
}

described! {
    /// Second factors that somebody has set up.
    Mfa {
        /// The secret of an authenticator app, in base32.
        authenticator: SeedSecret,
        /// The number of a phone that gets codes.
        phone_number: String,
    }
}

described! {
    /// Client credentials of a tenant or of a member, known within it by a key of your choice.
    ApiToken {
        /// The client id; by default it follows from the owner and the key.
        client_id: String,
        /// The secret. It must be given: nobody is told one that is made up.
        secret: SeedSecret,
        /// What it is for; by default the key.
        description: String,
        /// Further data, an object.
        metadata: serde_json::Map<String, Value>,
        /// The roles that a tenant's token has, by their keys; a member's has those of the member.
        roles: Vec<Key>,
        /// The permissions that a tenant's token has, by their keys, in place of roles.
        permissions: Vec<Key>,
        /// After how many minutes it ends; by default never.
        expires_in_minutes: i64,
    }
}

impl ApiToken {
    /// Adds a role, by its key.
    #[must_use]
    pub fn role(mut self, key: impl Into<Key>) -> Self {
        self.roles.get_or_insert_default().push(key.into());
        self
    }

    /// Adds a permission, by its key.
    #[must_use]
    pub fn permission(mut self, key: impl Into<Key>) -> Self {
        self.permissions.get_or_insert_default().push(key.into());
        self
    }
}
