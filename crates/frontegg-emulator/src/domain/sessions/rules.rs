//! The rules that sessions obey: how long they may idle, how long they last, how many there may be.
//!
//! The environment has them, and each tenant may have its own; a tenant's rule replaces the
//! environment's of the same kind.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{
    clock::Timestamp,
    domain::{
        DomainResult,
        caller::Caller,
        policies,
        settings::{self, Form, Owner},
    },
    store::{Read, Write},
};

/// The kind of the settings document.
const KIND: &str = "session-configuration";
/// How it reads.
pub(crate) const FORM: Form = Form::of::<Rules>(KIND);

/// How long a session may idle where no rule is active.
const IDLE: Duration = Duration::from_hours(24);

/// A time that ends sessions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Timeout {
    pub(crate) is_active: bool,
    /// In seconds.
    pub(crate) timeout: i64,
}

/// A number that sessions must not exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Limit {
    pub(crate) is_active: bool,
    pub(crate) max_sessions: i64,
}

/// The three rules; those that were never set are absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rules {
    /// Since the last renewal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) idle: Option<Timeout>,
    /// Since the sign-in, whatever the activity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) forced: Option<Timeout>,
    /// Sessions of a person in a tenant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) concurrent: Option<Limit>,
}

impl Rules {
    /// These, with others where these say nothing.
    fn or(self, others: Self) -> Self {
        Self {
            idle: self.idle.or(others.idle),
            forced: self.forced.or(others.forced),
            concurrent: self.concurrent.or(others.concurrent),
        }
    }

    /// How long a session may idle.
    pub(crate) fn idle_timeout(&self) -> Duration {
        self.idle.filter(|rule| rule.is_active).map_or(IDLE, |rule| seconds(rule.timeout))
    }

    /// When a session that began then ends, whatever the activity.
    pub(crate) fn forced_end(&self, began: Timestamp) -> Option<Timestamp> {
        self.forced.filter(|rule| rule.is_active).map(|rule| began.after(seconds(rule.timeout)))
    }

    /// How many sessions a person may have in a tenant.
    pub(crate) fn most(&self) -> Option<u64> {
        let limit = self.concurrent.filter(|rule| rule.is_active)?;
        Some(u64::try_from(limit.max_sessions).unwrap_or_default())
    }
}

fn seconds(count: i64) -> Duration {
    Duration::from_secs(u64::try_from(count).unwrap_or_default())
}

/// The rules that count in a tenant.
pub(crate) async fn in_force(tx: &Read, tenant_id: &str) -> DomainResult<Rules> {
    let (environment, own): (Option<Rules>, Option<Rules>) = settings::both(tx, tenant_id, KIND).await?;
    Ok(own.unwrap_or_default().or(environment.unwrap_or_default()))
}

impl Rules {
    /// The rules of the environment, or those that count in the tenant.
    pub(crate) async fn of(tx: &Read, owner: Owner<'_>) -> DomainResult<Self> {
        match owner {
            Owner::Tenant(id) => in_force(tx, id).await,
            owner => settings::get(tx, owner, KIND).await,
        }
    }

    /// Sets those that are given for the environment or a tenant; the others stay.
    pub(crate) async fn set(self, tx: &Write, caller: Caller<'_>, tenant: Option<&str>) -> DomainResult<()> {
        let level = policies::level_to_write(tx, caller, tenant).await?;
        let present: Self = settings::get(tx, level, KIND).await?;
        settings::put(tx, level, KIND, &self.or(present)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearer_rule_replaces_the_farther_of_its_kind() {
        let timeout = |is_active, timeout| Some(Timeout { is_active, timeout });
        let environment = Rules { idle: timeout(true, 60), forced: timeout(true, 120), concurrent: None };
        let tenant = Rules { idle: timeout(false, 90), ..Rules::default() };
        let both = tenant.or(environment);
        assert_eq!(both.idle_timeout(), IDLE);
        let began = Timestamp::from_micros(0);
        assert_eq!(both.forced_end(began), Some(began.after(Duration::from_mins(2))));
        assert_eq!(both.most(), None);
        let concurrent = Some(Limit { is_active: true, max_sessions: 2 });
        assert_eq!(Rules { concurrent, ..both }.most(), Some(2));
    }
}
