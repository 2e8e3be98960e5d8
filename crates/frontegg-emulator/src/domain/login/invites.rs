//! Coming by an invite into a tenant: whoever signs in or signs up with its token joins.

use sea_orm::{ActiveModelTrait, ActiveValue::Set, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter};

use super::Visit;
use crate::{
    domain::{
        DomainError, DomainResult,
        caller::Caller,
        memberships::{self, NewMembership},
        tenants,
    },
    store::{
        Tx,
        entity::{MembershipStatus, membership, tenant, tenant_invite, tenant_invite_role, user},
    },
};

/// An invite that is good, with the tenant that it leads to.
#[derive(Debug)]
pub(crate) struct Inviting {
    invite: tenant_invite::Model,
    tenant: tenant::Model,
}

/// The invite that a request came with, if it did; refused when it is no good.
pub(super) async fn of_visit(tx: &Tx, visit: &Visit, user: Option<&user::Model>) -> DomainResult<Option<Inviting>> {
    match &visit.invitation {
        Some(token) => Ok(Some(inviting(tx, token, user).await?)),
        None => Ok(None),
    }
}

/// The invite with that token; 400 when there is none (any more), or when it is for somebody else
/// than that person, or than somebody new.
pub(crate) async fn inviting(tx: &Tx, token: &str, user: Option<&user::Model>) -> DomainResult<Inviting> {
    let bad = || DomainError::bad_request("Invitation token is invalid");
    let invite = tenant_invite::Entity::find().filter(tenant_invite::Column::Token.eq(token)).one(tx).await?;
    let invite = invite.filter(|invite| invite.expires_at > tx.now()).ok_or_else(bad)?;
    if invite.user_id.is_some() && invite.user_id.as_ref() != user.map(|user| &user.id) {
        return Err(bad());
    }
    let tenant = tenants::find(tx, &invite.tenant_id).await?.ok_or_else(bad)?;
    if tenant.is_locked {
        return Err(DomainError::bad_request("The tenant is locked").code("ER-01239"));
    }
    Ok(Inviting { invite, tenant })
}

impl Inviting {
    /// Where it leads.
    pub(crate) fn tenant_id(&self) -> &str {
        &self.tenant.tenant_id
    }

    /// Makes the person a member, with the roles of the invite. Whoever is one stays as they are, but
    /// for an invitation by mail, which is accepted by this.
    pub(super) async fn join(self, tx: &Tx, user: &user::Model) -> DomainResult<()> {
        let Some(row) = memberships::find(tx, &user.id, self.tenant_id()).await? else {
            self.join_as(tx, user, MembershipStatus::Activated).await?;
            return Ok(());
        };
        if row.status == MembershipStatus::PendingInvitation {
            let mut row = row.into_active_model();
            row.status = Set(MembershipStatus::Activated);
            row.updated_at = Set(tx.now());
            row.update(tx).await?;
        }
        Ok(())
    }

    /// Makes somebody new a member, with the roles of the invite.
    pub(crate) async fn join_as(
        self,
        tx: &Tx,
        user: &user::Model,
        status: MembershipStatus,
    ) -> DomainResult<membership::Model> {
        let roles = tenant_invite_role::Entity::find()
            .filter(tenant_invite_role::Column::InviteId.eq(self.invite.id.as_str()))
            .all(tx)
            .await?;
        let ids: Vec<String> = roles.into_iter().map(|row| row.role_id).collect();
        let ids = Some(ids).filter(|ids| !ids.is_empty());
        let roles = memberships::named_or_default(tx, Caller::Environment, self.tenant_id(), ids).await?;
        memberships::join(tx, user, &self.tenant, NewMembership { roles, status, expires_at: None }).await
    }
}
