//! Who must have a second factor, and whether browsers may be remembered.
//!
//! The environment has such a policy, each application, and each tenant; the strictest of those
//! that apply to a person counts.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::pending;
use crate::{
    domain::{
        DomainError, DomainResult, applications,
        caller::Caller,
        memberships,
        policies::{self, Applying, Record},
        settings::{self, Form, Owner},
    },
    store::{Read, Write, entity::user},
};

/// The kind of the settings document.
const KIND: &str = "mfa-policy";
/// How it reads.
pub(crate) const FORM: Form = Form::of::<Record<Policy>>(KIND);

const WHAT: &str = "MFA policy";
/// For how many seconds browsers are remembered by default: 14 days.
const REMEMBERED: i64 = 1_209_600;
/// And at most: a year.
const LONGEST: i64 = 31_536_000;

/// Who must have a second factor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Enforcement {
    DontForce,
    Force,
    /// All but those who come from an identity provider of their own.
    #[serde(rename = "ForceExceptSAML")]
    ForceExceptSaml,
}

/// The policy of a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Policy {
    pub(crate) enforcement: Enforcement,
    pub(crate) allow_remember: bool,
    /// For how many seconds a browser is remembered.
    pub(crate) remembered_for: i64,
}

impl Default for Policy {
    fn default() -> Self {
        Self { enforcement: Enforcement::Force, allow_remember: false, remembered_for: REMEMBERED }
    }
}

/// What to change of a policy; what is absent stays.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Change {
    pub(crate) enforcement: Option<Enforcement>,
    pub(crate) allow_remember: Option<bool>,
    pub(crate) remembered_for: Option<i64>,
}

impl Change {
    fn of(self, policy: Policy) -> DomainResult<Policy> {
        let remembered_for = self.remembered_for.unwrap_or(policy.remembered_for);
        if !(1..=LONGEST).contains(&remembered_for) {
            return Err(DomainError::bad_request(format!("mfaDeviceExpiration must be between 1 and {LONGEST}")));
        }
        Ok(Policy {
            enforcement: self.enforcement.unwrap_or(policy.enforcement),
            allow_remember: self.allow_remember.unwrap_or(policy.allow_remember),
            remembered_for,
        })
    }

    fn is_empty(self) -> bool {
        self.enforcement.is_none() && self.allow_remember.is_none() && self.remembered_for.is_none()
    }
}

/// Whose policy a call is about: the tenant's that it names or is confined to, else the
/// application's, else the environment's.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Level<'a> {
    pub(crate) caller: Caller<'a>,
    pub(crate) tenant_id: Option<&'a str>,
    pub(crate) application_id: Option<&'a str>,
}

impl<'a> Level<'a> {
    /// The policy of the default application is the environment's: who names no application is held to it.
    async fn narrowed(self, tx: &Read, level: Owner<'a>) -> DomainResult<Owner<'a>> {
        match (level, self.application_id) {
            (Owner::Environment, Some(id)) if !applications::named(tx, Some(id)).await?.is_default => {
                Ok(Owner::Application(id))
            }
            _ => Ok(level),
        }
    }

    async fn owner(self, tx: &Read) -> DomainResult<Owner<'a>> {
        self.narrowed(tx, policies::level(self.caller, self.tenant_id)).await
    }

    async fn owner_to_write(self, tx: &Read) -> DomainResult<Owner<'a>> {
        self.narrowed(tx, policies::level_to_write(tx, self.caller, self.tenant_id).await?).await
    }
}

/// The policy of a level, or 404.
pub(crate) async fn require(tx: &Read, level: Level<'_>) -> DomainResult<Record<Policy>> {
    policies::require(tx, level.owner(tx).await?, KIND, WHAT).await
}

/// The environment's policy, whoever asks; or 404.
pub(crate) async fn of_environment(tx: &Read) -> DomainResult<Record<Policy>> {
    policies::require(tx, Owner::Environment, KIND, WHAT).await
}

/// Makes the policy of a level; 409 when it has one.
pub(crate) async fn create(tx: &Write, level: Level<'_>, change: Change) -> DomainResult<Record<Policy>> {
    let owner = level.owner_to_write(tx).await?;
    policies::create(tx, owner, KIND, WHAT, change.of(Policy::default())?).await
}

/// Changes the policy of a level; 404 when it has none.
pub(crate) async fn update(tx: &Write, level: Level<'_>, change: Change) -> DomainResult<Record<Policy>> {
    let owner = level.owner_to_write(tx).await?;
    if change.is_empty() {
        let fields = "enforceMFAType, allowRememberMyDevice or mfaDeviceExpiration";
        return Err(DomainError::bad_request(format!("{fields} is required")));
    }
    let present: Record<Policy> = policies::require(tx, owner, KIND, WHAT).await?;
    let policy = change.of(present.rule)?;
    policies::put(tx, owner, KIND, Some(present), policy).await
}

/// Makes or changes the policy of a level.
pub(crate) async fn set(tx: &Write, level: Level<'_>, change: Change) -> DomainResult<Record<Policy>> {
    let owner = level.owner_to_write(tx).await?;
    let present: Option<Record<Policy>> = policies::find(tx, owner, KIND).await?;
    let policy = change.of(present.as_ref().map_or_else(Policy::default, |record| record.rule))?;
    policies::put(tx, owner, KIND, present, policy).await
}

/// What holds for a person by all policies that apply to them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Strictest {
    /// Whether they must have a second factor.
    pub(crate) is_forced: bool,
    /// Whether they must even where the identity provider of a tenant has let them in.
    pub(crate) is_forced_after_single_sign_on: bool,
    /// Whether their browsers may be remembered.
    pub(crate) allow_remember: bool,
    /// For how long.
    pub(crate) remembered_for: Duration,
}

/// What holds for that person, by the environment, the application that they use, and all their
/// tenants.
pub(crate) async fn applying_to(
    tx: &Read,
    user: &user::Model,
    application_id: Option<&str>,
) -> DomainResult<Strictest> {
    let applying: Applying<Record<Policy>> = policies::applying_to(tx, &user.id, KIND).await?;
    let mut policies: Vec<Policy> = applying.all().map(|record| record.rule).collect();
    policies.extend(of_application(tx, application_id).await?);
    Ok(strictest(&policies, &user.provider))
}

/// What holds for the person of a sign-in under way, by all their tenants or by the one that is
/// named; 401 where there is no such sign-in.
pub(crate) async fn at_sign_in(
    tx: &Read,
    mfa_token: &str,
    application_id: Option<&str>,
    tenant_id: Option<&str>,
) -> DomainResult<Strictest> {
    let pending = pending::find(tx, mfa_token).await?;
    let user = &pending.user;
    let Some(tenant_id) = tenant_id else {
        return applying_to(tx, user, application_id).await;
    };
    if memberships::find(tx, &user.id, tenant_id).await?.is_none() {
        return applying_to(tx, user, application_id).await;
    }
    let (environment, tenant): (Option<Record<Policy>>, Option<Record<Policy>>) =
        settings::both(tx, tenant_id, KIND).await?;
    let mut policies: Vec<Policy> = environment.into_iter().chain(tenant).map(|record| record.rule).collect();
    policies.extend(of_application(tx, application_id).await?);
    Ok(strictest(&policies, &user.provider))
}

async fn of_application(tx: &Read, application_id: Option<&str>) -> DomainResult<Option<Policy>> {
    let application = applications::known_or_default(tx, application_id).await?;
    if application.is_default {
        return Ok(None);
    }
    let record: Option<Record<Policy>> = policies::find(tx, Owner::Application(&application.id), KIND).await?;
    Ok(record.map(|record| record.rule))
}

/// Whoever was body by an identity provider of their own is known by it.
fn strictest(policies: &[Policy], provider: &str) -> Strictest {
    let from_provider = provider == "saml";
    let forces = |policy: &Policy| match policy.enforcement {
        Enforcement::DontForce => false,
        Enforcement::Force => true,
        Enforcement::ForceExceptSaml => !from_provider,
    };
    let seconds = policies.iter().map(|policy| policy.remembered_for).min().unwrap_or(REMEMBERED);
    Strictest {
        is_forced: policies.iter().any(forces),
        is_forced_after_single_sign_on: policies.iter().any(|policy| policy.enforcement == Enforcement::Force),
        allow_remember: !policies.is_empty() && policies.iter().all(|policy| policy.allow_remember),
        remembered_for: Duration::from_secs(u64::try_from(seconds).unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(enforcement: Enforcement, allow_remember: bool, remembered_for: i64) -> Policy {
        Policy { enforcement, allow_remember, remembered_for }
    }

    #[test]
    fn without_a_policy_nobody_is_forced_nor_remembered() {
        let expected = Strictest {
            is_forced: false,
            is_forced_after_single_sign_on: false,
            allow_remember: false,
            remembered_for: Duration::from_hours(14 * 24),
        };
        assert_eq!(strictest(&[], "local"), expected);
    }

    #[test]
    fn of_several_policies_each_can_only_tighten() {
        let (strict, loose) = (policy(Enforcement::Force, false, 60), policy(Enforcement::DontForce, true, 3_600));
        let expected = Strictest {
            is_forced: true,
            is_forced_after_single_sign_on: true,
            allow_remember: false,
            remembered_for: Duration::from_mins(1),
        };
        assert_eq!(strictest(&[strict, loose], "local"), expected);
        assert_eq!(strictest(&[loose, strict], "local"), expected);
        let expected = Strictest {
            is_forced: false,
            is_forced_after_single_sign_on: false,
            allow_remember: true,
            remembered_for: Duration::from_hours(1),
        };
        assert_eq!(strictest(&[loose, loose], "local"), expected);
    }

    #[test]
    fn people_of_an_identity_provider_are_spared_where_the_policy_says_so() {
        let spared = policy(Enforcement::ForceExceptSaml, false, 60);
        assert!(strictest(&[spared], "local").is_forced);
        assert!(!strictest(&[spared], "local").is_forced_after_single_sign_on);
        assert!(!strictest(&[spared], "saml").is_forced);
        assert!(strictest(&[spared, policy(Enforcement::Force, false, 60)], "saml").is_forced);
    }
}
