//! Rules of the environment and of tenants.

use super::{Making, Place, Step};
use crate::{
    domain::{
        caller::Caller,
        mfa::policy,
        passwords::{complexity, history, lockout, rotation},
        restrictions::{mail_domains, networks},
        sessions,
        settings::Owner,
    },
    seed::{EmailDomains, IpRestrictions, MfaEnforcement, MfaPolicy, PasswordComplexity, Policies, Sessions},
    store::entity::RestrictionList,
};

/// How many passwords may not return where nothing is said.
const REMEMBERED: i64 = 3;
/// How many wrong passwords lock somebody out where nothing is said.
const ATTEMPTS: i64 = 5;

const BACK_END: Caller<'_> = Caller::Environment;

impl Making<'_> {
    pub(super) async fn policies(&mut self, place: &Place<'_>, owner: Owner<'_>, policies: &Policies) -> Step {
        let tx = self.tx;
        let tenant = match owner {
            Owner::Tenant(id) => Some(id),
            Owner::Environment | Owner::Application(_) => None,
        };
        if let Some(described) = &policies.password_complexity {
            let place = place.member("passwordComplexity");
            if self.is_unsettled(&place, owner, &complexity::FORM).await? {
                place.check(complexity::change(tx, BACK_END, tenant, complexity_of(described)).await)?;
            }
        }
        if let Some(described) = &policies.password_history {
            let place = place.member("passwordHistory");
            if self.is_unsettled(&place, owner, &history::FORM).await? {
                let size = at_least_one(&place, "size", described.size)?.unwrap_or(REMEMBERED);
                let rule = history::History { enabled: true, size };
                place.check(history::create(tx, BACK_END, tenant, rule).await)?;
            }
        }
        if let Some(described) = &policies.password_rotation {
            let place = place.member("passwordRotation");
            if self.is_unsettled(&place, owner, &rotation::FORM).await? {
                let change =
                    rotation::Change { is_active: Some(true), period: described.period, notice: described.notice };
                place.check(rotation::set(tx, BACK_END, tenant, change).await)?;
            }
        }
        if let Some(described) = &policies.lockout {
            let place = place.member("lockout");
            if self.is_unsettled(&place, owner, &lockout::FORM).await? {
                let max_attempts = at_least_one(&place, "maxAttempts", described.max_attempts)?.unwrap_or(ATTEMPTS);
                let rule = lockout::Lockout { enabled: true, max_attempts };
                place.check(lockout::create(tx, BACK_END, tenant, rule).await)?;
            }
        }
        if let Some(described) = &policies.mfa {
            let place = place.member("mfa");
            if self.is_unsettled(&place, owner, &policy::FORM).await? {
                let level = policy::Level { caller: BACK_END, tenant_id: tenant, application_id: None };
                place.check(policy::create(tx, level, mfa_of(described)).await)?;
            }
        }
        if let Some(described) = &policies.sessions {
            let place = place.member("sessions");
            if self.is_unsettled(&place, owner, &sessions::FORM).await? {
                place.check(sessions_of(&place, described)?.set(tx, BACK_END, tenant).await)?;
            }
        }
        if let Some(described) = &policies.email_domains {
            self.email_domains(&place.member("emailDomains"), owner, described).await?;
        }
        match &policies.ip_restrictions {
            Some(described) => self.ip_restrictions(&place.member("ipRestrictions"), owner, described).await,
            None => Ok(()),
        }
    }

    async fn email_domains(&mut self, place: &Place<'_>, owner: Owner<'_>, described: &EmailDomains) -> Step {
        let (list, domains) = one_list(place, described.allow.as_ref(), described.block.as_ref())?;
        if !self.is_unsettled(place, owner, &mail_domains::FORM).await? {
            return Ok(());
        }
        let tenant = match owner {
            Owner::Tenant(id) => Some(id),
            Owner::Environment | Owner::Application(_) => None,
        };
        let change = mail_domains::ConfigurationChange {
            active: true,
            list: Some(list),
            block_public_domains: described.block_public_domains,
        };
        place.check(mail_domains::configure(self.tx, BACK_END, tenant, change).await)?;
        place.check(mail_domains::replace(self.tx, BACK_END, tenant, domains, list).await)?;
        Ok(())
    }

    async fn ip_restrictions(&mut self, place: &Place<'_>, owner: Owner<'_>, described: &IpRestrictions) -> Step {
        let (list, entries) = one_list(place, described.allow.as_ref(), described.block.as_ref())?;
        let Owner::Tenant(tenant) = owner else {
            return Err(place.refuse("belong to a tenant"));
        };
        if !self.is_unsettled(place, owner, &networks::FORM).await? {
            return Ok(());
        }
        for network in entries {
            let entry = networks::Entry { network, list: Some(list), is_active: true, description: None };
            place.check(networks::put(self.tx, tenant, entry, None).await)?;
        }
        let change = networks::ConfigurationChange { is_active: Some(true), list: Some(list) };
        place.check(networks::configure(self.tx, tenant, change).await)
    }
}

/// The one of two lists that is given.
fn one_list(
    place: &Place<'_>,
    allow: Option<&Vec<String>>,
    block: Option<&Vec<String>>,
) -> Step<(RestrictionList, Vec<String>)> {
    match (allow, block) {
        (Some(_), Some(_)) => Err(place.refuse("allow and block exclude each other")),
        (Some(allow), None) => Ok((RestrictionList::Allow, allow.clone())),
        (None, block) => Ok((RestrictionList::Block, block.cloned().unwrap_or_default())),
    }
}

fn complexity_of(described: &PasswordComplexity) -> complexity::Change {
    complexity::Change {
        allow_passphrases: described.allow_passphrases,
        min_length: described.min_length,
        max_length: described.max_length,
        min_phrase_length: described.min_phrase_length,
        min_optional_tests_to_pass: described.min_optional_tests_to_pass,
        block_pwned_passwords: described.block_pwned_passwords,
        ..complexity::Change::default()
    }
}

fn mfa_of(described: &MfaPolicy) -> policy::Change {
    policy::Change {
        enforcement: described.enforcement.map(|enforcement| match enforcement {
            MfaEnforcement::DontForce => policy::Enforcement::DontForce,
            MfaEnforcement::Force => policy::Enforcement::Force,
            MfaEnforcement::ForceExceptSaml => policy::Enforcement::ForceExceptSaml,
        }),
        allow_remember: described.allow_remember,
        remembered_for: described.remembered_for,
    }
}

fn sessions_of(place: &Place<'_>, described: &Sessions) -> Step<sessions::Rules> {
    let timeout = |seconds: Option<i64>| seconds.map(|timeout| sessions::Timeout { is_active: true, timeout });
    let limit = |max_sessions| sessions::Limit { is_active: true, max_sessions };
    Ok(sessions::Rules {
        idle: timeout(at_least_one(place, "idleTimeout", described.idle_timeout)?),
        forced: timeout(at_least_one(place, "forcedTimeout", described.forced_timeout)?),
        concurrent: at_least_one(place, "maxConcurrent", described.max_concurrent)?.map(limit),
    })
}

/// A number as the bodies of operations have it, which the documents keep from being less.
fn at_least_one(place: &Place<'_>, member: &str, number: Option<i64>) -> Step<Option<i64>> {
    if number.is_some_and(|number| number < 1) {
        return Err(place.member(member).refuse("must not be less than 1"));
    }
    Ok(number)
}
