//! Groups: members of a tenant bundled, with roles that all of them hold.

use serde::{Deserialize, Serialize};

use super::{
    DomainResult,
    settings::{self, Owner},
};
use crate::store::Tx;

const CONFIGURATION: &str = "groups";

/// What the environment allows of groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Configuration {
    /// Whether there are groups at all.
    pub(crate) enabled: bool,
    /// Whether groups may carry roles.
    pub(crate) roles_enabled: bool,
}

impl Default for Configuration {
    fn default() -> Self {
        Self { enabled: true, roles_enabled: true }
    }
}

impl Configuration {
    /// Whether roles of groups count for their members.
    pub(crate) fn roles_count(self) -> bool {
        self.enabled && self.roles_enabled
    }
}

/// The configuration of the environment.
pub(crate) async fn configuration(tx: &Tx) -> DomainResult<Configuration> {
    settings::get(tx, Owner::Environment, CONFIGURATION).await
}
