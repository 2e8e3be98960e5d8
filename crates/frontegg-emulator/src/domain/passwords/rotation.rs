//! Passwords that have to be changed from time to time.

use std::time::Duration;

use sea_orm::EntityTrait;
use serde::{Deserialize, Serialize};

use super::overrides::Rules;
use crate::{
    clock::Timestamp,
    domain::{
        DomainError, DomainResult,
        caller::Caller,
        policies::{self, Record},
        settings::{Form, Owner},
    },
    store::{Fetch, Read, Write, entity::password},
};

/// The kind of the settings document.
const KIND: &str = "password-rotation";
/// How it reads.
pub(crate) const FORM: Form = Form::of::<Record<Rotation>>(KIND);

/// Five years.
const LONGEST: i64 = 2_628_000;

/// The rule of a level, in minutes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rotation {
    pub(crate) is_active: bool,
    /// The greatest age of a password.
    pub(crate) period: i64,
    /// For how long before it people are reminded.
    pub(crate) notice: i64,
}

/// What to change of a rule; what is absent stays.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Change {
    pub(crate) is_active: Option<bool>,
    pub(crate) period: Option<i64>,
    pub(crate) notice: Option<i64>,
}

/// When a person's password has to be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) at: Timestamp,
    /// How many minutes before that people are reminded.
    pub(crate) notification_period: i64,
}

impl Default for Rotation {
    fn default() -> Self {
        Self { is_active: false, period: 129_600, notice: 10_080 }
    }
}

impl Due {
    /// Whether the password is too old.
    pub(crate) fn is_over(self, now: Timestamp) -> bool {
        now >= self.at
    }

    /// The minutes that are left, once people are to be reminded.
    pub(crate) fn minutes_left(self, now: Timestamp) -> Option<i64> {
        let left = i64::try_from(self.at.since(now).as_secs() / 60).unwrap_or(i64::MAX);
        (left <= self.notification_period).then_some(left)
    }
}

/// The rule of a level, or 404.
pub(crate) async fn require(tx: &Read, owner: Owner<'_>) -> DomainResult<Record<Rotation>> {
    policies::require(tx, owner, KIND, "Password rotation configuration").await
}

/// Makes or changes the rule of a level.
pub(crate) async fn set(tx: &Write, caller: Caller<'_>, tenant: Option<&str>, change: Change) -> DomainResult<()> {
    let level = policies::level_to_write(tx, caller, tenant).await?;
    Rules::Expiration.require(tx, level).await?;
    let present: Option<Record<Rotation>> = policies::find(tx, level, KIND).await?;
    let rule = present.as_ref().map_or_else(Rotation::default, |record| record.rule);
    let rule = Rotation {
        is_active: change.is_active.unwrap_or(rule.is_active),
        period: change.period.unwrap_or(rule.period),
        notice: change.notice.unwrap_or(rule.notice),
    };
    let in_range = (1..=LONGEST).contains(&rule.period) && (0..=LONGEST).contains(&rule.notice);
    if !in_range {
        return Err(DomainError::bad_request(format!("periods must be at most {LONGEST} minutes")));
    }
    policies::put(tx, level, KIND, present, rule).await?;
    Ok(())
}

/// When the person has to change their password, if they have one and a rule says so: the shortest
/// period counts, from the last change on.
pub(crate) async fn due(tx: &Read, user_id: &str) -> DomainResult<Option<Due>> {
    let mut applying: policies::Applying<Record<Rotation>> = policies::applying_to(tx, user_id, KIND).await?;
    if applying.all().all(|record| !record.rule.is_active) {
        return Ok(None);
    }
    if !Rules::Expiration.are_free(tx).await? {
        applying.tenants.clear();
    }
    let active = applying.all().map(|record| record.rule).filter(|rule| rule.is_active);
    let Some(rule) = active.min_by_key(|rule| rule.period) else {
        return Ok(None);
    };
    let Some(password) = password::Entity::find_by_id(user_id).fetch_one(tx).await? else {
        return Ok(None);
    };
    let period = Duration::from_secs(60 * u64::try_from(rule.period).unwrap_or(0));
    Ok(Some(Due { at: password.changed_at.after(period), notification_period: rule.notice }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_are_reminded_in_time() {
        let minutes = |minutes: i64| Timestamp::from_micros(minutes * 60_000_000);
        let due = Due { at: minutes(100), notification_period: 10 };
        for (now, over, left) in [
            (0, false, None),
            (89, false, None),
            (90, false, Some(10)),
            (99, false, Some(1)),
            (100, true, Some(0)),
            (200, true, Some(0)),
        ] {
            assert_eq!((due.is_over(minutes(now)), due.minutes_left(minutes(now))), (over, left), "{now}");
        }
    }
}
