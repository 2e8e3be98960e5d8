//! Coming by an invite into a tenant: whoever signs in or signs up with its token joins.

use frontegg_model::enums::EmailTemplateType;

use super::ClientInfo;
use crate::{
    domain::{
        DomainError, DomainResult, Refusal,
        applications::{self, tenants::Access},
        caller::Caller,
        identifiers::emails,
        memberships::{self, NewMembership},
        messages::outbox,
        restrictions::{mail_domains, networks},
        settings::Owner,
        tenant_invites::{self, ValidInvite},
        users,
    },
    store::{
        Read, Write,
        entity::{MembershipStatus, membership, user},
    },
};

/// An invite that is valid, with the tenant that it leads to.
#[derive(Debug)]
pub(crate) struct Inviting {
    good: ValidInvite,
    /// What the tenant lets its newcomers do with the application that the request names.
    access: Access,
}

/// The invite that a request came with, if it did; 400 when there is none with that token (any more), 403 where nobody
/// may enter its tenant from there, and 404 where the tenant lacks the application.
pub(crate) async fn inviting(tx: &Read, client: &ClientInfo) -> DomainResult<Option<Inviting>> {
    let Some(token) = &client.invitation else {
        return Ok(None);
    };
    let good = tenant_invites::find_valid(tx, token).await.map_err(|error| match error.refusal() {
        Refusal::NotFound => DomainError::bad_request(error.messages().join("; ")),
        _ => error,
    })?;
    networks::require(tx, &good.tenant.tenant_id, client.ip_address).await?;
    let application = applications::named(tx, client.application_id.as_deref()).await?;
    let access = applications::tenants::access(tx, &application.id, &good.tenant.tenant_id).await?;
    if access.access_type.is_none() {
        return Err(applications::tenants::missing());
    }
    Ok(Some(Inviting { good, access }))
}

impl Inviting {
    /// Where it leads.
    pub(crate) fn tenant_id(&self) -> &str {
        &self.good.tenant.tenant_id
    }

    /// What the tenant lets its newcomers do with the application.
    pub(super) fn access(&self) -> Access {
        self.access
    }

    /// Makes the person a member, with the roles of the invite. Whoever is one stays as they are, but
    /// for an invitation by mail, which is accepted by this.
    pub(super) async fn join(self, tx: &Write, user: &user::Model) -> DomainResult<()> {
        let Some(row) = memberships::find(tx, &user.id, self.tenant_id()).await? else {
            self.join_as(tx, user, MembershipStatus::Activated).await?;
            return Ok(());
        };
        if row.status == MembershipStatus::PendingInvitation {
            memberships::accept(tx, row).await?;
            self.tell_owner(tx, user).await?;
        }
        Ok(())
    }

    /// Makes somebody new a member, with the roles of the invite. Whoever waits there already goes on
    /// waiting.
    pub(crate) async fn join_as(
        self,
        tx: &Write,
        user: &user::Model,
        status: MembershipStatus,
    ) -> DomainResult<membership::Model> {
        if let Some(row) = memberships::find(tx, &user.id, self.tenant_id()).await? {
            return Ok(row);
        }
        let address = emails::primary(tx, &user.id).await?;
        let address = address.as_ref().map(|row| row.email.as_str());
        mail_domains::require(tx, Owner::Tenant(self.tenant_id()), address).await?;
        let ids = tenant_invites::role_ids(tx, &self.good.invite.id).await?;
        let ids = Some(ids).filter(|ids| !ids.is_empty());
        let roles = memberships::named_or_default(tx, Caller::Environment, self.tenant_id(), ids).await?;
        let new = NewMembership { roles, status, expires_at: None, invited_as: None };
        let row = memberships::join(tx, user, &self.good.tenant, new).await?;
        self.tell_owner(tx, user).await?;
        Ok(row)
    }

    /// Mails the member whose invite it is that somebody came by it, where they want to know.
    async fn tell_owner(&self, tx: &Write, newcomer: &user::Model) -> DomainResult<()> {
        let ValidInvite { invite, tenant } = &self.good;
        let Some(owner_id) = invite.user_id.as_deref().filter(|_| invite.should_send_email) else {
            return Ok(());
        };
        let Some(address) = emails::primary(tx, owner_id).await? else {
            return Ok(());
        };
        let email = emails::primary(tx, &newcomer.id).await?.map(|row| row.email).unwrap_or_default();
        let name = newcomer.name.as_deref().filter(|name| !name.is_empty()).unwrap_or(&email);
        outbox::mail(EmailTemplateType::UserUsedInvitation, &address.email)
            .user(&users::require(tx, owner_id).await?)
            .tenant(&tenant.tenant_id, &tenant.name)
            .value("invitedName", name)
            .value("invitedEmail", &email)
            .send(tx)
            .await
    }
}
