//! What people may do: permissions, roles, groups.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Key, described::described};

/// Whether customers may put a permission into roles that they build.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum AssignmentType {
    /// They may not.
    #[default]
    Never,
    /// They may.
    Assignable,
    /// It goes into every role that they build.
    Always,
}

described! {
    /// A permission of the environment, known by its key. The built-in ones, whose keys start with `fe.`, are there.
    Permission {
        /// Its id; by default it follows from the key.
        id: String,
        /// Its name; by default the key.
        name: String,
        /// What it is for.
        description: String,
        /// The category that it lies in, by name; it is made where there is none.
        category: Key,
        /// Whether customers may put it into roles that they build; by default never.
        assignment_type: AssignmentType,
    }
}

described! {
    /// A role of the environment or of a tenant, known by its key. `Admin` and `ReadOnly` are there.
    Role {
        /// Its id; by default it follows from the key.
        id: String,
        /// Its name; by default the key.
        name: String,
        /// What it is for.
        description: String,
        /// Its level: the smaller, the stronger; by default 0.
        level: i32,
        /// Whether it goes to everybody new.
        is_default: bool,
        /// Whether it goes to the first member of a tenant.
        first_user_role: bool,
    }
    with {
        /// The permissions that it holds, by their keys.
        permissions: Vec<Key>,
    }
}

impl Role {
    /// Adds a permission, by its key.
    #[must_use]
    pub fn permission(mut self, key: impl Into<Key>) -> Self {
        self.permissions.push(key.into());
        self
    }
}

described! {
    /// A group of members of a tenant, known by its name.
    Group {
        /// Its id; by default it follows from the tenant and the name.
        id: String,
        /// What it is for.
        description: String,
        /// Its colour, e.g. `#aabbcc`.
        color: String,
        /// Further data.
        metadata: Value,
    }
    with {
        /// The roles that its members hold by it, by their keys.
        roles: Vec<Key>,
    }
}

impl Group {
    /// Adds a role, by its key.
    #[must_use]
    pub fn role(mut self, key: impl Into<Key>) -> Self {
        self.roles.push(key.into());
        self
    }
}
