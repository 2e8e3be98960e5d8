//! Whether there are groups, and whether they carry roles.

use serde::{Deserialize, Serialize};

use crate::{
    domain::{
        DomainResult,
        settings::{self, Form, Owner},
    },
    store::{Read, Write},
};

const KIND: &str = "groups";
/// How it reads.
pub(crate) const FORM: Form = Form::of::<Configuration>(KIND);

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
pub(crate) async fn configuration(tx: &Read) -> DomainResult<Configuration> {
    settings::get(tx, Owner::Environment, KIND).await
}

/// Changes what is given of the configuration. Groups stay as they are.
pub(crate) async fn configure(tx: &Write, enabled: Option<bool>, roles_enabled: Option<bool>) -> DomainResult<()> {
    let mut configuration = configuration(tx).await?;
    configuration.enabled = enabled.unwrap_or(configuration.enabled);
    configuration.roles_enabled = roles_enabled.unwrap_or(configuration.roles_enabled);
    settings::put(tx, Owner::Environment, KIND, &configuration).await
}
