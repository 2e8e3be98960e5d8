//! People in several tenants of one branch of the hierarchy: invited, given roles and removed in one go, by whoever
//! may act there. Either all of it is done or nothing.

use std::collections::BTreeSet;

use super::creation::{self, Invitation};
use crate::{
    domain::{
        DomainError, DomainResult,
        caller::Caller,
        memberships::{self, MemberKey},
        people::lists::{self, Reach, Scope},
        tenants,
    },
    store::{Read, Write},
};

/// A tenant with those below it, as far as a caller may act in them.
#[derive(Debug)]
pub(crate) struct Branch<'a> {
    caller: Caller<'a>,
    tenants: BTreeSet<String>,
}

/// What becomes of a member's roles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RoleChange {
    Give,
    Take,
    /// Just these are left.
    Replace,
}

/// Whether members may reach into the tenants below.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SubTenantAccess {
    Allowed,
    /// As everywhere in the tenant.
    Unchanged,
}

impl<'a> Branch<'a> {
    /// The branch of a tenant. Whoever may not reach down is confined to the tenant itself.
    pub(crate) async fn of(
        tx: &Read,
        caller: Caller<'a>,
        caller_id: Option<&str>,
        tenant_id: &str,
    ) -> DomainResult<Self> {
        let scope = Scope { tenant: Some(tenant_id), asked: None, include_sub_tenants: true };
        let tenants = match lists::reach(tx, caller, caller_id, scope).await? {
            Reach::Tenants(tenants) => tenants.into_iter().collect(),
            Reach::Environment => BTreeSet::new(),
        };
        Ok(Self { caller, tenants })
    }

    /// Refuses, with 403, a tenant outside.
    pub(crate) fn require(&self, tenant_id: &str) -> DomainResult<()> {
        if self.tenants.contains(tenant_id) {
            return Ok(());
        }
        Err(DomainError::forbidden("The tenant is not in your hierarchy"))
    }

    /// Invites somebody to one of the tenants.
    pub(crate) async fn invite(
        &self,
        tx: &Write,
        tenant_id: &str,
        invitation: Invitation,
        access: SubTenantAccess,
    ) -> DomainResult<()> {
        self.require(tenant_id)?;
        let joined = creation::invite(tx, self.caller, tenant_id, invitation).await?;
        if access == SubTenantAccess::Allowed {
            let tenant = tenants::require(tx, tenant_id).await?;
            memberships::set_sub_tenant_access(tx, joined.membership, &tenant, true).await?;
        }
        Ok(())
    }

    /// Ends a membership in one of the tenants.
    pub(crate) async fn remove(&self, tx: &Write, member: MemberKey<'_>) -> DomainResult<()> {
        self.require(member.tenant_id)?;
        let row = memberships::require(tx, member.user_id, member.tenant_id).await?;
        memberships::may_manage(tx, self.caller, &row).await?;
        memberships::end(tx, row).await
    }

    /// Changes which roles a member holds in one of the tenants.
    pub(crate) async fn change_roles(
        &self,
        tx: &Write,
        member: MemberKey<'_>,
        change: RoleChange,
        role_ids: Vec<String>,
    ) -> DomainResult<()> {
        self.require(member.tenant_id)?;
        match change {
            RoleChange::Give => memberships::assign(tx, self.caller, member, role_ids).await?,
            RoleChange::Take => memberships::unassign(tx, self.caller, member, role_ids).await?,
            RoleChange::Replace => memberships::replace_roles(tx, self.caller, member, role_ids).await?,
        };
        Ok(())
    }
}
